"""Prose of an answer: plain while it comes, with headings, bold and code once it is complete."""

from PySide6.QtGui import QColor, QFont, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QWidget

from kdedge_gui.pages.assistant.prose import Prose, ProseStyle, read_prose, utf16_offsets
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.tokens import Theme
from kdedge_gui.widgets.fitting_text import FittingText
from kdedge_gui.widgets.visible_text import visible_text


class ProseView(FittingText):
    """Text that wraps; never HTML, never a link."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent, wraps=True)
        self._themes = themes
        self._pieces: list[str] = []
        self._prose: Prose | None = None
        themes.changed.connect(self._restyle)

    def append(self, text: str) -> None:
        """Put ``text`` at the end, as it is."""
        self._pieces.append(text)
        self.append_text(text)

    def finish(self) -> None:
        """The prose is complete: show its styles."""
        markdown = "".join(self._pieces)
        self._pieces = [markdown]
        self._prose = read_prose(visible_text(markdown))
        if self._prose.text != self.shown_text:
            self.setPlainText(self._prose.text)
        self._paint_styles()
        self.measure()

    def _restyle(self) -> None:
        if self._prose is not None:
            self._paint_styles()
            self.measure()

    def _paint_styles(self) -> None:
        assert self._prose is not None
        if not self._prose.spans:
            return
        formats = _formats(self._themes.theme, mono=self._themes.mono_font())
        at = list(utf16_offsets(self._prose.text))
        cursor = QTextCursor(self.document())
        for span in self._prose.spans:
            cursor.setPosition(at[span.start])
            end = at[span.start + span.length]
            cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
            cursor.mergeCharFormat(formats[span.style])


def _formats(theme: Theme, *, mono: QFont) -> dict[ProseStyle, QTextCharFormat]:
    heading, bold, italic, code = (QTextCharFormat() for _ in range(4))
    heading.setFontWeight(QFont.Weight.DemiBold)
    bold.setFontWeight(QFont.Weight.DemiBold)
    italic.setFontItalic(True)
    code.setFontFamilies([mono.family()])
    code.setBackground(QColor(theme.raised))
    return {"heading": heading, "bold": bold, "italic": italic, "code": code}
