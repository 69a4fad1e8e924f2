"""Whether llama.cpp splits texts into the same token ids as the checkpoint's own tokenizer.

The reference is the `tokenizers` library with the checkpoint's ``tokenizer.json``. A tokenizer
that composes characters first (NFC) is compared on composed texts: llama.cpp leaves that to its
caller.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kdedge.convert.token_texts import token_texts
from kdedge.core.errors import KdedgeError
from kdedge.runtime.tokenizing_client import TokenizingClient

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_FRAMED = ("x", "def f():\n    return 1\n")
"""Texts for which the tokens put before and after count too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenDifference:
    """One text that the two split differently."""

    text: str
    position: int
    """Of the first token that differs."""
    expected: tuple[int, ...]
    """Ids of the checkpoint's tokenizer from there on, a few."""
    found: tuple[int, ...]
    """llama.cpp's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenParity:
    """How many texts have the same ids."""

    n_texts: int
    n_equal: int
    n_tokens: int
    """Of the checkpoint's tokenizer, in all texts."""
    first_difference: TokenDifference | None
    composes: bool
    """The tokenizer composes characters (NFC) first; the texts were composed beforehand."""
    left_out: str
    """Characters taken out of the texts: the tokenizer has no tokens for them and drops them."""

    @property
    def share(self) -> float:
        """Return the share of equal texts; 1 is what a right conversion has."""
        return self.n_equal / self.n_texts


def measure_token_parity(
    checkpoint_dir: Path, gguf_path: Path, *, texts: Sequence[str] = ()
) -> TokenParity:
    """Return how far the ids of ``gguf_path`` equal those of the checkpoint's tokenizer.

    Args:
        checkpoint_dir: Has ``tokenizer.json``.
        gguf_path: Its tensors are not read, and need not be there.
        texts: More texts than the ones that come with kdedge.

    Raises:
        KdedgeError: One of the two tokenizers cannot be loaded.
    """
    path = checkpoint_dir / "tokenizer.json"
    reference = _load_reference(path)
    written = json.loads(path.read_bytes())
    composes = _composes(written)
    added = reference.get_added_tokens_decoder()
    wanted = [*token_texts([added[number].content for number in sorted(added)]), *texts]
    if composes:
        wanted = [reference.normalizer.normalize_str(text) for text in wanted]
    falls_back = written["model"].get("byte_fallback") is True
    left_out = "" if falls_back else _unknown_characters(reference, wanted)
    wanted = [text.translate(dict.fromkeys(map(ord, left_out))) for text in wanted]
    expected = [each.ids for each in reference.encode_batch(wanted, add_special_tokens=False)]
    framed = [reference.encode(text, add_special_tokens=True).ids for text in _FRAMED]
    with TokenizingClient(gguf_path) as child:
        found = child.tokenize(wanted, special=True, add_bos=False)
        found_framed = child.tokenize(_FRAMED, special=True, add_bos=True)
    first = _first_token_by_configuration(checkpoint_dir, reference)
    if first is not None and all(ids[:1] == [first] for ids in found_framed):
        framed = [ids if ids[:1] == [first] else [first, *ids] for ids in framed]
    return compare_tokens(
        [*wanted, *_FRAMED],
        [*expected, *framed],
        [*found, *found_framed],
        composes=composes,
        left_out=left_out,
    )


def compare_tokens(
    texts: Sequence[str],
    expected: Sequence[Sequence[int]],
    found: Sequence[Sequence[int]],
    *,
    composes: bool = False,
    left_out: str = "",
) -> TokenParity:
    """Return the parity of two lists of ids, one entry for each text."""
    pairs = list(zip(texts, expected, found, strict=True))
    unlike = [
        (text, list(want), list(got)) for text, want, got in pairs if list(want) != list(got)
    ]
    return TokenParity(
        n_texts=len(texts),
        n_equal=len(texts) - len(unlike),
        n_tokens=sum(len(ids) for ids in expected),
        first_difference=_difference(*unlike[0]) if unlike else None,
        composes=composes,
        left_out=left_out,
    )


def _difference(text: str, expected: list[int], found: list[int]) -> TokenDifference:
    equal = (want == got for want, got in zip(expected, found, strict=False))
    position = next((at for at, same in enumerate(equal) if not same), -1)
    if position < 0:  # one is the beginning of the other
        position = min(len(expected), len(found))
    return TokenDifference(
        text=text,
        position=position,
        expected=tuple(expected[position : position + 8]),
        found=tuple(found[position : position + 8]),
    )


def _load_reference(path: Path) -> "Tokenizer":
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing narrower
        raise KdedgeError(
            f"The tokenizers library cannot load {path}: {str(error)[:200]}.",
            hint="Fetch or save the tokenizer again.",
        ) from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _first_token_by_configuration(checkpoint_dir: Path, reference: "Tokenizer") -> int | None:
    """Return the token that ``add_bos_token`` asks for; ``tokenizer.json`` may not know of it."""
    path = checkpoint_dir / "tokenizer_config.json"
    config = json.loads(path.read_bytes()) if path.is_file() else {}
    token = config.get("bos_token")
    content = token.get("content") if isinstance(token, dict) else token
    if config.get("add_bos_token") is not True or not isinstance(content, str):
        return None
    number: int | None = reference.token_to_id(content)
    return number


def _unknown_characters(reference: "Tokenizer", texts: Sequence[str]) -> str:
    """Return what gets lost, whole or in part: merged bytes need a token for every byte."""
    characters = sorted(set().union(*texts))
    found = reference.encode_batch(characters, add_special_tokens=False)
    n_bytes = [sum(map(len, each.tokens)) for each in found]  # a letter stands for a byte
    pairs = zip(characters, n_bytes, strict=True)
    return "".join(each for each, n in pairs if n != len(each.encode()))


def _composes(written: Mapping[str, Any]) -> bool:
    normalizer = written.get("normalizer")
    return isinstance(normalizer, dict) and normalizer.get("type") == "NFC"
