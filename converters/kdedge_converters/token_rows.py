"""The rows of the vocabulary table: text, type and score of every id, padded to the embeddings."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from gguf import TokenType

from kdedge_converters.errors import ConversionError
from kdedge_converters.tokenizer_json import AddedToken, TokenizerFile

SPACE = "\u2581"
"""How SentencePiece writes a space."""
_BYTE = re.compile(r"<0x[0-9A-F]{2}>")
_ADDED_SCORE, _PADDING_SCORE = -1000.0, -10000.0
# Added tokens of checkpoints that forgot to call them special.
_LOOKS_SPECIAL = re.compile(r"<\|.*\|>|<\uff5c.*\uff5c>|<unused.*>", re.DOTALL)
_ALSO_SPECIAL = frozenset(("<pad>", "<mask>", "<2mass>", "[@BOS@]"))


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRows:
    """One entry for each row of the embeddings."""

    texts: Sequence[str]
    types: Sequence[int]
    scores: Sequence[float]


def token_rows(file: TokenizerFile, *, n_rows: int, sentencepiece: bool) -> TokenRows:
    """Return the table for ``file``; ids without a token become ``[PADi]``, unused.

    Args:
        file: The tokenizer.
        n_rows: Rows of the embeddings.
        sentencepiece: Tokens are pieces with scores, not merged bytes.

    Raises:
        ConversionError: The vocabulary is larger than the embeddings, or two ids have one text.
    """
    _check_size(file, n_rows)
    texts = [""] * n_rows
    types = [int(TokenType.NORMAL)] * n_rows
    scores = [0.0] * n_rows
    present = bytearray(n_rows)
    for token, number in file.tokens.items():
        texts[number], present[number] = token, 1
    if sentencepiece:
        _score_pieces(file, types, scores)
    for added in file.added:
        number, present[added.id] = added.id, 1
        if sentencepiece and added.content in file.tokens and _only_where_written(added):
            continue  # an ordinary piece wherever spaces are meant
        texts[number], types[number] = _added(added, sentencepiece=sentencepiece)
        scores[number] = _ADDED_SCORE
    for number in range(n_rows):
        if not present[number]:
            texts[number], types[number] = f"[PAD{number}]", int(TokenType.UNUSED)
            scores[number] = _PADDING_SCORE
    _check_distinct(texts)
    return TokenRows(texts=texts, types=types, scores=scores)


def _check_size(file: TokenizerFile, n_rows: int) -> None:
    highest = max(file.tokens.values())
    highest = max([highest, *(each.id for each in file.added)])
    if highest >= n_rows:
        raise ConversionError(
            f"The tokenizer has ids up to {highest}, but the embeddings have {n_rows} rows.",
            hint="Call model.resize_token_embeddings(len(tokenizer)) and save the model again.",
        )


def _only_where_written(token: AddedToken) -> bool:
    """Return whether it stands for the character U+2581 itself, not for the space it becomes."""
    return SPACE in token.content and not token.normalized and not _is_special(token)


def _is_special(token: AddedToken) -> bool:
    written = token.content
    looks_special = written in _ALSO_SPECIAL or _LOOKS_SPECIAL.fullmatch(written)
    return token.special or bool(looks_special)


def _added(token: AddedToken, *, sentencepiece: bool) -> tuple[str, int]:
    if _is_special(token):
        return token.content, int(TokenType.CONTROL)
    # llama.cpp looks for these in the text as the user wrote it.
    means_spaces = sentencepiece and token.normalized
    content = token.content.replace(SPACE, " ") if means_spaces else token.content
    return content, int(TokenType.USER_DEFINED)


def _score_pieces(file: TokenizerFile, types: list[int], scores: list[float]) -> None:
    """Give pieces scores that put them together in the order of the merges.

    Numbered by id where that is this order already: SentencePiece's own scores.
    """
    for token, number in file.tokens.items():
        if _BYTE.fullmatch(token):
            types[number] = int(TokenType.BYTE)
        elif token == file.unknown:
            types[number] = int(TokenType.UNKNOWN)
    added = {each.id for each in file.added if not _only_where_written(each)}
    pieces = [n for n in file.tokens.values() if types[n] == TokenType.NORMAL and n not in added]
    first = min(pieces, default=0)
    for number in pieces:
        scores[number] = float(first - number)
    lowest = 1.0
    for number in dict.fromkeys(file.tokens[left + right] for left, right in file.merges):
        if types[number] == TokenType.NORMAL and number not in added:
            lowest = scores[number] = min(scores[number], lowest - 1)


def _check_distinct(texts: Sequence[str]) -> None:
    """Refuse what would make llama.cpp end the process when it loads the file."""
    seen: dict[str, int] = {}
    for number, token in enumerate(texts):
        # llama.cpp reads texts up to the first NUL and renames what is then empty.
        written = token.partition("\0")[0] or f"[EMPTY_{number}]"
        other = seen.setdefault(written, number)
        if other != number:
            _refuse_twice(written, other, number)


def _refuse_twice(token: str, first: int, second: int) -> NoReturn:
    raise ConversionError(
        f"The ids {first} and {second} would have the same text {token[:40]!r}.",
        hint="Rename one of the two tokens in tokenizer.json.",
    )
