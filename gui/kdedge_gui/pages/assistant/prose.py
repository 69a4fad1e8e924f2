"""The few marks of Markdown that make prose easier to read, as styled spans; never HTML.

Headings, lists, **bold**, *italic* and ``code``; everything else stays the text it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

ProseStyle = Literal["heading", "bold", "italic", "code"]

_HEADING = re.compile(r"#{1,6}[ \t]+(.+?)[ \t]*#*")
_BULLET = re.compile(r"([ \t]*)[-*+][ \t]+")
# Possessive, so that no text makes them try twice: each is linear in the length of the line.
_INLINE = re.compile(
    r"(?<!`)(?P<ticks>`++)(?P<code>[^`]++)(?P=ticks)(?!`)"
    r"|\*\*(?P<bold>[^\s*][^*]*+)(?<=\S)\*\*"
    r"|(?<![\w*])\*(?P<italic>[^\s*][^*]*+)(?<=\S)\*(?![\w*])"
)
_LONGEST_LINE = 10_000
"""Longer lines are shown as they are: no prose has them."""


@dataclass(frozen=True, slots=True)
class StyledSpan:
    """A stretch of the text and how it looks."""

    start: int
    length: int
    style: ProseStyle


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """Text without its marks, and where they were."""

    text: str
    spans: tuple[StyledSpan, ...]


def read_prose(markdown: str) -> Prose:
    """Return ``markdown`` as text to show and its styles."""
    lines: list[str] = []
    spans: list[StyledSpan] = []
    at = 0
    for line in markdown.split("\n"):
        shown, found = _read_line(line)
        spans += [StyledSpan(at + span.start, span.length, span.style) for span in found]
        lines.append(shown)
        at += len(shown) + 1
    return Prose(text="\n".join(lines), spans=tuple(spans))


def _read_line(line: str) -> tuple[str, list[StyledSpan]]:
    if len(line) > _LONGEST_LINE:
        return line, []
    if (heading := _HEADING.fullmatch(line)) is not None:
        text, spans = _read_inline(heading.group(1))
        whole = StyledSpan(0, len(text), "heading")
        return text, [whole, *(span for span in spans if span.style == "code")]
    if (bullet := _BULLET.match(line)) is not None:
        indent = bullet.group(1)
        text, spans = _read_inline(line[bullet.end() :])
        before = f"{indent}• "
        return before + text, [
            StyledSpan(len(before) + span.start, span.length, span.style) for span in spans
        ]
    return _read_inline(line)


def _read_inline(line: str) -> tuple[str, list[StyledSpan]]:
    parts: list[str] = []
    spans: list[StyledSpan] = []
    at = end = 0
    for match in _INLINE.finditer(line):
        before = line[end : match.start()]
        parts.append(before)
        at += len(before)
        style, text = _styled(match)
        parts.append(text)
        spans.append(StyledSpan(at, len(text), style))
        at += len(text)
        end = match.end()
    parts.append(line[end:])
    return "".join(parts), spans


def _styled(match: re.Match[str]) -> tuple[ProseStyle, str]:
    if (code := match.group("code")) is not None:
        return "code", code.strip(" ") or code
    if (bold := match.group("bold")) is not None:
        return "bold", bold
    return "italic", match.group("italic")


def utf16_offsets(text: str) -> Iterator[int]:
    """Yield for each character of ``text``, and its end, where Qt counts it (UTF-16)."""
    at = 0
    for character in text:
        yield at
        at += 2 if ord(character) > 0xFFFF else 1
    yield at
