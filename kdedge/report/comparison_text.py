"""A comparison in words, cell by cell; terminal and page show the same ones."""

from kdedge.report.compare import Comparison, Pair
from kdedge.report.front_axes import front_sentence
from kdedge.report.paired import QualityDifference
from kdedge.report.ratios import Ratio
from kdedge.report.units import (
    UNKNOWN_TEXT,
    factor,
    p_text,
    percent_with_interval,
    points,
    rate_text,
)


def quality_text(difference: QualityDifference | None) -> str:
    """Return the difference in points, its interval and its p-value."""
    if difference is None:
        return UNKNOWN_TEXT
    text = f"{points(difference.difference)} points"
    if difference.low is not None and difference.high is not None:
        text += f" [{points(difference.low)}, {points(difference.high)}]"
    if difference.p_value is not None:
        text += f", {p_text(difference.p_value)}"
    return text


def ratio_text(ratio: Ratio | None) -> str:
    """Return ``1.31x [1.28, 1.34]``."""
    if ratio is None:
        return UNKNOWN_TEXT
    if ratio.interval is None:
        return factor(ratio.value)
    return f"{factor(ratio.value)} [{ratio.interval[0]:.2f}, {ratio.interval[1]:.2f}]"


def verdict_text(pair: Pair) -> str:
    """Return in plain words what a pair shows, one sentence."""
    parts = []
    if pair.quality is not None:
        parts.append(_quality_words(pair.quality))
    if pair.decode is not None:
        parts.append(_speed_words(pair.decode))
    if pair.memory is not None:
        parts.append(_memory_words(pair.memory.value))
    return f"{pair.row.label} {', '.join(parts)}."


def won_and_lost(difference: QualityDifference, *, most: int) -> tuple[str, str]:
    """Return the names of the problems won, and of those lost; at most ``most`` of each."""
    won, lost = (_names(names, most) for names in (difference.won, difference.lost))
    return won, lost


def remarks(comparison: Comparison) -> tuple[str, ...]:
    """Return what qualifies the numbers and which models are on the front, a sentence each."""
    front = front_sentence(comparison.rows, comparison.axes)
    return (*caveats(comparison), front) if front else caveats(comparison)


def caveats(comparison: Comparison) -> tuple[str, ...]:
    """Return what qualifies the numbers, a sentence each."""
    found: list[str] = []
    tests = [pair.quality for pair in comparison.pairs if pair.quality is not None]
    if tests:
        seen = max(test.detectable for test in tests)
        methods = " / ".join(dict.fromkeys(test.method for test in tests))
        n_problems = min(test.n_problems for test in tests)
        found.append(
            f"pass@1 is paired over {n_problems} problems ({methods}); "
            f"a difference below about {100 * seen:.0f} points would usually go unseen."
        )
    ratios = [ratio for pair in comparison.pairs for ratio in (pair.decode, pair.prefill) if ratio]
    if any(ratio.interval is None for ratio in ratios):
        found.append("A speed without brackets has no interval: too few repetitions were kept.")
    found.extend(
        f"The software differs ({pair.row.label}): {'; '.join(pair.cautions)}."
        for pair in comparison.pairs
        if pair.cautions
    )
    return tuple(found)


def flags(comparison: Comparison) -> tuple[str, ...]:
    """Return what makes pairs unlike, a sentence each."""
    base = comparison.baseline.label
    return tuple(
        f"UNLIKE ({base} / {pair.row.label}): {'; '.join(pair.unlike)}."
        for pair in comparison.pairs
        if pair.unlike
    )


def baseline_text(comparison: Comparison) -> str:
    """Return the baseline's own numbers, as far as they are known."""
    row = comparison.baseline
    speed = row.speed.decode_tokens_per_s.value
    parts = [] if speed is None else [f"{rate_text(speed)} tokens/s"]
    if row.pass_at_1.value is not None:
        parts.append(f"pass@1 {percent_with_interval(row.pass_at_1)}")
    return ", ".join(parts)


def _quality_words(difference: QualityDifference) -> str:
    if not difference.distinguishable:
        return "cannot be told apart by pass@1"
    word = "more" if difference.difference > 0 else "fewer"
    return f"solves {word} problems ({quality_text(difference)})"


def _speed_words(ratio: Ratio) -> str:
    if ratio.interval is None:
        return f"decodes at {factor(ratio.value)} the speed (no interval)"
    if not ratio.distinguishable:
        return "decodes equally fast within noise"
    word = "faster" if ratio.value > 1 else "slower"
    return f"decodes {word}, {ratio_text(ratio)} the speed"


def _memory_words(value: float) -> str:
    if abs(value - 1) < 0.005:
        return "needs the same memory"
    return f"needs {factor(value)} the memory"


def _names(names: tuple[str, ...], most: int) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
