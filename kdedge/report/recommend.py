"""One line of advice that says what the intervals support, and no more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kdedge.report.facts import Recommendation, Row
from kdedge.report.paired import QualityDifference, quality_difference
from kdedge.report.ratios import speed_ratio
from kdedge.report.units import (
    bytes_text,
    listed,
    p_text,
    percent_with_interval,
    points,
    rate_text,
)
from kdedge.report.unlike import (
    noise_problem,
    performance_differences,
    quality_differences,
)

_SAME_SIZE = 0.02
"""Memory that differs by less is called the same."""


def recommend(rows: Sequence[Row]) -> Recommendation:
    """Return which of ``rows`` to take: the fastest of those no worse than the best, as measured.

    pass@1 goes first, by a paired test against the best; then decode speed, by its interval; then
    memory. What was not measured, or cannot be compared, decides nothing and is said.

    Args:
        rows: At least one.
    """
    if len(rows) == 1:
        return _single(rows[0])
    quality = _by_quality(rows)
    if quality.obstacle:
        return Recommendation(choice=None, sentence=quality.obstacle, because=quality.because)
    speed = _by_speed(quality.left)
    memory = _by_memory(speed.left)
    choice = memory.left[0] if len(memory.left) == 1 else None
    because = (*quality.because, *speed.because, *memory.because)
    if choice is None:
        names = listed([row.label for row in memory.left])
        return Recommendation(
            choice=None,
            sentence=f"Nothing measured here separates {names}: take whichever you like.",
            because=because,
        )
    about = (_about_the_choice(quality, choice, rows), speed.reason, memory.reason)
    reasons = [reason for reason in about if reason]
    reasons += _risk(choice, rows)
    sentence = f"Take {choice.label}: {'; '.join(reasons)}."
    return Recommendation(choice=choice.label, sentence=sentence, because=because)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """What one criterion leaves over."""

    left: tuple[Row, ...]
    reason: str = ""
    """What it says for the rows that are left, as a clause."""
    because: tuple[str, ...] = ()
    obstacle: str = ""
    """Why nothing can be recommended at all, as a sentence."""


def _single(row: Row) -> Recommendation:
    parts = []
    if row.speed.decode_tokens_per_s.value is not None and not row.noise.unusable:
        parts.append(f"decodes {rate_text(row.speed.decode_tokens_per_s.value)} tokens/s")
    if row.memory.needs_bytes.value is not None:
        parts.append(f"needs {bytes_text(row.memory.needs_bytes.value)}")
    if row.pass_at_1.value is not None:
        parts.append(f"has pass@1 {percent_with_interval(row.pass_at_1)}")
    told = f": it {listed(parts)}" if parts else ""
    problem = noise_problem(row)
    return Recommendation(
        choice=None,
        sentence=f"Only {row.label} was measured{told}. There is nothing to choose between.",
        because=(f"{problem[0].upper()}{problem[1:]}.",) if problem else (),
    )


def _by_quality(rows: Sequence[Row]) -> _Step:
    measured = [row for row in rows if row.pass_at_1.value is not None]
    if not measured:
        return _Step(
            left=tuple(rows),
            because=("pass@1 was not measured, so nothing here says which answers are right.",),
        )
    because = tuple(
        f"{row.label} is left out: its pass@1 was not measured."
        for row in rows
        if row.pass_at_1.value is None
    )
    best = max(measured, key=lambda row: row.pass_at_1.value or 0.0)
    unlike = [clause for row in measured for clause in quality_differences(best, row)]
    if unlike:
        return _Step(
            left=(),
            because=tuple(dict.fromkeys(unlike)),
            obstacle="No recommendation: the pass@1 values were not measured the same way.",
        )
    return _against_the_best(best, measured, because)


def _against_the_best(best: Row, measured: Sequence[Row], because: tuple[str, ...]) -> _Step:
    tests = {
        row.label: test
        for row in measured
        if row is not best and (test := _difference(row, best)) is not None
    }
    worse = {label: test for label, test in tests.items() if test.distinguishable}
    close = {label: test for label, test in tests.items() if not test.distinguishable}
    left = tuple(row for row in measured if row.label not in worse)
    # Nothing solved is nobody's choice, even where too few problems are solved to tell.
    barren = [row for row in left if row.pass_at_1.value == 0 != best.pass_at_1.value]
    if barren:
        left = tuple(row for row in left if row not in barren)
        names = listed([row.label for row in barren])
        because += (f"{names} solved no problem at all, so speed is no reason to take it.",)
    if worse:
        verb = "solves" if len(worse) == 1 else "solve"
        because += (f"{_told(worse)} {verb} fewer problems than {best.label}.",)
    if close:
        because += (f"{_told(close)} cannot be told from {best.label} by pass@1.",)
        because += (_blind_spot(list(close.values())),)
    shown = percent_with_interval(best.pass_at_1)
    if len(measured) == 1:
        return _Step(left=(best,), reason=f"it alone has a pass@1, {shown}", because=because)
    if len(left) == 1:
        reason = f"it solves the most problems, pass@1 {shown}"
    else:
        reason = f"its pass@1 cannot be told from the best ({best.label}, {shown})"
    return _Step(left=left, reason=reason, because=because)


def _about_the_choice(quality: _Step, choice: Row, rows: Sequence[Row]) -> str:
    """Return what to say of the choice's pass@1: being equal to the best needs no test."""
    shares = [row.pass_at_1.value for row in rows if row.pass_at_1.value is not None]
    if len(quality.left) > 1 and shares and choice.pass_at_1.value == max(shares):
        return f"none solves more, pass@1 {percent_with_interval(choice.pass_at_1)}"
    return quality.reason


