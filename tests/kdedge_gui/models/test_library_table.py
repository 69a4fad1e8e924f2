from dataclasses import replace
from typing import Any

import pytest

from kdedge_gui.library import ModelEntry
from kdedge_gui.models.known_results import KnownResults
from kdedge_gui.models.library_table import (
    Column,
    LibraryRow,
    Room,
    RowMaker,
    library_columns,
    params_text,
)
from kdedge_gui.models.text_table import Cell, Tone
from kdedge_gui.numbers import count_text
from tests.kdedge_gui.models.cases import FOOTPRINT, GIB, MIB, SUMMARY, entry

_ROOM = Room(available_bytes=8 * GIB, total_bytes=16 * GIB)


def _made(made: ModelEntry, *, known: KnownResults | None = None, **others: Any) -> LibraryRow:
    results = {} if known is None else {str(made.path): known}
    (row,) = RowMaker().rows([made], results=results, room=others.get("room", _ROOM))
    return row


def _cell(made: ModelEntry, column: Column, **others: Any) -> Cell:
    return _made(made, **others).cells[column]


def _needing(needs_bytes: int) -> ModelEntry:
    needs = replace(FOOTPRINT, needs_bytes=needs_bytes)
    return entry(summary=replace(SUMMARY, prediction=needs))


def test_a_row_has_a_cell_for_each_column(qapp: object) -> None:
    row = _made(entry())
    assert len(row.cells) == len(library_columns()) == len(Column)
    assert [cell.text.replace("\u00a0", " ") for cell in row.cells] == [
        "coder", "qwen2", "1.54 B", "Q4_K_M", "1.00 GiB", count_text(32_768), "–", "–", "Fits",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("needs_bytes", "words", "tone"),
    [
        (GIB, "Fits", Tone.GOOD),
        (8 * GIB - 100 * MIB, "Tight", Tone.WARNING),
        (9 * GIB + 300 * MIB, "Short by 1.29 GiB", Tone.BAD),
    ],
)
def test_whether_a_model_fits_is_said_in_words(
    qapp: object, needs_bytes: int, words: str, tone: Tone
) -> None:
    cell = _cell(_needing(needs_bytes), Column.FIT)
    assert cell.text.replace("\u00a0", " ") == words
    assert cell.tone is tone


def test_models_that_fit_are_sorted_before_those_that_do_not(qapp: object) -> None:
    made = [_needing(GIB), _needing(20 * GIB), entry(file_bytes=None, problem="gone")]
    orders = [_cell(each, Column.FIT).order for each in made]
    assert None not in orders
    assert orders == sorted(orders)  # type: ignore[type-var]


def test_a_model_whose_file_is_gone_says_so(qapp: object) -> None:
    gone = entry(file_bytes=None, summary=None, problem="Its file is gone.")
    assert _cell(gone, Column.FIT).text == "File is gone"
    assert _cell(gone, Column.SIZE).text == "–"


def test_a_file_that_is_no_model_says_why(qapp: object) -> None:
    broken = entry(summary=None, problem="It does not start with GGUF.")
    assert _cell(broken, Column.FIT).text == "Cannot be read"
    assert _cell(broken, Column.FIT).tip == "It does not start with GGUF."


def test_a_model_whose_memory_cannot_be_told_is_not_said_to_fit(qapp: object) -> None:
    other = replace(SUMMARY, prediction=None, unpredictable="It keeps something else.")
    cell = _cell(entry(summary=other), Column.FIT)
    assert cell.text == "Not predictable"
    assert cell.order is None


def test_nothing_is_said_to_fit_before_the_memory_is_known(qapp: object) -> None:
    assert _cell(entry(), Column.FIT, room=None).text == "Reading…"


def test_the_newest_results_stand_beside_the_model_with_their_interval(qapp: object) -> None:
    known = KnownResults(
        pass_at_1=0.325,
        pass_at_1_ci95=(0.2, 0.47),
        suite="humaneval-mini",
        decode_tokens_per_s=24.1,
    )
    quality = _cell(entry(), Column.PASS_AT_1, known=known)
    assert quality.text == "32.5\u202f%"
    assert "humaneval-mini" in quality.tip
    assert "20.0" in quality.tip
    assert _cell(entry(), Column.SPEED, known=known).text == "24.1\u00a0tokens/s"


def test_a_filter_finds_names_types_architectures_and_places(qapp: object) -> None:
    row = _made(entry("My Coder"))
    for word in ("my coder", "qwen2", "q4_k_m", "added"):
        assert word in row.haystack


def test_only_rows_with_something_new_are_made_again(qapp: object) -> None:
    maker = RowMaker()
    entries = [entry("a"), entry("b")]
    before = maker.rows(entries, results={}, room=_ROOM)
    known = {str(entries[1].path): KnownResults(decode_tokens_per_s=3.0)}
    after = maker.rows(entries, results=known, room=_ROOM)
    assert after[0] is before[0]
    assert after[1] is not before[1]
    roomier = replace(_ROOM, available_bytes=9 * GIB)
    assert maker.rows(entries, results=known, room=roomier)[0] is not before[0]


@pytest.mark.parametrize(
    ("n_params", "shown"),
    [
        (None, "–"),
        (999, "999"),
        (134_515_008, "135 M"),
        (1_540_000_000, "1.54 B"),
        (7000, "7.00 K"),
    ],
)
def test_a_number_of_weights_as_people_say_it(
    qapp: object, n_params: int | None, shown: str
) -> None:
    assert params_text(n_params).replace("\u00a0", " ") == shown
