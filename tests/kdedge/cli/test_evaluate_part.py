"""A part of a suite through the command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kdedge.cli.main import VERBS, load_app
from kdedge.core.errors import KdedgeError
from kdedge.evaluate.sandbox import SandboxLevel, probe_level
from tests.tiny_model import endless_weights, write_model

VERB = next(verb for verb in VERBS if verb.name == "evaluate")
pytestmark = pytest.mark.skipif(
    probe_level() in {None, SandboxLevel.L1}, reason="this machine has no strong sandbox"
)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path / "home"))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "tiny.gguf", endless_weights())


def evaluated(*words: str) -> Any:
    usual = ["--max-tokens", "2", "--context", "4096", "--parallel", "1", "--threads", "1"]
    return CliRunner().invoke(load_app(VERB), [*words, *usual])


def test_named_problems_alone_are_evaluated_and_the_table_says_of_how_many(
    model: Path, tmp_path: Path
) -> None:
    target = tmp_path / "document.json"
    result = evaluated(str(model), "--task", "HumanEval/7,3", "--json", str(target))
    assert result.exit_code == 0, result.exception
    document = json.loads(target.read_text())
    assert [row["task_id"] for row in document["verdicts"]] == ["HumanEval/3", "HumanEval/7"]
    assert "2 of 164 problems" in result.stdout


def test_with_events_every_line_is_one_and_the_app_finds_its_kinds(model: Path) -> None:
    result = evaluated(str(model), "--problems", "1", "--events")
    assert result.exit_code == 0, result.exception
    kinds = [json.loads(line)["event"] for line in result.stdout.splitlines()]
    assert {"completion_made", "verdict_made", "score"} < set(kinds)
    assert (kinds[0], kinds[-1]) == ("run_started", "run_finished")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--problems", "165"], "164 problems"),
        (["--task", "HumanEval/999"], "HumanEval/999"),
        (["--task", "1", "--problems", "1"], "by name and by number"),
        (["--samples", "x.jsonl", "--problems", "1"], "choose nothing"),
    ],
)
def test_a_choice_that_cannot_be_is_refused_in_a_sentence(
    model: Path, words: list[str], told: str
) -> None:
    result = evaluated(str(model), *words)
    assert isinstance(result.exception, KdedgeError)
    assert told in result.exception.problem