def _told(tests: Mapping[str, QualityDifference]) -> str:
    return listed([f"{label} ({_shown(test)})" for label, test in tests.items()])


def _difference(row: Row, best: Row) -> QualityDifference | None:
    if row.evaluation is None or best.evaluation is None:
        return None
    return quality_difference(row.evaluation, best.evaluation)


def _risk(choice: Row, rows: Sequence[Row]) -> list[str]:
    """Return what the choice may cost in solved problems for all that is known, as a clause."""
    best = max(rows, key=lambda row: -1.0 if (share := row.pass_at_1.value) is None else share)
    difference = _difference(choice, best) if best is not choice else None
    if difference is None or difference.low is None or difference.difference >= 0:
        return []
    return [f"a loss of up to {-100 * difference.low:.0f} points is not ruled out"]


def _shown(difference: QualityDifference) -> str:
    text = f"{points(difference.difference)} points"
    if difference.low is not None and difference.high is not None:
        text += f" [{points(difference.low)}, {points(difference.high)}]"
    if difference.p_value is not None:
        text += f", {p_text(difference.p_value)}"
    return text


def _blind_spot(tests: Sequence[QualityDifference]) -> str:
    seen = max(test.detectable for test in tests)
    return (
        f"On {tests[0].n_problems} problems a loss smaller than about {100 * seen:.0f} points "
        "would usually go unseen."
    )


def _by_speed(rows: Sequence[Row]) -> _Step:
    because = tuple(
        f"{problem[0].upper()}{problem[1:]}." for row in rows if (problem := noise_problem(row))
    )
    because += tuple(
        f"The timings of {row.label} are suspect ({_causes(row)})."
        for row in rows
        if row.noise.verdict == "suspect"
    )
    if len(rows) == 1:
        return _Step(left=tuple(rows), because=because)
    usable = [
        row
        for row in rows
        if row.speed.decode_tokens_per_s.value is not None and not row.noise.unusable
    ]
    unlike = [clause for row in usable for clause in performance_differences(usable[0], row)]
    if unlike:
        because += (f"Speeds are not compared ({'; '.join(dict.fromkeys(unlike))}).",)
    if unlike or len(usable) < len(rows):
        if not unlike and not because:
            because += ("Speeds decide nothing: they are not known for every model.",)
        return _Step(left=tuple(rows), because=because)
    return _fastest(usable, because)


def _causes(row: Row) -> str:
    return "; ".join(row.noise.reasons) or "no cause given"


def _fastest(rows: Sequence[Row], because: tuple[str, ...]) -> _Step:
    fastest = max(rows, key=lambda row: row.speed.decode_tokens_per_s.value or 0.0)
    left = [row for row in rows if row is fastest or not _slower(row, fastest)]
    shown = f"{rate_text(fastest.speed.decode_tokens_per_s.value or 0.0)} tokens/s"
    if len(left) == 1:
        return _Step(left=(fastest,), reason=f"it decodes fastest, {shown}", because=because)
    names = listed([row.label for row in left])
    return _Step(
        left=tuple(left),
        reason=f"it decodes as fast as any, about {shown}",
        because=(*because, f"The decode speeds of {names} cannot be told apart."),
    )


def _slower(row: Row, fastest: Row) -> bool:
    ratio = speed_ratio(
        (fastest.speed.decode_tokens_per_s, fastest.speed.decode_samples),
        (row.speed.decode_tokens_per_s, row.speed.decode_samples),
    )
    return ratio is not None and ratio.distinguishable and ratio.value > 1


def _by_memory(rows: Sequence[Row]) -> _Step:
    if len(rows) == 1:
        return _Step(left=tuple(rows))
    name, sizes = _sizes(rows)
    if not sizes:
        return _Step(left=tuple(rows), because=("Memory decides nothing: it was not measured.",))
    smallest = min(sizes)
    left = [
        row for row, size in zip(rows, sizes, strict=True) if size <= smallest * (1 + _SAME_SIZE)
    ]
    if len(left) > 1:
        names = listed([row.label for row in left])
        return _Step(left=tuple(left), because=(f"{names} {name} the same within 2 %.",))
    return _Step(left=tuple(left), reason=f"it {name}s least, {bytes_text(smallest)}")


def _sizes(rows: Sequence[Row]) -> tuple[str, list[float]]:
    """Return what is compared, as a verb, and one size a row; no sizes when one is unknown."""
    needs = [row.memory.needs_bytes.value for row in rows]
    files = [row.model.file_bytes.value for row in rows]
    for verb, values in (("need", needs), ("weigh", files)):
        known = [value for value in values if value is not None]
        if len(known) == len(rows):
            return verb, known
    return "", []
