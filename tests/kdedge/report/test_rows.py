import copy

import pytest

from tests.kdedge.report import examples
from tests.kdedge.report.reports import rows


def test_profile_and_evaluation_of_one_file_on_one_machine_are_one_row() -> None:
    (row,) = rows(examples.evaluation("Q8_0"), examples.profile("Q8_0"))
    assert row.speed.decode_tokens_per_s.value == 140
    assert row.pass_at_1.value == 0.125
    assert len(row.runs) == 2


def test_another_machine_is_another_row() -> None:
    elsewhere = copy.deepcopy(examples.evaluation("Q8_0"))
    elsewhere["machine"]["cpu_model"] = "Another CPU"
    assert len(rows(examples.profile("Q8_0"), elsewhere)) == 2


def test_a_little_less_memory_after_a_new_kernel_is_the_same_machine() -> None:
    later = copy.deepcopy(examples.evaluation("Q8_0"))
    later["machine"]["memory_total_bytes"] -= 5_000_000
    later["machine"]["load_average_1m"] = 1.7
    assert len(rows(examples.profile("Q8_0"), later)) == 1


def test_two_profiles_of_one_file_stay_apart() -> None:
    first, second = examples.profile("Q8_0", run="a"), examples.profile("Q8_0", run="b")
    found = rows(first, second)
    assert [row.runs for row in found] == [("a",), ("b",)]
    assert len({row.label for row in found}) == 2


def test_files_without_a_hash_are_never_taken_for_one_another() -> None:
    first, second = examples.profile("Q8_0"), examples.evaluation("Q8_0")
    first["model"]["sha256"] = second["model"]["sha256"] = None
    assert len(rows(first, second)) == 2


def test_a_pass_at_k_block_in_a_profile_stands_in_for_its_run() -> None:
    block = {"1": {"value": 0.3, "ci95": [0.2, 0.4]}, "run": "20261124-0510-ev-0001"}
    evaluation = {"suite": {"name": "humaneval"}, "verdict_counts": {"failed": 7}}
    (row,) = rows(examples.profile() | {"pass_at_k": block, "evaluation": evaluation})
    assert row.evaluation is not None
    assert row.evaluation.suite == "humaneval"
    assert row.evaluation.verdict_counts == {"failed": 7}
    assert row.pass_at_1.interval == (0.2, 0.4)
    assert row.runs[1] == "20261124-0510-ev-0001"


def test_variants_of_one_model_are_called_by_their_type() -> None:
    found = rows(examples.profile("Q8_0"), examples.profile("Q4_0"))
    assert [row.label for row in found] == ["Q8_0", "Q4_0"]
    assert found[0].model.name == "SmolLM2-135M-Instruct"


def test_models_of_the_same_type_are_called_by_their_name() -> None:
    found = rows(examples.profile(name="one"), examples.profile(name="two"))
    assert [row.label for row in found] == ["one", "two"]


def test_the_folder_of_a_model_is_never_shown() -> None:
    (row,) = rows(examples.profile())
    assert "someone" not in repr(row)
    windows = examples.profile()
    windows["model"]["path"] = r"C:\Users\someone\m.Q8_0.gguf"
    assert rows(windows)[0].model.file_name == "m.Q8_0.gguf"


def test_a_document_with_nothing_in_it_is_a_row_of_unknowns() -> None:
    (row,) = rows({"schema": "kdedge.profile/1", "run": ""})
    assert row.speed.decode_tokens_per_s.value is None
    assert row.speed.decode_tokens_per_s.reason == "not measured"
    assert row.noise.verdict == ""


def test_what_a_file_says_of_its_making_becomes_a_note() -> None:
    profile = examples.profile()
    profile["model"]["lineage"] = {
        "source.file": "a.Q4_1.gguf",
        "source.file_type": "Q4_1",
        "source.sha256": "ab" * 32,
        "quantised_twice": "which costs quality twice",
    }
    (row,) = rows(profile)
    assert row.model.notes == ("made from a.Q4_1.gguf; which costs quality twice",)


def test_a_profile_of_raw_speed_alone_shows_that() -> None:
    profile = examples.profile()
    del profile["latency"]
    (row,) = rows(profile)
    assert row.speed.decode_tokens_per_s.value == 140 * 1.03
    assert len(row.speed.prefill_samples) == 5


def test_problems_are_in_the_order_of_their_numbers() -> None:
    (row,) = rows(examples.evaluation(n_problems=12))
    assert row.evaluation is not None
    ids = [problem.task_id for problem in row.evaluation.problems]
    assert ids.index("HumanEval/9") < ids.index("HumanEval/10")


def test_completions_made_elsewhere_are_called_by_their_file() -> None:
    foreign = examples.evaluation() | {"model": None, "run": None, "preset": None}
    foreign["samples"] = {"path": "/home/someone/gpt.jsonl", "sha256": "ef" * 32}
    (row,) = rows(foreign)
    assert row.label == "gpt.jsonl"
    assert row.commands == ("kdedge evaluate --samples gpt.jsonl --suite humaneval-mini",)
    assert row.model.notes


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"first": 5, "task_ids": ["HumanEval/0"]}, "--problems 5"),
        (
            {"first": None, "task_ids": ["HumanEval/3", "HumanEval/7"]},
            "--task HumanEval/3,HumanEval/7",
        ),
    ],
)
def test_the_command_of_a_part_chooses_it_again(part: dict[str, object], words: str) -> None:
    document = examples.evaluation("Q8_0")
    document["suite"]["part"] = part
    (row,) = rows(document)
    assert words in row.commands[0]
