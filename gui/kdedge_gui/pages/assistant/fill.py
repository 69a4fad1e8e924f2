"""Fill in the middle: code before, code after, and what the model would put between them."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QSplitter, QVBoxLayout, QWidget

from kdedge_gui.pages.assistant.ghost_editor import GhostEditor
from kdedge_gui.pages.assistant.ghost_panel import GhostPanel
from kdedge_gui.qt_override import override
from kdedge_gui.theme.style_sheet import mark

if TYPE_CHECKING:
    from kdedge_gui.state import AppState


_LOW_LINES = 20
"""Of less height, the editors stand side by side."""


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
        self._split = QSplitter(Qt.Orientation.Vertical, self)
        self._split.setChildrenCollapsible(False)
        self._split.setHandleWidth(8)
        self._split.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self._split.addWidget(_titled(self.tr("&Before the gap"), self.editor))
        self._split.addWidget(_titled(self.tr("After the ga&p"), self.after))
        self._split.setStretchFactor(0, 3)
        self._split.setStretchFactor(1, 2)
        self.editors.addWidget(self._split, 1)

    @override
    def make_room(self) -> None:
        super().make_room()
        is_low = self.height_lines < _LOW_LINES
        upright, flat = Qt.Orientation.Vertical, Qt.Orientation.Horizontal
        self._split.setOrientation(flat if is_low else upright)

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
