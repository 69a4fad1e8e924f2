"""Trains small tokenizers built the way those of each model family are, and writes their files."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from kdedge.convert.token_texts import token_texts

ONE_DIGIT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
THREE_DIGITS = ONE_DIGIT.replace(r"|\p{N}|", r"|\p{N}{1,3}|")
O200K = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
TEKKEN = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
SEED = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\r\n]+|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"
DEEPSEEK_3 = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"
QWEN_35 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
SPACE = "\u2581"

Json = dict[str, Any]


def byte_level(*, use_regex: bool) -> Json:
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": use_regex}  # fmt: skip


def split(expression: str, *, removed: bool = False) -> Json:
    manner = {"behavior": "Removed", "invert": True} if removed else {"behavior": "Isolated", "invert": False}  # fmt: skip
    return {"type": "Split", "pattern": {"Regex": expression}, **manner}


def steps(*parts: Json) -> Json:
    return {"type": "Sequence", "pretokenizers": list(parts)}


DIGITS = {"type": "Digits", "individual_digits": True}
BYTES, WORDS = byte_level(use_regex=False), byte_level(use_regex=True)


def template(first: str | None = None, last: str | None = None) -> Json:
    """A post-processor that adds ``first`` and ``last``."""
    before = [{"SpecialToken": {"id": first, "type_id": 0}}] if first else []
    after = [{"SpecialToken": {"id": last, "type_id": 0}}] if last else []
    one, two = ({"Sequence": {"id": each, "type_id": 0}} for each in "AB")
    tokens = {t: {"id": t, "ids": [0], "tokens": [t]} for t in (first, last) if t}
    return {"type": "TemplateProcessing", "single": [*before, one, *after], "pair": [*before, one, *before, two, *after], "special_tokens": tokens}  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class Style:
    """How a family's tokenizer is built."""

    architecture: str
    model_type: str
    pre: str
    """llama.cpp's name."""
    pre_tokenizer: Json | None
    normalizer: Json | None = None
    post_processor: Json | None = None
    sentencepiece: bool = False
    model: Mapping[str, Any] = field(default_factory=dict)
    first: Sequence[str | Json] = ()
    """Special tokens with the lowest ids."""
    last: Sequence[str | Json] = ()
    """Added tokens with the highest ids: special, or as in ``tokenizer.json``."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """Of the tokenizer."""


_CHATML = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_QWEN_LAST = (*_CHATML, {"content": "<|fim_prefix|>", "special": False}, {"content": "<|fim_middle|>", "special": False}, {"content": "<|fim_suffix|>", "special": False}, {"content": "<|fim_pad|>", "special": False}, {"content": "<|repo_name|>", "special": False}, {"content": "<|file_sep|>", "special": False}, {"content": "<tool_call>", "special": False})  # fmt: skip
_STAR = ("<|endoftext|>", "<fim_prefix>", "<fim_middle>", "<fim_suffix>", "<fim_pad>", "<repo_name>", "<file_sep>")  # fmt: skip
_BOS_EOS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
_LLAMA_SPACES = {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": SPACE}, {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}]}  # fmt: skip
_GEMMA_SPACES = _LLAMA_SPACES["normalizers"][1]
_GPT = {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"}
_PLAIN_EOS = {"eos_token": "<|endoftext|>"}
_DEEPSEEK_LAST = ("<\uff5cbegin\u2581of\u2581sentence\uff5c>", "<\uff5cend\u2581of\u2581sentence\uff5c>", {"content": "<\uff5cfim\u2581hole\uff5c>", "special": False}, {"content": "<\uff5cfim\u2581begin\uff5c>", "special": False}, {"content": "<\uff5cfim\u2581end\uff5c>", "special": False}, {"content": "<pad>", "special": False})  # fmt: skip
_DEEPSEEK = {"bos_token": _DEEPSEEK_LAST[0], "eos_token": _DEEPSEEK_LAST[1]}
_PHI_LAST: tuple[str | Json, ...] = ("<|endoftext|>", *({"content": f"<|{name}|>", "special": True, "rstrip": True} for name in ("assistant", "system", "end", "user")))  # fmt: skip

STYLES = {
    "gpt2": Style(architecture="GPT2LMHeadModel", model_type="gpt2", pre="gpt-2", pre_tokenizer=WORDS, post_processor=WORDS, last=["<|endoftext|>"], config=_GPT),
    "smollm": Style(architecture="LlamaForCausalLM", model_type="llama", pre="smollm", pre_tokenizer=steps(DIGITS, WORDS), first=_CHATML, config={**_GPT, "eos_token": "<|im_end|>", "clean_up_tokenization_spaces": False, "add_prefix_space": False}),
    "starcoder2": Style(architecture="Starcoder2ForCausalLM", model_type="starcoder2", pre="starcoder", pre_tokenizer=steps(DIGITS, WORDS), first=_STAR, config={**_GPT, "clean_up_tokenization_spaces": True}),
    "granite": Style(architecture="GraniteForCausalLM", model_type="granite", pre="starcoder", pre_tokenizer=steps(DIGITS, WORDS), post_processor=WORDS, first=_STAR, config={**_GPT, "clean_up_tokenization_spaces": True}),
    "qwen2": Style(architecture="Qwen2ForCausalLM", model_type="qwen2", pre="qwen2", normalizer={"type": "NFC"}, pre_tokenizer=steps(split(ONE_DIGIT), BYTES), post_processor=BYTES, last=_QWEN_LAST, config={"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "add_bos_token": False}),
    "qwen3": Style(architecture="Qwen3ForCausalLM", model_type="qwen3", pre="qwen2", normalizer={"type": "NFC"}, pre_tokenizer=steps(split(ONE_DIGIT), BYTES), post_processor=BYTES, last=_QWEN_LAST, config={"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}),
    "llama3": Style(architecture="LlamaForCausalLM", model_type="llama", pre="llama-bpe", pre_tokenizer=steps(split(THREE_DIGITS), BYTES), post_processor={"type": "Sequence", "processors": [WORDS, template("<|begin_of_text|>")]}, model={"ignore_merges": True}, last=["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"], config={"bos_token": "<|begin_of_text|>", "eos_token": "<|end_of_text|>"}),
    "smollm3": Style(architecture="SmolLM3ForCausalLM", model_type="smollm3", pre="dbrx", pre_tokenizer=steps(split(THREE_DIGITS), BYTES), post_processor=template(), last=_CHATML, config=_PLAIN_EOS),
    "deepseek-coder": Style(architecture="LlamaForCausalLM", model_type="llama", pre="deepseek-coder", normalizer={"type": "Sequence", "normalizers": []}, pre_tokenizer=steps(split("[\r\n]"), split(r"\s?\p{L}+"), split(r"\s?\p{P}+"), split("[一-龥ࠀ-一가-퟿]+"), DIGITS, BYTES), post_processor=None, last=_DEEPSEEK_LAST, config={**_DEEPSEEK, "add_bos_token": True}),
    "deepseek-v3": Style(architecture="LlamaForCausalLM", model_type="llama", pre="deepseek-v3", pre_tokenizer=steps(split(r"\p{N}{1,3}"), split("[一-龥\u3040-ゟ\u30a0-ヿ]+"), split(DEEPSEEK_3), BYTES), post_processor=template(_DEEPSEEK_LAST[0]), last=_DEEPSEEK_LAST, config=_DEEPSEEK),
    "stablelm": Style(architecture="StableLmForCausalLM", model_type="stablelm", pre="stablelm2", pre_tokenizer=steps(split(ONE_DIGIT, removed=True), BYTES), last=_STAR, config=_PLAIN_EOS),
    "phi4": Style(architecture="Phi3ForCausalLM", model_type="phi3", pre="dbrx", pre_tokenizer=steps(split(THREE_DIGITS, removed=True), BYTES), last=_CHATML, config={**_PLAIN_EOS, "tokenizer_class": "GPT2Tokenizer"}),
    "phi4-mini": Style(architecture="Phi3ForCausalLM", model_type="phi3", pre="gpt-4o", pre_tokenizer=steps(split(O200K), BYTES), last=_CHATML, config={**_PLAIN_EOS, "tokenizer_class": "GPT2Tokenizer"}),
    "seed-coder": Style(architecture="LlamaForCausalLM", model_type="llama", pre="seed-coder", pre_tokenizer=steps(split(SEED), BYTES), post_processor=template("<[begin]>"), first=["<[begin]>", "<[end]>", "<[fim-prefix]>", "<[fim-suffix]>", "<[fim-middle]>"], config={"bos_token": "<[begin]>", "eos_token": "<[end]>"}),
    "tekken": Style(architecture="LlamaForCausalLM", model_type="llama", pre="tekken", pre_tokenizer=steps(split(TEKKEN), BYTES), post_processor=template("<s>"), model={"ignore_merges": True}, first=["<unk>", "<s>", "</s>"], config=_BOS_EOS),
    "qwen35": Style(architecture="Qwen2ForCausalLM", model_type="qwen2", pre="qwen35", pre_tokenizer=steps(split(QWEN_35), BYTES), last=_CHATML, config=_PLAIN_EOS),
    "llama2": Style(architecture="LlamaForCausalLM", model_type="llama", pre="default", sentencepiece=True, normalizer=_LLAMA_SPACES, pre_tokenizer=None, post_processor=template("<s>"), first=["<unk>", "<s>", "</s>"], config={**_BOS_EOS, "add_bos_token": True, "add_eos_token": False, "tokenizer_class": "LlamaTokenizer"}),
    "codellama": Style(architecture="LlamaForCausalLM", model_type="llama", pre="default", sentencepiece=True, normalizer=_LLAMA_SPACES, pre_tokenizer=None, post_processor=template("<s>"), first=["<unk>", "<s>", "</s>"], last=["\u2581<PRE>", "\u2581<SUF>", "\u2581<MID>", "\u2581<EOT>"], config={**_BOS_EOS, "tokenizer_class": "CodeLlamaTokenizer"}),
    "gemma3": Style(architecture="Gemma3ForCausalLM", model_type="gemma3_text", pre="default", sentencepiece=True, normalizer=_GEMMA_SPACES, pre_tokenizer={"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False}, post_processor=template("<bos>"), first=["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"], last=["<start_of_turn>", "<end_of_turn>", {"content": "<unused1>", "special": False}], config={"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "unk_token": "<unk>"}),
    "phi3": Style(architecture="Phi3ForCausalLM", model_type="phi3", pre="default", sentencepiece=True, normalizer=_LLAMA_SPACES, pre_tokenizer=None, post_processor=template(), first=["<unk>", "<s>", {"content": "</s>", "special": False, "rstrip": True}], last=_PHI_LAST, config={**_BOS_EOS, "eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>", "tokenizer_class": "LlamaTokenizer"}),
}  # fmt: skip


def write_tokenizer(
    directory: Path,
    style: Style,
    *,
    change: Callable[[Json], object] | None = None,
    config: Mapping[str, Any] | None = None,
) -> int:
    """Write the files of ``style`` to ``directory``; returns how many tokens there are.

    Args:
        directory: Made if missing.
        style: What to write.
        change: Changes what ``tokenizer.json`` holds before it is written.
        config: More entries for ``config.json``.
    """
    directory.mkdir(parents=True, exist_ok=True)
    found: Json = json.loads(_trained(style))
    n_tokens = 1 + max(
        *found["model"]["vocab"].values(), *(t["id"] for t in found["added_tokens"])
    )
    if change is not None:
        change(found)
    (directory / "tokenizer.json").write_text(json.dumps(found, ensure_ascii=False), "utf-8")
    stated = {"tokenizer_class": "PreTrainedTokenizerFast", **style.config}
    (directory / "tokenizer_config.json").write_text(json.dumps(stated), "utf-8")
    basic = {"architectures": [style.architecture], "model_type": style.model_type, "vocab_size": n_tokens}  # fmt: skip
    (directory / "config.json").write_text(json.dumps({**basic, **(config or {})}), "utf-8")
    return n_tokens


@cache
def _trained(style: Style) -> str:
    vocabulary, merges = _sentencepiece(style) if style.sentencepiece else _byte_level(style)
    added = [_added(token, vocabulary[_text(token)]) for token in style.first]
    added += [_added(t, len(vocabulary) + n) for n, t in enumerate(style.last)]
    model = {"type": "BPE", "dropout": None, "unk_token": "<unk>" if style.sentencepiece else None, "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": style.sentencepiece, "byte_fallback": style.sentencepiece, "ignore_merges": False}  # fmt: skip
    pieces = [{"type": "Replace", "pattern": {"String": SPACE}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}]  # fmt: skip
    return json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added,
        "normalizer": style.normalizer, "pre_tokenizer": style.pre_tokenizer,
        "post_processor": _with_ids(style.post_processor, added),
        "decoder": {"type": "Sequence", "decoders": pieces} if style.sentencepiece else WORDS,
        "model": {**model, **style.model, "vocab": vocabulary, "merges": merges},
    })  # fmt: skip


def _text(token: str | Json) -> str:
    return token if isinstance(token, str) else str(token["content"])


def _added(token: str | Json, number: int) -> Json:
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}  # fmt: skip
    return {"id": number, **plain, **({"content": token} if isinstance(token, str) else token)}


def _with_ids(processor: Json | None, added: Sequence[Json]) -> Json | None:
    ids = {token["content"]: token["id"] for token in added}
    for part in (processor or {}).get("processors", [processor] if processor else []):
        for name, entry in part.get("special_tokens", {}).items():
            entry["ids"] = [ids[name]]
    return processor


def _byte_level(style: Style) -> tuple[dict[str, int], list[list[str]]]:
    from tokenizers import Tokenizer, models, pre_tokenizers

    empty = {"type": "BPE", "vocab": {}, "merges": []}
    blank = json.loads(Tokenizer(models.BPE()).to_str())
    blank |= {"pre_tokenizer": style.pre_tokenizer, "normalizer": style.normalizer}
    blank["model"] |= empty
    return _train(
        Tokenizer.from_str(json.dumps(blank)), style, pre_tokenizers.ByteLevel.alphabet()
    )


def _train(tokenizer: Any, style: Style, alphabet: list[str]) -> tuple[dict[str, int], list[Any]]:
    from tokenizers import trainers

    trainer = trainers.BpeTrainer(vocab_size=700, special_tokens=[_text(token) for token in style.first], initial_alphabet=alphabet, show_progress=False)  # fmt: skip
    tokenizer.train_from_iterator((text.replace("\0", "") for text in token_texts([])), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return model["vocab"], model["merges"]


def _sentencepiece(style: Style) -> tuple[dict[str, int], list[list[str]]]:
    """Every way to put a piece together is a merge, as the converters of transformers write it."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    trained, merges = _train(tokenizer, style, [])
    made = dict.fromkeys(left + right for left, right in merges)
    pieces = [*made, *(token for token in trained if len(token) == 1)]
    order = [*map(_text, style.first), *(f"<0x{byte:02X}>" for byte in range(256)), *pieces]
    vocabulary = {token: number for number, token in enumerate(dict.fromkeys(order))}
    ways = [(t, t[:n], t[n:]) for t in made for n in range(1, len(t))]
    return vocabulary, [[a, b] for _, a, b in ways if a in vocabulary and b in vocabulary]
