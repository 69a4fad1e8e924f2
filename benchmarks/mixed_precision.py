"""A searched mix of types against the stock mix of the same size, on held-out code.

    python benchmarks/mixed_precision.py MASTER.gguf [--imatrix F] [--stock Q4_K_M] [--to FOLDER]
        [--min-speed 0.95] [--probes N] [--chunks N] [--held-out-chunks N] [--threads N] [--json F]

Both files are made from MASTER (F32, F16 or BF16) with one imatrix, gathered here from the
calibration text when none is given. The mix may have as many bytes as the stock file and is
searched on the calibration text; both are judged on the held-out text. With --min-speed the mix
must also decode at that share of the stock file's speed, measured in turns. MASTER has to lie off
every quantisation grid: weights that were dequantised favour the type they come from.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

from kdedge.core.events import Event, Progress
from kdedge.quantize.calibration import calibration_text, held_out_text
from kdedge.quantize.divergence import DivergenceOptions, measure_divergences
from kdedge.quantize.divergence_summary import Divergence
from kdedge.quantize.imatrix import GatherOptions, gather_imatrix
from kdedge.quantize.mixing import MixBudget, Mixed, MixJob, find_mix
from kdedge.quantize.quantize import quantize_model
from kdedge.quantize.search import SearchOptions
from kdedge.runtime.decode_timing import TimingOptions, decode_seconds

TURNS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("master", type=Path)
    parser.add_argument("--imatrix", type=Path)
    parser.add_argument("--stock", default="Q4_K_M")
    parser.add_argument("--to", type=Path, help="keep the files there")
    parser.add_argument("--min-speed", type=float, help="share of the stock file's decode speed")
    parser.add_argument("--probes", type=int, default=64)
    parser.add_argument("--looks", type=int, default=2)
    parser.add_argument("--chunks", type=int, default=6, help="of the search")
    parser.add_argument("--chunk-tokens", type=int, default=256, help="of the search")
    parser.add_argument("--held-out-chunks", type=int, default=16)
    parser.add_argument("--threads", type=int, help="of the search and the comparison")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.to:
        options.to.mkdir(parents=True, exist_ok=True)
        run(options, options.to)
    else:
        with tempfile.TemporaryDirectory(prefix="kdedge-mixed-") as folder:
            run(options, Path(folder))


def run(options: argparse.Namespace, folder: Path) -> None:
    imatrix = options.imatrix or gathered(options.master, folder)
    stock = folder / f"{options.stock}.gguf"
    made = quantize_model(options.master, stock, file_type=options.stock, imatrix=imatrix)
    print(f"{options.stock}: {made.file_bytes} bytes", flush=True)
    began = time.perf_counter()
    mixed = find_mix(
        MixJob(
            master=options.master,
            imatrix=imatrix,
            text=calibration_text([]).text,
            folder=folder,
            divergence=DivergenceOptions(
                chunk_tokens=options.chunk_tokens,
                n_chunks=options.chunks,
                n_threads=options.threads,
            ),
            search=SearchOptions(n_probes=options.probes, n_looks=options.looks),
        ),
        budget(options, stock, file_bytes=made.file_bytes),
        sink=show,
    )
    search_s = time.perf_counter() - began
    tell(mixed, search_s)
    mix = folder / "mix.gguf"
    quantize_model(
        options.master, mix, file_type=mixed.file_type, overrides=mixed.overrides, imatrix=imatrix
    )
    judged = measure_divergences(
        options.master,
        [stock, mix],
        held_out_text([]).text,
        options=DivergenceOptions(n_chunks=options.held_out_chunks, n_threads=options.threads),
    )
    speeds = in_turns([stock, mix]) if options.min_speed else [None, None]
    report(options, [stock, mix], judged, speeds)
    if options.json:
        options.json.write_text(
            json.dumps(document(mixed, [stock, mix], judged, speeds), indent=1)
        )


def gathered(master: Path, folder: Path) -> Path:
    target = folder / "imatrix.gguf"
    if not target.exists():
        gather_imatrix(
            master, calibration_text([]), target, options=GatherOptions(n_chunks=64), sink=show
        )
    return target


def budget(options: argparse.Namespace, stock: Path, *, file_bytes: int) -> MixBudget:
    if options.min_speed is None:
        return MixBudget(file_bytes=file_bytes)
    (stock_s,) = in_turns([stock])
    return MixBudget(
        file_bytes=file_bytes,
        most_seconds=stock_s / options.min_speed,
        decode_seconds=timed,
    )


def timed(path: Path) -> float:
    return decode_seconds(path, options=TimingOptions(n_tokens=64))


def in_turns(paths: list[Path]) -> list[float]:
    """Return the seconds a token of each file, timed alternately."""
    turns = [[timed(path) for path in paths] for _ in range(TURNS)]
    return [statistics.median(times) for times in zip(*turns, strict=True)]


def show(event: Event) -> None:
    if isinstance(event, Progress) and event.phase in {"probing", "mixing"}:
        print(f"  {event.phase} {event.done}/{event.total}", flush=True)


def tell(mixed: Mixed, search_s: float) -> None:
    print(f"searched in {search_s:.0f} s")
    for each in mixed.found.tried:
        time_ms = f"{1000 * each.decode_seconds:.3f} ms/token" if each.decode_seconds else ""
        fits = "" if each.fits else "too slow"
        print(f"  predicted {each.predicted_kl:.5f} measured {each.kl:.5f} {time_ms} {fits}")
    for quant_type, cost in (mixed.seconds_per_weight or {}).items():
        print(f"  {quant_type}: {1e12 * cost:.1f} ps a weight")
    for each in mixed.overrides:
        print(f"  --override '{each.pattern}={each.quant_type}'")


def report(
    options: argparse.Namespace,
    paths: list[Path],
    judged: list[Divergence],
    speeds: list[float | None],
) -> None:
    print("| file | bytes | mean KL | 95 % | p99 KL | top-1 | tokens/s |")
    for path, found, seconds in zip(paths, judged, speeds, strict=True):
        low, high = found.mean_kl_ci95
        speed = f"{1 / seconds:.1f}" if seconds else ""
        print(
            f"| {path.stem} | {path.stat().st_size} | {found.mean_kl:.5f} | {low:.5f}-{high:.5f}"
            f" | {found.p99_kl:.4f} | {found.top1_agreement:.2%} | {speed} |"
        )
    stock, mix = judged
    print(f"KL {1 - mix.mean_kl / stock.mean_kl:.1%} lower", end="")
    stock_s, mix_s = speeds
    if stock_s and mix_s:
        print(f" at {stock_s / mix_s:.3f} of the decode speed", end="")
    print(f", {paths[1].stat().st_size - paths[0].stat().st_size:+d} bytes")


def document(
    mixed: Mixed, paths: list[Path], judged: list[Divergence], speeds: list[float | None]
) -> dict[str, object]:
    return {
        "files": [
            {
                "name": path.stem,
                "file_bytes": path.stat().st_size,
                "mean_kl": found.mean_kl,
                "mean_kl_ci95": found.mean_kl_ci95,
                "decode_seconds": seconds,
            }
            for path, found, seconds in zip(paths, judged, speeds, strict=True)
        ],
        "file_type": mixed.file_type,
        "overrides": [f"{each.pattern}={each.quant_type}" for each in mixed.overrides],
        "probes": [
            {"names": each.names, "types": each.quant_types, "kl": each.kl}
            for each in mixed.found.probes
        ],
    }


if __name__ == "__main__":
    main()
