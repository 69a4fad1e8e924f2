"""The facts a noise verdict rests on, gathered before the start and from every repetition."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import sleep

from kdedge.core.json_value import Json
from kdedge.profile.machine_counters import between, read_counters
from kdedge.profile.noise import NoiseFacts, judge
from kdedge.profile.recorder import Value
from kdedge.profile.statistics import drift, mean, median_deviation

BEFORE = "before"
"""Name of what the machine did before each start."""
_LONG_ENOUGH_S = 0.3
"""Shorter repetitions say little of other programs: the kernel counts hundredths of a second."""
_SCALING_DRIVER = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_driver")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where a run was timed."""

    usable_cores: int
    n_threads: int
    on_cpu: bool
    """All layers are computed by the CPU, so its threads have to be busy all the time."""


def listen(machine: Mapping[str, Json], *, listen_s: float) -> Value:
    """Return what other programs do while this one does nothing.

    Args:
        machine: The ``machine`` object of the run.
        listen_s: For how long.
    """
    before = read_counters()
    sleep(listen_s)
    return {
        "watch": asdict(between(before, read_counters(), measured_cpu_s=0.0)),
        "load_average_1m": machine.get("load_average_1m"),
        "on_battery": machine.get("on_battery"),
        "governor": machine.get("governor"),
        "scaling_driver": _scaling_driver(),
    }


def noise_block(
    timed: Mapping[str, list[Value]], *, before: list[Value], where: Surroundings
) -> dict[str, Json]:
    """Return the ``noise`` object of a document.

    Args:
        timed: Name to repetitions of everything that was timed.
        before: What the machine did before each start of the run.
        where: Cores and threads.
    """
    facts = noise_facts(timed, before=before, where=where)
    verdict = judge(facts)
    return {
        "verdict": verdict.trust.word,
        "reasons": list(verdict.reasons),
        "facts": {**asdict(facts), "spreads": dict(facts.spreads), "drifts": dict(facts.drifts)},
    }


def noise_facts(
    timed: Mapping[str, list[Value]], *, before: list[Value], where: Surroundings
) -> NoiseFacts:
    """Return the facts of a run; see ``noise_block``."""
    values = [value for repetitions in timed.values() for value in repetitions]
    watches = [value["watch"] for value in values]
    long = [watch for watch in watches if watch["wall_s"] >= _LONG_ENOUGH_S]
    first = before[0] if before else {}
    return NoiseFacts(
        usable_cores=where.usable_cores,
        n_threads=where.n_threads,
        other_cores_before=_worst([each["watch"] for each in before], "other_cores"),
        other_cores=_average(watches, "other_cores"),
        other_cores_worst=_worst(long, "other_cores"),
        steal_cores=_average(watches, "steal_cores"),
        cpu_share=_cpu_share(values, where),
        load_average_1m=first.get("load_average_1m"),
        throttle_events=_total(watches, "throttle_events"),
        quota_throttled_share=_share(watches, "quota_throttled_s"),
        on_battery=any(each["on_battery"] for each in before) or None,
        governor=first.get("governor"),
        scaling_driver=first.get("scaling_driver"),
        spreads={name: _spread(each) for name, each in timed.items() if len(each) > 2},
        drifts={
            name: change
            for name, each in timed.items()
            if (change := drift([value["ns"] for value in each])) is not None
        },
    )


def _spread(values: list[Value]) -> float:
    times = [float(value["ns"]) for value in values]
    return median_deviation(times) / median(times)


def _cpu_share(values: list[Value], where: Surroundings) -> float | None:
    wanted = sum(value["ns"] for value in values) * where.n_threads
    if not where.on_cpu or not wanted:
        return None
    return min(1.0, float(sum(value["cpu_ns"] for value in values) / wanted))


def _average(watches: list[Value], key: str) -> float | None:
    """Return the mean over time."""
    known = [watch for watch in watches if watch[key] is not None]
    total_s = sum(watch["wall_s"] for watch in known)
    if not total_s:
        return None
    return float(sum(watch[key] * watch["wall_s"] for watch in known) / total_s)


def _share(watches: list[Value], key: str) -> float | None:
    known = [watch[key] / watch["wall_s"] for watch in watches if watch[key] is not None]
    return mean(known) if known else None


def _worst(watches: list[Value], key: str) -> float | None:
    return max((watch[key] for watch in watches if watch[key] is not None), default=None)


def _total(watches: list[Value], key: str) -> int | None:
    known = [watch[key] for watch in watches if watch[key] is not None]
    return sum(known) if known else None


def _scaling_driver() -> str | None:
    try:
        return _SCALING_DRIVER.read_text(encoding="ascii").strip()
    except OSError:
        return None
