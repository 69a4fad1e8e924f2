"""The whole report, built from documents and nothing else: same documents, same report."""

from collections.abc import Callable, Sequence

from kdedge.report.documents import ResultDocument
from kdedge.report.facts import ReportModel, Row
from kdedge.report.recommend import recommend
from kdedge.report.rows import rows_of
from kdedge.report.units import bytes_text, listed, percent, percent_with_interval, rate_text
from kdedge.report.unlike import (
    noise_problem,
    performance_differences,
    quality_differences,
    software_differences,
)

_Differences = Callable[[Row, Row], tuple[str, ...]]
_MOST_NAMED = 4
_COUNTS = ("No model", "One model", "Two models", "Three models", "Four models", "Five models")


def build_report(documents: Sequence[ResultDocument]) -> ReportModel:
    """Return what a report of ``documents`` knows.

    Args:
        documents: At least one, as ``load_documents`` gives them.

    Raises:
        ValueError: There are no documents.
    """
    if not documents:
        raise ValueError("a report needs at least one document")
    rows = rows_of(documents)
    stamps = [
        part.created_at
        for row in rows
        for part in (row.profile, row.evaluation)
        if part is not None
    ]
    machines = {row.machine.key: row.machine for row in rows}
    return ReportModel(
        title=_title(rows),
        created_at=max(stamps, default=""),
        rows=rows,
        machines=tuple(machines.values()),
        recommendation=recommend(rows),
        summary=_summary(rows, tuple(machine.title for machine in machines.values())),
        cautions=_cautions(rows),
    )


def _title(rows: Sequence[Row]) -> str:
    names = list(dict.fromkeys(row.model.name for row in rows))
    if len(names) == 1:
        types = [row.model.file_type for row in rows if row.model.file_type]
        return f"{names[0]}, {listed(list(dict.fromkeys(types)))}" if types else names[0]
    shown = 3
    if len(names) > shown:
        return f"{', '.join(names[:2])} and {len(names) - 2} more"
    return listed(names)


def _summary(rows: Sequence[Row], machines: Sequence[str]) -> tuple[str, ...]:
    count = _COUNTS[len(rows)] if len(rows) < len(_COUNTS) else f"{len(rows)} models"
    were = "was" if len(rows) == 1 else "were"
    sentences = [f"{count} {were} measured on {listed(list(machines))}."]
    sentences += _speed_sentence(rows)
    sentences += _memory_sentence(rows)
    sentences += _quality_sentence(rows)
    return tuple(sentences)


def _speed_sentence(rows: Sequence[Row]) -> list[str]:
    speeds = [
        (row.speed.decode_tokens_per_s.value, row.label)
        for row in rows
        if row.speed.decode_tokens_per_s.value is not None and not row.noise.unusable
    ]
    if not speeds:
        return []
    if len(speeds) == 1:
        return [f"{speeds[0][1]} writes {rate_text(speeds[0][0])} tokens a second."]
    slow, fast = min(speeds), max(speeds)
    sentence = (
        f"They write between {rate_text(slow[0])} ({slow[1]}) and {rate_text(fast[0])} "
        f"({fast[1]}) tokens a second."
    )
    return [sentence]


def _memory_sentence(rows: Sequence[Row]) -> list[str]:
    needs = [
        (row.memory.needs_bytes.value, row.label)
        for row in rows
        if row.memory.needs_bytes.value is not None
    ]
    if not needs:
        return []
    if len(needs) == 1:
        return [f"{needs[0][1]} needs {bytes_text(needs[0][0])} of memory."]
    low, high = min(needs), max(needs)
    sentence = (
        f"They need between {bytes_text(low[0])} ({low[1]}) and {bytes_text(high[0])} "
        f"({high[1]}) of memory."
    )
    return [sentence]


def _quality_sentence(rows: Sequence[Row]) -> list[str]:
    measured = [row for row in rows if row.pass_at_1.value is not None]
    if not measured:
        return ["Whether their programs are right was not measured."]
    suites = {
        f"{row.evaluation.n_problems or 'the'} problems of {row.evaluation.suite or 'a suite'}"
        for row in measured
        if row.evaluation is not None
    }
    where = f" of the {next(iter(suites))}" if len(suites) == 1 else ""
    return [f"Solved at the first attempt{where}: {_shares(measured)}."]


def _shares(measured: Sequence[Row]) -> str:
    if len(measured) > _MOST_NAMED:
        ranked = sorted(measured, key=lambda row: row.pass_at_1.value or 0.0)
        ends = [
            f"{percent(row.pass_at_1.value or 0.0)} ({row.label})"
            for row in (ranked[0], ranked[-1])
        ]
        return f"between {ends[0]} and {ends[1]}"
    return "; ".join(f"{row.label} {percent_with_interval(row.pass_at_1)}" for row in measured)


def _cautions(rows: Sequence[Row]) -> tuple[str, ...]:
    cautions: dict[str, None] = {}
    for row in rows:
        if problem := noise_problem(row):
            cautions[f"{problem[0].upper()}{problem[1:]}."] = None
    checks: tuple[tuple[str, _Differences, list[Row]], ...] = (
        (
            "pass@k was not measured the same way",
            quality_differences,
            [row for row in rows if row.evaluation is not None],
        ),
        (
            "Speed and memory were not measured the same way",
            performance_differences,
            [row for row in rows if row.profile is not None],
        ),
        ("The software differs", software_differences, list(rows)),
    )
    for what, differences, measured in checks:
        for row in measured[1:]:
            if clauses := differences(measured[0], row):
                pair = f"{measured[0].label} / {row.label}"
                cautions[f"{what} ({pair}): {'; '.join(clauses)}."] = None
    return tuple(cautions)
