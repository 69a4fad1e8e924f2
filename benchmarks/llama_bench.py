"""kdedge's raw mode beside llama-bench, in turns, on one model: are they within 2 %?

    python benchmarks/llama_bench.py MODEL.gguf [--pairs 8] [--tools FOLDER] [--json FILE]

Each pair runs both once for each test, in the order A B B A, in fresh processes. What counts is
the ratio within a pair: the machine's own ups and downs hit both. ``build_llama_tools.py`` makes
llama-bench against the same libraries.
"""

import argparse
import json
import subprocess
from pathlib import Path
from statistics import median

from build_llama_tools import DEFAULT_FOLDER

from kdedge.profile.statistics import median_interval
from kdedge.runtime.thread_rule import default_threads
from kdedge.runtime.timing_client import TimingClient

TESTS = (("pp512", 512, 0), ("tg128", 0, 128))
GOAL = 0.02


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--repetitions", type=int, default=5, help="within each run")
    parser.add_argument("--tools", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--threads", type=int, default=default_threads())
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results = {}
    for name, n_prompt, n_gen in TESTS:
        results[name] = compare(name, n_prompt, n_gen, options=options)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


def compare(name: str, n_prompt: int, n_gen: int, *, options: argparse.Namespace) -> dict:
    runners = {"kdedge": kdedge, "llama-bench": llama_bench}
    ratios, speeds = [], {runner: [] for runner in runners}
    for pair in range(options.pairs):
        order = list(runners) if pair % 2 == 0 else list(reversed(runners))
        found = {who: runners[who](n_prompt, n_gen, options=options) for who in order}
        for who, speed in found.items():
            speeds[who].append(speed)
        ratios.append(found["kdedge"] / found["llama-bench"])
        print(f"{name} pair {pair + 1}: " + "  ".join(f"{w} {s:.2f}" for w, s in found.items()))
    interval = median_interval(ratios, seed=0)
    ratio = median(ratios)
    verdict = "within" if abs(ratio - 1) <= GOAL else "NOT within"
    print(
        f"{name}: kdedge / llama-bench = {ratio:.4f}"
        f" [{interval.low:.4f}, {interval.high:.4f}], {verdict} {GOAL:.0%}"
    )
    return {"ratio": ratio, "ci95": [interval.low, interval.high], "speeds": speeds}


def llama_bench(n_prompt: int, n_gen: int, *, options: argparse.Namespace) -> float:
    command = [str(options.tools / "llama-bench"), "-m", str(options.model), "-o", "jsonl"]
    command += ["-p", str(n_prompt), "-n", str(n_gen), "-r", str(options.repetitions)]
    command += ["-t", str(options.threads)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return median(json.loads(done.stdout)["samples_ts"])


def kdedge(n_prompt: int, n_gen: int, *, options: argparse.Namespace) -> float:
    test = {"n_prompt": n_prompt, "n_gen": n_gen, "n_depth": 0}
    with TimingClient(options.model) as child:
        child.ask({"op": "load", "path": str(options.model), "n_gpu_layers": -1})
        sizes = {"n_ctx": n_prompt + n_gen, "n_threads": options.threads}
        child.ask({"op": "context", **sizes})
        child.ask({"op": "warm_up", **test})
        samples = [child.ask({"op": "raw", **test}) for _ in range(options.repetitions)]
    return median(1e9 * each["n_tokens"] / each["ns"] for each in samples)


if __name__ == "__main__":
    main()
