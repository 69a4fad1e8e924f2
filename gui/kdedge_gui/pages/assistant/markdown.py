"""Where prose ends and code begins in a model's answer, while it is still coming.

Only fenced blocks are told apart (CommonMark 4.5); a fence may be indented, as in lists. HTML,
links and pictures mean nothing here: they stay the text they are.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

BlockKind = Literal["prose", "code"]

_OPENING = re.compile(r"([ \t]*)(`{3,}|~{3,})([^\n]*)")
_MAY_OPEN = re.compile(r"[ \t]*(`{0,2}|~{0,2}|`{3,}[^`]*|~{3,}.*)")
_LANGUAGE = re.compile(r"[A-Za-z0-9_+#.-]{1,32}")
_LONGEST_HELD = 200


@dataclass(frozen=True, slots=True)
class Opened:
    """A block begins; what is appended from here on belongs to it."""

    kind: BlockKind
    language: str = ""
    """What the fence says, in lower case; may be empty."""


@dataclass(frozen=True, slots=True)
class Appended:
    """More text of the open block."""

    text: str


@dataclass(frozen=True, slots=True)
class Closed:
    """The open block is complete."""


Piece = Opened | Appended | Closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A complete block."""

    kind: BlockKind
    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class _Fence:
    mark: str
    indent: int


class BlockSplitter:
    """Turns text that comes in arbitrary pieces into blocks.

    The start of a line is held back while it could still become a fence; line breaks before a
    fence are dropped.
    """

    def __init__(self) -> None:
        self._held = ""
        """Start of a line that was not given out yet."""
        self._in_line = False
        """Part of the current line was given out already: it is no fence."""
        self._owed = 0
        """Line breaks to give out before the next text of this block."""
        self._open: BlockKind | None = None
        self._fence: _Fence | None = None

    def feed(self, text: str) -> list[Piece]:
        """Return what ``text`` adds."""
        pieces: list[Piece] = []
        *lines, rest = (self._held + text).split("\n")
        self._held = ""
        for line in lines:
            pieces += self._whole_line(line.removesuffix("\r"))
        if self._may_still_be_fence(rest):
            self._held = rest
        else:
            self._held = "\r" if rest.endswith("\r") else ""
            pieces += self._part_of_line(rest.removesuffix("\r"))
        return _joined(pieces)

    def finish(self) -> list[Piece]:
        """Return what was held back, and close the open block."""
        pieces: list[Piece] = []
        if self._held:
            pieces += self._whole_line(self._held)
        self._held = ""
        pieces += self._close()
        return _joined(pieces)

    def _whole_line(self, line: str) -> Iterator[Piece]:
        if not self._in_line and (opening := self._opening(line)) is not None:
            yield from self._close()
            self._fence, language = opening
            self._open = "code"
            yield Opened("code", language)
            return
        if not self._in_line and self._closes(line):
            yield from self._close()
            return
        yield from self._part_of_line(line)
        if self._open is not None:
            self._owed += 1
        self._in_line = False

    def _part_of_line(self, text: str) -> Iterator[Piece]:
        if not self._in_line and self._fence is not None:
            text = _without_indent(text, self._fence.indent)
        if not text or (self._open is None and text.isspace()):
            return
        if self._open is None:
            self._open = "prose"
            yield Opened("prose")
        yield Appended("\n" * self._owed + text)
        self._owed = 0
        self._in_line = True

    def _close(self) -> Iterator[Piece]:
        if self._open is not None:
            yield Closed()
        self._open, self._fence = None, None
        self._owed, self._in_line = 0, False

    def _opening(self, line: str) -> tuple[_Fence, str] | None:
        if self._open == "code" or (match := _OPENING.fullmatch(line)) is None:
            return None
        indent, mark, info = match.groups()
        if "`" in mark and "`" in info:
            return None  # code inside of a line
        word = info.strip().split(maxsplit=1)[0] if info.strip() else ""
        language = word.lower() if _LANGUAGE.fullmatch(word) else ""
        return _Fence(mark, len(indent)), language

    def _closes(self, line: str) -> bool:
        if self._fence is None:
            return False
        mark = self._fence.mark
        found = line.strip(" \t")
        return len(found) >= len(mark) and not found.strip(mark[0])

    def _may_still_be_fence(self, rest: str) -> bool:
        if self._in_line or len(rest) > _LONGEST_HELD:
            return False
        if not rest or rest.isspace():
            return True
        if self._fence is not None:
            return not rest.strip(" \t\r").strip(self._fence.mark[0])
        return _MAY_OPEN.fullmatch(rest) is not None


def split_blocks(text: str) -> tuple[Block, ...]:
    """Return the blocks of a complete ``text``."""
    splitter = BlockSplitter()
    blocks: list[Block] = []
    for piece in [*splitter.feed(text), *splitter.finish()]:
        if isinstance(piece, Opened):
            blocks.append(Block(kind=piece.kind, text="", language=piece.language))
        elif isinstance(piece, Appended):
            last = blocks[-1]
            whole = last.text + piece.text
            blocks[-1] = Block(kind=last.kind, text=whole, language=last.language)
    return tuple(blocks)


def _without_indent(line: str, width: int) -> str:
    own = len(line) - len(line.lstrip(" \t"))
    return line[min(own, width) :]


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Return ``pieces`` with neighbouring texts as one: every piece costs a redraw."""
    joined: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, Appended) and joined and isinstance(joined[-1], Appended):
            joined[-1] = Appended(joined[-1].text + piece.text)
        else:
            joined.append(piece)
    return joined
