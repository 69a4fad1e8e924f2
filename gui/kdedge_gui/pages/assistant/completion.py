"""Complete: the model goes on with the text in the editor."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QSizePolicy, QWidget

from kdedge_gui.pages.assistant.ghost_panel import GhostPanel

if TYPE_CHECKING:
    from kdedge_gui.state import AppState


class CompletionPanel(GhostPanel):
    """One editor; the suggestion stands at its end."""

    kind = "completion"

    def __init__(self, state: "AppState", parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.set_words(self.tr("&Complete"))
        self.editor.setAccessibleName(self.tr("Text to go on with"))
        self.editor.setPlaceholderText(
            self.tr("Begin something, for example a function with its docstring.")
        )
        self.editor.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.editors.addWidget(self.editor, 1)
