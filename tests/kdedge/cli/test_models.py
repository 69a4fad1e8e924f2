import json
import subprocess
import sys
from pathlib import Path

import pytest

from kdedge.cli.main import main
from tests.tiny_gguf import STRING, entry, tiny_llama


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path / "home"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "tiny.gguf").write_bytes(tiny_llama().to_bytes())
    return tmp_path / "tiny.gguf"


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(["models", *words])
    return int(caught.value.code or 0)


def test_a_model_is_added_shown_and_removed(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("add", str(model), "--name", "mine") == 0
    assert run("list") == 0
    assert "mine" in capsys.readouterr().out
    assert run("show", "mine", "--context", "2048") == 0
    shown = capsys.readouterr().out
    for words in ("llama", "chat template", "fill-in-the-middle", "KV cache", "fits", "Q4_0"):
        assert words in shown
    assert run("remove", "mine") == 0
    assert model.exists()
    assert "stays" in capsys.readouterr().out


def test_the_document_on_stdout_is_alone_there(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("show", str(model), "--sequences", "4", "--json", "-") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "kdedge.models.show/1"
    assert document["architecture"] == "llama"
    assert document["layout"]["n_sequences"] == 4
    assert document["prediction"]["fit"] == "fits"
    assert run("list", "--json", "-") == 0
    assert json.loads(capsys.readouterr().out)["schema"] == "kdedge.models.list/1"


def test_a_hostile_file_is_one_sentence_and_a_hint(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model.write_bytes(model.read_bytes()[:500])
    assert run("show", str(model)) == 1
    error, hint = capsys.readouterr().err.strip().splitlines()
    assert error.startswith("error: ")
    assert "cut short" in error
    assert hint.startswith("hint: ")


def test_terminal_codes_in_a_file_are_shown_and_not_obeyed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = {"x": entry("general.author", STRING, "x")}
    file = tiny_llama(more=more)
    file.entries[1] = entry("general.name", STRING, "\x1b[2J[red]name")
    (tmp_path / "bad.gguf").write_bytes(file.to_bytes())
    assert run("show", str(tmp_path / "bad.gguf")) == 0
    shown = capsys.readouterr().out
    assert "\\x1b[2J[red]name" in shown
    assert "\x1b[2J" not in shown


def test_a_context_of_nothing_is_a_usage_error(model: Path) -> None:
    assert run("show", str(model), "--context", "0") == 2


def test_a_model_is_verified_and_one_that_differs_is_a_gate(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("add", str(model), "--name", "mine") == 0
    assert run("verify", "mine") == 0
    assert "mine is whole: 7 tensors" in capsys.readouterr().out
    content = model.read_bytes()
    model.write_bytes(content[:-1] + b"x")
    target = model.with_name("verified.json")
    assert run("verify", "mine", "--json", str(target)) == 3
    assert "is not the file it was" in capsys.readouterr().err
    document = json.loads(target.read_text())
    assert (document["schema"], document["verdict"]) == ("kdedge.models.verify/1", "differs")
    assert document["recorded_sha256"] != document["sha256"]


def test_verifying_tells_its_progress_as_events(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("verify", str(model), "--events") == 0
    (line,) = capsys.readouterr().out.splitlines()
    event = json.loads(line)
    assert (event["event"], event["phase"]) == ("progress", "hashing")


def test_what_is_no_reference_to_the_hub_is_refused_without_a_connection(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("pull", "coder") == 1
    assert "hf:ORG/REPO" in capsys.readouterr().err


def test_the_hub_is_not_imported_until_something_is_pulled() -> None:
    code = "import sys, kdedge.cli.models, kdedge.models.verify; print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert "huggingface_hub" not in found.stdout.split()
