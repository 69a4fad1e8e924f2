"""tokenizer.json is anything at all: a sentence or a vocabulary comes out, never something else."""

import copy
import json
import random
import resource
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from kdedge_converters.errors import ConversionError
from kdedge_converters.gguf_values import encode
from kdedge_converters.vocabulary import read_vocabulary
from tests.tiny_tokenizers import STYLES, Json, write_tokenizer

N_MUTATIONS = 2400
MOST_BYTES = 500 * 1024**2


def read(directory: Path, n_rows: int) -> int:
    vocabulary = read_vocabulary(directory, {}, n_embedding_rows=n_rows)
    return sum(len(encode(entry)) for entry in vocabulary.key_values)


def refusal(directory: Path, n_rows: int) -> str:
    with pytest.raises(ConversionError) as caught:
        read(directory, n_rows)
    assert caught.value.hint
    return caught.value.problem


def broken(directory: Path, change: Callable[[Json], object], style: str = "qwen2") -> str:
    return refusal(directory, write_tokenizer(directory, STYLES[style], change=change) + 3)


def test_a_folder_without_tokenizer_json_is_refused_with_the_way_out(tmp_path: Path) -> None:
    assert "has no tokenizer.json" in refusal(tmp_path, 8)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_file_cut_short_is_refused(share: float, tmp_path: Path) -> None:
    n_tokens = write_tokenizer(tmp_path, STYLES["qwen2"])
    path = tmp_path / "tokenizer.json"
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    assert "cannot be used" in refusal(tmp_path, n_tokens)


@pytest.mark.parametrize(
    "text", ["[]", "null", "[" * 100_000, '{"a": 1, "a": 2}', "\ufeff{}", "NaN", '{"model": 3}', "{}"]
)  # fmt: skip
def test_json_that_is_no_tokenizer_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text(text, encoding="utf-8")
    assert "cannot be used" in refusal(tmp_path, 8)


@pytest.mark.parametrize("kind", ["Unigram", "WordPiece", "WordLevel", 3, None, ["BPE"]])
def test_other_kinds_of_model_are_refused_by_name(kind: Any, tmp_path: Path) -> None:
    assert repr(kind) in broken(tmp_path, lambda found: found["model"].update(type=kind))


@pytest.mark.parametrize("number", [-1, 10**9, 10**30, 1.5, "7", None, True, [1]])
def test_an_id_that_is_none_is_refused(number: Any, tmp_path: Path) -> None:
    assert "the id of" in broken(tmp_path, lambda f: f["model"]["vocab"].update(zz=number))
    problem = broken(tmp_path, lambda f: f["added_tokens"][-1].update(id=number))
    assert "an added token has" in problem


def test_one_id_for_two_tokens_is_refused(tmp_path: Path) -> None:
    assert "same id" in broken(tmp_path, lambda found: found["model"]["vocab"].update(zz=9))


def test_an_id_beyond_the_embeddings_is_refused(tmp_path: Path) -> None:
    problem = broken(tmp_path, lambda found: found["model"]["vocab"].update(zz=999_999))
    assert "tokenizers library loads it as" in problem or "999999" in problem


def test_an_added_id_that_the_library_would_give_anew_is_refused(tmp_path: Path) -> None:
    problem = broken(tmp_path, lambda found: found["added_tokens"][-1].update(id=5))
    assert "has the id 5" in problem


@pytest.mark.parametrize(
    ("merge", "said"),
    [
        (["no", "token\u20ac"], "which is no token"),
        ("a", "is no pair"),
        ("a b c", "is no pair"),
        (["a"], "is no pair"),
        (["a", 1], "is no pair of texts"),
        (["a", ""], "is no pair of texts"),
        (7, "is no pair"),
        (None, "is no pair"),
    ],
)
def test_a_merge_that_is_none_is_refused(merge: Any, said: str, tmp_path: Path) -> None:
    assert said in broken(tmp_path, lambda found: found["model"]["merges"].append(merge))


@pytest.mark.parametrize("merges", [None, {}, "a b", 3])
def test_merges_that_are_no_list_are_refused(merges: Any, tmp_path: Path) -> None:
    assert "no list of merges" in broken(tmp_path, lambda f: f["model"].update(merges=merges))


@pytest.mark.parametrize("key", ["continuing_subword_prefix", "end_of_word_suffix", "dropout"])
def test_what_llama_cpp_has_no_setting_for_is_refused(key: str, tmp_path: Path) -> None:
    assert key in broken(tmp_path, lambda found: found["model"].update({key: 0.1}))


@pytest.mark.parametrize("flag", ["byte_fallback", "ignore_merges"])
def test_a_flag_that_is_neither_true_nor_false_is_refused(flag: str, tmp_path: Path) -> None:
    assert flag in broken(tmp_path, lambda found: found["model"].update({flag: "yes"}))


def test_a_lone_surrogate_is_refused(tmp_path: Path) -> None:
    n_tokens = write_tokenizer(tmp_path, STYLES["qwen2"])
    path = tmp_path / "tokenizer.json"
    path.write_text(path.read_text("utf-8").replace('"!":', '"\\ud83d":'), "utf-8")
    assert "no valid Unicode" in refusal(tmp_path, n_tokens)


