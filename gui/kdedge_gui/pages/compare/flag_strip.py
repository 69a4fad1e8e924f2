"""The warning that stays above a comparison of runs that are not alike."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from kdedge_gui.theme.icons import pixmap
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.tokens import blend


class FlagStrip(QFrame):
    """What makes a comparison doubtful; it stays as long as the comparison is shown."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self.setObjectName("flags")
        self._symbol = QLabel(self)
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(12)
        row.addWidget(self._symbol, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._text, 1)
        themes.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    @property
    def text(self) -> str:
        """Everything that is flagged."""
        return self._text.text()

    def set_flags(self, flags: tuple[str, ...]) -> None:
        """Show ``flags``, a line each; none hides the strip."""
        self._text.setText("\n".join(flags))
        self.setAccessibleName(self._text.text())
        self.setVisible(bool(flags))

    def _restyle(self) -> None:
        theme = self._themes.theme
        tint = blend(theme.warning, theme.surface, share=0.09)
        plain = theme.name == "contrast"
        edge = theme.warning if plain else blend(theme.warning, theme.surface, share=0.45)
        self.setStyleSheet(
            f"#flags {{ background: {tint}; border: 1px solid {edge}; border-radius: 8px; }}"
        )
        self._symbol.setPixmap(pixmap("warning", theme.warning))
