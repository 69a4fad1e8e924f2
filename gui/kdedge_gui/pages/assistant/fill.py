"""Fill in the middle: code before, code after, and what the model would put between them."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSplitter, QVBoxLayout, QWidget

from kdedge_gui.pages.assistant.ghost_editor import GhostEditor
from kdedge_gui.pages.assistant.ghost_panel import GhostPanel
from kdedge_gui.qt_override import override
from kdedge_gui.theme.style_sheet import mark

if TYPE_CHECKING:
    from kdedge_gui.state import AppState


class FillPanel(GhostPanel):
    """Two editors; the suggestion stands between them, at the end of the first."""

    kind = "fill"

    def __init__(self, state: "AppState", parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.set_words(self.tr("&Fill the gap"))
        self.after = GhostEditor(state.themes, state.background, self)
        self.after.wanted.connect(self.generate)
        self.editor.setPlaceholderText(self.tr("Code that ends where something is missing."))
        self.after.setPlaceholderText(self.tr("Code that goes on after the gap."))
        split = QSplitter(Qt.Orientation.Vertical, self)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(8)
        split.addWidget(_titled(self.tr("&Before the gap"), self.editor))
        split.addWidget(_titled(self.tr("A&fter the gap"), self.after))
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        self.editors.addWidget(split, 1)

    @property
    @override
    def suffix(self) -> str:
        return self.after.own_text


def _titled(title: str, editor: GhostEditor) -> QWidget:
    box = QWidget()
    label = QLabel(title, box)
    label.setBuddy(editor)
    mark(label, "role", "caption")
    editor.setAccessibleName(title.replace("&", ""))
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    column.addWidget(label)
    column.addWidget(editor, 1)
    return box
