"""Every family beside llama.cpp's own converter: the same tensors and metadata, byte for byte.

    python benchmarks/converter_parity.py PATH/llama_cpp_python-0.3.36 [--case NAME ...]

PATH is the unpacked source archive of llama-cpp-python; its converter runs with the gguf-py that
comes with it. Needs torch, transformers, tokenizers and sentencepiece. ``--golden FILE`` writes
the hashes that the tests compare with; ``--checkpoint DIR`` compares a real checkpoint instead.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from gguf import GGUFReader

from kdedge_converters.checkpoint import Checkpoint
from kdedge_converters.families import find_family
from kdedge_converters.family import Family
from kdedge_converters.number_types import NumberType, converted, widened
from kdedge_converters.planned import PlannedTensor

ALLOWED = {
    "stablelm.rope.freq_base": "theirs leaves it out; ours writes it when it is not 10,000",
    "starcoder.feed_forward_length": "theirs writes 4 x width; ours writes n_inner",
    "gpt2.feed_forward_length": "theirs writes 4 x width; ours writes n_inner",
}
PAIRS = (("bfloat16", "bf16"), ("bfloat16", "f32"), ("float32", "f32"), ("float32", "f16"))
GOLDEN = ("bfloat16", "bf16")
_THEIRS = """
import json, sys
sys.path.insert(0, sys.argv[1])
import convert_hf_to_gguf
from conversion.base import TextModel
if sys.argv[2] == "toy":
    TextModel.get_vocab_base_pre = lambda self, tokenizer: "smollm"
for folder, target, dtype in json.loads(sys.stdin.read()):
    sys.argv[1:] = [folder, "--outfile", target, "--outtype", dtype]
    convert_hf_to_gguf.main()
"""
Tensors = dict[str, tuple[str, tuple[int, ...], str]]
"""By name: type, shape in numpy's order, sha256 of the bytes."""


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.checkpoint:
            jobs = [(arguments.checkpoint, Path(folder) / "theirs.gguf", arguments.dtype)]
            _run_theirs(arguments.sdist, jobs, tokenizer="real")
            _report(arguments.checkpoint.name, arguments.checkpoint, jobs[0][1], arguments.dtype)
            return
        failures = _compare_cases(arguments, Path(folder))
    sys.exit(1 if failures else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sdist", type=Path)
    parser.add_argument("--case", action="append")
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--dtype", default="bf16")
    parser.add_argument("--golden", type=Path)
    return parser.parse_args()


def _compare_cases(arguments: argparse.Namespace, folder: Path) -> int:
    from converter_cases import CASES, THEIRS_FAILS, make_checkpoint  # imports torch

    for case, reason in THEIRS_FAILS.items():
        print(f"{case} is left out: {reason}")
    cases = arguments.case or [case for case in CASES if case not in THEIRS_FAILS]
    jobs = []
    for case in cases:
        for stored, dtype in PAIRS:
            directory = folder / f"{case}-{stored}"
            if not directory.exists():
                make_checkpoint(case, directory, dtype=stored)
            jobs.append((directory, folder / f"{case}-{stored}-{dtype}.gguf", dtype))
    _run_theirs(arguments.sdist, jobs, tokenizer="toy")
    failures = sum(
        _report(f"{target.stem}", directory, target, dtype) for directory, target, dtype in jobs
    )
    if arguments.golden:
        lines = (f'"{case}": {json.dumps(_golden(case, folder))}' for case in cases)
        arguments.golden.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{len(jobs)} files, {failures} differ")
    return failures


def _run_theirs(sdist: Path, jobs: list[tuple[Path, Path, str]], *, tokenizer: str) -> None:
    source = sdist / "vendor" / "llama.cpp"
    told = subprocess.run(
        [sys.executable, "-c", _THEIRS, str(source), tokenizer],
        input=json.dumps([[str(folder), str(target), dtype] for folder, target, dtype in jobs]),
        env={**os.environ, "PYTHONPATH": str(source / "gguf-py"), "TQDM_DISABLE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode:
        sys.exit(told.stderr[-3000:])


def _report(name: str, directory: Path, target: Path, dtype: str) -> bool:
    reader = GGUFReader(target)
    checkpoint = Checkpoint.open(directory)
    family = find_family(checkpoint.config)
    differences = [
        *_different_tensors(_their_tensors(reader), _our_tensors(checkpoint, family, dtype)),
        *_different_keys(reader, checkpoint, family),
    ]
    print(f"{name:<45} {len(reader.tensors):>4} tensors  {'differs' if differences else 'equal'}")
    for difference in differences:
        print("    " + difference)
    return bool(differences)


def _their_tensors(reader: GGUFReader) -> Tensors:
    return {
        each.name: (
            each.tensor_type.name,
            tuple(int(size) for size in reversed(each.shape)),
            hashlib.sha256(np.ascontiguousarray(each.data).tobytes()).hexdigest(),
        )
        for each in reader.tensors
    }


def _our_tensors(checkpoint: Checkpoint, family: Family, dtype: str) -> Tensors:
    planned = family.tensors(checkpoint.config, checkpoint.tensors)
    return {each.name: _our_tensor(checkpoint, each, dtype) for each in planned}


def _our_tensor(
    checkpoint: Checkpoint, planned: PlannedTensor, dtype: str
) -> tuple[str, tuple[int, ...], str]:
    built = planned.build([checkpoint.read(source) for source in planned.sources])
    if planned.arithmetic is not None:
        built = planned.arithmetic(widened(built))
    number_type = NumberType.F32 if planned.keep_f32 else NumberType[dtype.upper()]
    written = converted(built, number_type)
    assert written.shape == planned.shape
    return number_type.name, planned.shape, hashlib.sha256(written.tobytes()).hexdigest()


def _different_tensors(theirs: Tensors, ours: Tensors) -> Iterator[str]:
    for name in theirs.keys() | ours.keys():
        if theirs.get(name) != ours.get(name):
            yield f"{name}: theirs {theirs.get(name)}, ours {ours.get(name)}"
    if list(theirs) != list(ours) and theirs.keys() == ours.keys():
        yield "the tensors are in another order"


def _different_keys(reader: GGUFReader, checkpoint: Checkpoint, family: Family) -> Iterator[str]:
    theirs = {
        key: (field.contents(), field.types[0].name)
        for key, field in reader.fields.items()
        if key.startswith(f"{family.architecture}.")
    }
    ours = {}
    for each in family.metadata(checkpoint.config):
        is_float = each.kind.name == "FLOAT32"
        value = float(np.float32(each.value)) if is_float else each.value
        ours[each.key] = (value, each.kind.name)
    for key in theirs.keys() | ours.keys():
        if theirs.get(key) != ours.get(key) and key not in ALLOWED:
            yield f"{key}: theirs {theirs.get(key)}, ours {ours.get(key)}"


def _golden(case: str, folder: Path) -> dict[str, object]:
    stored, dtype = GOLDEN
    checkpoint = Checkpoint.open(folder / f"{case}-{stored}")
    reader = GGUFReader(folder / f"{case}-{stored}-{dtype}.gguf")
    architecture = reader.fields["general.architecture"].contents()
    return {
        "config": dict(checkpoint.config),
        "stored": {name: tensor.shape for name, tensor in checkpoint.tensors.items()},
        "tensors": {
            name: [kind, shape, digest[:16]]
            for name, (kind, shape, digest) in _their_tensors(reader).items()
        },
        "metadata": {
            key: field.contents()
            for key, field in reader.fields.items()
            if key.startswith(f"{architecture}.")
        },
    }


if __name__ == "__main__":
    main()
