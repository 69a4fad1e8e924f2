"""Which of llama.cpp's ways to split a text into words is the tokenizer's, told by its structure.

llama.cpp knows each way by a name. The name follows from what ``tokenizer.json`` says it does
(regular expressions, digits, bytes), never from token ids: a vocabulary that was trimmed,
extended or trained anew keeps its name. That the ids come out the same is proven afterwards.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

from kdedge_converters.errors import ConversionError

Steps = tuple[str, ...]

_CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_SPACES = r"\s*[\r\n]+|\s+(?!\S)|\s+"
_WORDS = rf"{_CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+"
_MARKS = r" ?[^\s\p{L}\p{N}]+[\r\n]*"
_ONE_DIGIT = rf"{_WORDS}|\p{{N}}|{_MARKS}|{_SPACES}"
_THREE_DIGITS = rf"{_WORDS}|\p{{N}}{{1,3}}|{_MARKS}|{_SPACES}"
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_START = r"[^\r\n\p{L}\p{N}]?"
_PATHS = r" ?[^\s\p{L}\p{N}]+[\r\n/]*"
_O200K = (
    rf"{_START}{_UPPER}*{_LOWER}+{_CONTRACTIONS}?|{_START}{_UPPER}+{_LOWER}*{_CONTRACTIONS}?"
    rf"|\p{{N}}{{1,3}}|{_PATHS}|{_SPACES}"
)
_TEKKEN = rf"{_START}{_UPPER}*{_LOWER}+|{_START}{_UPPER}+{_LOWER}*|\p{{N}}|{_PATHS}|{_SPACES}"
_SEED = rf"{_WORDS}|\p{{N}}| ?[^\s\p{{L}}\p{{N}}\r\n]+|{_SPACES}"
_DEEPSEEK_3 = (
    r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"""
    rf"| ?[\p{{P}}\p{{S}}]+[\r\n]*|{_SPACES}"
)
_CJK = "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+"
_CJK_3 = "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+"
_QWEN_35 = (
    rf"{_CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}\p{{M}}]+|\p{{N}}"
    rf"| ?[^\s\p{{L}}\p{{M}}\p{{N}}]+[\r\n]*|{_SPACES}"
)

# The names for the same steps, and whether llama.cpp then takes a word that is a token whole.
_NAMES: dict[Steps, dict[bool, str]] = {
    ("words",): {False: "gpt-2"},
    ("digits", "words"): {False: "smollm"},
    (_ONE_DIGIT, "bytes"): {False: "qwen2"},
    (_THREE_DIGITS, "bytes"): {True: "llama-bpe", False: "dbrx"},
    (r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", _CJK, "digits", "bytes"): {False: "deepseek-coder"},
    (r"\p{N}{1,3}", _CJK_3, _DEEPSEEK_3, "bytes"): {False: "deepseek-v3"},
    (_QWEN_35, "bytes"): {False: "qwen35"},
    (_O200K, "bytes"): {False: "gpt-4o"},
    (_TEKKEN, "bytes"): {True: "tekken"},
    (_SEED, "bytes"): {False: "seed-coder"},
}
_MANNERS = (("Isolated", False), ("Removed", True))
"""``behavior`` and ``invert``: the expression says what a word is, or what is left between."""
_CLEANED = {"smollm": "starcoder"}
"""The same words, but llama.cpp's own detokenizer drops spaces before full stops and commas."""
_INVERTED = {"qwen2": "stablelm2"}
"""The same words, written as what is to be removed between them."""


def pre_tokenizer_name(
    structure: Mapping[str, Any] | None,
    *,
    takes_whole_words: bool,
    either_way: bool,
    cleans_up_spaces: bool,
) -> str:
    """Return the name llama.cpp has for the way a byte-level tokenizer splits a text.

    Args:
        structure: ``pre_tokenizer`` of ``tokenizer.json``.
        takes_whole_words: ``ignore_merges`` of the model.
        either_way: It decides nothing: every token comes out of merges.
        cleans_up_spaces: ``clean_up_tokenization_spaces`` of ``tokenizer_config.json``.

    Raises:
        ConversionError: llama.cpp cannot split like that, or no name is known for it.
    """
    found = tuple(_steps(structure))
    steps = tuple(step for step, _ in found)
    names = _NAMES.get(steps)
    if names is None:
        _refuse("llama.cpp has no name for these steps: " + "  ".join(steps)[:600])
    name = names.get(takes_whole_words)
    if name is None and either_way:
        name = next(iter(names.values()))
    if name is None:
        _refuse(f"ignore_merges is {takes_whole_words}, the other way round than llama.cpp's")
    if name in _CLEANED and cleans_up_spaces:
        return _CLEANED[name]
    if name in _INVERTED and any(inverted for _, inverted in found):
        return _INVERTED[name]
    return name


def _steps(structure: Mapping[str, Any] | None) -> Iterator[tuple[str, bool]]:
    """Give each step in one spelling, and whether it names what lies between the words."""
    for part in _flattened(structure):
        kind = part.get("type")
        if kind == "ByteLevel":
            if part.get("add_prefix_space") is True:
                _refuse("it puts a space before every text (add_prefix_space)")
            yield ("bytes" if part.get("use_regex") is False else "words"), False
        elif kind == "Digits" and part.get("individual_digits") is True:
            yield "digits", False
        elif kind == "Split":
            yield _split(part)
        else:
            _refuse(f"it has a step of the kind {str(kind)[:40]!r}")


def _flattened(structure: Mapping[str, Any] | None) -> Sequence[Mapping[str, Any]]:
    if structure is None:
        _refuse("tokenizer.json has no pre_tokenizer")
    parts = structure.get("pretokenizers") if structure.get("type") == "Sequence" else [structure]
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        _refuse("its list of steps is malformed")
    return parts


def _split(part: Mapping[str, Any]) -> tuple[str, bool]:
    pattern = part.get("pattern")
    expression = pattern.get("Regex") if isinstance(pattern, dict) else None
    manner = (part.get("behavior"), part.get("invert", False))
    if not isinstance(expression, str) or manner not in _MANNERS:
        _refuse("it splits in a way that is not known")
    spelt = canonical(expression)
    return ("digits" if spelt == r"\p{N}" else spelt), manner[1]


def canonical(expression: str) -> str:
    """Return ``expression`` in the one spelling that the table of names uses."""
    spelt = expression.replace("\r", r"\r").replace("\n", r"\n")
    spelt = spelt.replace(
        "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])", _CONTRACTIONS
    )
    spelt = spelt.replace("'(?i:[sdmt]|ll|ve|re)", _CONTRACTIONS)
    spelt = spelt.replace("{1}", "")
    # A quantifier that gives nothing back (`?+`, `++`) finds the same words in these expressions:
    # what follows it never starts with what it has taken.
    return re.sub(r"(?<=[\]}])([?*+])\+", r"\1", spelt)


def _refuse(why: str) -> NoReturn:
    raise ConversionError(
        f"How the tokenizer splits a text cannot be told to llama.cpp: {why}.",
        hint="docs/vocabularies.md lists what can be; the original tokenizer of the family works.",
    )
