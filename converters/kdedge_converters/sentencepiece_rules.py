"""Whether a byte-pair tokenizer splits as SentencePiece does, the way llama.cpp repeats it.

Llama 2, Code Llama, Gemma and Phi-3 ship such a one in ``tokenizer.json``: no words, spaces
written as U+2581, unknown characters as bytes.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from kdedge_converters.errors import ConversionError
from kdedge_converters.token_rows import SPACE
from kdedge_converters.tokenizer_json import TokenizerFile


def is_sentencepiece(file: TokenizerFile) -> bool:
    """Return whether ``file`` is of that kind."""
    return file.byte_fallback


def puts_space_first(file: TokenizerFile) -> bool:
    """Return whether a space is put before a text.

    Raises:
        ConversionError: Its normaliser or pre-tokenizer does something else besides, or a byte
            has no token, which llama.cpp needs.
    """
    missing = [byte for byte in range(256) if f"<0x{byte:02X}>" not in file.tokens]
    if missing:
        _refuse(f"the token <0x{missing[0]:02X}> is missing ({len(missing)} of 256 are)")
    prepends, replaces = _normalizer(file.normalizer)
    before, replaces_too = _pre_tokenizer(file.pre_tokenizer)
    if not (replaces or replaces_too):
        _refuse("spaces do not become U+2581")
    if prepends and before:
        _refuse("it puts two spaces before a text")
    return prepends or before


def _normalizer(structure: Mapping[str, Any] | None) -> tuple[bool, bool]:
    prepends = replaces = False
    for part in _parts(structure, "normalizers"):
        if part.get("type") == "Prepend" and part.get("prepend") == SPACE and not prepends:
            prepends = True
        elif part.get("type") == "Replace" and _replaces_spaces(part):
            replaces = True
        else:
            _refuse(f"its normaliser has the step {str(part)[:120]}")
    return prepends, replaces


def _pre_tokenizer(structure: Mapping[str, Any] | None) -> tuple[bool, bool]:
    prepends = replaces = False
    for part in _parts(structure, "pretokenizers"):
        if part.get("type") == "Metaspace" and part.get("replacement") == SPACE:
            scheme = part.get("prepend_scheme", "always")
            replaces = True
            prepends = scheme != "never" and part.get("add_prefix_space", True) is not False
        elif part.get("type") != "Split" or part.get("pattern") != {"String": " "}:
            _refuse(f"its pre-tokenizer has the step {str(part)[:120]}")
    return prepends, replaces


def _replaces_spaces(part: Mapping[str, Any]) -> bool:
    return part.get("pattern") == {"String": " "} and part.get("content") == SPACE


def _parts(structure: Mapping[str, Any] | None, key: str) -> Sequence[Mapping[str, Any]]:
    if structure is None:
        return ()
    parts = structure.get(key) if structure.get("type") == "Sequence" else [structure]
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        _refuse(f"its list of {key} is malformed")
    return parts


def _refuse(why: str) -> NoReturn:
    raise ConversionError(
        f"The tokenizer falls back to bytes, but not the way llama.cpp does: {why}.",
        hint="docs/vocabularies.md lists what can be told; the family's original tokenizer works.",
    )
