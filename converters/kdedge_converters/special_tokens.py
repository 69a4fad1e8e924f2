"""Which tokens begin, end, separate and fill: their ids, and what is added to every text.

Looked up in the order transformers and llama.cpp's own converter have: the token's text in
``tokenizer_config.json`` (then ``special_tokens_map.json``), else its id in ``config.json``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kdedge_converters.errors import ConversionError
from kdedge_converters.framing import Framing, read_framing
from kdedge_converters.gguf_values import KeyValue, boolean, uint32
from kdedge_converters.json_file import read_json_object
from kdedge_converters.tokenizer_json import TokenizerFile

_KEYS = {
    "bos": "tokenizer.ggml.bos_token_id",
    "eos": "tokenizer.ggml.eos_token_id",
    "eot": "tokenizer.ggml.eot_token_id",
    "unk": "tokenizer.ggml.unknown_token_id",
    "sep": "tokenizer.ggml.seperator_token_id",  # spelt like this in the format
    "pad": "tokenizer.ggml.padding_token_id",
    "mask": "tokenizer.ggml.mask_token_id",
}
# What llama.cpp takes for the end of an answer by its text alone.
_KNOWN_ENDS = frozenset((
    "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>",
    "<end_of_turn>", "<|endoftext|>", "</s>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]",
    "<|end_of_text|>", "<end_of_utterance>", "<eos>", "<turn|>", "<|tool_response>", "[e~[",
    "<\uff5cend\u2581of\u2581sentence\uff5c>",
))  # fmt: skip
_CODE_LLAMA_END = "\u2581<EOT>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The files of a checkpoint that name special tokens, as they were read."""

    tokenizer_config: Mapping[str, Any]
    special_tokens_map: Mapping[str, Any]
    config: Mapping[str, Any]
    generation_config: Mapping[str, Any]


def read_sources(directory: Path, config: Mapping[str, Any]) -> Sources:
    """Return what the files in ``directory`` say; a file that is not there says nothing.

    Raises:
        ConversionError: One of them is broken.
    """
    return Sources(
        tokenizer_config=_optional(directory / "tokenizer_config.json"),
        special_tokens_map=_optional(directory / "special_tokens_map.json"),
        config=config,
        generation_config=_optional(directory / "generation_config.json"),
    )


def special_token_entries(
    file: TokenizerFile, sources: Sources, *, n_tokens: int
) -> list[KeyValue]:
    """Return the ids of the special tokens and whether BOS, EOS and SEP are added.

    Raises:
        ConversionError: There is no EOS, a token that is added to every text is not the one
            declared, or an id lies outside the vocabulary.
    """
    stated = {role: _content(sources, role) for role in ("bos", "eos", "sep")}
    framing = read_framing(file.post_processor, separators=(stated["sep"], stated["eos"]))
    ids = dict(_stated_ids(file, sources, n_tokens))
    _apply_framing(ids, file, framing, n_tokens)
    _find_other_end(ids, file, sources, n_tokens)
    if "eos" not in ids:
        raise ConversionError(
            "The checkpoint names no end-of-sequence token; llama.cpp would take some other one.",
            hint="Set eos_token in tokenizer_config.json, or eos_token_id in config.json.",
        )
    entries = [uint32(_KEYS[role], ids[role]) for role in _KEYS if role in ids]
    return entries + _added(framing, sources, has_bos="bos" in ids)


def _stated_ids(file: TokenizerFile, sources: Sources, n_tokens: int) -> Iterator[tuple[str, int]]:
    inner = sources.config.get("text_config")
    for role in ("bos", "eos", "unk", "sep", "pad", "mask"):
        content = _content(sources, role)
        found = next((each.id for each in file.added if each.content == content), None)
        for where in (sources.config, inner, sources.generation_config):
            if found is None and isinstance(where, dict):
                found = _number(where.get(f"{role}_token_id"), within=n_tokens)
        if found is None and content is not None:
            found = file.tokens.get(content)
        if found is not None:
            yield role, found


def _content(sources: Sources, role: str) -> str | None:
    for where in (sources.tokenizer_config, sources.special_tokens_map):
        entry = where.get(f"{role}_token")
        content = entry.get("content") if isinstance(entry, dict) else entry
        if isinstance(content, str) and content:
            return content
    return None


def _number(value: object, *, within: int) -> int | None:
    number = value[0] if isinstance(value, list) and value else value
    # A negative id, or one beyond the vocabulary, is how checkpoints say "none".
    return number if type(number) is int and 0 <= number < within else None


def _apply_framing(
    ids: dict[str, int], file: TokenizerFile, framing: Framing, n_tokens: int
) -> None:
    """Take the tokens that are really added for BOS and EOS.

    Raises:
        ConversionError: The one added first is not BOS.
    """
    if framing.first is not None:
        first = _existing(file, framing.first, n_tokens)
        if ids.setdefault("bos", first) != first:
            raise ConversionError(
                f"The tokenizer puts {framing.first[:40]!r} before every text, but its"
                f" beginning-of-sequence token has the id {ids['bos']}.",
                hint="Make bos_token and the post_processor of tokenizer.json the same token.",
            )
    if framing.last is not None:
        last = _existing(file, framing.last, n_tokens)
        stated = ids.get("eos", last)
        if stated != last:  # an answer still ends with the stated one
            ids["eot"] = stated
        ids["eos"] = last


def _existing(file: TokenizerFile, content: str, n_tokens: int) -> int:
    found = file.id_of(content)
    if found is None or found >= n_tokens:
        raise ConversionError(
            f"The post_processor of tokenizer.json adds {content[:40]!r}, which is no token.",
            hint="Fetch or save the tokenizer again.",
        )
    return found


def _find_other_end(
    ids: dict[str, int], file: TokenizerFile, sources: Sources, n_tokens: int
) -> None:
    """Name the second token that ends an answer, where llama.cpp would not see it by its text."""
    if "eot" in ids:
        return
    code_llama = file.id_of(_CODE_LLAMA_END)
    if code_llama is not None:
        ids["eot"] = code_llama
        return
    ends = sources.generation_config.get("eos_token_id")
    texts = {each.id: each.content for each in file.added}
    for end in ends if isinstance(ends, list) else ():
        number = _number(end, within=n_tokens)
        known = number is None or number == ids.get("eos") or texts.get(number) in _KNOWN_ENDS
        if number is not None and not known:
            ids["eot"] = number
            return


def _added(framing: Framing, sources: Sources, *, has_bos: bool) -> list[KeyValue]:
    stated = {role: sources.tokenizer_config.get(f"add_{role}_token") for role in ("bos", "eos")}
    adds_bos = framing.adds_first if framing.adds_first is not None else stated["bos"] is True
    adds_eos = framing.adds_last if framing.adds_last is not None else stated["eos"] is True
    if adds_bos and not has_bos:
        raise ConversionError(
            "The tokenizer adds a beginning-of-sequence token to texts, but names none.",
            hint="Set bos_token in tokenizer_config.json, or add_bos_token to false.",
        )
    entries = [
        boolean("tokenizer.ggml.add_bos_token", adds_bos),
        boolean("tokenizer.ggml.add_eos_token", adds_eos),
    ]
    if framing.separates is not None:
        entries.append(boolean("tokenizer.ggml.add_sep_token", framing.separates))
    return entries


def _optional(path: Path) -> Mapping[str, Any]:
    return read_json_object(path) if path.exists() else {}
