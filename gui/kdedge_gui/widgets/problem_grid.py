"""What became of each problem, one cell a problem, painted in one widget: made for thousands.

A cell has a colour and a sign. Arrow keys go from cell to cell, Enter opens one; screen readers
hear the cell that the keys are on.
"""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QSizePolicy, QToolTip

from kdedge_gui.qt_override import override
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.widgets.problem_cell import GridCell, paint_cell

_GAP = 4
_PADDING = 8
_LEAST_SIDE = 26
_ROUNDING = 4.0
_SHARE_STEPS = 12
"""So many heights of a filled cell; a picture is kept of each."""
_FEWEST_ROWS, _MOST_ROWS = 1, 12


class ProblemGrid(QAbstractScrollArea):
    """Cells in as many columns as there is room for; scrolls when there are more rows."""

    activated = Signal(str)
    """The key of the cell that was clicked, or on which Enter was pressed."""
    current_changed = Signal(str)
    """The key of the cell that the keys are on."""

    def __init__(self, themes: ThemeManager, *, title: str) -> None:
        super().__init__()
        self._themes = themes
        self._title = title
        self._cells: list[GridCell] = []
        self._places: dict[str, int] = {}
        self._kinds: frozenset[str] | None = None
        self._shown: list[int] = []
        self._current = 0
        self._opened = ""
        self._pictures: dict[tuple[str, str, int], QPixmap] = {}
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.viewport().setMouseTracking(True)
        themes.changed.connect(self._restyle)
        self._restyle()
        self._tell_current()

    @property
    def cells(self) -> tuple[GridCell, ...]:
        """All cells, also those that a filter hides."""
        return tuple(self._cells)

    @property
    def shown_keys(self) -> list[str]:
        """The keys of the cells that are shown, in order."""
        return [self._cells[place].key for place in self._shown]

    @property
    def current_key(self) -> str:
        """The key of the cell that the keys are on; empty when there is none."""
        if not 0 <= self._current < len(self._shown):
            return ""
        return self._cells[self._shown[self._current]].key

    def set_cells(self, cells: Sequence[GridCell]) -> None:
        """Show ``cells`` in their order; the keys stay on the cell they were on."""
        key = self.current_key
        self._cells = list(cells)
        self._places = {cell.key: place for place, cell in enumerate(self._cells)}
        self._choose_shown(key)

    def change_cells(self, cells: Mapping[str, GridCell]) -> None:
        """Show other states of some cells, by key; unknown ones are left out."""
        is_other_choice = False
        for key, cell in cells.items():
            place = self._places.get(key)
            if place is None:
                continue
            before = self._cells[place]
            self._cells[place] = cell
            is_other_choice |= self._is_shown(before) != self._is_shown(cell)
            if self._kinds is None:
                self.viewport().update(self._area(place))
        if is_other_choice:
            self._choose_shown(self.current_key)
        elif self._kinds is not None:
            self.viewport().update()
        if self.current_key in cells:
            self._tell_current()

    def set_filter(self, kinds: frozenset[str] | None) -> None:
        """Show only cells of these kinds; ``None`` shows all."""
        if kinds != self._kinds:
            key = self.current_key
            self._kinds = kinds
            self._choose_shown(key)

    def set_opened(self, key: str) -> None:
        """Mark the cell whose details are shown, and put the keys on it."""
        self._opened = key
        self._put_on(key)
        self.viewport().update()

    def row_count(self) -> int:
        """Return how many rows the shown cells take at this width."""
        return -(-len(self._shown) // self._columns())

    @override
    def sizeHint(self) -> QSize:
        rows = min(max(self.row_count(), _FEWEST_ROWS), _MOST_ROWS)
        return QSize(12 * self._step(), rows * self._step() + 2 * _PADDING)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(5 * self._step(), _FEWEST_ROWS * self._step() + 2 * _PADDING)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        columns, step = self._columns(), self._step()
        top = self.verticalScrollBar().value()
        area = event.rect()
        first = max(0, (area.top() + top - _PADDING) // step) * columns
        last = ((area.bottom() + top - _PADDING) // step + 1) * columns
        for at in range(first, min(last, len(self._shown))):
            cell = self._cells[self._shown[at]]
            painter.drawPixmap(self._area(at).topLeft(), self._picture(cell))
        self._paint_marks(painter)
        painter.end()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_scroll_bar()
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._restyle()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        if event.key() in {keys.Key_Return, keys.Key_Enter, keys.Key_Space}:
            if self.current_key:
                self.activated.emit(self.current_key)
            return
        columns = self._columns()
        page = columns * max(1, self.viewport().height() // self._step() - 1)
        steps = {
            int(keys.Key_Left): -1,
            int(keys.Key_Right): 1,
            int(keys.Key_Up): -columns,
            int(keys.Key_Down): columns,
            int(keys.Key_PageUp): -page,
            int(keys.Key_PageDown): page,
            int(keys.Key_Home): -self._current,
            int(keys.Key_End): len(self._shown) - 1 - self._current,
        }
        step = steps.get(event.key())
        if step is None or not self._shown:
            super().keyPressEvent(event)
            return
        self._move_to(min(max(0, self._current + step), len(self._shown) - 1))

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        at = self._at(event.position().toPoint())
        if at is not None and event.button() == Qt.MouseButton.LeftButton:
            self._move_to(at)
            self.activated.emit(self.current_key)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    @override
    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            at = self._at(event.pos())
            if at is None:
                QToolTip.hideText()
            else:
                told = self._cells[self._shown[at]].told
                QToolTip.showText(event.globalPos(), told, self, self._area(at))
            return True
        return super().viewportEvent(event)

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    @override
    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()

    def _is_shown(self, cell: GridCell) -> bool:
        return self._kinds is None or cell.kind in self._kinds

    def _choose_shown(self, key: str) -> None:
        self._shown = [place for place, cell in enumerate(self._cells) if self._is_shown(cell)]
        self._current = min(self._current, max(0, len(self._shown) - 1))
        self._put_on(key)
        self._fit_scroll_bar()
        self.updateGeometry()
        self.viewport().update()
        self._tell_current()

    def _put_on(self, key: str) -> None:
        place = self._places.get(key)
        if place is not None and self._is_shown(self._cells[place]):
            self._move_to(place if self._kinds is None else self._shown.index(place))

    def _move_to(self, at: int) -> None:
        if at == self._current:
            return
        self._current = at
        area = self._area(at)
        bar = self.verticalScrollBar()
        if area.top() < 0:
            bar.setValue(bar.value() + area.top() - _GAP)
        elif area.bottom() > self.viewport().height():
            bar.setValue(bar.value() + area.bottom() - self.viewport().height() + _GAP)
        self.viewport().update()
        self._tell_current()
        self.current_changed.emit(self.current_key)

    def _tell_current(self) -> None:
        if not self._shown:
            self.setAccessibleName(f"{self._title}: {self.tr('no problems')}")
            return
        cell = self._cells[self._shown[self._current]]
        place = self.tr("{at} of {all}").format(at=self._current + 1, all=len(self._shown))
        self.setAccessibleName(f"{self._title}: {cell.told} ({place})")

    def _side(self) -> int:
        return max(_LEAST_SIDE, self.fontMetrics().height() + 8)

    def _step(self) -> int:
        return self._side() + _GAP

    def _columns(self) -> int:
        return max(1, (self.viewport().width() - 2 * _PADDING + _GAP) // self._step())

    def _area(self, at: int) -> QRect:
        """Return where shown cell number ``at`` stands in the viewport."""
        row, column = divmod(at, self._columns())
        step = self._step()
        top = row * step + _PADDING - self.verticalScrollBar().value()
        return QRect(column * step + _PADDING, top, self._side(), self._side())

    def _at(self, place: QPoint) -> int | None:
        columns, step = self._columns(), self._step()
        column = (place.x() - _PADDING) // step
        row = (place.y() - _PADDING + self.verticalScrollBar().value()) // step
        at = row * columns + column
        if not (0 <= column < columns and row >= 0 and at < len(self._shown)):
            return None
        return at if self._area(at).contains(place) else None

    def _fit_scroll_bar(self) -> None:
        height = self.row_count() * self._step() - _GAP + 2 * _PADDING
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(self._step())
        bar.setRange(0, max(0, height - self.viewport().height()))

    def _restyle(self) -> None:
        self._pictures.clear()
        self._fit_scroll_bar()
        self.updateGeometry()
        self.viewport().update()

    def _paint_marks(self, painter: QPainter) -> None:
        theme = self._themes.theme
        painter.setBrush(Qt.BrushStyle.NoBrush)
        opened = self._places.get(self._opened)
        if opened is not None and self._is_shown(self._cells[opened]):
            at = opened if self._kinds is None else self._shown.index(opened)
            _ring(painter, self._area(at), QPen(QColor(theme.text), 2))
        if self.hasFocus() and self._shown:
            _ring(painter, self._area(self._current), QPen(QColor(theme.accent), 2))

    def _picture(self, cell: GridCell) -> QPixmap:
        step = -1 if cell.share is None else round(cell.share * _SHARE_STEPS)
        key = (cell.kind, cell.sign, step)
        found = self._pictures.get(key)
        if found is None:
            found = self._pictures[key] = self._drawn(*key)
        return found

    def _drawn(self, kind: str, sign: str, step: int) -> QPixmap:
        side, ratio = self._side(), self.devicePixelRatioF()
        picture = QPixmap(QSize(side, side) * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setBold(True)
        painter.setFont(font)
        share = None if step < 0 else step / _SHARE_STEPS
        paint_cell(painter, QRectF(0, 0, side, side), kind, sign, share, self._themes.theme)
        painter.end()
        return picture


def _ring(painter: QPainter, area: QRect, pen: QPen) -> None:
    painter.setPen(pen)
    painter.drawRoundedRect(QRectF(area).adjusted(-2, -2, 2, 2), _ROUNDING + 2, _ROUNDING + 2)
