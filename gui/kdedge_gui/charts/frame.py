"""What every chart has: a title, the drawing, the same numbers as a table, and a way to save it.

A change is drawn at most ten times a second, and only while the chart can be seen.
"""

import itertools
from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QMarginsF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontInfo,
    QFontMetricsF,
    QPainter,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from kdedge.core.errors import KdedgeError
from kdedge_gui.charts.export import save_picture
from kdedge_gui.charts.legend import Legend, LegendEntry
from kdedge_gui.charts.plotting import plotting
from kdedge_gui.charts.style import ChartStyle
from kdedge_gui.charts.table_view import text_rows, text_table
from kdedge_gui.charts.values import NumberText, Table
from kdedge_gui.errors import ErrorInfo
from kdedge_gui.numbers import significant_text
from kdedge_gui.qt_override import override
from kdedge_gui.theme.icons import icon
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.widgets.text_table_view import TextTableView

if TYPE_CHECKING:
    from kdedge_gui.charts.canvas import Canvas

_EVERY_MS = 100
_STAGGER_MS = 8
_turns = itertools.cycle(range(6))
"""The charts of a page are first drawn one after another: making one takes up to 30 ms."""
_LEAST_WIDTH, _LEAST_LINES = 240, 11
_SMALL = 0.92
_MARGIN = 16.0


