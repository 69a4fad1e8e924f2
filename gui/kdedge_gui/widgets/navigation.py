"""The list of pages at the left edge; only icons where the window is narrow for its text."""

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import QItemSelectionModel, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from kdedge_gui.theme.icons import icon
from kdedge_gui.theme.manager import ThemeManager

_ICON_SIZE = 20
_LEAST_WIDTH = 176
_AROUND_ICON = 34
_AROUND_ROW = 20
_NAME_ROLE = Qt.ItemDataRole.UserRole
_ACTIONS_KEYS = "Ctrl+K"


class Entry(Protocol):
    """What the list shows of a page."""

    @property
    def name(self) -> str:
        """What ``picked`` carries."""
        ...

    @property
    def title(self) -> str:
        """In English; shown translated."""
        ...

    @property
    def icon(self) -> str:
        """Its drawing."""
        ...


class Navigation(QFrame):
    """Emits the name of the page that the user picks, by mouse or arrow keys."""

    picked = Signal(str)
    find_wanted = Signal()
    """The button that opens the command palette."""

    def __init__(
        self, pages: Sequence[Entry], themes: ThemeManager, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._themes = themes
        self._pages = tuple(pages)
        self._is_compact = False
        self.setProperty("role", "navigation")
        self.list = QListWidget(self)
        self.list.setProperty("role", "pages")
        self.list.setAccessibleName(self.tr("Pages"))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for at, page in enumerate(self._pages):
            item = QListWidgetItem(self.tr(page.title), self.list)
            item.setData(_NAME_ROLE, page.name)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, self.tr(page.title))
            item.setToolTip(f"{self.tr(page.title)} (Ctrl+{at + 1})")
        self.list.currentRowChanged.connect(self._on_row)
        self.find_button = QPushButton(self)
        self.find_button.setProperty("kind", "quiet")
        self.find_button.setAccessibleName(self.tr("Find an action"))
        self.find_button.setToolTip(f"{self.tr('Find an action')} ({_ACTIONS_KEYS})")
        self.find_button.clicked.connect(self.find_wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 8)
        column.setSpacing(0)
        column.addWidget(self.list, 1)
        column.addWidget(self.find_button, 0, Qt.AlignmentFlag.AlignHCenter)
        themes.changed.connect(self._restyle)
        self._restyle()

    @property
    def is_compact(self) -> bool:
        """Whether only icons are shown."""
        return self._is_compact

    def set_current(self, name: str) -> None:
        """Mark the page ``name`` without picking it."""
        row = next(at for at, page in enumerate(self._pages) if page.name == name)
        self.list.blockSignals(True)
        self.list.setCurrentRow(row, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.list.blockSignals(False)

    def set_compact(self, compact: bool) -> None:
        """Show only icons, or icons and titles."""
        if compact != self._is_compact:
            self._is_compact = compact
            self._restyle()

    def _on_row(self, row: int) -> None:
        if row >= 0:
            self.picked.emit(self._pages[row].name)

    def _restyle(self) -> None:
        theme = self._themes.theme
        for row, page in enumerate(self._pages):
            item = self.list.item(row)
            item.setIcon(icon(page.icon, theme))
            item.setText("" if self._is_compact else self.tr(page.title))
        self.find_button.setIcon(icon("search", theme))
        words = f"{self.tr('Find')}  {_ACTIONS_KEYS}"
        self.find_button.setText("" if self._is_compact else words)
        policies = Qt.ScrollBarPolicy
        self.list.setVerticalScrollBarPolicy(
            policies.ScrollBarAlwaysOff if self._is_compact else policies.ScrollBarAsNeeded
        )
        side = max(_ICON_SIZE, round(_ICON_SIZE * min(self._themes.text_percent, 140) / 100))
        for widget in (self.list, self.find_button):
            widget.setIconSize(QSize(side, side))
        # Asked of the style before it knows the list, the height would lack the padding.
        height = max(side, self.list.fontMetrics().height()) + _AROUND_ROW
        for row in range(self.list.count()):
            self.list.item(row).setSizeHint(QSize(side, height))
        self.setFixedWidth(side + _AROUND_ICON if self._is_compact else self._full_width())

    def _full_width(self) -> int:
        metrics = self.list.fontMetrics()
        longest = max(metrics.horizontalAdvance(self.tr(page.title)) for page in self._pages)
        # Bold text of the chosen row is about a tenth wider.
        return max(_LEAST_WIDTH, round(longest * 1.12) + _ICON_SIZE + 64)
