"""A timing process that measures nothing, for runs in no time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kdedge.profile.instruments import Instruments

LOG = "llama_kv_cache:        CPU KV buffer size =    90.00 MiB\n"
DEVICES = {"cpu_info": "CPU", "gpu_info": "", "backends": "CPU"}


@dataclass
class FakeMachine:
    """All processes of one test."""

    stop_after: int | None = None
    """So many orders in, ``stop_with`` is raised."""
    stop_with: BaseException = field(default_factory=KeyboardInterrupt)
    orders: list[str] = field(default_factory=list)
    started: int = 0

    def instruments(self) -> Instruments:
        return Instruments(timing=self.timing, watcher=self.watcher, listen_s=0.001)

    @contextmanager
    def timing(self, path: Path) -> Iterator["FakeTiming"]:
        self.started += 1
        yield FakeTiming(self)

    @contextmanager
    def watcher(self, pid: int, path: Path) -> Iterator["FakeWatcher"]:
        yield FakeWatcher()

    def note(self, order: str) -> None:
        if self.stop_after is not None and len(self.orders) >= self.stop_after:
            raise self.stop_with
        self.orders.append(order)


class FakeTiming:
    pid = os.getpid()

    def __init__(self, machine: FakeMachine) -> None:
        self._machine = machine

    def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        name = order["op"]
        self._machine.note(name)
        answers = {
            "load": {"load_ns": 10**8, "model_type": "tiny", "model_size": 1, "model_n_params": 2,
                     "n_ctx_train": 1024, "log": "", **DEVICES},
            "context": {"context_ns": 10**7, "n_ctx": 1024, "log": LOG},
            "cut": {"text": order.get("text", "")},
        }  # fmt: skip
        if name in answers:
            return {"op": name, **answers[name]}
        return {"op": name, **(self._raw(order) if name == "raw" else self._user(order))}

    def _raw(self, order: dict[str, Any]) -> dict[str, Any]:
        n_tokens = order["n_prompt"] + order["n_gen"]
        ns = n_tokens * 10**6
        return {"ns": ns, "cpu_ns": 2 * ns, "native_ns": ns - 1000, "n_tokens": n_tokens}

    def _user(self, order: dict[str, Any]) -> dict[str, Any]:
        gaps = (10**6,) * (order["n_gen"] - 1)
        return {
            "tokenize_ns": 1000,
            "prefill_ns": 10**8,
            "first_sample_ns": 2000,
            "ttft_ns": 10**8 + 3000,
            "gaps_ns": list(gaps),
            "cpu_ns": 2 * 10**8,
            "native_decode_ns": int(0.99 * sum(gaps)),
            "n_prompt": 512,
            "n_cached": order["n_cached"],
            "n_gen": order["n_gen"],
        }


class FakeWatcher:
    pid = os.getpid()

    def mark(self, name: str) -> dict[str, Any]:
        size = {"start": 10, "loaded": 50, "context": 150, "request": 160}[name] * 1024**2
        now = {"rss_bytes": size, "peak_rss_bytes": size, "anon_bytes": size, "swap_bytes": 0}
        return {
            "mark": name,
            "source": "/proc",
            "samples": 1,
            "now": now,
            "highest": now,
            "weights_resident_bytes": 1024,
        }
