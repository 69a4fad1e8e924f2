import gc
import re

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QLabel

from kdedge_gui.theme import icons, style_sheet
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.theme.tokens import DARK, LIGHT, THEMES, Theme, blend, contrast_ratio

EVERY_THEME = pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))


def test_contrast_of_black_on_white_is_21() -> None:
    assert contrast_ratio("#000000", "#ffffff") == pytest.approx(21)
    assert contrast_ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # WebAIM


def test_a_colour_laid_upon_another_is_between_them() -> None:
    assert blend("#ffffff", "#000000", share=0.5) == "#808080"
    assert blend("#123456", "#ffffff", share=1.0) == "#123456"


@EVERY_THEME
def test_text_can_be_read_on_everything_it_stands_on(theme: Theme) -> None:
    least = 7 if theme.name == "contrast" else 4.5
    for under in (theme.window, theme.surface, theme.raised, theme.code_background):
        for over in (theme.text, theme.muted):
            assert contrast_ratio(over, under) >= least, (over, under)
    assert contrast_ratio(theme.text, theme.selection) >= least
    assert contrast_ratio(theme.on_accent, theme.accent) >= least


@EVERY_THEME
def test_coloured_words_can_be_read_on_surfaces_and_their_own_tint(theme: Theme) -> None:
    least = 7 if theme.name == "contrast" else 4.5
    for colour in (theme.good, theme.warning, theme.bad, theme.info, theme.accent):
        tint = blend(colour, theme.surface, share=0.13)
        for under in (theme.surface, theme.window, tint):
            assert contrast_ratio(colour, under) >= least, (colour, under)


@EVERY_THEME
def test_chart_colours_stand_out_from_the_surface(theme: Theme) -> None:
    assert len(set(theme.series)) == 6
    for colour in theme.series:
        assert contrast_ratio(colour, theme.surface) >= 3, colour


@EVERY_THEME
def test_the_drawings_of_the_style_sheet_have_the_colours_of_their_theme(theme: Theme) -> None:
    wanted = {"down": theme.text, "up": theme.text, "check": theme.on_accent}
    wanted["dot"] = theme.on_accent
    for name, colour in wanted.items():
        drawing = style_sheet._DRAWINGS / f"{name}-{theme.name}.svg"
        assert f'stroke="{colour}"' in drawing.read_text(encoding="utf-8")


@EVERY_THEME
def test_the_style_sheet_is_complete_and_names_no_colour_of_its_own(theme: Theme) -> None:
    made = style_sheet.style_sheet(theme, font_points=10, mono_family="Mono")
    assert "$" not in made
    assert made.count("{") == made.count("}")
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b", style_sheet._SHEET.template)


@pytest.mark.parametrize("name", icons.NAMES)
def test_every_icon_draws_something(qapp: QApplication, name: str) -> None:
    picture = icons.pixmap(name, "#000000", size=24, ratio=1).toImage()
    inked = [
        (x, y) for x in range(24) for y in range(24) if picture.pixelColor(x, y).alpha() > 128
    ]
    assert len(inked) > 3
    edge = [(x, y) for x, y in inked if x in (0, 23) or y in (0, 23)]
    assert not edge, "it is cut at the edge"


def test_an_icon_nobody_drew_is_refused_with_those_there_are(qapp: QApplication) -> None:
    with pytest.raises(ValueError, match=r"'banana' is not an icon.*home"):
        icons.icon("banana", LIGHT)


def test_a_disabled_icon_is_fainter(qapp: QApplication) -> None:
    made = icons.icon("home", LIGHT)
    normal = made.pixmap(20, QIcon.Mode.Normal).toImage()
    disabled = made.pixmap(20, QIcon.Mode.Disabled).toImage()
    assert normal != disabled


def test_the_chosen_theme_reaches_the_application(
    themes: ThemeManager, qapp: QApplication
) -> None:
    themes.set_choice("dark")
    assert themes.theme is DARK
    assert qapp.palette().window().color().name() == DARK.window
    assert DARK.surface in qapp.styleSheet()


def test_everyone_is_told_of_a_change(themes: ThemeManager) -> None:
    told: list[Theme] = []
    themes.changed.connect(told.append)
    themes.set_choice("contrast")
    themes.set_text_percent(150)
    assert [theme.name for theme in told] == ["contrast", "contrast"]


def test_an_unknown_choice_means_the_systems(themes: ThemeManager) -> None:
    themes.set_choice("pink")
    assert themes.choice == "system"


@pytest.mark.parametrize(("wanted", "used"), [(10, 80), (100, 100), (500, 200)])
def test_text_sizes_stay_within_bounds(themes: ThemeManager, wanted: int, used: int) -> None:
    themes.set_text_percent(wanted)
    assert themes.text_percent == used


def test_text_of_200_percent_is_twice_as_high(themes: ThemeManager, qapp: QApplication) -> None:
    before = qapp.font().pointSizeF()
    themes.set_text_percent(200)
    assert qapp.font().pointSizeF() == pytest.approx(2 * before)
    themes.set_text_percent(100)
    assert qapp.font().pointSizeF() == pytest.approx(before)


def test_a_role_given_after_the_widget_is_shown_is_drawn(
    themes: ThemeManager, qapp: QApplication
) -> None:
    label = QLabel("12")
    label.show()
    before = label.fontInfo().pointSizeF()
    mark(label, "role", "number")
    assert label.fontInfo().pointSizeF() > 1.5 * before
    label.deleteLater()


def test_no_widget_is_collected_while_the_look_changes(
    themes: ThemeManager, qapp: QApplication
) -> None:
    # Qt goes through a list of all widgets then; one that goes meanwhile ends the process.
    seen: list[bool] = []

    class Listener(QLabel):
        def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt calls it
            if event.type() == QEvent.Type.StyleChange:
                seen.append(gc.isenabled())
            super().changeEvent(event)

    listener = Listener()
    listener.show()
    seen.clear()
    themes.set_choice("dark")
    assert seen
    assert not any(seen)
    assert gc.isenabled()
    listener.deleteLater()
