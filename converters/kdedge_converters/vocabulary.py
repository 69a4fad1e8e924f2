"""The vocabulary of a checkpoint as GGUF metadata: tokens, merges, special ids, chat templates.

Read from ``tokenizer.json`` and the small files beside it. Nothing is known by heart about a
model: whatever was trimmed, extended or trained anew converts as the original does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gguf import GGUFValueType

from kdedge_converters.chat_templates import read_chat_templates
from kdedge_converters.errors import ConversionError
from kdedge_converters.fim_tokens import fim_entries
from kdedge_converters.gguf_values import KeyValue, array, boolean, text
from kdedge_converters.pre_tokenizer import pre_tokenizer_name
from kdedge_converters.sentencepiece_rules import is_sentencepiece, puts_space_first
from kdedge_converters.special_tokens import read_sources, special_token_entries
from kdedge_converters.token_rows import TokenRows, token_rows
from kdedge_converters.tokenizer_json import MAX_TOKENS, TokenizerFile, read_tokenizer_file

# The ones that do nothing but load tokenizer.json; others may run code of their own.
_KNOWN_CLASSES = frozenset((
    "CodeGenTokenizer", "CodeLlamaTokenizer", "CohereTokenizer", "GPT2Tokenizer",
    "GPTNeoXTokenizer", "GemmaTokenizer", "LlamaTokenizer", "PreTrainedTokenizer",
    "PythonBackend", "Qwen2Tokenizer", "Qwen3Tokenizer", "SentencePieceBackend",
    "TokenizersBackend",
))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Everything a GGUF file says about tokens."""

    n_tokens: int
    """With padding: as many as the embeddings have rows."""
    key_values: tuple[KeyValue, ...]
    """All of ``tokenizer.*``."""
    pre_tokenizer: str
    """llama.cpp's name of how texts are split into words."""
    strips_beside_tokens: bool
    """Some added tokens swallow the spaces beside them. llama.cpp does that for models whose
    ``general.name`` contains ``phi-3`` only, and for all special tokens alike."""


def read_vocabulary(
    directory: Path, config: Mapping[str, Any], *, n_embedding_rows: int
) -> Vocabulary:
    """Return the vocabulary of the checkpoint in ``directory``.

    Args:
        directory: Has ``tokenizer.json`` and usually ``tokenizer_config.json``.
        config: ``config.json``, as read.
        n_embedding_rows: Rows of the token embeddings.

    Raises:
        ConversionError: A file is broken, the tokenizer is of a kind that llama.cpp cannot
            repeat, or it has more tokens than the embeddings have rows.
    """
    if not 0 < n_embedding_rows <= MAX_TOKENS:
        raise ConversionError(
            f"The embeddings have {n_embedding_rows} rows; more than {MAX_TOKENS} are not read.",
            hint="Check vocab_size in config.json.",
        )
    file = read_tokenizer_file(directory / "tokenizer.json")
    sources = read_sources(directory, config)
    _check_class(sources.tokenizer_config)
    _check_agreement(file, sources.tokenizer_config)
    described = (
        _sentencepiece(file)
        if is_sentencepiece(file)
        else _byte_level(file, sources.tokenizer_config)
    )
    rows = token_rows(file, n_rows=n_embedding_rows, sentencepiece=is_sentencepiece(file))
    return Vocabulary(
        n_tokens=n_embedding_rows,
        key_values=(
            *described,
            *_table(rows, file),
            *special_token_entries(file, sources, n_tokens=n_embedding_rows),
            *fim_entries({**file.tokens, **{each.content: each.id for each in file.added}}),
            *read_chat_templates(directory, sources.tokenizer_config),
        ),
        pre_tokenizer=str(described[1].value),
        strips_beside_tokens=any(each.strips for each in file.added),
    )


def _check_class(tokenizer_config: Mapping[str, Any]) -> None:
    stated = tokenizer_config.get("tokenizer_class")
    if stated is None:
        return
    name = str(stated).removesuffix("Fast")
    if name not in _KNOWN_CLASSES or tokenizer_config.get("auto_map"):
        raise ConversionError(
            f"The tokenizer class {str(stated)[:60]!r} is not known: it may do more than"
            " tokenizer.json says.",
            hint="If it does not, set tokenizer_class to PreTrainedTokenizerFast in"
            " tokenizer_config.json (and remove auto_map).",
        )


def _check_agreement(file: TokenizerFile, tokenizer_config: Mapping[str, Any]) -> None:
    listed = tokenizer_config.get("added_tokens_decoder")
    known = {**file.tokens, **{each.content: each.id for each in file.added}}
    for number, token in (listed if isinstance(listed, dict) else {}).items():
        content = token.get("content") if isinstance(token, dict) else None
        found = known.get(content) if isinstance(content, str) else None
        if str(found) != number:
            raise ConversionError(
                f"tokenizer_config.json gives the id {number[:20]} to {str(content)[:40]!r},"
                f" which has {'none' if found is None else found} in tokenizer.json.",
                hint="Load it with AutoTokenizer and save it again: both files then agree.",
            )


def _sentencepiece(file: TokenizerFile) -> list[KeyValue]:
    space_first = puts_space_first(file)
    return [
        text("tokenizer.ggml.model", "llama"),
        text("tokenizer.ggml.pre", "default"),
        boolean("tokenizer.ggml.add_space_prefix", space_first),
    ]


def _byte_level(file: TokenizerFile, tokenizer_config: Mapping[str, Any]) -> list[KeyValue]:
    _check_normalizer(file.normalizer)
    name = pre_tokenizer_name(
        file.pre_tokenizer,
        takes_whole_words=file.ignore_merges,
        either_way=_merges_make_all(file),
        cleans_up_spaces=tokenizer_config.get("clean_up_tokenization_spaces") is True,
    )
    return [text("tokenizer.ggml.model", "gpt2"), text("tokenizer.ggml.pre", name)]


def _merges_make_all(file: TokenizerFile) -> bool:
    made = {left + right for left, right in file.merges} | {each.content for each in file.added}
    return all(len(token) == 1 or token in made for token in file.tokens)


def _check_normalizer(structure: Mapping[str, Any] | None) -> None:
    if structure is None or structure.get("type") == "NFC":
        return  # llama.cpp leaves composing to its caller; the parity check says so
    if structure.get("type") != "Sequence" or structure.get("normalizers") not in ([], None):
        raise ConversionError(
            f"The tokenizer changes texts before splitting them ({str(structure)[:120]}), which"
            " llama.cpp does not do for this kind.",
            hint="Use the family's original tokenizer.",
        )


def _table(rows: TokenRows, file: TokenizerFile) -> list[KeyValue]:
    entries = [
        array("tokenizer.ggml.tokens", rows.texts, of=GGUFValueType.STRING),
        array("tokenizer.ggml.token_type", rows.types, of=GGUFValueType.INT32),
    ]
    if is_sentencepiece(file):
        scores = array("tokenizer.ggml.scores", rows.scores, of=GGUFValueType.FLOAT32)
        return [*entries, scores]
    # A space inside a part is written as byte-level texts write it.
    merges = [f"{_spelt(left)} {_spelt(right)}" for left, right in file.merges]
    return [*entries, array("tokenizer.ggml.merges", merges, of=GGUFValueType.STRING)]


def _spelt(part: str) -> str:
    return part.replace(" ", "\u0120")
