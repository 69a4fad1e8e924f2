"""Finds text that is cut: what a label or button shows against the room it was given.

Text that scrolls or is shortened with an ellipsis on purpose is not counted.
"""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QToolButton, QWidget

from kdedge_gui.widgets.elided_label import ElidedLabel

_SLACK = 1
_LONGEST_QUOTE = 60


def clipped_texts(window: QWidget) -> list[str]:
    """Return the beginnings of texts in ``window`` that do not fit, each after its class."""
    widgets = [each for each in window.findChildren(QWidget) if each.isVisible()]
    return [
        f"{type(each).__name__}: {_text(each)[:_LONGEST_QUOTE]}"
        for each in widgets
        if _is_cut(each)
    ]


def _is_cut(widget: QWidget) -> bool:
    if isinstance(widget, ElidedLabel):
        return False
    if isinstance(widget, QLabel):
        return bool(widget.text()) and (_is_label_cut(widget) or _is_outside(widget))
    if isinstance(widget, QAbstractButton):
        needed = widget.sizeHint()
        is_named = bool(widget.text()) and _shows_text(widget)
        too_narrow = widget.width() + _SLACK < needed.width()
        return is_named and (too_narrow or widget.height() + 2 * _SLACK < needed.height())
    return False


def _is_label_cut(label: QLabel) -> bool:
    if label.wordWrap():
        needed = label.heightForWidth(label.width())
        return needed > label.height() + _SLACK
    needed_size = label.sizeHint()
    room = label.size()
    return (
        needed_size.width() > room.width() + _SLACK
        or needed_size.height() > room.height() + 2 * _SLACK
    )


def _is_outside(widget: QWidget) -> bool:
    """Whether the parent cuts it; a scroll area's parent is as large as what it holds."""
    parent = widget.parentWidget()
    if parent is None or parent.objectName() == "qt_scrollarea_viewport":
        return False
    right = widget.mapTo(parent, QPoint(widget.width(), 0)).x()
    return right > parent.width() + _SLACK


def _shows_text(button: QAbstractButton) -> bool:
    if isinstance(button, QToolButton):
        return button.toolButtonStyle() != Qt.ToolButtonStyle.ToolButtonIconOnly
    return True


def _text(widget: QWidget) -> str:
    text = widget.text() if isinstance(widget, QLabel | QAbstractButton) else ""
    return " ".join(text.split())
