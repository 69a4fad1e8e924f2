"""The last runs as a table: when, what was done to which model, and what came out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from pathlib import PurePath
from typing import TYPE_CHECKING

from kdedge_gui.models.text_table import Cell, TextColumn, TextRow, Tone
from kdedge_gui.numbers import (
    NOT_MEASURED,
    bytes_text,
    count_text,
    interval_text,
    percent_text,
    rate_text,
    when_text,
)
from kdedge_gui.translate import tr

if TYPE_CHECKING:
    from kdedge.core.run_summaries import RunSummary


class RunsColumn(IntEnum):
    """The columns, in their order."""

    WHEN = 0
    WHAT = 1
    MODEL = 2
    FILE_TYPE = 3
    PASS_AT_1 = 4
    SPEED = 5
    MEMORY = 6
    STATE = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsRow(TextRow):
    """One run."""

    summary: "RunSummary"


def runs_columns() -> tuple[TextColumn, ...]:
    """Return the columns' headings and what they mean."""
    return (
        TextColumn(title=tr("When")),
        TextColumn(title=tr("What")),
        TextColumn(title=tr("Model")),
        TextColumn(title=tr("Type")),
        TextColumn(title=tr("pass@1"), tip=tr("With its 95 % interval"), is_number=True),
        TextColumn(title=tr("Decode"), tip=tr("Tokens written per second"), is_number=True),
        TextColumn(title=tr("Memory"), tip=tr("Most memory of the process"), is_number=True),
        TextColumn(title=tr("State")),
    )


def runs_rows(
    summaries: Sequence["RunSummary"], *, now: datetime | None = None
) -> tuple[RunsRow, ...]:
    """Return a row for each run.

    Args:
        summaries: The runs.
        now: The present, for tests and pictures.
    """
    return tuple(_row(summary, now) for summary in summaries)


def _row(run: "RunSummary", now: datetime | None) -> RunsRow:
    cells = (
        Cell(when_text(run.created_at, now=now), run.created_at, tip=run.run_id),
        Cell(_what(run), _what(run)),
        Cell(_model(run), _model(run).casefold(), tip=run.model_path),
        Cell(run.file_type or NOT_MEASURED, run.file_type or None),
        _pass_at_1(run),
        Cell(rate_text(run.decode_tokens_per_s), run.decode_tokens_per_s),
        Cell(bytes_text(run.peak_rss_bytes), run.peak_rss_bytes),
        _state(run),
    )
    haystack = " ".join(
        (run.run_id, _what(run), _model(run), run.file_type, run.status)
    ).casefold()
    return RunsRow(key=run.run_id, cells=cells, haystack=haystack, summary=run)


def _what(run: "RunSummary") -> str:
    if run.verb == "profile":
        if run.suite:
            return tr("Profile and {suite}").format(suite=run.suite)
        return tr("Profile")
    return run.suite or run.verb


def _model(run: "RunSummary") -> str:
    """Return the file's own name, which people know it by; Ollama's files have none."""
    stem = PurePath(run.model_path).stem
    return run.model_name if not stem or stem.startswith("sha256-") else stem


def _pass_at_1(run: "RunSummary") -> Cell:
    if run.pass_at_1 is None:
        return Cell(NOT_MEASURED, tone=Tone.MUTED)
    low, high = run.pass_at_1_ci95 or (None, None)
    text = f"{percent_text(run.pass_at_1)} ({interval_text(low, high)})"
    return Cell(text, run.pass_at_1)


def _state(run: "RunSummary") -> Cell:
    if run.status == "done":
        if run.noise_verdict in {"suspect", "unusable"}:
            tip = tr("Other work on the machine disturbed the measurement")
            return Cell(tr("Done, noisy"), 1, tip=tip, tone=Tone.WARNING)
        return Cell(tr("Done"), 0)
    if run.status == "running":
        return Cell(_with_progress(tr("Running"), run), 2)
    if run.status == "failed":
        return Cell(tr("Failed"), 4, tone=Tone.BAD)
    tip = tr("It can go on where it was stopped")
    return Cell(_with_progress(tr("Stopped"), run), 3, tip=tip, tone=Tone.WARNING)


def _with_progress(words: str, run: "RunSummary") -> str:
    if not run.n_wanted or run.n_completions_done is None:
        return words
    return tr("{words}, {done} of {all}").format(
        words=words, done=count_text(run.n_completions_done), all=count_text(run.n_wanted)
    )
