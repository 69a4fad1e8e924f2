from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kdedge.runtime.decode_timing import TimingOptions, decode_seconds

MODEL = Path("model.gguf")


class FakeTimer:
    def __init__(self, runs_ns: list[int]) -> None:
        self.runs_ns = iter(runs_ns)
        self.orders: list[dict[str, Any]] = []
        self.closed = False

    def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        self.orders.append(order)
        return {"ns": next(self.runs_ns)} if order["op"] == "raw" else {}

    @contextmanager
    def open(self, path: Path) -> Iterator["FakeTimer"]:
        yield self
        self.closed = True


def test_the_fastest_run_counts() -> None:
    timer = FakeTimer([30_000_000, 10_000_000, 20_000_000])
    options = TimingOptions(n_tokens=10, n_runs=3, n_threads=2)
    assert decode_seconds(MODEL, options=options, open_timer=timer.open) == pytest.approx(1e-3)
    assert timer.closed


def test_runs_are_warmed_up_and_fit_the_context() -> None:
    timer = FakeTimer([1] * 4)
    options = TimingOptions(n_tokens=16, n_runs=4, n_threads=3, n_gpu_layers=-1)
    decode_seconds(MODEL, options=options, open_timer=timer.open)
    assert [each["op"] for each in timer.orders] == [
        "load", "context", "warm_up", *["raw"] * 4,
    ]  # fmt: skip
    load, context, _, raw, *_ = timer.orders
    assert (load["path"], load["n_gpu_layers"]) == ("model.gguf", -1)
    assert context["n_threads"] == 3
    assert raw["n_gen"] <= context["n_ctx"]
