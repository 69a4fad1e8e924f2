import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kdedge.cli.main import main
from kdedge.convert import proof as proof_module
from kdedge.convert import proof_reference
from kdedge.convert.proof_gate import Proof
from kdedge.models.header import read_header
from tests.proof_cases import write_case

# Stops for ever in the middle of writing, so that a signal meets it at work.
HELD = """
import signal, sys
from kdedge.cli.main import main
from kdedge.cli.output import Output
from kdedge.core.events import Progress

def hold(self, event):
    if isinstance(event, Progress) and event.done == 3:
        print("at work", flush=True)
        signal.pause()

Output.sink = hold
main(sys.argv[1:])
"""


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return write_case(tmp_path / "checkpoint")


def run(*words: str | Path) -> int:
    with pytest.raises(SystemExit) as left:
        main(["convert", *(str(word) for word in words)])
    return int(left.value.code or 0)


def test_a_checkpoint_becomes_a_file_with_its_document(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out.gguf"
    assert run(checkpoint, "-o", target, "--no-verify", "--json", "-") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "kdedge.convert/1"
    assert document["path"] == str(target)
    assert len(document["sha256"]) == 64
    assert document["architecture"] == "llama"
    assert document["dtype"] == "BF16"
    assert document["file_bytes"] == target.stat().st_size
    assert document["tensors"] == len(read_header(target).tensors)
    assert document["n_params"] == read_header(target).n_params
    assert document["proof"]["status"] == "skipped"
    assert document["proof"]["reason"]
    assert document["source"]["class"] == "LlamaForCausalLM"


def test_a_plan_writes_nothing(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(checkpoint, "--plan", "-o", tmp_path / "out.gguf") == 0
    assert "llama" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == [checkpoint]


def test_a_proof_that_is_not_met_ends_with_3_and_its_document(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = Proof(status="not met", reason="NMSE 0.5 is above 1e-08", nmse=0.5)
    monkeypatch.setattr(proof_module, "prove", lambda *_, **__: proof)
    monkeypatch.setattr(proof_reference, "require_reference", lambda: None)
    assert run(checkpoint, "-o", tmp_path / "out.gguf", "--json", tmp_path / "out.json") == 3
    document = json.loads((tmp_path / "out.json").read_text())
    assert document["proof"]["status"] == "not met"
    assert document["path"] is None
    assert not (tmp_path / "out.gguf").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["{checkpoint}"],
        ["{checkpoint}", "{checkpoint}", "-o", "x.gguf"],
        ["--to-hf", "x.gguf"],
        ["--to-hf", "x.gguf", "dir", "-o", "y.gguf"],
        ["--to-hf", "x.gguf", "dir", "--plan"],
        ["{checkpoint}", "-o", "x.gguf", "--dtype", "q4_0"],
    ],
)
def test_words_that_do_not_go_together_are_a_usage_error(
    checkpoint: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*(word.format(checkpoint=checkpoint) for word in words)) == 2
    assert "hint: See `kdedge convert --help`" in capsys.readouterr().err


def test_an_adapter_without_its_base_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "adapter_config.json").write_text("{}")
    assert run(tmp_path, "-o", tmp_path / "out.gguf") == 2
    assert "--base" in capsys.readouterr().err


def test_a_pickle_is_refused_in_two_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").touch()
    assert run(tmp_path, "-o", tmp_path / "out.gguf") == 1
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith("error: ")
    assert told[1].startswith("hint: ")


def at_work(checkpoint: Path, target: Path) -> subprocess.Popen[str]:
    """Return a conversion that stands still while its file is half written."""
    words = ["convert", str(checkpoint), "-o", str(target), "--no-verify"]
    child = subprocess.Popen(
        [sys.executable, "-c", HELD, *words], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "at work\n"
    return child


def test_a_cancelled_conversion_leaves_nothing_and_ends_with_130(
    checkpoint: Path, tmp_path: Path
) -> None:
    with at_work(checkpoint, tmp_path / "out.gguf") as child:
        child.send_signal(signal.SIGTERM)
    assert child.returncode == 130
    assert list(tmp_path.iterdir()) == [checkpoint]


def test_a_killed_conversion_leaves_no_file_and_its_input_untouched(
    checkpoint: Path, tmp_path: Path
) -> None:
    before = (checkpoint / "model.safetensors").read_bytes()
    with at_work(checkpoint, tmp_path / "out.gguf") as child:
        os.kill(child.pid, signal.SIGKILL)
    assert not (tmp_path / "out.gguf").exists()
    assert (checkpoint / "model.safetensors").read_bytes() == before
