"""What each type costs and gives on one master: size, KL, top-1 agreement, speed; as a table.

    python benchmarks/type_table.py MASTER.gguf [--imatrix F] [--types T,T,...] [--chunks 16]
        [--turns 5] [--no-speed] [--threads N] [--json F]

Every file is made from MASTER (F32, F16 or BF16), compared with it on held-out Python code in one
pass, and timed in turns: prefill of 512 tokens and decode of 64, the median of the turns. MASTER
has to lie off every quantisation grid (``dithered_checkpoint.py`` makes one from weights that were
dequantised).
"""

import argparse
import json
import tempfile
from pathlib import Path
from statistics import median

from kdedge.quantize.calibration import held_out_text
from kdedge.quantize.divergence import DivergenceOptions, measure_divergences
from kdedge.quantize.quantize import quantize_model
from kdedge.runtime.thread_rule import default_threads
from kdedge.runtime.timing_client import TimingClient

TYPES = "Q8_0,Q6_K,Q5_K_M,Q5_1,Q4_K_M,IQ4_NL,Q4_0"
PREFILL, DECODE = (512, 0), (0, 64)
MIB = 1024**2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("master", type=Path)
    parser.add_argument("--imatrix", type=Path)
    parser.add_argument("--types", default=TYPES)
    parser.add_argument("--chunks", type=int, default=16)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--no-speed", action="store_true")
    parser.add_argument("--threads", type=int, help="of the comparison; timing takes the default")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kdedge-types-") as folder:
        rows = measured(options, Path(folder))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    print("| type | MiB | bits per weight | mean KL | 95 % interval | top-1 | prefill | decode |")
    print("|---|---:|---:|---:|---|---:|---:|---:|")
    for row in rows:
        low, high = row["mean_kl_ci95"]
        speeds = [f"{row[name]:.0f}" if row[name] else "" for name in ("prefill", "decode")]
        print(
            f"| {row['type']} | {row['bytes'] / MIB:.1f} | {row['bits']:.2f} | {row['kl']:.4f} "
            f"| {low:.4f} to {high:.4f} | {row['top1']:.1%} | {' | '.join(speeds)} |"
        )


def measured(options: argparse.Namespace, folder: Path) -> list[dict]:
    paths, rows = [], []
    for name in options.types.split(","):
        path = folder / f"{name}.gguf"
        made = quantize_model(options.master, path, file_type=name, imatrix=options.imatrix)
        paths.append(path)
        rows.append({"type": name, "bytes": made.file_bytes, "bits": made.bits_per_weight})
    found = measure_divergences(
        options.master,
        paths,
        held_out_text([]).text,
        options=DivergenceOptions(n_chunks=options.chunks, n_threads=options.threads),
    )
    speeds = in_turns([options.master, *paths], turns=0 if options.no_speed else options.turns)
    for row, each, (prefill, decode) in zip(rows, found, speeds[1:], strict=True):
        row |= {"kl": each.mean_kl, "mean_kl_ci95": each.mean_kl_ci95, "p99_kl": each.p99_kl}
        row |= {"top1": each.top1_agreement, "prefill": prefill, "decode": decode}
    print(f"master: prefill {speeds[0][0]}, decode {speeds[0][1]} tokens/s")
    return rows


def in_turns(paths: list[Path], *, turns: int) -> list[tuple[float | None, float | None]]:
    """Return (prefill, decode) in tokens/s of each file."""
    if not turns:
        return [(None, None)] * len(paths)
    seen = [[rates(path) for path in paths] for _ in range(turns)]
    return [
        (median(turn[place][0] for turn in seen), median(turn[place][1] for turn in seen))
        for place in range(len(paths))
    ]


def rates(path: Path) -> tuple[float, float]:
    with TimingClient(path) as timer:
        timer.ask({"op": "load", "path": str(path), "n_gpu_layers": 0})
        sizes = {"n_ctx": 1024, "n_batch": 512, "n_ubatch": 512}
        timer.ask({"op": "context", **sizes, "n_threads": default_threads(), "seed": 0})
        found = []
        for n_prompt, n_gen in (PREFILL, DECODE):
            row = {"n_prompt": n_prompt, "n_gen": n_gen, "n_depth": 0}
            timer.ask({"op": "warm_up", **row})
            fastest = min(timer.ask({"op": "raw", **row})["ns"] for _ in range(3))
            found.append((n_prompt + n_gen) * 1e9 / fastest)
    return found[0], found[1]


if __name__ == "__main__":
    main()
