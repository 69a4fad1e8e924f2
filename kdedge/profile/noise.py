"""Whether the timings of a run can be trusted: clean, suspect or unusable, and why.

A pure function over facts collected elsewhere. Two busy threads more than there are cores do not
slow a model down a little: its threads wait for each other at every step, and a token can take
fifty times as long. So what others use is judged against the cores that are left over.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum


class Trust(IntEnum):
    """From good to bad, so that the worst of several is their maximum."""

    CLEAN = 0
    SUSPECT = 1
    UNUSABLE = 2

    @property
    def word(self) -> str:
        """The word in result documents."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseFacts:
    """What is known of the machine and the samples; ``None`` is unknown and never held against."""

    usable_cores: int
    n_threads: int
    other_cores_before: float | None = None
    """Cores that other programs kept busy before the start; counts where ``other_cores`` is not
    known."""
    other_cores: float | None = None
    """Cores that other programs kept busy during the timed repetitions, on average."""
    other_cores_worst: float | None = None
    """The same, in the worst repetition."""
    steal_cores: float | None = None
    """Cores that the hypervisor gave to other machines."""
    cpu_share: float | None = None
    """CPU time that the threads got, as a share of wall time x threads; 1 on a free machine."""
    load_average_1m: float | None = None
    """Used only where nothing better is known: it remembers what has ended already."""
    throttle_events: int | None = None
    quota_throttled_share: float | None = None
    """Share of the time this control group was stopped for using up its CPU quota."""
    on_battery: bool | None = None
    governor: str | None = None
    scaling_driver: str | None = None
    spreads: Mapping[str, float] = field(default_factory=dict)
    """Name of a measurement to its MAD as a share of its median."""
    drifts: Mapping[str, float] = field(default_factory=dict)
    """Name of a measurement to its change from first to last, as a share; slower is positive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseVerdict:
    """The word, and the sentences behind it."""

    trust: Trust
    reasons: tuple[str, ...]


Finding = tuple[Trust, str]

_OVERSUBSCRIBED = (0.15, 0.5)
"""Cores that are wanted and not there: from here on suspect, from there on unusable."""
_STEAL = (0.02, 0.10)
_CPU_SHARE = (0.95, 0.80)
_SPREAD = (0.03, 0.10)
_DRIFT = (0.05, 0.15)
_QUOTA = (0.0, 0.05)
_SELF_SCALING = {"intel_pstate", "amd-pstate-epp", "amd-pstate"}
"""Drivers for which the governor ``powersave`` is the normal one."""


def judge(facts: NoiseFacts) -> NoiseVerdict:
    """Return the verdict on ``facts``; no finding at all is ``clean``."""
    findings = [finding for check in _CHECKS for finding in check(facts)]
    findings.sort(key=lambda finding: -finding[0])
    return NoiseVerdict(
        trust=max((trust for trust, _ in findings), default=Trust.CLEAN),
        reasons=tuple(sentence for _, sentence in findings),
    )


def crowding(facts: NoiseFacts, other_cores: float) -> Trust:
    """Return how bad it is that other programs keep ``other_cores`` busy.

    Args:
        facts: Cores and threads.
        other_cores: What the others use.
    """
    spare = facts.usable_cores - facts.n_threads
    return _graded(other_cores - spare, _OVERSUBSCRIBED)


def _others(facts: NoiseFacts) -> Iterable[Finding]:
    # What went on before matters only where nobody could see what went on during.
    early = facts.other_cores_before if facts.other_cores is None else None
    moments = (
        ("during the measurement", facts.other_cores, Trust.UNUSABLE),
        ("during the worst repetition", facts.other_cores_worst, Trust.SUSPECT),
        ("before the start", early, Trust.SUSPECT),
    )
    for moment, cores, at_most in moments:
        if cores is not None and (trust := crowding(facts, cores)):
            sentence = (
                f"other programs kept {cores:.1f} of {facts.usable_cores} cores busy {moment},"
                f" and {facts.n_threads} threads were wanted"
            )
            yield min(trust, at_most), sentence
            return


def _load_average(facts: NoiseFacts) -> Iterable[Finding]:
    unknown = facts.other_cores_before is None and facts.other_cores is None
    if unknown and facts.load_average_1m is not None:
        over = facts.load_average_1m + facts.n_threads - facts.usable_cores
        if over > _OVERSUBSCRIBED[1]:
            yield (
                Trust.SUSPECT,
                (
                    f"load average {facts.load_average_1m:.1f} on {facts.usable_cores} cores"
                    " before the start"
                ),
            )


def _steal(facts: NoiseFacts) -> Iterable[Finding]:
    share = (facts.steal_cores or 0.0) / facts.usable_cores
    if trust := _graded(share, _STEAL):
        yield trust, f"the hypervisor took {share:.0%} of the CPU time for other machines"


def _cpu_share(facts: NoiseFacts) -> Iterable[Finding]:
    if facts.cpu_share is None:
        return
    if trust := _graded(1 - facts.cpu_share, (1 - _CPU_SHARE[0], 1 - _CPU_SHARE[1])):
        yield (
            trust,
            (f"the {facts.n_threads} threads got {facts.cpu_share:.0%} of the CPU time they want"),
        )


def _throttling(facts: NoiseFacts) -> Iterable[Finding]:
    if facts.throttle_events:
        yield Trust.SUSPECT, f"the CPU slowed down {facts.throttle_events} times from heat"
    share = facts.quota_throttled_share or 0.0
    if trust := _graded(share, _QUOTA):
        yield trust, f"a CPU quota stopped this control group for {share:.0%} of the time"


def _power(facts: NoiseFacts) -> Iterable[Finding]:
    if facts.on_battery:
        yield Trust.SUSPECT, "the machine ran on battery"
    slow = facts.governor == "powersave" and facts.scaling_driver not in _SELF_SCALING
    if slow or facts.governor == "conservative":
        yield Trust.SUSPECT, f"the frequency governor is {facts.governor}"


def _spread(facts: NoiseFacts) -> Iterable[Finding]:
    for name, spread in facts.spreads.items():
        if trust := _graded(spread, _SPREAD):
            yield trust, f"repetitions of {name} lie {spread:.0%} from their median (MAD)"


def _drift(facts: NoiseFacts) -> Iterable[Finding]:
    for name, change in facts.drifts.items():
        if trust := _graded(abs(change), _DRIFT):
            way = "slower" if change > 0 else "faster"
            yield trust, f"{name} became {abs(change):.0%} {way} from first to last"


def _graded(value: float, bounds: tuple[float, float]) -> Trust:
    suspect, unusable = bounds
    if value <= suspect:
        return Trust.CLEAN
    return Trust.UNUSABLE if value > unusable else Trust.SUSPECT


_CHECKS: tuple[Callable[[NoiseFacts], Iterable[Finding]], ...] = (
    _others,
    _load_average,
    _steal,
    _cpu_share,
    _throttling,
    _power,
    _spread,
    _drift,
)
