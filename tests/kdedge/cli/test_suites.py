import json
from pathlib import Path

import pytest

from kdedge.cli.main import main
from kdedge.evaluate.suites import load_suite, suite_names


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(["suites", *words])
    return int(caught.value.code or 0)


def test_a_problem_is_shown_with_prompt_tests_and_reference(
    capsys: pytest.CaptureFixture[str],
) -> None:
    problem = load_suite("humaneval").problem("HumanEval/32")
    assert run("show", "humaneval", "HumanEval/32") == 0
    shown = capsys.readouterr().out
    for text in (problem.prompt, problem.test, problem.canonical_solution):
        assert text.strip("\n") in shown


@pytest.mark.parametrize("words", ["HumanEval/32", "humaneval/32", "32"])
def test_a_problem_may_be_called_by_its_number(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("show", "humaneval", words, "--json", "-") == 0
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert problem["task_id"] == "HumanEval/32"


@pytest.mark.parametrize("name", suite_names())
def test_the_document_has_every_problem_as_its_authors_wrote_it(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = load_suite(name)
    assert run("show", name, "--json", str(tmp_path / "f.json")) == 0
    document = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    assert (document["schema"], document["sha256"]) == ("kdedge.suites-show/1", suite.sha256)
    assert document["problems"] == [
        {
            "task_id": each.task_id,
            "prompt": each.prompt,
            "entry_point": each.entry_point,
            "tests": each.test,
            "reference": each.canonical_solution,
        }
        for each in suite.problems
    ]
    assert suite.problems[-1].task_id in capsys.readouterr().out


@pytest.mark.parametrize("words", ["HumanEval/999", "", "x" * 1000])
def test_an_unknown_problem_gets_a_near_one(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("show", "humaneval", words) == 1
    error, hint = capsys.readouterr().err.strip().splitlines()
    assert "has no problem" in error
    assert "HumanEval/" in hint


def test_an_unknown_suite_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "humanevil") == 1
    assert "Did you mean humaneval?" in capsys.readouterr().err