class Chart(QWidget):
    """The base of all charts; a kind of chart says how it is drawn and what its table holds."""

    failed = Signal(object)
    """An ``ErrorInfo``: the picture was not saved."""
    saved = Signal(str)
    """The path of the picture that was written."""

    def __init__(
        self, themes: ThemeManager, *, title: str, x_label: str = "", y_label: str = ""
    ) -> None:
        super().__init__()
        self._themes = themes
        self._title, self._x_label, self._y_label = title, x_label, y_label
        self._x_text: NumberText = significant_text
        self._y_text: NumberText = significant_text
        self._axis_texts: tuple[NumberText | None, NumberText | None] = (None, None)
        self._shows_y_label = True
        self._canvas: Canvas | None = None
        self._table: TextTableView | None = None
        self._headings: list[str] = []
        self._rows = text_table([], [])
        self._is_stale = True
        self._empty_text = self.tr("Nothing to draw yet.")
        self._redrawing = QTimer(self, singleShot=True)
        self._redrawing.timeout.connect(self.draw_now)
        self._build()
        themes.changed.connect(self._restyle)
        plotting().arrived.connect(self._on_plotting)
        self._restyle()

    # What a kind of chart says

    @abstractmethod
    def as_table(self) -> Table:
        """Return headings and rows: everything the chart shows, as texts."""

    @abstractmethod
    def summary(self) -> str:
        """Return what the chart shows in a sentence, for those who do not see it."""

    @abstractmethod
    def is_empty(self) -> bool:
        """Return whether there is nothing to draw."""

    def legend_entries(self) -> tuple[LegendEntry, ...]:
        """Return the names to tell apart; none where there is one series only."""
        return ()

    @abstractmethod
    def draw_on(self, canvas: "Canvas") -> None:
        """Draw everything."""

    # What users of charts say

    @property
    def title(self) -> str:
        """The title shown."""
        return self._title

    def set_title(self, title: str) -> None:
        """Show another title."""
        self._title = title
        self._title_label.setText(title)
        self.changed()

    def set_labels(self, x_label: str, y_label: str) -> None:
        """Let the axes stand for something else."""
        self._x_label, self._y_label = x_label, y_label
        self._name_axes()
        self.changed()

    def set_number_texts(
        self, *, x: NumberText | None = None, y: NumberText | None = None
    ) -> None:
        """Write numbers of an axis, also in the table, with these functions."""
        self._axis_texts = (x, y)
        self._x_text, self._y_text = x or significant_text, y or significant_text
        self._apply_axis_texts()
        self.changed()

    def hide_y_label(self) -> None:
        """Leave the upright axis without its name, where title and numbers say it already."""
        self._shows_y_label = False
        self._name_axes()

    def set_empty_text(self, text: str) -> None:
        """Say this while there is nothing to draw."""
        self._empty_text = text
        self.changed()

    def export(self, path: Path) -> None:
        """Save the chart as it is shown, as ``.png``, ``.svg`` or ``.pdf``.

        Raises:
            KdedgeError: pyqtgraph is missing, the ending is another, or it cannot be written.
        """
        plotting().load_now()
        if plotting().problem:
            raise KdedgeError(plotting().problem, hint=self.tr("Save the table instead."))
        self.draw_now()
        assert self._canvas is not None
        self._canvas.grab()  # labels find their places when they are painted first
        size = self._picture_size()
        save_picture(path, size, background=self._themes.theme.surface, paint=self._paint_picture)

    # How it goes on

    def changed(self) -> None:
        """Draw anew soon; called by a kind of chart whenever its values are other ones."""
        self._is_stale = True
        if self.isVisible() and not self._redrawing.isActive():
            self._redrawing.start(_EVERY_MS)

    def draw_now(self) -> None:
        """Draw at once what has changed."""
        self._redrawing.stop()
        self.setAccessibleDescription(self.summary())
        self._fill_table()
        self._make_canvas()
        self.show_legend()
        if self._canvas is not None and not self.is_empty():
            self._is_stale = False
            self.draw_on(self._canvas)

    def show_legend(self) -> None:
        """Show the names that are to be told apart now."""
        self._legend.set_entries(self.legend_entries(), self.style_now())
        self._show_right_place()

    def style_now(self) -> ChartStyle:
        """Return how the chart is drawn now."""
        font = QFont(self.font())
        font.setPixelSize(round(max(10, QFontInfo(self.font()).pixelSize()) * _SMALL))
        height = round(QFontMetricsF(font).height())
        return ChartStyle(theme=self._themes.theme, font=font, text_height=height)

    def show_as_table(self, shown: bool) -> None:
        """Show the numbers instead of the drawing, or the drawing again."""
        self._toggle.setChecked(shown)

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        plotting().fetch()
        if self._is_stale:
            self._redrawing.start(_STAGGER_MS * next(_turns))

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.changed()  # labels find other places

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._restyle()

    def least_height(self) -> int:
        """Return the height that the drawing takes at least, in pixels."""
        return _LEAST_LINES * self.fontMetrics().lineSpacing()

    def fit_height(self) -> None:
        """Take as much height as there is to draw."""
        self._stack.setMinimumHeight(self.least_height())

    def _build(self) -> None:
        self.setAccessibleName(self._title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumWidth(_LEAST_WIDTH)
        self._title_label = QLabel(self._title, self)
        self._title_label.setStyleSheet("font-weight: 600;")
        self._title_label.setWordWrap(True)
        self._toggle = QPushButton(self.tr("Table"), self)
        self._toggle.setCheckable(True)
        self._toggle.setProperty("kind", "quiet")
        self._toggle.setAccessibleName(self.tr("Show as table: {title}").format(title=self._title))
        self._toggle.setToolTip(self.tr("Show as table"))
        self._toggle.toggled.connect(self._on_toggled)
        self._save = QToolButton(self)
        self._save.setProperty("kind", "quiet")
        self._save.setToolTip(self.tr("Save this chart as a picture…"))
        self._save.setAccessibleName(
            self.tr("Save as a picture: {title}").format(title=self._title)
        )
        self._save.clicked.connect(self._choose_file)
        self._legend = Legend(self)
        self._message = QLabel(self)
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setWordWrap(True)
        self._message.setProperty("role", "caption")
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self._message)
        header = QHBoxLayout()
        header.setSpacing(4)
        header.addWidget(self._title_label, 1)
        header.addWidget(self._toggle, 0, Qt.AlignmentFlag.AlignTop)
        header.addWidget(self._save, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(header)
        column.addWidget(self._legend)
        column.addWidget(self._stack, 1)

    def _make_canvas(self) -> None:
        if self._canvas is not None or not plotting().is_ready:
            return
        from kdedge_gui.charts.canvas import Canvas

        canvas = Canvas(self._stack)
        canvas.setAccessibleName(self._title)
        canvas.restyle(self.style_now())
        self._canvas = canvas
        self._name_axes()
        self._stack.addWidget(canvas)
        self._apply_axis_texts()

    def _name_axes(self) -> None:
        if self._canvas is not None:
            y_label = self._y_label if self._shows_y_label else ""
            self._canvas.name_axes(self._x_label, y_label)

    def _apply_axis_texts(self) -> None:
        if self._canvas is not None:
            self._canvas.x_axis.number_text, self._canvas.y_axis.number_text = self._axis_texts

    def _show_right_place(self) -> None:
        can_draw = self._canvas is not None and not self.is_empty()
        self._save.setEnabled(can_draw)
        self._toggle.setEnabled(not self.is_empty())
        if self._toggle.isChecked() and self._table is not None and not self.is_empty():
            self._stack.setCurrentWidget(self._table)
        elif can_draw and self._canvas is not None:
            self._stack.setCurrentWidget(self._canvas)
        else:
            self._message.setText(self._why_no_drawing())
            self._stack.setCurrentWidget(self._message)
        shows_drawing = self._stack.currentWidget() is self._canvas
        self._legend.setVisible(shows_drawing and bool(self._legend.names))

    def _why_no_drawing(self) -> str:
        if self.is_empty():
            return self._empty_text
        return plotting().problem or self.tr("The chart is coming…")

    def _fill_table(self) -> None:
        if not self._toggle.isChecked():
            return
        headings, rows = self.as_table()
        if self._table is None or self._headings != headings:
            if self._table is not None:
                self._stack.removeWidget(self._table)
                self._table.deleteLater()
            self._headings, self._rows = headings, text_table(headings, rows)
            self._table = TextTableView(self._rows, self._themes, self._stack)
            self._table.setAccessibleName(self._title)
            self._stack.addWidget(self._table)
        self._rows.set_rows(text_rows(rows))

    def _on_toggled(self) -> None:
        self._fill_table()
        self._show_right_place()

    def _on_plotting(self) -> None:
        if self.isVisible():
            self._redrawing.start(_STAGGER_MS * next(_turns))

    def _restyle(self) -> None:
        self._save.setIcon(icon("save", self._themes.theme))
        if self._canvas is not None:
            self._canvas.restyle(self.style_now())
        self.fit_height()
        self.changed()

    def _choose_file(self) -> None:
        dialog = QFileDialog(self, self.tr("Save this chart"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(["PNG (*.png)", "SVG (*.svg)", "PDF (*.pdf)"])
        dialog.setDefaultSuffix("png")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filterSelected.connect(
            lambda chosen: dialog.setDefaultSuffix(chosen.partition(" ")[0].lower())
        )
        dialog.fileSelected.connect(lambda chosen: self._export_to(Path(chosen)))
        dialog.open()

    def _export_to(self, path: Path) -> None:
        try:
            self.export(path)
        except KdedgeError as error:
            self.failed.emit(ErrorInfo.of(error))
        else:
            self.saved.emit(str(path))

    def _picture_size(self) -> QSize:
        assert self._canvas is not None
        canvas = self._canvas.size()
        legend = self._legend.lines_height(float(canvas.width()))
        head = self.style_now().text_height * 2
        return QSize(canvas.width(), round(canvas.height() + head + legend)) + QSize(
            round(2 * _MARGIN), round(2 * _MARGIN)
        )

    def _paint_picture(self, painter: QPainter, area: QRectF) -> None:
        assert self._canvas is not None
        style = self.style_now()
        inner = area.marginsRemoved(QMarginsF(_MARGIN, _MARGIN, _MARGIN, _MARGIN))
        bold = QFont(style.font)
        bold.setBold(True)
        painter.setFont(bold)
        painter.setPen(QColor(style.theme.text))
        head = QRectF(inner.topLeft(), QSize(round(inner.width()), style.text_height * 2))
        painter.drawText(head, Qt.AlignmentFlag.AlignTop, self._title)
        legend = QRectF(head.bottomLeft(), QSize(round(inner.width()), 0))
        legend.setHeight(self._legend.lines_height(inner.width()))
        painter.save()
        self._legend.paint_into(painter, legend)
        painter.restore()
        self._canvas.render_into(painter, QRectF(legend.bottomLeft(), inner.bottomRight()))
