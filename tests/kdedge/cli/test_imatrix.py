import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kdedge.cli.main import VERBS, load_app
from kdedge.core.errors import KdedgeError
from kdedge.quantize.imatrix_file import read_imatrix
from tests.tiny_model import weights, write_model

VERB = next(verb for verb in VERBS if verb.name == "imatrix")


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path / "home"))


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(write_model(tmp_path / "tiny.gguf", weights()))


def run(*words: str) -> Any:
    return CliRunner().invoke(load_app(VERB), list(words))


def test_two_texts_make_one_file(model: str, tmp_path: Path) -> None:
    texts = [tmp_path / name for name in ("a.txt", "b.txt")]
    for text in texts:
        text.write_text("abcdefg " * 20)
    target = tmp_path / "m.gguf"
    words = [model, "--text", str(texts[0]), "--text", str(texts[1]), "-o", str(target)]
    result = run(*words, "--chunk-tokens", "64", "--json", "-")
    assert result.exit_code == 0, result.exception
    document = json.loads(result.stdout)
    assert (document["schema"], document["n_chunks"]) == ("kdedge.imatrix/1", 5)
    assert document["text"]["name"] == "a.txt, b.txt"
    assert read_imatrix(target).n_chunks == 5


def test_without_a_text_it_is_python_code(model: str, tmp_path: Path) -> None:
    target = tmp_path / "m.gguf"
    result = run(model, "-o", str(target), "--chunk-tokens", "64", "--chunks", "2")
    assert result.exit_code == 0, result.exception
    assert "15 weights, 2 chunks of 64 tokens" in result.stdout
    assert read_imatrix(target).datasets == ("python-library-calibration",)


def test_a_folder_that_is_not_there_is_told(model: str, tmp_path: Path) -> None:
    target = tmp_path / "nowhere" / "m.gguf"
    result = run(model, "-o", str(target), "--chunk-tokens", "64", "--chunks", "1")
    assert isinstance(result.exception, KdedgeError)
    assert "does not exist" in result.exception.problem
