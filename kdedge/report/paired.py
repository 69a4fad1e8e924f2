"""Two evaluations of the same problems, compared problem by problem."""

import math
from dataclasses import dataclass

from kdedge.evaluate.intervals import mcnemar_exact, paired_bootstrap
from kdedge.report.facts import EvaluationFacts, ProblemResult

_SIGNIFICANT = 0.05
_Z_BOTH_SIDES = 1.959964
_Z_POWER_80 = 0.841621


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityDifference:
    """How pass@1 of one model differs from that of another on the same problems."""

    difference: float
    """Share of solved problems, this one minus the baseline's."""
    low: float | None
    """Lower end of the 95 % interval."""
    high: float | None
    p_value: float | None
    """Of McNemar's exact test, when each problem has one sample."""
    n_problems: int
    """Problems that both have a verdict on."""
    won: tuple[str, ...]
    """Problems that this one solves more often than the baseline."""
    lost: tuple[str, ...]
    detectable: float
    """Smallest difference that such a comparison finds in four of five cases."""
    method: str
    """How it was tested, in words."""

    @property
    def distinguishable(self) -> bool:
        """Whether the difference is more than chance, at the 5 % level."""
        if self.p_value is not None:
            return self.p_value < _SIGNIFICANT
        if self.low is None or self.high is None:
            return False
        return self.low > 0 or self.high < 0


def quality_difference(
    this: EvaluationFacts, baseline: EvaluationFacts, *, seed: int = 0
) -> QualityDifference | None:
    """Return the paired difference of pass@1.

    One sample a problem: McNemar's exact test. Several: the bootstrap over problems. Without
    verdicts nothing can be paired, and the two intervals are all there is.

    Args:
        this: The one that wins or loses.
        baseline: The one it is compared with.
        seed: Of the resampling.

    Returns:
        ``None`` when a pass@1 is missing.
    """
    pairs = _pairs(this, baseline)
    if not pairs:
        return _unpaired(this, baseline)
    ours = [mine.passed / mine.counted for mine, _ in pairs]
    theirs = [other.passed / other.counted for _, other in pairs]
    won = tuple(mine.task_id for (mine, _), a, b in zip(pairs, ours, theirs, strict=True) if a > b)
    lost = tuple(
        mine.task_id for (mine, _), a, b in zip(pairs, ours, theirs, strict=True) if a < b
    )
    interval = paired_bootstrap(ours, theirs, seed=seed)
    single = all(mine.counted == other.counted == 1 for mine, other in pairs)
    gaps = [a - b for a, b in zip(ours, theirs, strict=True)]
    return QualityDifference(
        difference=sum(gaps) / len(gaps),
        low=interval.low,
        high=interval.high,
        p_value=mcnemar_exact(len(won), len(lost)) if single else None,
        n_problems=len(pairs),
        won=won,
        lost=lost,
        detectable=detectable_difference(sum(gap * gap for gap in gaps) / len(gaps), len(pairs)),
        method="McNemar's exact test" if single else "bootstrap over problems",
    )


def detectable_difference(mean_square: float, n_problems: int) -> float:
    """Return the true difference that is found with 80 % power at the 5 % level, as a share.

    (z_0.975 + z_0.8) * sqrt(mean squared paired difference / n): for one sample a problem the
    mean square is the share of problems on which the two disagree. No disagreement at all would
    promise a perfect eye, so at least one problem is taken to differ.

    Args:
        mean_square: Mean of the squared differences, 0 to 1.
        n_problems: Problems in the comparison, at least one.

    Raises:
        ValueError: There are no problems.
    """
    if n_problems < 1:
        raise ValueError("a comparison needs problems")
    spread = max(mean_square, 1 / n_problems)
    return min(1.0, (_Z_BOTH_SIDES + _Z_POWER_80) * math.sqrt(spread / n_problems))


def _pairs(
    this: EvaluationFacts, baseline: EvaluationFacts
) -> list[tuple[ProblemResult, ProblemResult]]:
    others = {problem.task_id: problem for problem in baseline.problems if problem.counted}
    return [
        (problem, others[problem.task_id])
        for problem in this.problems
        if problem.counted and problem.task_id in others
    ]


def _unpaired(this: EvaluationFacts, baseline: EvaluationFacts) -> QualityDifference | None:
    mine, other = this.pass_at_1, baseline.pass_at_1
    if mine.value is None or other.value is None:
        return None
    low = high = None
    if mine.interval is not None and other.interval is not None:
        low = mine.interval[0] - other.interval[1]
        high = mine.interval[1] - other.interval[0]
    n_problems = this.n_problems or 1
    return QualityDifference(
        difference=mine.value - other.value,
        low=low,
        high=high,
        p_value=None,
        n_problems=n_problems,
        won=(),
        lost=(),
        detectable=detectable_difference(2 * mine.value * (1 - mine.value), n_problems),
        method="the two intervals alone: the documents hold no verdicts to pair",
    )
