"""What the tokenizer puts around every text: a token before it, a token after it, or none.

``post_processor`` of ``tokenizer.json`` decides where it says something, else ``add_bos_token``
and ``add_eos_token`` of ``tokenizer_config.json``. llama.cpp would guess by the kind of
vocabulary, so the answer is always written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from kdedge_converters.errors import ConversionError


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """Tokens that are put around a text; ``None``: the file does not say."""

    first: str | None
    """The token it puts before a text, if any."""
    last: str | None
    adds_first: bool | None
    adds_last: bool | None
    separates: bool | None
    """Whether a pair of texts gets a token between them."""


def read_framing(
    post_processor: Mapping[str, Any] | None, *, separators: Sequence[str | None]
) -> Framing:
    """Return what ``post_processor`` of ``tokenizer.json`` puts around texts.

    Args:
        post_processor: As in the file.
        separators: Tokens that may stand between the texts of a pair (``sep_token`` and
            ``eos_token``).

    Raises:
        ConversionError: It does what llama.cpp cannot do.
    """
    framing = Framing(first=None, last=None, adds_first=None, adds_last=None, separates=None)
    for part in _parts(post_processor):
        kind = part.get("type")
        if kind == "ByteLevel":
            framing = _silent(framing)
        elif kind == "TemplateProcessing":
            framing = _read_template(part, framing, separators)
        else:
            _refuse(f"its post-processor has a step of the kind {str(kind)[:40]!r}")
    return framing


def _parts(post_processor: Mapping[str, Any] | None) -> Sequence[Mapping[str, Any]]:
    if post_processor is None:
        return ()
    parts = post_processor.get("processors", [post_processor])
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        _refuse("its post-processor is malformed")
    return parts


def _silent(before: Framing) -> Framing:
    """A byte-level step only trims offsets: nothing is added unless another step says so."""
    return Framing(
        first=before.first,
        last=before.last,
        adds_first=bool(before.adds_first),
        adds_last=bool(before.adds_last),
        separates=before.separates,
    )


def _read_template(
    part: Mapping[str, Any], before: Framing, separators: Sequence[str | None]
) -> Framing:
    single, pair = _pieces(part, "single"), _pieces(part, "pair")
    if single.count(None) != 1 or len(single) > 3:
        _refuse("its post-processor adds more than one token before or after a text")
    place = single.index(None)
    first = single[0] if place else None
    last = single[-1] if place < len(single) - 1 else None
    if place > 1 or len(single) - place > 2:
        _refuse("its post-processor adds more than one token before or after a text")
    return Framing(
        first=first or before.first,
        last=last or before.last,
        adds_first=True if first else before.adds_first,
        adds_last=True if last else before.adds_last,
        separates=_separates(pair, first=first, last=last, separators=separators),
    )


def _pieces(part: Mapping[str, Any], key: str) -> list[str | None]:
    """Return the tokens of a template; ``None`` stands for a text."""
    pieces: list[str | None] = []
    listed = part.get(key) or []
    for piece in listed if isinstance(listed, list) else [None]:
        special = piece.get("SpecialToken") if isinstance(piece, dict) else None
        if isinstance(special, dict) and isinstance(special.get("id"), str):
            pieces.append(special["id"])
        elif isinstance(piece, dict) and isinstance(piece.get("Sequence"), dict):
            pieces.append(None)
        else:
            _refuse("its post-processor's template is malformed")
    return pieces


def _separates(
    pair: Sequence[str | None],
    *,
    first: str | None,
    last: str | None,
    separators: Sequence[str | None],
) -> bool | None:
    inner = list(pair)
    if first and inner and inner[0] == first:
        inner = inner[1:]
    if last and inner and inner[-1] == last:
        inner = inner[:-1]
    if len(inner) <= 2 or inner[0] is not None or inner[-1] is not None:
        return None
    between = inner[1:-1]
    return (between[0] in separators and not last) or (
        len(between) == 2 and between[1] in separators
    )


def _refuse(why: str) -> NoReturn:
    raise ConversionError(
        f"What the tokenizer adds to a text cannot be told to llama.cpp: {why}.",
        hint="Set post_processor in tokenizer.json to what the family's original has.",
    )
