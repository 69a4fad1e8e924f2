import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from kdedge.cli.main import VERBS, load_app
from kdedge.core.errors import KdedgeError
from tests.tiny_model import weights, write_model

VERB = next(verb for verb in VERBS if verb.name == "divergence")
TEXT = "".join(chr(33 + n * n % 90) for n in range(300))


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    near = {name: values * np.float32(1.01) for name, values in weights().items()}
    (tmp_path / "text.txt").write_text(TEXT)
    return [
        str(write_model(tmp_path / "master.gguf", weights())),
        str(write_model(tmp_path / "near[1].gguf", near)),
        "--text", str(tmp_path / "text.txt"), "--chunk-tokens", "64",
    ]  # fmt: skip


def run(*words: str) -> Any:
    return CliRunner().invoke(load_app(VERB), list(words))


def test_a_row_for_each_file_and_the_perplexity_of_the_master(files: list[str]) -> None:
    result = run(*files)
    assert result.exit_code == 0, result.exception
    assert "near[1].gguf" in result.stdout
    assert "master.gguf: perplexity" in result.stdout
    assert "124 tokens of text.txt" in result.stdout


def test_json_on_stdout_is_alone_there(files: list[str]) -> None:
    document = json.loads(run(*files, "--json", "-").stdout)
    assert document["schema"] == "kdedge.divergence/1"
    found = document["divergences"][0]
    assert found["mean_kl_ci95"][0] <= found["mean_kl"] <= found["mean_kl_ci95"][1]
    assert document["text"]["n_chunks"] == 4


def test_a_missing_file_is_told(files: list[str]) -> None:
    result = run(files[0], "nowhere.gguf", *files[2:])
    assert isinstance(result.exception, KdedgeError)
    assert "nowhere.gguf" in result.exception.problem
