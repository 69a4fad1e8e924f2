"""One question in the transcript, set apart from the answers by its ground and its place."""

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from kdedge_gui.qt_override import override
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.fitting_text import FittingText

_RADIUS = 10
_MARGIN = 12
_SHIFT = 64
"""Questions begin that far to the right of answers."""
_LINES_MEASURED = 100
_LETTERS_MEASURED = 200


class QuestionView(QWidget):
    """What the user asked; the last one can be changed."""

    edit_wanted = Signal()
    again_wanted = Signal()
    """It has no answer and should get one."""

    def __init__(self, text: str, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._text = FittingText(self, wraps=True)
        self._text.setAccessibleName(self.tr("Your question"))
        self._text.set_text(text)
        self._edit = self._button(self.tr("&Edit"), self.edit_wanted.emit)
        self._edit.setAccessibleName(self.tr("Edit the last question"))
        self._again = self._button(self.tr("Ask a&gain"), self.again_wanted.emit)
        bubble = QVBoxLayout()
        bubble.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        bubble.addWidget(self._text)
        row = QHBoxLayout(self)
        row.setContentsMargins(_SHIFT, 0, 0, 0)
        row.setSpacing(0)
        row.addStretch(1)
        row.addWidget(self._again, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._edit, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addLayout(bubble, 1000)
        themes.changed.connect(self._fit)
        self._fit()

    @property
    def text(self) -> str:
        """The question as it is shown."""
        return self._text.shown_text

    def set_can_answer(self, can_answer: bool) -> None:
        """A model is there to answer again, or not."""
        self._again.setEnabled(can_answer)

    def set_last(self, is_last: bool, *, is_unanswered: bool = False) -> None:
        """Only the last question can be changed, or asked again if it has no answer."""
        self._edit.setVisible(is_last)
        self._again.setVisible(is_unanswered)

    def _button(self, words: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(words, self)
        mark(button, "kind", "quiet")
        button.clicked.connect(lambda _=False: act())
        button.hide()
        return button

    def _fit(self) -> None:
        """Be no wider than the text."""
        metrics = self._text.fontMetrics()
        lines = self.text.split("\n")[:_LINES_MEASURED]
        widest = max(metrics.horizontalAdvance(line[:_LETTERS_MEASURED]) for line in lines)
        self._text.setMaximumWidth(widest + metrics.averageCharWidth())
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._themes.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(theme.line if theme.name == "contrast" else theme.raised))
        painter.setBrush(QColor(theme.raised))
        left = self._text.geometry().left() - _MARGIN
        area = QRectF(self.rect()).adjusted(left + 0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(area, _RADIUS, _RADIUS)
        painter.end()
