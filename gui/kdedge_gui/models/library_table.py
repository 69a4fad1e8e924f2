"""The models of the library as a table: what each is, what is known of it, and whether it fits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

from kdedge.models.footprint import fit_of
from kdedge_gui.models.known_results import KnownResults
from kdedge_gui.models.text_table import Cell, TextColumn, TextRow, Tone
from kdedge_gui.numbers import (
    NOT_MEASURED,
    bytes_text,
    count_text,
    interval_text,
    percent_text,
    rate_text,
    significant_text,
)
from kdedge_gui.translate import tr

if TYPE_CHECKING:
    from kdedge.models.summary import ModelSummary
    from kdedge_gui.library import ModelEntry

_NOTHING_KNOWN = KnownResults()
_FITS, _TIGHT, _SHORT, _UNREADABLE, _GONE = range(5)
"""The order of the memory column."""


class Column(IntEnum):
    """The columns, in their order."""

    NAME = 0
    ARCHITECTURE = 1
    PARAMETERS = 2
    FILE_TYPE = 3
    SIZE = 4
    CONTEXT = 5
    PASS_AT_1 = 6
    SPEED = 7
    FIT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryRow(TextRow):
    """One model."""

    entry: "ModelEntry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The memory a model would have to go into."""

    available_bytes: int
    total_bytes: int


def library_columns() -> tuple[TextColumn, ...]:
    """Return the columns' headings and what they mean."""
    return (
        TextColumn(title=tr("Name")),
        TextColumn(title=tr("Architecture"), tip=tr("What llama.cpp knows the model's build by")),
        TextColumn(title=tr("Parameters"), tip=tr("Weights in all tensors"), is_number=True),
        TextColumn(title=tr("Type"), tip=tr("How the weights are stored: the mix of the file")),
        TextColumn(title=tr("Size"), tip=tr("Of the file"), is_number=True),
        TextColumn(
            title=tr("Context"),
            tip=tr("Tokens the model was made for, prompt and completion together"),
            is_number=True,
        ),
        TextColumn(
            title=tr("pass@1"),
            tip=tr("Share of problems solved at the first attempt, from the newest evaluation"),
            is_number=True,
        ),
        TextColumn(
            title=tr("Decode"),
            tip=tr("Tokens written per second, from the newest profile"),
            is_number=True,
        ),
        TextColumn(title=tr("Memory"), tip=tr("Whether it fits into what is free now")),
    )


class RowMaker:
    """Makes the rows; those of models of which nothing is new are used again."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[ModelEntry, KnownResults, Room | None, LibraryRow]] = {}

    def rows(
        self,
        entries: Sequence["ModelEntry"],
        *,
        results: Mapping[str, KnownResults],
        room: Room | None,
    ) -> tuple[LibraryRow, ...]:
        """Return a row for each model; takes a while for thousands of new ones.

        Args:
            entries: The models.
            results: What is known, by the path of the file.
            room: The memory of this machine; ``None`` while it is not known.
        """
        before, self._made = self._made, {}
        rows = []
        for entry in entries:
            key = str(entry.path)
            known = results.get(key, _NOTHING_KNOWN)
            made = before.get(key)
            if made is None or made[0] is not entry or made[1:3] != (known, room):
                made = (entry, known, room, _row(entry, known, room))
            self._made[key] = made
            rows.append(made[3])
        return tuple(rows)


def params_text(n_params: int | None) -> str:
    """Return a number of weights as people say it: ``135 M``, ``1.54 B``."""
    if n_params is None:
        return NOT_MEASURED
    for size, unit in ((10**9, "B"), (10**6, "M"), (10**3, "K")):
        if n_params >= size:
            return f"{significant_text(n_params / size)}\u00a0{unit}"
    return count_text(n_params)


def _row(entry: "ModelEntry", known: KnownResults, room: Room | None) -> LibraryRow:
    summary = entry.summary
    about = _unread(entry) if summary is None else _header_cells(summary)
    cells = (
        Cell(entry.name, entry.name.casefold(), tip=str(entry.path)),
        *about[:3],
        Cell(bytes_text(entry.file_bytes), entry.file_bytes),
        about[3],
        _pass_at_1(known),
        Cell(rate_text(known.decode_tokens_per_s), known.decode_tokens_per_s),
        _fit(entry, room),
    )
    looked_into = (entry.name, about[0].text, about[2].text, entry.origin, Path(entry.path).name)
    return LibraryRow(
        key=str(entry.path),
        cells=cells,
        haystack=" ".join(looked_into).casefold(),
        entry=entry,
    )


def _header_cells(summary: "ModelSummary") -> tuple[Cell, Cell, Cell, Cell]:
    return (
        Cell(summary.architecture, summary.architecture.casefold()),
        Cell(params_text(summary.n_params), summary.n_params),
        Cell(
            summary.file_type,
            summary.bits_per_weight,
            tip=tr("{bits} bits a weight").format(bits=significant_text(summary.bits_per_weight)),
        ),
        Cell(count_text(summary.context_length), summary.context_length),
    )


def _unread(entry: "ModelEntry") -> tuple[Cell, Cell, Cell, Cell]:
    unknown = Cell(NOT_MEASURED, tip=entry.problem, tone=Tone.MUTED)
    return unknown, unknown, unknown, unknown


def _pass_at_1(known: KnownResults) -> Cell:
    if known.pass_at_1 is None:
        return Cell(NOT_MEASURED, tip=tr("Not evaluated yet"), tone=Tone.MUTED)
    low, high = known.pass_at_1_ci95 or (None, None)
    tip = tr("{suite}: 95 % interval {interval}").format(
        suite=known.suite, interval=interval_text(low, high)
    )
    return Cell(percent_text(known.pass_at_1), known.pass_at_1, tip=tip)


def _fit(entry: "ModelEntry", room: Room | None) -> Cell:
    if entry.file_bytes is None:
        return Cell(tr("File is gone"), _GONE, tip=entry.problem, tone=Tone.BAD)
    if entry.problem:
        return Cell(tr("Cannot be read"), _UNREADABLE, tip=entry.problem, tone=Tone.BAD)
    summary = entry.summary
    if summary is None or room is None:
        return Cell(tr("Reading…"), tone=Tone.MUTED)
    if summary.prediction is None:
        return Cell(tr("Not predictable"), tip=summary.unpredictable or "", tone=Tone.MUTED)
    needs = summary.prediction.needs_bytes
    tip = tr("Needs {needs} at {tokens} tokens, {free} are free").format(
        needs=bytes_text(needs),
        tokens=count_text(summary.layout.n_ctx_per_sequence),
        free=bytes_text(room.available_bytes),
    )
    return _fit_cell(needs, room, tip=tip)


def _fit_cell(needs: int, room: Room, *, tip: str) -> Cell:
    fit = fit_of(needs, available_bytes=room.available_bytes, total_bytes=room.total_bytes)
    if fit == "short":
        missing = bytes_text(needs - room.available_bytes)
        return Cell(tr("Short by {size}").format(size=missing), _SHORT, tip=tip, tone=Tone.BAD)
    if fit == "tight":
        return Cell(tr("Tight"), _TIGHT, tip=tip, tone=Tone.WARNING)
    return Cell(tr("Fits"), _FITS, tip=tip, tone=Tone.GOOD)
