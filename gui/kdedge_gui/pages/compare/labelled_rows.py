"""What the page's two tables with names at their left side have in common."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QHeaderView,
    QSizePolicy,
    QTableView,
)


def set_up_labelled_rows(view: QTableView, *, corner: str) -> None:
    """Let ``view`` be as high as its rows, scroll sideways alone, and take no edits.

    Args:
        view: Its models' vertical header names the rows.
        corner: What is read out where both headers meet.
    """
    view.setShowGrid(False)
    view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.setTabKeyNavigation(False)
    view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    view.setCornerButtonEnabled(False)
    for button in view.findChildren(QAbstractButton):
        button.setAccessibleName(corner)
    for header in (view.horizontalHeader(), view.verticalHeader()):
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionsClickable(False)
