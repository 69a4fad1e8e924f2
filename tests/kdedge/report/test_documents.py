import json
from pathlib import Path
from typing import Any

import pytest

from kdedge.core.errors import KdedgeError
from kdedge.report.documents import load_documents, names_a_file
from tests.kdedge.report import examples
from tests.kdedge.report.reports import RunsInMemory

NO_RUNS = RunsInMemory()


def written(folder: Path, content: Any, name: str = "a.json") -> str:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def test_runs_and_files_may_be_mixed_and_keep_their_order(tmp_path: Path) -> None:
    profile, evaluation = examples.profile(), examples.evaluation()
    store = RunsInMemory(profile)
    found = load_documents([written(tmp_path, evaluation), profile["run"]], open_source=store.open)
    assert [each.verb for each in found] == ["evaluate", "profile"]


def test_files_alone_never_open_the_store(tmp_path: Path) -> None:
    def refuse() -> Any:
        raise AssertionError("the store was opened")

    (found,) = load_documents([written(tmp_path, examples.profile())], open_source=refuse)
    assert found.verb == "profile"


def test_a_file_may_hold_a_list_of_documents(tmp_path: Path) -> None:
    both = [examples.profile("Q8_0"), examples.profile("Q4_0")]
    found = load_documents([written(tmp_path, both)], open_source=NO_RUNS.open)
    assert len(found) == 2


def test_the_file_of_several_profiles_holds_as_many_documents(tmp_path: Path) -> None:
    both = [examples.profile("Q8_0"), examples.profile("Q4_0")]
    several = {"schema": "kdedge.profiles/1", "profiles": both}
    assert len(load_documents([written(tmp_path, several)], open_source=NO_RUNS.open)) == 2


def test_a_profile_brings_the_evaluation_it_names() -> None:
    evaluation = examples.evaluation()
    profile = examples.profile() | {"pass_at_k": {"run": evaluation["run"], "1": {"value": 0.1}}}
    store = RunsInMemory(profile, evaluation)
    found = load_documents([profile["run"]], open_source=store.open)
    assert [each.run for each in found] == [profile["run"], evaluation["run"]]


def test_an_evaluation_that_the_store_does_not_have_is_done_without(tmp_path: Path) -> None:
    profile = examples.profile() | {"pass_at_k": {"run": "20250101-0000-ev-0000"}}
    found = load_documents([written(tmp_path, profile)], open_source=NO_RUNS.open)
    assert len(found) == 1


def test_an_evaluation_that_is_given_and_named_is_there_once() -> None:
    evaluation = examples.evaluation()
    profile = examples.profile() | {"pass_at_k": {"run": evaluation["run"]}}
    store = RunsInMemory(profile, evaluation)
    assert len(load_documents([profile["run"], evaluation["run"]], open_source=store.open)) == 2


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "is not a JSON file"),
        ("[" * 100_000, "is not a JSON file"),
        ('"text"', "no known schema"),
        ("[1, 2]", "no known schema"),
        ({"schema": "somebody.else/1"}, "no known schema"),
        ({"schema": ["kdedge.profile/1"]}, "no known schema"),
        ({"schema": "kdedge.profile/2"}, "does not know"),
        ({"schema": "kdedge.quantize/1"}, "kdedge quantize"),
        ({"schema": "kdedge.report/1"}, "kdedge report"),
    ],
)
def test_a_file_that_is_no_result_is_refused(tmp_path: Path, content: Any, problem: str) -> None:
    with pytest.raises(KdedgeError, match=problem) as caught:
        load_documents([written(tmp_path, content)], open_source=NO_RUNS.open)
    assert caught.value.hint


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"\xff\xfe{\x00}\x00")
    with pytest.raises(KdedgeError, match="not a JSON file"):
        load_documents([str(path)], open_source=NO_RUNS.open)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(KdedgeError, match="There is no file"):
        load_documents([str(tmp_path / "none.json")], open_source=NO_RUNS.open)
    with pytest.raises(KdedgeError, match="cannot be read"):
        load_documents([f"{tmp_path}/"], open_source=NO_RUNS.open)


def test_an_unfinished_run_is_refused_with_the_way_to_finish_it() -> None:
    evaluation = examples.evaluation()
    store = RunsInMemory(evaluation, status="interrupted")
    with pytest.raises(KdedgeError, match="not finished: it is interrupted") as caught:
        load_documents([evaluation["run"]], open_source=store.open)
    assert f"--resume {evaluation['run']}" in caught.value.hint


def test_a_run_of_another_verb_is_refused() -> None:
    store = RunsInMemory(examples.profile(), verb="quantize")
    with pytest.raises(KdedgeError, match="kdedge quantize"):
        load_documents([examples.profile()["run"]], open_source=store.open)


def test_an_unknown_run_is_refused_by_the_store() -> None:
    with pytest.raises(KdedgeError, match="no run 'nonsense'"):
        load_documents(["nonsense"], open_source=NO_RUNS.open)


def test_the_same_run_twice_is_refused(tmp_path: Path) -> None:
    profile = examples.profile()
    store = RunsInMemory(profile)
    with pytest.raises(KdedgeError, match="given twice"):
        load_documents([profile["run"], profile["run"]], open_source=store.open)
    with pytest.raises(KdedgeError, match=r"given twice \(.*a\.json and .*-pr-"):
        load_documents([written(tmp_path, profile), profile["run"]], open_source=store.open)


def test_a_path_is_told_from_the_id_of_a_run() -> None:
    assert names_a_file("result.json")
    assert names_a_file("folder/result")
    assert not names_a_file("20261124-0512-ev-3f9a")
