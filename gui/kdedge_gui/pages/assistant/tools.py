"""The page's actions: as small buttons beside the modes, with keys, and in the palette."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from kdedge_gui.theme.icons import icon
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark


class Tools(QWidget):
    """New conversation, export, parameters; Stop and Regenerate have keys only."""

    new_wanted = Signal()
    export_wanted = Signal(str)
    """The ending of the file: ``.md`` or ``.json``."""
    delete_wanted = Signal()
    stop_wanted = Signal()
    again_wanted = Signal()
    parameters_toggled = Signal(bool)

    def __init__(self, themes: ThemeManager, page: QWidget) -> None:
        super().__init__(page)
        self._themes = themes
        self._page = page
        self.new = self._action(self.tr("New conversation"), "Ctrl+N", self.new_wanted.emit)
        self.stop = self._action(self.tr("Stop the model"), "Esc", self.stop_wanted.emit)
        self.again = self._action(
            self.tr("Regenerate the last answer"), "Ctrl+R", self.again_wanted.emit
        )
        self.export_markdown = self._action(
            self.tr("Export as &Markdown…"), "", lambda: self.export_wanted.emit(".md")
        )
        self.export_json = self._action(
            self.tr("Export as &JSON…"), "", lambda: self.export_wanted.emit(".json")
        )
        self.delete = self._action(
            self.tr("&Delete this conversation"), "", self.delete_wanted.emit
        )
        self.parameters = self._action(self.tr("Parameters"), "Ctrl+P", self._do_nothing)
        self.parameters.setCheckable(True)
        self.parameters.toggled.connect(self.parameters_toggled)
        self._buttons = {
            "add": self._button(self.new),
            "export": self._menu_button(),
            "settings": self._button(self.parameters),
        }
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for button in self._buttons.values():
            row.addWidget(button)
        themes.changed.connect(self._restyle)
        self._restyle()
        self.show_view(has_turns=False, is_busy=False, can_regenerate=False)

    @property
    def all(self) -> list[QAction]:
        """Every action that makes sense now."""
        every = (
            self.new,
            self.stop,
            self.again,
            self.export_markdown,
            self.export_json,
            self.delete,
            self.parameters,
        )
        return [action for action in every if action.isEnabled()]

    def show_view(self, *, has_turns: bool, is_busy: bool, can_regenerate: bool) -> None:
        """Enable what makes sense.

        Args:
            has_turns: Something was said.
            is_busy: Something can be stopped.
            can_regenerate: There is an answer to make again, and a model for it.
        """
        self.stop.setEnabled(is_busy)
        self.again.setEnabled(can_regenerate)
        for action in (self.new, self.export_markdown, self.export_json, self.delete):
            action.setEnabled(has_turns)
        self._buttons["export"].setEnabled(has_turns)

    def _action(self, words: str, key: str, act: Callable[[], None]) -> QAction:
        action = QAction(words, self._page)
        action.triggered.connect(lambda _=False: act())
        if key:
            action.setShortcut(QKeySequence(key))
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._page.addAction(action)
        return action

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton(self)
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        return _quiet(button, action.text())

    def _menu_button(self) -> QToolButton:
        menu = QMenu(self)
        menu.addActions([self.export_markdown, self.export_json])
        menu.addSeparator()
        menu.addAction(self.delete)
        button = QToolButton(self)
        button.setMenu(menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        return _quiet(button, self.tr("Export or delete the conversation"))

    def _restyle(self) -> None:
        theme = self._themes.theme
        self.new.setIcon(icon("add", theme))
        self.parameters.setIcon(icon("settings", theme))
        self._buttons["export"].setIcon(icon("export", theme))

    def _do_nothing(self) -> None:
        """The action is a switch: ``toggled`` tells."""


def _quiet(button: QToolButton, name: str) -> QToolButton:
    mark(button, "kind", "quiet")
    button.setAccessibleName(name)
    button.setToolTip(name)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
