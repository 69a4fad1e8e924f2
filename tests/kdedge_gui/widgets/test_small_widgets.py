"""Banner, command strip, card, empty state, pill, meter: the pieces of every page."""

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from kdedge_gui.errors import ErrorInfo
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.widgets.banner import Banner
from kdedge_gui.widgets.card import Card
from kdedge_gui.widgets.command_strip import CommandStrip
from kdedge_gui.widgets.empty_state import EmptyState
from kdedge_gui.widgets.meter import Meter
from kdedge_gui.widgets.pill import SYMBOLS, Pill

ERROR = ErrorInfo(
    problem="The model was stopped, most likely out of memory.",
    hint="Choose a smaller context.",
    detail="llama_kv_cache: failed",
)


@pytest.fixture
def banner(qtbot: QtBot, themes: ThemeManager) -> Banner:
    made = Banner(themes)
    qtbot.addWidget(made)
    return made


def _shown_buttons(banner: Banner) -> list[str]:
    buttons = [each for each in banner.findChildren(QPushButton) if not each.isHidden()]
    return [each.text().replace("&", "") for each in buttons]


def test_an_error_is_told_with_its_remedy_and_its_details_on_request(banner: Banner) -> None:
    banner.show_error(ERROR)
    assert banner.text == f"{ERROR.problem}\n{ERROR.hint}"
    details = banner.findChild(QPlainTextEdit)
    assert details is not None
    assert details.isHidden()
    banner._toggle.click()
    assert not details.isHidden()
    assert details.toPlainText() == ERROR.detail


def test_an_error_without_details_offers_none(banner: Banner) -> None:
    banner.show_error(ErrorInfo(problem="No room.", hint="Free some."))
    assert _shown_buttons(banner) == []


def test_trying_again_hides_the_error_and_calls_what_failed(banner: Banner) -> None:
    called: list[str] = []
    banner.show_error(ERROR, lambda: called.append("again"))
    banner._action.click()
    assert called == ["again"]
    assert banner.isHidden()


def test_what_fails_again_is_shown_again(banner: Banner) -> None:
    banner.show_error(ERROR, lambda: banner.show_error(ERROR))
    banner._action.click()
    assert not banner.isHidden()


def test_a_note_after_an_error_has_nothing_of_it(banner: Banner) -> None:
    banner.show_error(ERROR, lambda: None)
    banner.show_note("Saved.", "good")
    assert banner.text == "Saved."
    assert (banner.kind, _shown_buttons(banner)) == ("good", [])


def test_a_copied_error_has_its_details(banner: Banner) -> None:
    banner.show_error(ERROR)
    banner._copy.click()
    copied = QGuiApplication.clipboard().text()
    assert ERROR.problem in copied
    assert ERROR.detail in copied


def test_markup_in_an_error_is_shown_as_it_is(banner: Banner) -> None:
    banner.show_error(ErrorInfo(problem="<b>bold</b>", hint="<img src=x>"))
    labels = [each for each in banner.findChildren(QLabel) if each.text().startswith("<")]
    assert {each.textFormat().name for each in labels} == {"PlainText"}


def test_the_command_is_quoted_for_a_shell_and_copied_so(
    qtbot: QtBot, themes: ThemeManager
) -> None:
    strip = CommandStrip(themes)
    qtbot.addWidget(strip)
    strip.set_words(["kdedge", "profile", "my model.gguf", "--quick"])
    assert strip.text == "kdedge profile 'my model.gguf' --quick"
    strip.copy()
    assert QGuiApplication.clipboard().text() == strip.text
    strip._reset.stop()


def test_without_a_command_there_is_no_strip(qtbot: QtBot, themes: ThemeManager) -> None:
    strip = CommandStrip(themes)
    qtbot.addWidget(strip)
    assert strip.isHidden()
    strip.set_words(["kdedge", "doctor"])
    assert not strip.isHidden()
    strip.set_words(None)
    assert strip.isHidden()


def test_a_card_without_a_title_has_no_line_for_it(qtbot: QtBot, themes: ThemeManager) -> None:
    card = Card("", themes)
    qtbot.addWidget(card)
    assert card.title_label.isHidden()
    card.set_title("This machine")
    assert not card.title_label.isHidden()
    assert card.accessibleName() == "This machine"


def test_the_first_thing_to_do_on_an_empty_page_is_the_likely_one(
    qtbot: QtBot, themes: ThemeManager
) -> None:
    done: list[str] = []
    actions = [("&Open", lambda: done.append("open")), ("&Add", lambda: done.append("add"))]
    empty = EmptyState("models", "No models yet", "Open one.", actions, themes)
    qtbot.addWidget(empty)
    assert [each.property("kind") for each in empty.buttons] == ["primary", ""]
    empty.buttons[1].click()
    assert done == ["add"]


@pytest.mark.parametrize("percent", [100, 200])
def test_the_text_of_an_empty_page_is_not_cut(
    qtbot: QtBot, themes: ThemeManager, percent: int
) -> None:
    themes.set_text_percent(percent)
    empty = EmptyState("models", "No models", "A sentence of some length. " * 6, [], themes)
    qtbot.addWidget(empty)
    empty.resize(1000, 680)
    empty.show()
    text = empty._text
    assert text.height() >= text.heightForWidth(text.width())


@pytest.mark.parametrize("kind", SYMBOLS)
def test_a_state_is_told_by_word_and_symbol_not_by_colour_alone(
    qtbot: QtBot, themes: ThemeManager, kind: str
) -> None:
    pill = Pill(themes)
    qtbot.addWidget(pill)
    pill.set("Fits", kind)
    assert pill.accessibleName() == "Fits"
    plain = pill.sizeHint().width()
    pill.set("Fits", "plain")
    assert (plain > pill.sizeHint().width()) == bool(SYMBOLS[kind])


def test_an_unknown_kind_of_pill_is_refused(qtbot: QtBot, themes: ThemeManager) -> None:
    pill = Pill(themes)
    qtbot.addWidget(pill)
    with pytest.raises(ValueError, match="'nice' is not a kind"):
        pill.set("Fits", "nice")


@pytest.mark.parametrize(("given", "kept"), [(-1.0, 0.0), (0.4, 0.4), (7.0, 1.0), (None, None)])
def test_a_meter_stays_between_empty_and_full(
    qtbot: QtBot, themes: ThemeManager, given: float | None, kept: float | None
) -> None:
    meter = Meter(themes)
    qtbot.addWidget(meter)
    meter.set(given, "6 of 16 GiB")
    assert meter.fraction == kept
    assert meter.accessibleDescription() == "6 of 16 GiB"
