"""A restored checkpoint loads in transformers without a word and computes what the file does."""

import subprocess
import sys
from pathlib import Path

import pytest

from kdedge.convert.proof import prove
from kdedge.convert.to_hf import restore_checkpoint
from kdedge.core.errors import KdedgeError
from kdedge.core.events import ignore
from tests.proof_cases import write_case, write_proof_file

pytest.importorskip("torch", reason="the extra `distill` is not installed")
pytest.importorskip("transformers", reason="the extra `distill` is not installed")

LOAD = """
import sys, warnings
warnings.simplefilter("error")
from transformers import AutoModelForCausalLM, AutoTokenizer
for directory in sys.argv[1:]:
    AutoTokenizer.from_pretrained(directory)
    AutoModelForCausalLM.from_pretrained(directory)
"""


def test_restored_checkpoints_load_without_warnings_and_are_the_same_model(
    tmp_path: Path,
) -> None:
    folders = []
    for case in ("llama", "qwen2", "qwen3", "gemma3"):
        style = "gemma3" if case == "gemma3" else "smollm"
        file = write_proof_file(
            write_case(tmp_path / case, case, style=style), tmp_path / f"{case}.gguf"
        )
        back = tmp_path / f"{case}-back"
        made = restore_checkpoint(file, back, dtype="auto", sink=ignore)
        assert made.document()["dtype"] == "F32"
        assert prove(back, file, sink=ignore, available_bytes=2**40).status == "met"
        folders.append(str(back))
    found = subprocess.run(
        [sys.executable, "-c", LOAD, *folders], check=True, capture_output=True, text=True
    )
    told = [line for line in found.stderr.splitlines() if "Loading weights" not in line]
    assert [line for line in told if line.strip()] == []


def test_a_broken_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "broken.gguf").write_bytes(b"GGUF but no more")
    with pytest.raises(KdedgeError, match=r"broken\.gguf"):
        restore_checkpoint(tmp_path / "broken.gguf", tmp_path / "back", dtype="auto", sink=ignore)
