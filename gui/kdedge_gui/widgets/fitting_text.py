"""Read-only text that is as high as what it holds: it grows with a stream, never scrolls inside.

Made for text that comes in pieces: a piece is put at the end with a cursor of its own, and only
the lines it touched are measured again.
"""

from math import ceil, floor

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QResizeEvent, QTextBlock, QTextCursor, QTextOption, QWheelEvent
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from kdedge_gui.qt_override import override
from kdedge_gui.widgets.visible_text import visible_text

_SHEET = "QPlainTextEdit { background: transparent; border: none; padding: 0px; }"


class FittingText(QPlainTextEdit):
    """Text from anyone, shown as plain text with what cannot be seen spelt out."""

    grown = Signal()
    """The height changed."""

    def __init__(self, parent: QWidget | None = None, *, wraps: bool) -> None:
        """Begin empty.

        Args:
            parent: Qt's parent.
            wraps: Long lines are broken at words; otherwise they scroll sideways.
        """
        super().__init__(parent)
        self._wraps = wraps
        self._n_measured = 0
        """Blocks at the start whose height is in ``_measured``."""
        self._measured = 0.0
        self._set_up()
        self._end = QTextCursor(self.document())

    @property
    def shown_text(self) -> str:
        """What is shown."""
        return self.toPlainText()

    def append_text(self, text: str) -> None:
        """Put ``text`` at the end."""
        viewport = self.viewport()
        top = floor(self._measured)  # nothing above the last line changes
        viewport.setAttribute(Qt.WidgetAttribute.WA_UpdatesDisabled, True)
        self._end.movePosition(QTextCursor.MoveOperation.End)
        self._end.insertText(visible_text(text))
        self._fit()
        viewport.setAttribute(Qt.WidgetAttribute.WA_UpdatesDisabled, False)
        viewport.update(0, top, viewport.width(), self.height() - top)

    def set_text(self, text: str) -> None:
        """Show ``text`` instead."""
        self.setPlainText(visible_text(text))
        self.measure()

    def measure(self) -> None:
        """Measure all of the text again, after its formats or the width changed."""
        self._n_measured, self._measured = 0, 0.0
        self._fit()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.measure()

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in {QEvent.Type.FontChange, QEvent.Type.StyleChange}:
            self.measure()

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        sideways = abs(event.angleDelta().x()) > abs(event.angleDelta().y())
        if sideways and self.horizontalScrollBar().maximum():
            super().wheelEvent(event)
        else:
            event.ignore()  # whoever holds this text scrolls

    def _set_up(self) -> None:
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet(_SHEET)
        self.document().setDocumentMargin(0)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_StaticContents)
        self.setAttribute(Qt.WidgetAttribute.WA_StaticContents)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        if self._wraps:
            self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        else:
            self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
            self.horizontalScrollBar().rangeChanged.connect(self._fit)

    def _fit(self) -> None:
        document = self.document()
        last = document.lastBlock()
        block: QTextBlock = document.findBlockByNumber(self._n_measured)
        while block.isValid() and block != last:
            self._measured += self.blockBoundingRect(block).height()
            self._n_measured += 1
            block = block.next()
        height = ceil(self._measured + self.blockBoundingRect(last).height()) + 2
        bar = self.horizontalScrollBar()
        if not self._wraps and bar.maximum() > 0:
            height += bar.sizeHint().height()
        if height != self.minimumHeight() or height != self.maximumHeight():
            self.setFixedHeight(height)
            self.grown.emit()
