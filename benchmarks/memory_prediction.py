"""Predicted against measured memory: the KV cache to the byte, anonymous memory within 10 %.

    python benchmarks/memory_prediction.py MODEL.gguf ...

Every model is loaded at several layouts, each time in a fresh process (``memory_child.py``) that
decodes full batches and one row a sequence, as the engine does. KV, repacked and output bytes are
compared with the buffer sizes in llama.cpp's own log. Prints Markdown; exit code 1 when a bound
is not met. Without models it takes the starter.
"""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from kdedge.core.machine import machine_facts
from kdedge.models.footprint import ContextLayout, Footprint, predict
from kdedge.models.header import read_header
from kdedge.models.starter import starter_model

CHILD = Path(__file__).with_name("memory_child.py")
MIB = 1024**2
LARGEST_ERROR = 0.10
TYPE_NUMBERS = {"F16": 1, "Q8_0": 8}
LAYOUTS = (
    ContextLayout(n_ctx_per_sequence=512, n_sequences=2, n_ubatch=128),
    ContextLayout(n_ctx_per_sequence=1024, n_sequences=4, n_ubatch=512),
    ContextLayout(n_ctx_per_sequence=2048, n_sequences=1, n_ubatch=512),
    ContextLayout(n_ctx_per_sequence=2048, n_sequences=1, n_ubatch=512, full_window=False),
    ContextLayout(n_ctx_per_sequence=700, n_sequences=16, n_ubatch=256),
    ContextLayout(n_ctx_per_sequence=512, n_sequences=34, n_ubatch=256),
    ContextLayout(n_ctx_per_sequence=1024, n_sequences=2, n_ubatch=256, flash_attention=False),
    ContextLayout(
        n_ctx_per_sequence=1024,
        n_sequences=4,
        n_ubatch=256,
        cache_type_k="Q8_0",
        cache_type_v="Q8_0",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the child told, in bytes."""

    anon_bytes: int
    kv_log: float
    repacked_log: float


def main() -> int:
    paths = [Path(word) for word in sys.argv[1:]] or [starter_model()]
    machine = machine_facts()
    print(
        "| file | ctx x seq, ubatch | KV MiB (log) | repacked (log) | anon predicted | measured |"
    )
    print("|---|---|--:|--:|--:|--:|")
    failures = 0
    for path in paths:
        header = read_header(path)
        for layout in LAYOUTS:
            predicted = predict(header, layout=layout, machine=machine)
            measured = measure(path, layout)
            error = predicted.anon_bytes / measured.anon_bytes - 1
            # The log rounds to hundredths of a MiB; a cache may be logged in two lines.
            exact = abs(predicted.kv_cache_bytes / MIB - measured.kv_log) < 0.011
            failures += not exact or abs(error) > LARGEST_ERROR
            print(row(path, layout, predicted, measured, error=error, exact=exact), flush=True)
    print(f"\n{failures} outside of the bounds")
    return min(failures, 1)


def measure(path: Path, layout: ContextLayout) -> Measured:
    room = min(layout.n_ctx_per_sequence, 1024) - 8  # deeper prefill takes long and adds little
    job = {
        "path": str(path),
        "n_ctx_per_sequence": layout.n_ctx_per_sequence,
        "n_sequences": layout.n_sequences,
        "n_ubatch": layout.n_ubatch,
        "type_k": TYPE_NUMBERS[layout.cache_type_k],
        "type_v": TYPE_NUMBERS[layout.cache_type_v],
        "flash_attn": -1 if layout.flash_attention else 0,
        "full_window": layout.full_window,
        "n_chunks": max(1, room // layout.n_ubatch),
        "all_logits": False,
    }
    command = [sys.executable, str(CHILD)]
    done = subprocess.run(
        command, input=json.dumps(job), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{path} {layout}: {done.stderr[-2000:]}")
    told = json.loads(done.stdout)
    log = "\n".join(told["log"])
    return Measured(
        anon_bytes=max(told["marks"].values()),
        kv_log=sum(map(float, re.findall(r"KV buffer size =\s*([\d.]+)", log))),
        repacked_log=sum(
            map(float, re.findall(r"CPU_REPACK model buffer size =\s*([\d.]+)", log))
        ),
    )


def row(
    path: Path,
    layout: ContextLayout,
    predicted: Footprint,
    measured: Measured,
    *,
    error: float,
    exact: bool,
) -> str:
    notes = [] if layout.flash_attention else ["no flash attention"]
    notes += [] if layout.cache_type_k == "F16" else [f"KV {layout.cache_type_k}"]
    notes += [] if layout.full_window else ["window only"]
    shape = f"{layout.n_ctx_per_sequence} x {layout.n_sequences}, {layout.n_ubatch}"
    words = ", ".join([shape, *notes])
    kv = f"{predicted.kv_cache_bytes / MIB:.2f} ({measured.kv_log:.2f}{'' if exact else ' !'})"
    repacked = f"{predicted.repacked_bytes / MIB:.1f} ({measured.repacked_log:.1f})"
    anon = f"{predicted.anon_bytes / MIB:.1f} ({100 * error:+.1f} %)"
    return (
        f"| {path.stem} | {words} | {kv} | {repacked} | {anon} | {measured.anon_bytes / MIB:.1f} |"
    )


if __name__ == "__main__":
    sys.exit(main())
