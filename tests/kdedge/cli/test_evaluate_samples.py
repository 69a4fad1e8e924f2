"""Completions made elsewhere, judged through the command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kdedge.cli.main import VERBS, load_app
from kdedge.core.errors import KdedgeError
from kdedge.evaluate.suites import load_suite

VERB = next(verb for verb in VERBS if verb.name == "evaluate")


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path / "home"))


def judged(tmp_path: Path, rows: list[dict[str, str]]) -> Any:
    samples = tmp_path / "samples.jsonl"
    samples.write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ["--samples", str(samples), "--suite", "humaneval", "--json", str(tmp_path / "o.json")]
    return CliRunner().invoke(load_app(VERB), words)


def test_a_reference_solution_passes_and_a_wrong_one_fails(tmp_path: Path) -> None:
    first, second = load_suite("humaneval").problems[:2]
    rows = [
        {"task_id": first.task_id, "completion": first.canonical_solution},
        {"task_id": second.task_id, "completion": "    return None\n"},
    ]
    result = judged(tmp_path, rows)
    assert result.exit_code == 0, result.exception
    document = json.loads((tmp_path / "o.json").read_text())
    verdicts = {row["task_id"]: row["verdict"] for row in document["verdicts"]}
    assert verdicts == {first.task_id: "passed", second.task_id: "failed"}


def test_a_program_of_an_unknown_problem_is_refused_by_its_name(tmp_path: Path) -> None:
    result = judged(tmp_path, [{"task_id": "HumanEval/999", "completion": "    pass\n"}])
    assert isinstance(result.exception, KdedgeError)
    assert "HumanEval/999" in result.exception.problem
