"""What all phases of a profile share: the model, the settings, where results and progress go."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kdedge.core.events import Progress, Sink
from kdedge.profile.energy import EnergyReading, joules_between, read_energy
from kdedge.profile.instruments import Instruments, TimingProcess
from kdedge.profile.machine_counters import between, read_counters
from kdedge.profile.options import Protocol, Settings
from kdedge.profile.recorder import Recorder, Value
from kdedge.profile.stopping import RepetitionRule, is_warm, standing

_NS = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One run's surroundings."""

    path: Path
    settings: Settings
    protocol: Protocol
    recorder: Recorder
    sink: Sink
    instruments: Instruments = field(default_factory=Instruments)

    def load(self, child: TimingProcess) -> dict[str, Any]:
        """Load the model in ``child``.

        Raises:
            KdedgeError: It cannot be loaded, or the process died.
        """
        return child.ask(
            {
                "op": "load",
                "path": str(self.path),
                "n_gpu_layers": self.settings.n_gpu_layers,
            }
        )

    def open_context(self, child: TimingProcess, n_ctx: int) -> dict[str, Any]:
        """Open a context of ``n_ctx`` tokens in ``child``.

        Raises:
            KdedgeError: There is no room for it.
        """
        settings = self.settings
        return child.ask(
            {
                "op": "context",
                "n_ctx": n_ctx,
                "n_batch": settings.n_batch,
                "n_ubatch": settings.n_ubatch,
                "n_threads": settings.n_threads,
                "seed": settings.seed,
            }
        )

    def repeat(self, name: str, once: Callable[[], Value], *, rule: RepetitionRule) -> None:
        """Warm up, then measure until ``rule`` is content; what is there already counts.

        Args:
            name: What the repetitions are kept under.
            once: Measures one repetition; its ``ns`` is what is judged.
            rule: When to stop.

        Raises:
            KdedgeError: A repetition failed, or the store cannot be written.
        """
        warm_ups: list[float] = []
        while not is_warm(
            warm_ups, last=self.protocol.alike_warm_ups, cap=self.protocol.most_warm_ups
        ):
            self._tell(name, detail="warm-up", rule=rule)
            warm_ups.append(once()["ns"] / _NS)
            if sum(warm_ups) > rule.cap_s:
                break
        while not self.is_done(name, rule):
            self._tell(name, detail="", rule=rule)
            self.recorder.add(name, watched(once))
        self._tell(name, detail="done", rule=rule)

    def is_done(self, name: str, rule: RepetitionRule) -> bool:
        """Return whether ``name`` has enough repetitions."""
        return standing(seconds(self.recorder.values(name)), rule).enough

    def _tell(self, name: str, *, detail: str, rule: RepetitionRule) -> None:
        done = len(self.recorder.values(name))
        total = done if detail == "done" else max(rule.least, done + 1)
        self.sink(Progress(phase=name, done=done, total=total, unit="runs", detail=detail))


def watched(once: Callable[[], Value]) -> Value:
    """Return one repetition with what the machine did meanwhile beside it."""
    energy_before = read_energy()
    before = read_counters()
    value = once()
    watch = between(before, read_counters(), measured_cpu_s=value["cpu_ns"] / _NS)
    energy_after = read_energy()
    joules = None
    if isinstance(energy_before, EnergyReading) and isinstance(energy_after, EnergyReading):
        joules = joules_between(energy_before, energy_after)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return {**value, "watch": asdict(watch), "joules": joules, "at": at}


def seconds(values: list[Value]) -> list[float]:
    """Return what each repetition took, in seconds."""
    return [value["ns"] / _NS for value in values]
