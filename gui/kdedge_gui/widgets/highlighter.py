"""Colours of code: Pygments reads it in a background thread, a highlighter paints what was found.

Pygments is imported when the first block is coloured. Without it, or with a language it is not
asked for, code stays plain.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from kdedge_gui.qt_override import override
from kdedge_gui.theme.tokens import Theme

if TYPE_CHECKING:
    from kdedge_gui.background import Background, Task
    from kdedge_gui.theme.manager import ThemeManager

CodeKind = Literal["keyword", "string", "number", "comment", "name", "builtin"]

LONGEST_TEXT = 100_000
"""Characters; longer text stays plain."""
_LONGEST_LINE = 2_000

# The lexers this app asks for: well known, so that no text of a model chooses what code runs.
_LEXERS = {
    "python": ("python", "py", "python3", "pycon"),
    "bash": ("bash", "sh", "shell", "zsh", "console"),
    "c": ("c", "h"),
    "cpp": ("cpp", "c++", "cc", "hpp", "cxx"),
    "csharp": ("csharp", "c#", "cs"),
    "css": ("css",),
    "diff": ("diff", "patch"),
    "go": ("go", "golang"),
    "html": ("html", "xml", "svg"),
    "ini": ("ini", "cfg"),
    "java": ("java",),
    "javascript": ("javascript", "js", "jsx", "node"),
    "json": ("json", "jsonl"),
    "kotlin": ("kotlin", "kt"),
    "lua": ("lua",),
    "make": ("make", "makefile"),
    "php": ("php",),
    "ruby": ("ruby", "rb"),
    "rust": ("rust", "rs"),
    "sql": ("sql", "sqlite"),
    "swift": ("swift",),
    "toml": ("toml",),
    "typescript": ("typescript", "ts", "tsx"),
    "yaml": ("yaml", "yml"),
}
_LEXER_OF = {alias: lexer for lexer, aliases in _LEXERS.items() for alias in aliases}


@dataclass(frozen=True, slots=True)
class CodeRun:
    """A stretch of one line and what it is; counted as Qt counts (UTF-16)."""

    start: int
    length: int
    kind: CodeKind


Highlights = tuple[tuple[CodeRun, ...], ...]
"""The runs of each line."""


def lexer_name(language: str) -> str | None:
    """Return the lexer for what a fence or a file says; ``None`` leaves the code plain."""
    return _LEXER_OF.get(language.lower())


def read_code(text: str, language: str) -> Highlights:
    """Return what each line of ``text`` is made of; nothing where that cannot be told."""
    name = lexer_name(language)
    if name is None or len(text) > LONGEST_TEXT or _has_long_line(text):
        return ()
    try:
        from pygments.lexers import get_lexer_by_name
    except ImportError:
        return ()
    lines: list[list[CodeRun]] = [[]]
    column = 0
    for _, token_type, value in get_lexer_by_name(name).get_tokens_unprocessed(text):
        kind = _kind(token_type)
        for number, part in enumerate(value.split("\n")):
            if number:
                lines.append([])
                column = 0
            width = _utf16_length(part)
            if width and kind is not None:
                lines[-1].append(CodeRun(column, width, kind))
            column += width
    return tuple(tuple(line) for line in lines)


class Highlighter(QSyntaxHighlighter):
    """Paints a document's code in the theme's colours, once it was read in the background."""

    def __init__(
        self, document: QTextDocument, themes: "ThemeManager", background: "Background"
    ) -> None:
        super().__init__(document)
        self._background = background
        self._highlights: Highlights = ()
        self._formats = code_formats(themes.theme)
        self._task: Task | None = None
        themes.changed.connect(self._use_theme)

    def read(self, language: str) -> None:
        """Read the document as it is now and paint it; an earlier reading is dropped."""
        self.forget()
        if lexer_name(language) is None:
            return
        text = self.document().toPlainText()
        self._task = self._background.run(
            lambda: read_code(text, language), owner=self, done=self.show
        )

    def forget(self) -> None:
        """Drop a reading that is under way."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def show(self, highlights: Highlights) -> None:
        """Paint ``highlights``."""
        self._task = None
        self._highlights = highlights
        self.rehighlight()

    @override
    def highlightBlock(self, text: str) -> None:
        number = self.currentBlock().blockNumber()
        if number < len(self._highlights):
            for run in self._highlights[number]:
                self.setFormat(run.start, run.length, self._formats[run.kind])

    def _use_theme(self, theme: Theme) -> None:
        self._formats = code_formats(theme)
        if self._highlights:
            self.rehighlight()


def code_formats(theme: Theme) -> dict[CodeKind, QTextCharFormat]:
    """Return how each kind of code looks in ``theme``."""
    colours: dict[CodeKind, str] = {
        "keyword": theme.series[0],
        "number": theme.warning,
        "string": theme.series[2],
        "name": theme.series[3],
        "builtin": theme.series[4],
        "comment": theme.muted,
    }
    formats: dict[CodeKind, QTextCharFormat] = {}
    for kind, colour in colours.items():
        made = QTextCharFormat()
        made.setForeground(QColor(colour))
        formats[kind] = made
    formats["keyword"].setFontWeight(QFont.Weight.DemiBold)
    formats["comment"].setFontItalic(True)
    return formats


def _kind(token_type: Any) -> CodeKind | None:  # noqa: ANN401 - Pygments' token types
    found: Any = token_type
    while found is not None:
        kind = _KINDS.get(str(found))
        if kind is not None:
            return kind or None
        found = found.parent
    return None


# An empty kind ends the search: plain, although what stands above it has a colour.
_KINDS: dict[str, CodeKind | Literal[""]] = {
    "Token.Keyword": "keyword",
    "Token.Operator.Word": "keyword",
    "Token.Literal.String": "string",
    "Token.Literal.Number": "number",
    "Token.Comment": "comment",
    "Token.Name.Function": "name",
    "Token.Name.Class": "name",
    "Token.Name.Decorator": "name",
    "Token.Name.Tag": "keyword",
    "Token.Name.Attribute": "name",
    "Token.Name.Builtin": "builtin",
    "Token.Name.Exception": "builtin",
    "Token.Literal.String.Interpol": "number",
    "Token.Generic.Deleted": "number",
    "Token.Generic.Inserted": "string",
    "Token.Generic.Heading": "keyword",
    "Token.Generic.Subheading": "keyword",
}


def _utf16_length(text: str) -> int:
    return len(text) + (0 if text.isascii() else sum(ord(each) > 0xFFFF for each in text))


def _has_long_line(text: str) -> bool:
    return len(text) > _LONGEST_LINE and any(
        len(line) > _LONGEST_LINE for line in text.split("\n")
    )
