"""A list to tick several things in, with a filter when it is long."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from kdedge_gui.theme import manager
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark

_LONG = 9
_FEWEST_ROWS, _MOST_ROWS = 3, 8
_KEY = int(Qt.ItemDataRole.UserRole)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One thing to tick."""

    key: str
    text: str
    problem: str = ""
    """Why it cannot be chosen."""
    tip: str = ""


class ChoiceList(QWidget):
    """Keeps what is ticked when the choices are shown anew."""

    changed = Signal()

    def __init__(self, themes: ThemeManager, *, title: str, empty_text: str) -> None:
        """Begin empty.

        Args:
            themes: For the boxes.
            title: What is chosen; ``&`` before its mnemonic.
            empty_text: Said while there is nothing to choose.
        """
        super().__init__()
        self._themes = themes
        self._title = QLabel(title, self)
        self._title.setStyleSheet("font-weight: 600;")
        self._count = QLabel(self)
        mark(self._count, "role", "caption")
        self._filter = QLineEdit(self)
        self._filter.setPlaceholderText(self.tr("Filter"))
        self._filter.setAccessibleName(self.tr("Filter: {list}").format(list=_plain(title)))
        self._filter.setClearButtonEnabled(True)
        self._filter.textChanged.connect(self._apply_filter)
        self._list = QListWidget(self)
        self._list.setAccessibleName(_plain(title))
        self._list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._list.setUniformItemSizes(True)
        self._list.itemChanged.connect(self._on_item_changed)
        self._list.itemActivated.connect(_toggle)
        self._title.setBuddy(self._list)
        self._empty = QLabel(empty_text, self)
        self._empty.setWordWrap(True)
        mark(self._empty, "role", "caption")
        self._wanted: set[str] = set()
        self._lay_out()
        themes.changed.connect(self._restyle)
        self._restyle()
        self.show_choices(())

    @property
    def chosen(self) -> tuple[str, ...]:
        """The keys that are ticked, in the order of the list."""
        return tuple(
            str(item.data(_KEY))
            for item in self._items()
            if item.checkState() == Qt.CheckState.Checked
        )

    def set_empty_text(self, text: str) -> None:
        """Say this while there is nothing to choose."""
        self._empty.setText(text)

    def choose(self, keys: Sequence[str]) -> None:
        """Tick these and no others; those that come later are ticked when they come."""
        self._wanted = set(keys)
        self._tick()
        self._tell()

    def show_choices(self, choices: Sequence[Choice]) -> None:
        """Show ``choices``."""
        self._list.blockSignals(True)
        self._list.clear()
        for choice in choices:
            item = QListWidgetItem(choice.text)
            item.setData(_KEY, choice.key)
            item.setToolTip(choice.problem or choice.tip)
            flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable
            item.setFlags(Qt.ItemFlag.NoItemFlags if choice.problem else flags | _ENABLED)
            item.setCheckState(Qt.CheckState.Unchecked)
            self._list.addItem(item)
        self._list.blockSignals(False)
        self._filter.setVisible(len(choices) > _LONG)
        self._list.setVisible(bool(choices))
        self._empty.setVisible(not choices)
        self._apply_filter(self._filter.text())
        self._fit_height()
        self._tick()
        self._tell()

    def _tick(self) -> None:
        self._list.blockSignals(True)
        for item in self._items():
            ticked = item.data(_KEY) in self._wanted and bool(item.flags() & _ENABLED)
            item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
        self._list.blockSignals(False)

    def _on_item_changed(self, item: QListWidgetItem) -> None:
        key = str(item.data(_KEY))
        if item.checkState() == Qt.CheckState.Checked:
            self._wanted.add(key)
        else:
            self._wanted.discard(key)
        self._tell()

    def _tell(self) -> None:
        n = len(self.chosen)
        self._count.setText(self.tr("{n} chosen").format(n=n) if n else "")
        self.changed.emit()

    def _apply_filter(self, text: str) -> None:
        words = text.casefold().split()
        for item in self._items():
            item.setHidden(not all(word in item.text().casefold() for word in words))

    def _items(self) -> list[QListWidgetItem]:
        return [self._list.item(row) for row in range(self._list.count())]

    def _fit_height(self) -> None:
        rows = min(max(self._list.count(), _FEWEST_ROWS), _MOST_ROWS)
        row = max(self._list.sizeHintForRow(0), self.fontMetrics().height() + 12)
        self._list.setFixedHeight(rows * row + 2 * self._list.frameWidth() + 4)

    def _restyle(self) -> None:
        theme = self._themes.theme
        sheet = _BOXES.format(
            side=round(self.fontMetrics().height() * 0.9),
            surface=theme.surface,
            muted=theme.muted,
            accent=theme.accent,
            raised=theme.raised,
            line=theme.line,
            name=theme.name,
            drawings=_DRAWINGS.as_posix(),
        )
        self._list.setStyleSheet(sheet)
        self._fit_height()

    def _lay_out(self) -> None:
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._count)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self._filter)
        column.addWidget(self._list)
        column.addWidget(self._empty)
        column.addStretch(1)


_BOXES = """
QListView::indicator {{
  width: {side}px; height: {side}px; border-radius: 4px;
  background: {surface}; border: 1px solid {muted};
}}
QListView::indicator:checked {{
  background: {accent}; border-color: {accent}; image: url("{drawings}/check-{name}.svg");
}}
QListView::indicator:disabled {{ background: {raised}; border-color: {line}; }}
"""
_DRAWINGS = Path(manager.__file__).parent / "drawings"
_ENABLED = Qt.ItemFlag.ItemIsEnabled


def _toggle(item: QListWidgetItem) -> None:
    checked = item.checkState() == Qt.CheckState.Checked
    item.setCheckState(Qt.CheckState.Unchecked if checked else Qt.CheckState.Checked)


def _plain(title: str) -> str:
    return title.replace("&", "")
