"""The vocabularies that llama.cpp is tested with, rebuilt as tokenizer.json and converted again.

    python benchmarks/vocabulary_fixtures.py LLAMA_CPP_SOURCES/models [NAME...]

Each fixture has texts (``.inp``) and the ids that its original tokenizer gave (``.out``). From the
fixture's tokens and merges a ``tokenizer.json`` of the family's structure is made; it must give
these ids, be converted to the same tokens, merges and name of the pre-tokenizer, and the result
must give these ids in llama.cpp and agree with the `tokenizers` library on kdedge's own texts.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import gguf

sys.path.insert(0, str(Path(__file__).parent.parent))

from kdedge.convert.token_parity import measure_token_parity
from kdedge.runtime.tokenizing_client import TokenizingClient
from kdedge_converters.vocabulary import read_vocabulary
from tests.tiny_tokenizers import STYLES, Style
from tests.vocabulary_gguf import write_vocabulary

FIXTURES = {
    "gpt-2": "gpt2", "starcoder": "starcoder2", "refact": "granite", "qwen2": "qwen2",
    "qwen35": "qwen35", "deepseek-coder": "deepseek-coder", "llama-bpe": "llama3",
    "llama-spm": "llama2", "phi-3": "phi3",
}  # fmt: skip
"""The style of each."""
SAME_WORDS = {"refact": "starcoder"}
"""Names that llama.cpp treats alike and structure cannot tell apart."""
SEPARATOR = "\n__ggml_vocab_test__\n"
KEY = "tokenizer.ggml."


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path)
    parser.add_argument("names", nargs="*", default=list(FIXTURES))
    options = parser.parse_args()
    return max(check(options.models / f"ggml-vocab-{name}.gguf", name) for name in options.names)


def check(path: Path, name: str) -> int:
    known = {key: field.contents() for key, field in gguf.GGUFReader(path).fields.items()}
    lines = Path(f"{path}.out").read_text(encoding="utf-8").splitlines()
    expected = [[int(number) for number in line.split()] for line in lines]
    # The last separator has nothing behind it.
    texts = Path(f"{path}.inp").read_bytes().decode().split(SEPARATOR)[: len(expected)]
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        rebuild(directory, known, STYLES[FIXTURES[name]])
        n_tokens = len(known[KEY + "tokens"])
        found = read_vocabulary(directory, {}, n_embedding_rows=n_tokens)
        ours = {entry.key: entry.value for entry in found.key_values}
        file = write_vocabulary(directory / "v.gguf", found)
        with TokenizingClient(file) as child:
            ids = child.tokenize(texts, special=False, add_bos=False)
        parity = measure_token_parity(directory, file)
        library = reference_ids(directory, texts)
    facts = {
        "llama.cpp's ids": share(ids, expected),
        "tokenizers' ids": share(library, expected),
        "kdedge's texts": f"{parity.n_equal}/{parity.n_texts}",
        **{
            part: equal(known, ours, part) for part in ("tokens", "token_type", "merges", "scores")
        },
        "pre": f"{ours[KEY + 'pre']} for {known[KEY + 'pre']}",
    }
    print(f"{name}: " + ", ".join(f"{what} {fact}" for what, fact in facts.items()))
    if parity.first_difference:
        print("   ", parity.first_difference)
    right_name = ours[KEY + "pre"] == SAME_WORDS.get(known[KEY + "pre"], known[KEY + "pre"])
    return int(ids != expected or library != expected or parity.share < 1 or not right_name)


def reference_ids(directory: Path, texts: list[str]) -> list[list[int]]:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
    return [each.ids for each in tokenizer.encode_batch(texts, add_special_tokens=False)]


def share(found: list[list[int]], expected: list[list[int]]) -> str:
    return f"{sum(a == b for a, b in zip(found, expected, strict=True))}/{len(expected)}"


def equal(known: dict[str, Any], ours: dict[str, Any], part: str) -> str:
    want, got = known.get(KEY + part), ours.get(KEY + part)
    if want is None or got is None:
        return "absent" if want is got else "on one side"
    unlike = sum(a != b for a, b in zip(want, got, strict=False)) + abs(len(want) - len(got))
    return "equal" if not unlike else f"{unlike} of {len(want)} unlike"


def rebuild(directory: Path, known: dict[str, Any], style: Style) -> None:
    tokens, types = known[KEY + "tokens"], known[KEY + "token_type"]
    vocabulary = {t: n for n, t in enumerate(tokens) if types[n] != gguf.TokenType.UNUSED}
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    kinds = (gguf.TokenType.CONTROL, gguf.TokenType.USER_DEFINED, gguf.TokenType.UNKNOWN)
    added = [
        {"id": n, "content": t, **plain, "special": types[n] != gguf.TokenType.USER_DEFINED}
        for n, t in enumerate(tokens)
        if types[n] in kinds
    ]
    if style.model_type == "phi3":
        for token in added:
            token["rstrip"] = token["content"] not in {"<unk>", "<s>", "<|endoftext|>"}
    unknown = tokens[0] if style.sentencepiece else None
    model = {"type": "BPE", "unk_token": unknown, "fuse_unk": style.sentencepiece,
             "byte_fallback": style.sentencepiece, **style.model, "vocab": vocabulary,
             "merges": merges(known, vocabulary)}  # fmt: skip
    written = {"version": "1.0", "added_tokens": added, "normalizer": style.normalizer,
               "pre_tokenizer": style.pre_tokenizer, "post_processor": None, "decoder": None,
               "model": model}  # fmt: skip
    (directory / "tokenizer.json").write_text(json.dumps(written), encoding="utf-8")
    roles = {f"{role}_token": tokens[known[f"{KEY}{role}_token_id"]] for role in ("bos", "eos")}
    cleans = {"clean_up_tokenization_spaces": True}
    (directory / "tokenizer_config.json").write_text(json.dumps(roles | cleans), encoding="utf-8")


def merges(known: dict[str, Any], vocabulary: dict[str, int]) -> list[Any]:
    if KEY + "merges" in known:
        return list(known[KEY + "merges"])
    scores, ordinary = known[KEY + "scores"], gguf.TokenType.NORMAL
    types = known[KEY + "token_type"]
    ranked = sorted((t for t, n in vocabulary.items() if types[n] == ordinary),
                    key=lambda token: -scores[vocabulary[token]])  # fmt: skip
    ways = [(t[:n], t[n:]) for t in ranked for n in range(1, len(t))]
    return [way for way in ways if way[0] in vocabulary and way[1] in vocabulary]


if __name__ == "__main__":
    sys.exit(main())
