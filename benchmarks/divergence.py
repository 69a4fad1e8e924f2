"""kdedge's divergence beside llama-perplexity --kl-divergence: the same numbers, how fast?

    python benchmarks/divergence.py MASTER.gguf OTHER.gguf [--text FILE] [--chunks 16] [--json F]

llama-perplexity runs twice, first writing the master's probabilities to a file (16 bits each),
then reading them back; kdedge runs once and writes nothing. ``build_llama_tools.py`` makes the
tool.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from build_llama_tools import DEFAULT_FOLDER

from kdedge.quantize.calibration import held_out_text
from kdedge.quantize.divergence import DivergenceOptions, measure_divergences
from kdedge.quantize.divergence_document import numbers_of
from kdedge.runtime.thread_rule import default_threads

CHUNK_TOKENS = 512
LINES = {
    "perplexity": r"Mean PPL\(Q\) +: +([0-9.]+)",
    "perplexity_master": r"Final estimate: PPL = ([0-9.]+)",  # without the file's 16 bits
    "mean_kl": r"Mean +KLD: +([0-9.]+)",
    "p99_kl": r"99\.0% +KLD: +([0-9.]+)",
    "worst_kl": r"Maximum KLD: +([0-9.]+)",
    "top1_agreement": r"Same top p: +([0-9.]+)",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("master", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("--text", type=Path)
    parser.add_argument("--chunks", type=int, default=16)
    parser.add_argument("--tools", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--threads", type=int, default=default_threads())
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    text = held_out_text([options.text] if options.text else [])
    ours, our_s = by_kdedge(options, text.text)
    with tempfile.TemporaryDirectory() as folder:
        theirs, their_s, file_bytes = by_llama_perplexity(options, text.text, Path(folder))
    results = {name: {"kdedge": ours[name], "llama-perplexity": theirs[name]} for name in LINES}
    results["seconds"] = {"kdedge": our_s, "llama-perplexity": their_s}
    results["bytes_of_probabilities"] = {"kdedge": 0, "llama-perplexity": file_bytes}
    for name, row in results.items():
        print(f"{name:<24} " + "   ".join(f"{who} {value:.6g}" for who, value in row.items()))
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


def by_kdedge(options: argparse.Namespace, text: str) -> tuple[dict, float]:
    start = perf_counter()
    asked = DivergenceOptions(n_chunks=options.chunks, n_threads=options.threads)
    found = measure_divergences(options.master, [options.other], text, options=asked)[0]
    return numbers_of(found), perf_counter() - start


def by_llama_perplexity(
    options: argparse.Namespace, text: str, folder: Path
) -> tuple[dict, float, int]:
    words, base = folder / "text.txt", folder / "base.dat"
    words.write_text(text + "\n")
    common = [
        str(options.tools / "llama-perplexity"), "-f", str(words), "--no-escape",
        "--chunks", str(options.chunks), "-c", str(CHUNK_TOKENS), "-t", str(options.threads),
        "-ngl", "0", "--kl-divergence-base", str(base),
    ]  # fmt: skip
    start = perf_counter()
    printed = run([*common, "-m", str(options.master)])
    printed += run([*common, "-m", str(options.other), "--kl-divergence"])
    wall_s = perf_counter() - start
    found = {name: value(pattern, printed) for name, pattern in LINES.items()}
    found["top1_agreement"] /= 100
    return found, wall_s, base.stat().st_size


def run(command: list[str]) -> str:
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout + done.stderr


def value(pattern: str, printed: str) -> float:
    found = re.search(pattern, printed)
    if found is None:
        sys.exit(f"llama-perplexity printed nothing like {pattern}:\n{printed[-2000:]}")
    return float(found[1])


if __name__ == "__main__":
    main()
