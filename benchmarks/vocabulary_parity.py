"""What kdedge and llama.cpp's converter write about tokens, entry by entry.

    python benchmarks/vocabulary_parity.py LLAMA_CPP_SOURCES [--checkpoint DIR ...] [--style NAME]

For a small tokenizer in the style of every family, and for real checkpoints. Where upstream reads
``tokenizer.model``, one is made with the same pieces. What differs on purpose is listed below with
the reason; anything else fails.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from kdedge.convert.token_parity import measure_token_parity
from kdedge_converters.token_rows import SPACE
from kdedge_converters.vocabulary import read_vocabulary
from tests.tiny_tokenizers import STYLES, write_tokenizer
from tests.vocabulary_gguf import write_vocabulary

KEY = "tokenizer.ggml."
ALWAYS_WRITTEN = {f"{KEY}add_bos_token", f"{KEY}add_eos_token", f"{KEY}add_space_prefix"}
"""Upstream leaves some of them to llama.cpp's defaults; a value that differs still fails."""
FIM = {f"{KEY}fim_{role}_token_id" for role in ("pre", "suf", "mid", "pad", "rep", "sep")}
"""Upstream leaves them to a search by text when a file is loaded."""
OTHER_END = f"{KEY}eot_token_id"
"""Upstream writes it for Code Llama by the size of its vocabulary; here it follows the token."""
N_PADDING = 3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("upstream", type=Path)
    parser.add_argument("--checkpoint", type=Path, action="append", default=[])
    parser.add_argument("--style", action="append", choices=STYLES)
    options = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in options.style or STYLES:
            directory = Path(folder) / name
            n_rows = write_tokenizer(directory, STYLES[name]) + N_PADDING
            change_config(directory, n_rows)
            if STYLES[name].sentencepiece:
                write_tokenizer_model(directory)
            failures += compare(name, directory, n_rows, options, pre=STYLES[name].pre)
    for directory in options.checkpoint:
        n_rows = json.loads((directory / "config.json").read_bytes())["vocab_size"]
        failures += compare(directory.name, directory, n_rows, options, pre=None)
    return min(failures, 1)


def compare(
    name: str, directory: Path, n_rows: int, options: argparse.Namespace, *, pre: str | None
) -> int:
    theirs = run_upstream(directory, options.upstream, pre)
    config = json.loads((directory / "config.json").read_bytes())
    vocabulary = read_vocabulary(directory, config, n_embedding_rows=n_rows)
    ours = {entry.key: entry.value for entry in vocabulary.key_values}
    with tempfile.TemporaryDirectory() as folder:
        parity = measure_token_parity(
            directory, write_vocabulary(Path(folder) / "v.gguf", vocabulary)
        )
    notes, faults = [], []
    for key in sorted(theirs.keys() | ours.keys()):
        note = difference(key, theirs, ours)
        if note:
            (notes if allowed(key, theirs, ours) else faults).append(note)
    print(f"{name}: {len(theirs)} entries of upstream, {len(faults)} faults;"
          f" ids equal on {parity.n_equal}/{parity.n_texts} texts")  # fmt: skip
    for mark, lines in (("  ", notes), ("! ", faults)):
        for line in lines:
            print(f"   {mark}{line}")
    return len(faults)


def difference(key: str, theirs: dict[str, Any], ours: dict[str, Any]) -> str:
    if key not in ours or key not in theirs:
        where = "ours" if key in ours else "upstream"
        return f"{key}: {where} only, {str({**theirs, **ours}[key])[:40]}"
    want, got = theirs[key], ours[key]
    if isinstance(want, list):
        unlike = [n for n, (a, b) in enumerate(zip(want, got, strict=False)) if a != b]
        if not unlike and len(want) == len(got):
            return ""
        shown = [(n, want[n], got[n]) for n in unlike[:3]]
        return f"{key}: {len(unlike)} of {len(want)} unlike ({len(got)} ours): {shown}"
    return "" if want == got else f"{key}: upstream {want!r}, ours {got!r}"


def allowed(key: str, theirs: dict[str, Any], ours: dict[str, Any]) -> bool:
    if key in FIM or key in ALWAYS_WRITTEN or key == OTHER_END:
        return key not in theirs or key not in ours
    # Tokens that are never merged: their scores decide nothing.
    return key == f"{KEY}scores" and key in theirs and key in ours and same_order(theirs, ours)


def same_order(theirs: dict[str, Any], ours: dict[str, Any]) -> bool:
    ordinary = [n for n, kind in enumerate(ours[f"{KEY}token_type"])
                if kind == 1 and len(ours[f"{KEY}tokens"][n]) > 1]  # fmt: skip
    by_score = [
        sorted(ordinary, key=lambda n: -each[f"{KEY}scores"][n]) for each in (theirs, ours)
    ]
    return by_score[0] == by_score[1]


def run_upstream(directory: Path, upstream: Path, pre: str | None) -> dict[str, Any]:
    script = Path(__file__).with_name("upstream_vocabulary.py")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "entries.json"
        command = [
            sys.executable,
            "-P",
            str(script),
            str(directory),
            str(out),
            *([pre] if pre else []),
        ]
        environment = os.environ | {"PYTHONPATH": f"{upstream / 'gguf-py'}:{upstream}"}
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, env=environment
        )
        if done.returncode:
            sys.exit(f"upstream failed on {directory}:\n{done.stderr[-3000:]}")
        found: dict[str, Any] = json.loads(out.read_bytes())
    return found


def change_config(directory: Path, n_rows: int) -> None:
    path = directory / "config.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {
        "vocab_size": n_rows, "num_hidden_layers": 1, "hidden_size": 64, "num_attention_heads": 2,
    }))  # fmt: skip


def write_tokenizer_model(directory: Path) -> None:
    """Write the pieces of ``tokenizer.json`` as SentencePiece has them, added tokens apart."""
    from sentencepiece import sentencepiece_model_pb2 as proto

    found = json.loads((directory / "tokenizer.json").read_bytes())
    special = {token["id"]: token for token in found["added_tokens"]}
    model = proto.ModelProto()
    model.trainer_spec.model_type = proto.TrainerSpec.ModelType.BPE
    model.trainer_spec.byte_fallback = True
    kinds = proto.ModelProto.SentencePiece.Type
    first = None
    for token, number in sorted(found["model"]["vocab"].items(), key=lambda item: item[1]):
        piece = model.pieces.add(piece=token, score=0.0)
        if token == "<unk>":
            piece.type = kinds.UNKNOWN
        elif number in special:
            piece.type = kinds.CONTROL
        elif token.startswith("<0x") and len(token) == 6:
            piece.type = kinds.BYTE
        else:
            first = number if first is None else first
            piece.type, piece.score = kinds.NORMAL, float(first - number)
    assert SPACE in found["model"]["vocab"]
    (directory / "tokenizer.model").write_bytes(model.SerializeToString())
    # Upstream learns which tokens are special from here.
    path = directory / "tokenizer_config.json"
    decoder = {str(number): token for number, token in special.items()}
    stated = json.loads(path.read_bytes()) | {"added_tokens_decoder": decoder}
    path.write_text(json.dumps(stated))


if __name__ == "__main__":
    sys.exit(main())
