"""``tokenizer.json``, read within bounds and checked: tokens, merges, added tokens, structure.

What the `tokenizers` library would load differently from how it is written (ids it would give
anew, tokens it would drop) is refused here: the GGUF file could not have the same ids.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeGuard

from kdedge_converters.errors import ConversionError
from kdedge_converters.json_file import read_bounded

MAX_BYTES = 48 * 1024**2
"""Of ``tokenizer.json``; the largest in use have 35 MiB."""
MAX_VALUES = 2_500_000
"""Entries, lists and objects: each takes more memory than its text. The largest files in use have
1.9 million."""
MAX_TOKENS = 1024**2
"""Ids; the largest vocabularies in use have 270,000."""
_AGAIN = "Fetch or save the tokenizer again (AutoTokenizer.from_pretrained, save_pretrained)."


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedToken:
    """A token that is found in the text before it is split into words."""

    id: int
    content: str
    special: bool
    normalized: bool
    """It is looked for in the text as the normaliser leaves it, not as the user wrote it."""
    strips: bool
    """It takes the spaces beside it along (``lstrip``, ``rstrip``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizerFile:
    """A tokenizer of the byte-pair kind; the rest is refused."""

    tokens: Mapping[str, int]
    """Of the model, without added ones that are not in it."""
    merges: Sequence[tuple[str, str]]
    """Lowest rank first; both parts and what they make are in ``tokens``."""
    added: Sequence[AddedToken]
    """By id."""
    byte_fallback: bool
    """Unknown characters become ``<0xE2>`` and the like."""
    ignore_merges: bool
    """A word that is a token is taken whole."""
    unknown: str | None
    normalizer: Mapping[str, Any] | None
    pre_tokenizer: Mapping[str, Any] | None
    post_processor: Mapping[str, Any] | None

    def id_of(self, content: str) -> int | None:
        """Return the id of the token ``content``; ``None`` when there is none."""
        found = next((each.id for each in self.added if each.content == content), None)
        return self.tokens.get(content) if found is None else found


def read_tokenizer_file(path: Path) -> TokenizerFile:
    """Return what ``tokenizer.json`` at ``path`` says.

    Raises:
        ConversionError: It is missing, too large, cut short, wrong in any way, or not byte-pair.
    """
    if not path.is_file():
        raise ConversionError(
            f"{path.parent} has no tokenizer.json.",
            hint="Load it with transformers' AutoTokenizer; its save_pretrained writes one.",
        )
    found = _parse(read_bounded(path, max_bytes=MAX_BYTES))
    model = _object(found, "model")
    if model is None:
        _refuse("it has no model")
    _check_kind(model)
    tokens = _tokens(model)
    return TokenizerFile(
        tokens=tokens,
        merges=_merges(model, tokens),
        added=_added_tokens(found, tokens),
        byte_fallback=_flag(model, "byte_fallback"),
        ignore_merges=_flag(model, "ignore_merges"),
        unknown=_text(model, "unk_token"),
        normalizer=_object(found, "normalizer"),
        pre_tokenizer=_object(found, "pre_tokenizer"),
        post_processor=_object(found, "post_processor"),
    )


def _parse(raw: bytes) -> dict[str, Any]:
    if sum(map(raw.count, (b"{", b"[", b","))) > MAX_VALUES:
        _refuse("it has more entries than any tokenizer")
    try:
        text = raw.decode("utf-8")
        del raw  # the text alone may take 200 MiB
        found = json.loads(text, object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError) as error:
        _refuse("nested too deep" if isinstance(error, RecursionError) else str(error)[:200])
    if not isinstance(found, dict):
        _refuse("it holds no JSON object")
    return found


def _without_duplicates(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice in one object")
    return found


def _check_kind(model: Mapping[str, Any]) -> None:
    # Files of before 2021 do not name the kind; only byte-pair models have merges.
    kind = model.get("type", "BPE" if "merges" in model else None)
    if kind != "BPE":
        raise ConversionError(
            f"The tokenizer's model is {kind!r}; only BPE can be converted.",
            hint="Code models use BPE. Unigram (T5), WordPiece (BERT) and WordLevel are not done.",
        )
    for key in ("continuing_subword_prefix", "end_of_word_suffix", "dropout"):
        if model.get(key):
            _refuse(f"its model has {key} = {model[key]!r}, which llama.cpp cannot do")


def _tokens(model: Mapping[str, Any]) -> dict[str, int]:
    tokens = _object(model, "vocab")
    if not tokens:
        _refuse("its model has no vocab")
    for token, number in tokens.items():
        if not _is_id(number):
            _refuse(f"the id of {token[:40]!r} is {str(number)[:40]}, not one of 0..{MAX_TOKENS}")
    if len(set(tokens.values())) != len(tokens):
        _refuse("two tokens have the same id")
    _check_unicode(tokens)
    return dict(tokens)


def _merges(model: Mapping[str, Any], tokens: Mapping[str, int]) -> list[tuple[str, str]]:
    found = model.get("merges")
    if not isinstance(found, list):
        _refuse("its model has no list of merges")
    merges = [_pair(each, number) for number, each in enumerate(found)]
    for number, (left, right) in enumerate(merges):
        if left not in tokens or right not in tokens or left + right not in tokens:
            missing = next(each for each in (left, right, left + right) if each not in tokens)
            _refuse(f"merge {number} names {missing[:40]!r}, which is no token")
    return merges


def _pair(merge: object, number: int) -> tuple[str, str]:
    parts = merge.split(" ") if isinstance(merge, str) else merge
    if not isinstance(parts, list) or len(parts) != 2:
        _refuse(f"merge {number} is no pair")
    left, right = parts
    if not (isinstance(left, str) and isinstance(right, str) and left and right):
        _refuse(f"merge {number} is no pair of texts")
    return left, right


def _added_tokens(found: Mapping[str, Any], tokens: Mapping[str, int]) -> tuple[AddedToken, ...]:
    """Go through the list as the library does, which gives the ids itself.

    Raises:
        ConversionError: The list is malformed, or the ids are not those the library gives.
    """
    listed = found.get("added_tokens") or []
    if not isinstance(listed, list):
        _refuse("added_tokens is no list")
    added: dict[str, AddedToken] = {}
    highest = -1
    for entry in listed:
        token = _added_token(entry)
        known = tokens.get(
            token.content, added[token.content].id if token.content in added else None
        )
        expected = max(len(tokens), highest + 1) if known is None else known
        if token.id != expected:
            raise ConversionError(
                f"The added token {token.content[:40]!r} has the id {token.id} in tokenizer.json,"
                f" but the tokenizers library loads it as {expected}.",
                hint=_AGAIN,
            )
        added[token.content] = token
        highest = max(highest, token.id)
    _check_unicode(added)
    return tuple(sorted(added.values(), key=lambda token: token.id))


def _added_token(entry: object) -> AddedToken:
    if not isinstance(entry, dict):
        _refuse("an added token is no object")
    content, number = entry.get("content"), entry.get("id")
    if not isinstance(content, str) or not content or not _is_id(number):
        _refuse(f"an added token has the content {content!r:.60} and the id {str(number)[:40]}")
    return AddedToken(
        id=number,
        content=content,
        special=_flag(entry, "special"),
        normalized=_flag(entry, "normalized"),
        strips=_flag(entry, "lstrip") or _flag(entry, "rstrip"),
    )


def _is_id(number: object) -> TypeGuard[int]:
    return type(number) is int and 0 <= number < MAX_TOKENS


def _check_unicode(texts: Mapping[str, object]) -> None:
    try:
        "".join(texts).encode("utf-8")
    except UnicodeEncodeError:
        _refuse("a token is no valid Unicode")


def _object(within: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    value = within.get(key)
    if value is not None and not isinstance(value, dict):
        _refuse(f"{key} is no object")
    return value


def _flag(within: Mapping[str, Any], key: str) -> bool:
    value = within.get(key)
    if value is not None and not isinstance(value, bool):
        _refuse(f"{key} is {value!r:.40}, neither true nor false")
    return bool(value)


def _text(within: Mapping[str, Any], key: str) -> str | None:
    value = within.get(key)
    if value is not None and not isinstance(value, str):
        _refuse(f"{key} is no text")
    return value


def _refuse(what: str) -> NoReturn:
    raise ConversionError(f"tokenizer.json cannot be used: {what}.", hint=_AGAIN)
