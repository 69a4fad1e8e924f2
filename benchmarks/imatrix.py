"""kdedge's imatrix beside llama-imatrix's, on one model and text: the same numbers, how fast?

    python benchmarks/imatrix.py MODEL.gguf [--text FILE] [--chunks 16] [--pairs 3] [--json FILE]

Names and counts have to be equal, and the mean squares equal within the rounding of float32 sums.
Both run in turns in fresh processes, loading included; llama-imatrix without perplexity, which
kdedge does not compute either. ``build_llama_tools.py`` makes the tool.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from build_llama_tools import DEFAULT_FOLDER

from kdedge.quantize.calibration import calibration_text
from kdedge.quantize.imatrix_file import Imatrix, read_imatrix
from kdedge.runtime.thread_rule import default_threads

CHUNK_TOKENS = 512
OURS = """\
import sys
from pathlib import Path
from kdedge.quantize.calibration import calibration_text
from kdedge.quantize.imatrix import GatherOptions, gather_imatrix
model, text, target = map(Path, sys.argv[1:4])
options = GatherOptions(n_chunks=int(sys.argv[4]), n_threads=int(sys.argv[5]))
gather_imatrix(model, calibration_text([text]), target, options=options)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--text", type=Path)
    parser.add_argument("--chunks", type=int, default=16)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--tools", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--threads", type=int, default=default_threads())
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = compare(options, Path(folder))
    print(json.dumps(results, indent=2))
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


def compare(options: argparse.Namespace, folder: Path) -> dict:
    text = folder / "text.txt"
    text.write_text(calibration_text([options.text] if options.text else []).text + "\n")
    commands = {
        "kdedge": our_command(options, text, folder / "kdedge.gguf"),
        "llama-imatrix": tool_command(options, text, folder / "tool.gguf"),
    }
    seconds: dict[str, list[float]] = {who: [] for who in commands}
    for pair in range(options.pairs):
        for who in list(commands) if pair % 2 == 0 else list(reversed(commands)):
            seconds[who].append(timed(commands[who]))
            print(f"{who}: {seconds[who][-1]:.1f} s", file=sys.stderr)
    ratios = [a / b for a, b in zip(*seconds.values(), strict=True)]
    found = difference(read_imatrix(folder / "kdedge.gguf"), read_imatrix(folder / "tool.gguf"))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {
        **found,
        "seconds": seconds,
        "median_time_ratio": median(ratios),
        "peak_rss_mib": peak,
    }


def our_command(options: argparse.Namespace, text: Path, target: Path) -> list[str]:
    numbers = (str(options.chunks), str(options.threads))
    return [sys.executable, "-c", OURS, str(options.model), str(text), str(target), *numbers]


def tool_command(options: argparse.Namespace, text: Path, target: Path) -> list[str]:
    return [
        str(options.tools / "llama-imatrix"), "-m", str(options.model), "-f", str(text),
        "-o", str(target), "--chunks", str(options.chunks), "-c", str(CHUNK_TOKENS), "--no-ppl",
        "-t", str(options.threads), "-ngl", "0",
    ]  # fmt: skip


def timed(command: list[str]) -> float:
    start = perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return perf_counter() - start


def difference(ours: Imatrix, theirs: Imatrix) -> dict:
    """Return how the two files differ; sizes are relative to the largest value of a weight."""
    names = ours.entries.keys() & theirs.entries.keys()
    worst = {
        name: float(
            np.abs(ours.statistics[name] - theirs.statistics[name]).max()
            / np.abs(theirs.statistics[name]).max()
        )
        for name in names
    }
    return {
        "only_one_has": sorted(ours.entries.keys() ^ theirs.entries.keys()),
        "counts_differ": sorted(
            name
            for name in names
            if not np.array_equal(ours.entries[name].counts, theirs.entries[name].counts)
        ),
        "n_weights": len(names),
        "n_chunks": [ours.n_chunks, theirs.n_chunks],
        "worst_relative_difference": max(worst.values()),
        "worst_weight": max(worst, key=worst.__getitem__),
    }


if __name__ == "__main__":
    main()
