r"""Text of a model as it may be shown: what could hide or move other text is spelt out.

A model's text is hostile until shown to be harmless. Control characters, directions that turn
text around and characters without a shape become escapes such as ``\x1b`` and ``\u202e``; line
breaks and tabs stay. Copy, Save and Run take the text as it is shown: what you see is what you
get.
"""

import re

_UNSEEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls, but for tab and line feed
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"  # have no shape
    "\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"  # directions, breaks, invisible operators
    "\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\uffff"
    "\ud800-\udfff"  # halves of characters
    "\ufdd0-\ufdef"  # Qt's own marks inside of documents
    "\U000e0000-\U000e0fff"  # tags: a hidden alphabet
    "]"
)


def visible_text(text: str) -> str:
    """Return ``text`` with every character that cannot be seen as an escape of Python's."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSEEN.sub(_escape, text.replace("\r\n", "\n"))


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code == ord("\r"):
        return "\\r"
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