def test_a_fallback_to_bytes_without_a_byte_is_refused(tmp_path: Path) -> None:
    problem = broken(tmp_path, lambda f: f["model"]["vocab"].pop("<0xE2>"), style="llama2")
    assert "<0xE2> is missing" in problem


MARK = {"type": "Prepend", "prepend": "\u2581"}
SPACES = {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}
META = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": False}


@pytest.mark.parametrize(
    ("normalizer", "pre_tokenizer"),
    [
        (None, None),
        (MARK, None),
        ({"type": "Sequence", "normalizers": [MARK, MARK, SPACES]}, None),
        ({"type": "Sequence", "normalizers": [MARK, SPACES]}, META),
        ({"type": "Sequence", "normalizers": [SPACES, {"type": "NFKC"}]}, None),
        ({"type": "Sequence", "normalizers": "none"}, None),
        (SPACES | {"content": "_"}, None),
        (SPACES, {"type": "Digits", "individual_digits": True}),
        (SPACES, {"type": "Split", "pattern": {"Regex": " "}}),
    ],
)
def test_spaces_treated_otherwise_than_sentencepiece_does_are_refused(
    normalizer: Any, pre_tokenizer: Any, tmp_path: Path
) -> None:
    parts = {"normalizer": normalizer, "pre_tokenizer": pre_tokenizer}
    assert "falls back to bytes" in broken(tmp_path, lambda f: f.update(parts), style="llama2")


def test_more_lists_than_any_tokenizer_has_are_refused_unread(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("[" + "[]," * 2_000_000 + "1]", encoding="utf-8")
    assert "more entries" in refusal(tmp_path, 8)


def test_mutations_end_in_a_sentence_or_a_vocabulary(tmp_path: Path) -> None:
    chance = random.Random(20261124)
    outcomes = {True: 0, False: 0}
    for style in ("qwen2", "llama2"):
        write_tokenizer(tmp_path, STYLES[style], change=shrink)
        raw = (tmp_path / "tokenizer.json").read_bytes()
        n_rows = len(json.loads(raw)["model"]["vocab"]) + 12
        for number in range(N_MUTATIONS // 2):
            mutated = mutate_bytes(raw, chance) if number % 4 == 0 else mutate(raw, chance)
            (tmp_path / "tokenizer.json").write_bytes(mutated)
            outcomes[succeeds(tmp_path, n_rows)] += 1
    assert min(outcomes.values()) > 100  # both ways out are taken
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 < 3 * MOST_BYTES


def succeeds(directory: Path, n_rows: int) -> bool:
    with suppress(ConversionError):
        return read(directory, n_rows) > 0
    return False


def shrink(found: Json) -> None:
    """Leave some twenty merges: mutations then hit every part of the file, and go fast."""
    model = found["model"]
    parts = {part for merge in model["merges"][:20] for part in (*merge, "".join(merge))}
    parts |= {token["content"] for token in found["added_tokens"]}
    model["merges"] = model["merges"][:20]
    kept = [token for token in model["vocab"] if token in parts or token.startswith("<0x")]
    model["vocab"] = {token: number for number, token in enumerate(kept)}
    last = [token for token in found["added_tokens"] if token["content"] not in model["vocab"]]
    for number, token in enumerate(last, start=len(kept)):
        token["id"] = number


STRANGE: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 10**9, 2**63, 1e308, 0.5, "", " ", "a", "BPE", "\u2581", "\0",
    "x" * 5000, [], {}, [[]], [None], {"type": "Sequence"}, {"type": "ByteLevel"}, ["a", "b"],
)  # fmt: skip


def mutate(raw: bytes, chance: random.Random) -> bytes:
    found = json.loads(raw)
    for _ in range(chance.choice((1, 1, 2, 4))):
        within, key = pick(found, chance)
        other_within, other_key = pick(found, chance)
        action = chance.randrange(4)
        if action == 0:
            within[key] = copy.deepcopy(chance.choice(STRANGE))
        elif action == 1:
            del within[key]
        elif action == 2:
            within[key] = copy.deepcopy(other_within[other_key]) if other_key in keys(other_within) else None  # fmt: skip
        elif isinstance(within, list):
            within.insert(key, copy.deepcopy(within[key]))
        else:
            within[f"{key}{chance.choice(' ax')}"] = within.pop(key)
    return json.dumps(found).encode()


def pick(found: Any, chance: random.Random) -> tuple[Any, Any]:
    """A random place, the few near the top as likely as the many below."""
    within, key = found, chance.choice(sorted(found)) if found else "model"
    found.setdefault(key, None)
    while isinstance(within[key], dict | list) and within[key] and chance.random() < 0.8:
        within = within[key]
        key = chance.choice(keys(within))
    return within, key


def keys(within: Any) -> list[Any]:
    return list(within) if isinstance(within, dict) else list(range(len(within)))


def mutate_bytes(raw: bytes, chance: random.Random) -> bytes:
    data = bytearray(raw)
    for _ in range(chance.choice((1, 3, 20))):
        at = chance.randrange(len(data))
        action = chance.randrange(3)
        if action == 0:
            data[at] = chance.randrange(256)
        elif action == 1:
            del data[at : at + chance.choice((1, 10, 1000))]
        else:
            data[at:at] = data[chance.randrange(len(data)) :][: chance.choice((1, 10, 1000))]
    return bytes(data)
