"""pass@k: the chance that at least one of k completions of a problem passes its tests.

The estimator of M. Chen et al., "Evaluating Large Language Models Trained on Code"
(arXiv 2107.03374, section 2.1), from n completions of which c pass. Completions that the judge
itself failed on must not be in n.
"""

from collections.abc import Iterable, Mapping
from statistics import fmean

from kdedge.core.json_value import Json
from kdedge.evaluate.intervals import Interval, bootstrap_interval, wilson_interval

Counts = Mapping[str, tuple[int, int]]
"""For each task id (n, c): completions judged, completions passed."""


def pass_at_k(n: int, c: int, k: int) -> float:
    """Return the unbiased estimate 1 - C(n-c, k) / C(n, k) for one problem.

    As the product 1 - Π(1 - k/i) for i from n-c+1 to n, which neither overflows nor cancels.

    Args:
        n: Completions judged.
        c: Those that passed.
        k: Completions a user would take.

    Raises:
        ValueError: There are fewer than k completions, or the counts are not possible.
    """
    if not 0 <= c <= n:
        raise ValueError(f"{c} of {n} passed")
    if not 1 <= k <= n:
        raise ValueError(f"pass@{k} needs at least {k} completions, there are {n}")
    if n - c < k:
        return 1.0
    nobody_passes = 1.0
    for i in range(n - c + 1, n + 1):
        nobody_passes *= 1 - k / i
    return 1 - nobody_passes


def pass_at_k_block(counts: Counts, ks: Iterable[int], *, seed: int = 0) -> dict[str, Json]:
    """Return the ``pass_at_k`` object of a result document: one entry for each of ``ks``.

    The value is the mean over problems. Problems with fewer than k completions judged are left
    out of that entry, and its ``n_problems`` says how many are in it; without any the value is
    null, with a reason. One completion a problem: Wilson's interval. More: bootstrap over
    problems.

    Args:
        counts: Completions judged and passed of each problem.
        ks: Which k to estimate, each at least 1.
        seed: Of the bootstrap.

    Raises:
        ValueError: A k or a count is not possible.
    """
    return {str(k): _entry(counts, k, seed=seed) for k in sorted(set(ks))}


def _entry(counts: Counts, k: int, *, seed: int) -> dict[str, Json]:
    if k < 1:
        raise ValueError(f"there is no pass@{k}")
    usable = {task_id: pair for task_id, pair in counts.items() if pair[0] >= k}
    if not usable:
        most = max((n for n, _ in counts.values()), default=0)
        return {
            "value": None,
            "ci95": None,
            "method": None,
            "n_problems": 0,
            "reason": f"needs {k} judged completions of a problem, there are {most}",
        }
    # In the order of their names, so that the resamples do not depend on who finished first.
    estimates = [pass_at_k(n, c, k) for _, (n, c) in sorted(usable.items())]
    interval = _interval(usable, estimates, seed=seed)
    return {
        "value": fmean(estimates),
        "ci95": [interval.low, interval.high],
        "method": interval.method,
        "n_problems": len(usable),
    }


def _interval(usable: Counts, estimates: list[float], *, seed: int) -> Interval:
    if all(n == 1 for n, _ in usable.values()):
        return wilson_interval(sum(c for _, c in usable.values()), len(usable))
    return bootstrap_interval(estimates, seed=seed)
