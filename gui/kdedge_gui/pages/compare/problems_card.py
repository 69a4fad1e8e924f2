"""The card of problems won and lost; a click on one opens it on the Benchmark page."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QRect, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QLabel,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from kdedge_gui.models.text_table import Index
from kdedge_gui.pages.compare.labelled_rows import set_up_labelled_rows
from kdedge_gui.pages.compare.problem_matrix import WON, Matrix, MatrixModel
from kdedge_gui.qt_override import override
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.theme.tokens import blend
from kdedge_gui.widgets.card import Card

_ENTER = {Qt.Key.Key_Return, Qt.Key.Key_Enter}
_FEW_PROBLEMS = 60
"""So many are shown in full at first; of more, those that were won or lost."""
_CELL_LINES = 1.7
_TINT = 0.16
_LEAST_SECTION = 8


class ProblemsCard(Card):
    """Shows a matrix for each suite."""

    opened = Signal(str, str)
    """Run id and problem."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__("", themes, parent)
        self.set_title(self.tr("Problems won and lost"))
        self._themes = themes
        self._changed_only = QCheckBox(self.tr("Only &won or lost"), self)
        self._changed_only.toggled.connect(self._filter)
        self.add_header_widget(self._changed_only)
        self._none_changed = _caption(self)
        self._none_changed.setText(
            self.tr("No problem was won or lost: all outcomes are the same.")
        )
        self._legend = _caption(self)
        self._place = QVBoxLayout()
        self._place.setSpacing(8)
        self.content.addWidget(self._none_changed)
        self.content.addLayout(self._place)
        self.content.addWidget(self._legend)
        self.views: list[MatrixView] = []

    def show_matrices(self, matrices: Sequence[Matrix]) -> None:
        """Show ``matrices`` in place of what was shown."""
        self.views = []
        while (item := self._place.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        with QSignalBlocker(self._changed_only):
            n_problems = sum(len(matrix.task_ids) for matrix in matrices)
            self._changed_only.setChecked(n_problems > _FEW_PROBLEMS)
        for matrix in matrices:
            if len(matrices) > 1:
                heading = QLabel(matrix.suite, self)
                self._place.addWidget(heading)
            view = MatrixView(matrix, self._themes, self)
            view.opened.connect(self.opened)
            self.views.append(view)
            self._place.addWidget(view)
        self._legend.setText(self._legend_text(matrices))
        self._filter()

    def _filter(self) -> None:
        wanted = self._changed_only.isChecked()
        for view in self.views:
            view.show_changed_only(wanted)
        self._none_changed.setVisible(
            not any(view.matrix_model.matrix.changed for view in self.views)
        )

    def _legend_text(self, matrices: Sequence[Matrix]) -> str:
        signs = dict(pair for matrix in matrices for pair in matrix.legend)
        told = [f"{sign} {words}" for sign, words in signs.items()]
        framed = self.tr("framed: won or lost against the baseline")
        return " · ".join([*told, framed])


class MatrixView(QTableView):
    """One matrix, as high as it is; long ones scroll sideways."""

    opened = Signal(str, str)
    """Run id and problem."""

    def __init__(
        self, matrix: Matrix, themes: ThemeManager, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.matrix_model = MatrixModel(matrix, self)
        self.setModel(self.matrix_model)
        self.setItemDelegate(_Sign(themes, self))
        self.setAccessibleName(
            self.tr("Outcomes of {suite}, models down, problems across").format(suite=matrix.suite)
        )
        set_up_labelled_rows(self, corner=self.tr("Models and problems"))
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setMinimumSectionSize(_LEAST_SECTION)
        self.horizontalHeader().setStyleSheet("QHeaderView::section { padding: 6px 2px; }")
        self.verticalHeader().setStyleSheet(
            "QHeaderView::section { padding: 0 8px; border-bottom: none; }"
        )
        self.clicked.connect(self._open)

    def show_changed_only(self, wanted: bool) -> None:
        """Leave out the problems whose outcome is the same for every model, or bring them back."""
        self.matrix_model.show_changed_only(wanted)
        self.setVisible(self.matrix_model.columnCount() > 0)
        self._fit()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _ENTER and self.currentIndex().isValid():
            self._open(self.currentIndex())
        else:
            super().keyPressEvent(event)

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in {QEvent.Type.FontChange, QEvent.Type.StyleChange}:
            self._fit()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_height()

    def _open(self, index: QModelIndex) -> None:
        line = self.matrix_model.matrix.lines[index.row()]
        if line.run_id:
            self.opened.emit(line.run_id, self.matrix_model.task_id(index))

    def _fit(self) -> None:
        metrics = self.fontMetrics()
        side = round(metrics.height() * _CELL_LINES)
        longest = max(map(len, self.matrix_model.matrix.numbers), default=1)
        number = metrics.horizontalAdvance("0" * (longest + 1))
        self.horizontalHeader().setDefaultSectionSize(max(side, number))
        self.verticalHeader().setDefaultSectionSize(side)
        self._fit_height()

    def _fit_height(self) -> None:
        head, rows = self.horizontalHeader(), self.verticalHeader()
        room = self.width() - rows.sizeHint().width() - 2 * self.frameWidth()
        bar = self.horizontalScrollBar().sizeHint().height() if head.length() > room else 0
        self.setFixedHeight(head.sizeHint().height() + rows.length() + 2 * self.frameWidth() + bar)


class _Sign(QStyledItemDelegate):
    """A sign; framed and tinted where the model won or lost the problem."""

    def __init__(self, themes: ThemeManager, parent: QObject) -> None:
        super().__init__(parent)
        self._themes = themes

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        side = round(option.fontMetrics.height() * _CELL_LINES)
        return QSize(side, side)

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, MatrixModel)
        outcome = model.outcome(index)
        theme = self._themes.theme
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        inner = option.rect.adjusted(2, 2, -2, -2)
        colour = QColor(theme.muted if outcome.passed else theme.text)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if is_selected:
            painter.fillRect(option.rect, QColor(theme.selection))
        if outcome.change:
            told = theme.good if outcome.change == WON else theme.bad
            colour = QColor(told)
            painter.setPen(QPen(colour, 1.5))
            painter.setBrush(QColor(blend(told, theme.surface, share=_TINT)))
            painter.drawRoundedRect(_centred_square(inner), 4, 4)
        painter.setFont(option.font)
        painter.setPen(colour)
        painter.drawText(option.rect, int(Qt.AlignmentFlag.AlignCenter), outcome.sign)
        painter.restore()


def _centred_square(area: QRect) -> QRect:
    side = min(area.width(), area.height())
    square = QRect(0, 0, side, side)
    square.moveCenter(area.center())
    return square


def _caption(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setWordWrap(True)
    mark(label, "role", "caption")
    return label
