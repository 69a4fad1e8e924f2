from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from kdedge.models.footprint import Footprint
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.tokens import THEMES, Theme, contrast_ratio
from kdedge_gui.widgets.fit_bar import FitBar, part_colours
from tests.kdedge_gui.models.cases import FOOTPRINT, GIB, MIB

_SHORT = replace(FOOTPRINT, fit="short", needs_bytes=9 * GIB, short_by_bytes=GIB)
_TIGHT = replace(FOOTPRINT, fit="tight", available_bytes=GIB + 100 * MIB)


@pytest.fixture
def bar(qtbot: QtBot) -> FitBar:
    themes = ThemeManager()
    made = FitBar(themes)
    themes.setParent(made)
    qtbot.addWidget(made)
    return made


@pytest.mark.parametrize(
    ("footprint", "words"),
    [
        (FOOTPRINT, "Fits. It needs 1.00 GiB of 8.00 GiB that are free."),
        (_TIGHT, "Tight. It needs 1.00 GiB of 1.10 GiB that are free. Close other programs"),
        (_SHORT, "Will not fit. Short by 1.00 GiB: it needs 9.00 GiB, and 8.00 GiB are free."),
    ],
)
def test_the_verdict_is_said_in_words(bar: FitBar, footprint: Footprint, words: str) -> None:
    bar.show_footprint(footprint)
    assert bar.spoken().replace("\u00a0", " ").startswith(words)
    assert bar.accessibleDescription() == bar.spoken()


def test_a_screen_reader_hears_every_part(bar: FitBar) -> None:
    bar.show_footprint(FOOTPRINT)
    said = bar.spoken().replace("\u00a0", " ")
    for part in ("weights 900 MiB", "KV cache 90.0 MiB", "compute 20.0 MiB", "program 14.0 MiB"):
        assert part in said


def test_the_parts_add_up_to_what_is_needed() -> None:
    parts = FOOTPRINT.weights_bytes + FOOTPRINT.kv_cache_bytes + FOOTPRINT.compute_bytes
    assert parts + FOOTPRINT.output_bytes + FOOTPRINT.base_bytes == FOOTPRINT.needs_bytes


def test_what_cannot_be_told_is_said_instead_of_a_bar(bar: FitBar) -> None:
    bar.show_footprint(FOOTPRINT)
    bar.show_reason("The memory of a mamba model cannot be predicted.")
    assert bar.spoken() == "The memory of a mamba model cannot be predicted."
    bar.show_footprint(FOOTPRINT)
    assert bar.spoken().startswith("Fits")


def test_a_model_that_does_not_fit_is_painted_with_where_the_memory_ends(bar: FitBar) -> None:
    bar.resize(400, 120)
    bar.show_footprint(FOOTPRINT)
    fitting = bar.grab().toImage()
    bar.show_footprint(_SHORT)
    assert bar.grab().toImage() != fitting


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: str(theme.name))
def test_every_part_stands_out_from_the_bar(theme: Theme) -> None:
    assert len(set(part_colours(theme))) == 4
    assert all(contrast_ratio(colour, theme.raised) >= 3 for colour in part_colours(theme))
