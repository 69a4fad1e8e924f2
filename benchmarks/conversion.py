"""kdedge's converter beside llama.cpp's, in turns, on real checkpoints: time, memory, equality.

    python benchmarks/conversion.py PATH/llama_cpp_python-0.3.36 CHECKPOINT_DIR... [--pairs 5]

PATH is the unpacked source archive of llama-cpp-python; its converter runs with the gguf-py that
comes with it. Each pair runs both once, in the order A B B A, in fresh processes; what counts is
the ratio within a pair. ``--in-memory`` writes to /dev/shm, so that no disk is measured: kdedge
waits until its file is on the disk, llama.cpp's converter does not. Needs torch, transformers and
sentencepiece for llama.cpp's converter.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import numpy as np
from gguf import GGUFReader

from kdedge_converters.checkpoint import Checkpoint

TIME_GOAL = 0.6
MEMORY_FACTOR, MEMORY_SPARE_BYTES = 3, 150 * 1024**2
MIB = 1024**2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sdist", type=Path)
    parser.add_argument("checkpoints", type=Path, nargs="+")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--dtype", default="bf16", choices=("bf16", "f16", "f32"))
    parser.add_argument("--in-memory", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    root = "/dev/shm" if options.in_memory else None
    results = []
    for checkpoint in options.checkpoints:
        with tempfile.TemporaryDirectory(dir=root) as folder:
            results.append(compare(checkpoint, Path(folder), options=options))
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


def compare(checkpoint: Path, folder: Path, *, options: argparse.Namespace) -> dict:
    llama_cpp = options.sdist / "vendor" / "llama.cpp"
    kdedge = [sys.executable, "-m", "kdedge", "convert", checkpoint, "--no-verify"]
    theirs = [sys.executable, llama_cpp / "convert_hf_to_gguf.py", checkpoint]
    targets = {"kdedge": folder / "kdedge.gguf", "llama.cpp": folder / "llama_cpp.gguf"}
    commands = {
        "kdedge": [*kdedge, "-o", targets["kdedge"], "--dtype", options.dtype],
        "llama.cpp": [*theirs, "--outfile", targets["llama.cpp"], "--outtype", options.dtype],
    }
    environment = os.environ | {"PYTHONPATH": str(llama_cpp / "gguf-py")}
    found: dict[str, list[tuple[float, int]]] = {who: [] for who in commands}
    for pair in range(options.pairs):
        order = list(commands) if pair % 2 == 0 else list(reversed(commands))
        for who in order:
            targets[who].unlink(missing_ok=True)
            theirs_only = environment if who == "llama.cpp" else None
            found[who].append(run(commands[who], environment=theirs_only))
        shown = "  ".join(f"{who} {runs[-1][0]:.2f} s" for who, runs in found.items())
        print(f"{checkpoint.name} pair {pair + 1}: {shown}", flush=True)
    return report(checkpoint, found, targets)


def run(command: list, *, environment: dict[str, str] | None) -> tuple[float, int]:
    """Return the seconds and the peak resident bytes of ``command``."""
    start = time.perf_counter()
    child = subprocess.Popen(
        [str(word) for word in command],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    elapsed_s = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{command} failed:\n{errors.decode()[-2000:]}")
    return elapsed_s, usage.ru_maxrss * 1024


def report(checkpoint: Path, found: dict, targets: dict[str, Path]) -> dict:
    ratios = [
        ours[0] / theirs[0]
        for ours, theirs in zip(found["kdedge"], found["llama.cpp"], strict=True)
    ]
    largest = max(tensor.n_bytes for tensor in Checkpoint.open(checkpoint).tensors.values())
    limit = largest * MEMORY_FACTOR + MEMORY_SPARE_BYTES
    peaks = {who: max(peak for _, peak in runs) for who, runs in found.items()}
    # In a process of its own: a child's peak counts what its parent held when it was started.
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as apart:
        differing = apart.submit(difference, targets["kdedge"], targets["llama.cpp"]).result()
    ratio = median(ratios)
    print(
        f"{checkpoint.name}: time kdedge / llama.cpp = {ratio:.3f}"
        f" ({'met' if ratio <= TIME_GOAL else 'NOT met'}: {TIME_GOAL}),"
        f" peak memory {peaks['kdedge'] / MIB:.0f} MiB of {limit / MIB:.0f} allowed"
        f" ({'met' if peaks['kdedge'] <= limit else 'NOT met'}),"
        f" llama.cpp {peaks['llama.cpp'] / MIB:.0f} MiB;"
        f" tensors {'equal' if not differing else 'NOT equal: ' + ', '.join(differing[:5])}"
    )
    return {
        "checkpoint": checkpoint.name,
        "seconds": {who: [seconds for seconds, _ in runs] for who, runs in found.items()},
        "peak_rss_bytes": peaks,
        "ratio": ratio,
        "differing_tensors": differing,
    }


def difference(ours: Path, theirs: Path) -> list[str]:
    """Return the names of tensors that are not the same in both files."""
    first, second = ({t.name: t for t in GGUFReader(path).tensors} for path in (ours, theirs))
    return [
        name
        for name in sorted(first.keys() | second.keys())
        if name not in first or name not in second or not same(first[name], second[name])
    ]


def same(one: object, other: object) -> bool:
    return (
        one.tensor_type == other.tensor_type
        and list(one.shape) == list(other.shape)
        and np.array_equal(one.data.view(np.uint8), other.data.view(np.uint8))
    )


if __name__ == "__main__":
    main()
