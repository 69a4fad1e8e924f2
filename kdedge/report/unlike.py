"""What makes two rows unlike: differences that would be taken for a difference of the models."""

from collections.abc import Mapping, Sequence

from kdedge.report.facts import EvaluationFacts, Row

_FREE_SAMPLING = {"seed"}
"""May differ: another seed draws other samples of the same thing."""
_FREE_SETTINGS = {"quick", "raw only", "seed"}
"""May differ: they decide how closely is looked, not what is measured."""


def quality_differences(one: Row, other: Row) -> tuple[str, ...]:
    """Return why pass@k of two rows cannot be compared, a clause each; nothing when it can."""
    if one.evaluation is None or other.evaluation is None:
        return ()
    first, second = one.evaluation, other.evaluation
    named = [
        ("suite", _suite(first), _suite(second)),
        ("preset", first.preset, second.preset),
        ("samples a problem", _number(first.n_samples), _number(second.n_samples)),
    ]
    named += _each(first.sampling, second.sampling, free=_FREE_SAMPLING, prefix="")
    return _clauses(named)


def performance_differences(one: Row, other: Row) -> tuple[str, ...]:
    """Return why speed and memory of two rows cannot be compared, a clause each."""
    if one.profile is None or other.profile is None:
        return ()
    named = [] if one.machine.key == other.machine.key else _machines(one, other)
    named += _each(
        one.profile.settings, other.profile.settings, free=_FREE_SETTINGS, prefix="setting "
    )
    return _clauses(named)


def noise_problem(row: Row) -> str:
    """Return why the timings of ``row`` say nothing; empty when they do."""
    if not row.noise.unusable:
        return ""
    reasons = "; ".join(row.noise.reasons)
    return f"the timings of {row.label} are unusable" + (f" ({reasons})" if reasons else "")


def software_differences(one: Row, other: Row) -> tuple[str, ...]:
    """Return which versions differ; a caution, since a new version may be what is compared."""
    return _clauses(_each(one.software, other.software, free=set(), prefix=""))


def _suite(evaluation: EvaluationFacts) -> str:
    whole = "" if evaluation.of_n_problems is None else f" of {evaluation.of_n_problems}"
    size = "" if evaluation.n_problems is None else f" ({evaluation.n_problems}{whole} problems)"
    mark = f" {evaluation.suite_sha256[:8]}" if evaluation.suite_sha256 else ""
    return f"{evaluation.suite}{size}{mark}"


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _machines(one: Row, other: Row) -> list[tuple[str, str, str]]:
    titles = one.machine.title, other.machine.title
    if titles[0] == titles[1]:
        return [("machine", one.machine.key, other.machine.key)]
    return [("machine", *titles)]


def _each(
    one: Mapping[str, str], other: Mapping[str, str], *, free: set[str], prefix: str
) -> list[tuple[str, str, str]]:
    names = dict.fromkeys([*one, *other])
    return [
        (f"{prefix}{name}", one.get(name, ""), other.get(name, ""))
        for name in names
        if name not in free
    ]


def _clauses(named: Sequence[tuple[str, str, str]]) -> tuple[str, ...]:
    return tuple(
        f"{name}: {first or 'not said'} / {second or 'not said'}"
        for name, first, second in named
        if first != second
    )
