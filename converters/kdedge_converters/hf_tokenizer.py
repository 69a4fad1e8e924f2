"""The tokenizer of a GGUF file as the files transformers loads.

It does what llama.cpp does with the file: the words of its pre-tokenizer, its merges, its added
tokens. What a GGUF file does not keep (whether characters are composed first) stays out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gguf import TokenType

from kdedge_converters.errors import ConversionError
from kdedge_converters.gguf_file import GgufFile
from kdedge_converters.pre_tokenizer_steps import steps_of
from kdedge_converters.token_rows import SPACE

_PREFIX = "tokenizer.ggml."
_ROLES = {"bos": "bos", "eos": "eos", "unk": "unknown", "pad": "padding", "sep": "seperator"}
"""``xyz_token`` of transformers and the part of its key in GGUF, spelt as the format spells it."""
_ADDED = (TokenType.CONTROL, TokenType.USER_DEFINED)
_BYTE_LEVEL = {"add_prefix_space": False, "trim_offsets": True, "type": "ByteLevel"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizerFiles:
    """The content of the files; ``None`` or nothing where there is none."""

    tokenizer: Mapping[str, Any]
    """``tokenizer.json``."""
    config: Mapping[str, Any]
    """``tokenizer_config.json``."""
    chat_templates: Mapping[str, str]
    """By name; the usual one is ``default``."""
    ids: Mapping[str, int]
    """Of ``bos``, ``eos``, ``pad`` and so on."""
    ends: tuple[int, ...]
    """Tokens that end an answer."""


def restored_tokenizer(file: GgufFile) -> TokenizerFiles:
    """Return the tokenizer of ``file``.

    Raises:
        ConversionError: It is of a kind that cannot be turned back, or incomplete.
    """
    table = _read_table(file)
    kind = file.text(_PREFIX + "model")
    if kind == "gpt2":
        model, parts = _byte_level(file, table)
    elif kind == "llama":
        model, parts = _sentencepiece(file, table)
    else:
        raise ConversionError(
            f"The file's tokenizer is of the kind {str(kind)[:40]!r}.",
            hint="Those of the kinds gpt2 (byte-level) and llama (pieces) can be turned back.",
        )
    ids = dict(_ids(file, table))
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": list(_added_tokens(table)),
        **parts,
        "post_processor": _post_processor(file, table, ids, byte_level=kind == "gpt2"),
        "model": model,
    }
    return TokenizerFiles(
        tokenizer=tokenizer,
        config=_config(file, table, ids),
        chat_templates=dict(_chat_templates(file)),
        ids=ids,
        ends=tuple(_ends(file, ids)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """The vocabulary without the padding at its end."""

    texts: Sequence[str]
    types: Sequence[int]
    scores: Sequence[float]


def _read_table(file: GgufFile) -> _Table:
    texts = _listed(file, "tokens", str)
    types = _listed(file, "token_type", int) or [int(TokenType.NORMAL)] * len(texts)
    scores = _listed(file, "scores", float) or [0.0] * len(texts)
    if not texts or not len(texts) == len(types) == len(scores):
        raise ConversionError(
            f"The file lists {len(texts)} tokens, {len(types)} types and {len(scores)} scores.",
            hint="Fetch the file again.",
        )
    if len(set(texts)) != len(texts):
        raise ConversionError(
            "Two tokens of the file have the same text.", hint="Take the original checkpoint."
        )
    end = len(texts)
    while end > 1 and types[end - 1] == TokenType.UNUSED and texts[end - 1] == f"[PAD{end - 1}]":
        end -= 1
    return _Table(texts=texts[:end], types=types[:end], scores=scores[:end])


def _listed(file: GgufFile, key: str, kind: type) -> list[Any]:
    found = file.metadata.get(_PREFIX + key)
    if not isinstance(found, list):
        return []
    return found if all(isinstance(each, kind) for each in found) else []


def _byte_level(file: GgufFile, table: _Table) -> tuple[dict[str, Any], dict[str, Any]]:
    merges = [_halves(merge) for merge in _listed(file, "merges", str)]
    known = set(table.texts)
    if not merges or any(
        left not in known or right not in known or left + right not in known
        for left, right in merges
    ):
        raise ConversionError(
            "The file's list of merges is missing or names tokens it does not have.",
            hint="Fetch the file again.",
        )
    steps, takes_whole_words = steps_of(file.text(_PREFIX + "pre") or "default")
    model = _model(table, merges) | {"ignore_merges": takes_whole_words}
    parts = {
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [_step(each) for each in steps]},
        "decoder": {**_BYTE_LEVEL, "use_regex": True},
    }
    return model, parts


def _halves(merge: str) -> list[str]:
    cut = merge.find(" ", 1)
    return [merge[:cut], merge[cut + 1 :]]


def _step(step: str) -> dict[str, Any]:
    if step in ("words", "bytes"):
        return {**_BYTE_LEVEL, "use_regex": step == "words"}
    if step == "digits":
        return {"type": "Digits", "individual_digits": True}
    pattern = {"Regex": step}
    return {"type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": False}


def _model(table: _Table, merges: list[list[str]]) -> dict[str, Any]:
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": False,
        "vocab": {text: number for number, text in enumerate(table.texts)},
        "merges": merges,
    }


def _sentencepiece(file: GgufFile, table: _Table) -> tuple[dict[str, Any], dict[str, Any]]:
    unknown = file.number(_PREFIX + "unknown_token_id")
    in_table = unknown is not None and 0 <= unknown < len(table.texts)
    model = _model(table, _merges_of_pieces(table)) | {
        "unk_token": table.texts[unknown or 0] if in_table else None,
        "fuse_unk": True,
        "byte_fallback": True,
    }
    space_first = file.metadata.get(_PREFIX + "add_space_prefix", True) is not False
    replace = {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}
    prepend = [{"type": "Prepend", "prepend": SPACE}] if space_first else []
    strip = [{"type": "Strip", "content": " ", "start": 1, "stop": 0}] if space_first else []
    decoders = [
        {"type": "Replace", "pattern": {"String": SPACE}, "content": " "},
        {"type": "ByteFallback"},
        {"type": "Fuse"},
        *strip,
    ]
    parts = {
        "normalizer": {"type": "Sequence", "normalizers": [*prepend, replace]},
        "pre_tokenizer": None,
        "decoder": {"type": "Sequence", "decoders": decoders},
    }
    return model, parts


def _merges_of_pieces(table: _Table) -> list[list[str]]:
    """Return all pairs of pieces that make a piece, the one with the highest score first.

    SentencePiece joins the neighbours whose union scores highest; byte-pair merging in this order
    does the same.
    """
    pieces = {
        text: score
        for text, kind, score in zip(table.texts, table.types, table.scores, strict=True)
        if kind == TokenType.NORMAL
    }
    found = [
        (score, text[:cut], text[cut:])
        for text, score in pieces.items()
        for cut in range(1, len(text))
        if text[:cut] in pieces and text[cut:] in pieces
    ]
    found.sort(key=lambda each: (-each[0], -len(each[1]), each[1]))
    return [[left, right] for _, left, right in found]


def _added_tokens(table: _Table) -> Iterator[dict[str, Any]]:
    for number, (text, kind) in enumerate(zip(table.texts, table.types, strict=True)):
        if kind in (*_ADDED, TokenType.UNKNOWN):
            yield {
                "id": number,
                "content": text,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": kind != TokenType.USER_DEFINED,
            }


def _ids(file: GgufFile, table: _Table) -> Iterator[tuple[str, int]]:
    for role, part in _ROLES.items():
        number = file.number(f"{_PREFIX}{part}_token_id")
        if number is not None and 0 <= number < len(table.texts):
            yield role, number


def _ends(file: GgufFile, ids: Mapping[str, int]) -> Iterator[int]:
    if "eos" in ids:
        yield ids["eos"]
    for key in ("eot", "eom"):
        number = file.number(f"{_PREFIX}{key}_token_id")
        if number is not None and number != ids.get("eos"):
            yield number


def _post_processor(
    file: GgufFile, table: _Table, ids: Mapping[str, int], *, byte_level: bool
) -> dict[str, Any] | None:
    steps: list[dict[str, Any]] = [{**_BYTE_LEVEL, "use_regex": True}] if byte_level else []
    ends = {role: _adds(file, role) and role in ids for role in ("bos", "eos")}
    if any(ends.values()):
        steps.append(_template(table, ids, **ends))
    if len(steps) > 1:
        return {"type": "Sequence", "processors": steps}
    return steps[0] if steps else None


def _adds(file: GgufFile, role: str) -> bool:
    """Return what llama.cpp does; a file that does not say gets what its kind is known for."""
    stated = file.metadata.get(f"{_PREFIX}add_{role}_token")
    by_kind = role == "bos" and file.text(_PREFIX + "model") == "llama"
    by_words = role == "bos" and file.text(_PREFIX + "pre") in ("llama-bpe", "llama3", "llama-v3")
    return stated if isinstance(stated, bool) else by_kind or by_words


def _template(table: _Table, ids: Mapping[str, int], *, bos: bool, eos: bool) -> dict[str, Any]:
    def framed(*texts: str) -> list[dict[str, Any]]:
        pieces: list[dict[str, Any]] = []
        for type_id, text in enumerate(texts):
            if bos:
                pieces.append(
                    {"SpecialToken": {"id": table.texts[ids["bos"]], "type_id": type_id}}
                )
            pieces.append({"Sequence": {"id": text, "type_id": type_id}})
            if eos:
                pieces.append(
                    {"SpecialToken": {"id": table.texts[ids["eos"]], "type_id": type_id}}
                )
        return pieces

    used = {role: ids[role] for role, wanted in (("bos", bos), ("eos", eos)) if wanted}
    return {
        "type": "TemplateProcessing",
        "single": framed("A"),
        "pair": framed("A", "B"),
        "special_tokens": {
            table.texts[number]: {
                "id": table.texts[number],
                "ids": [number],
                "tokens": [table.texts[number]],
            }
            for number in used.values()
        },
    }


def _config(file: GgufFile, table: _Table, ids: Mapping[str, int]) -> dict[str, Any]:
    architecture = file.text("general.architecture")
    context = file.number(f"{architecture}.context_length")
    named = {f"{role}_token": table.texts[number] for role, number in ids.items()}
    return {
        **named,
        "add_bos_token": _adds(file, "bos"),
        "add_eos_token": _adds(file, "eos"),
        "clean_up_tokenization_spaces": file.text(_PREFIX + "pre") == "starcoder",
        "tokenizer_class": "PreTrainedTokenizerFast",
        **({"model_max_length": context} if context else {}),
    }


def _chat_templates(file: GgufFile) -> Iterator[tuple[str, str]]:
    key = "tokenizer.chat_template"
    usual = file.text(key)
    if usual is not None:
        yield "default", usual
    for full, value in file.metadata.items():
        if full.startswith(key + ".") and isinstance(value, str):
            yield full.removeprefix(key + "."), value
