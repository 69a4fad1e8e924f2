import json
import re
from typing import Any

import pytest
from rich.console import Console

from kdedge.core.errors import KdedgeError
from kdedge.report.compare import Comparison, compare
from kdedge.report.comparison_output import (
    comparison_as_html,
    comparison_document,
    terminal_comparison,
)
from tests.kdedge.report import examples
from tests.kdedge.report.reports import documents


def compared(*contents: dict[str, Any], allow_unlike: bool = False) -> Comparison:
    return compare(documents(*contents), allow_unlike=allow_unlike)


def test_the_first_model_is_the_baseline_of_all_others() -> None:
    found = compared(*examples.three_models())
    assert found.baseline.label == "Q4_1"
    assert [pair.row.label for pair in found.pairs] == ["Q8_0", "Q4_0"]


def test_ratios_are_the_other_over_the_baseline() -> None:
    found = compared(examples.profile("Q8_0"), examples.profile("Q4_0"))
    (pair,) = found.pairs
    assert pair.decode is not None
    assert pair.memory is not None
    assert pair.decode.value == pytest.approx(163 / 140)
    assert pair.decode.distinguishable
    assert pair.memory.value > 1
    assert pair.quality is None


def test_problems_won_and_lost_are_counted_from_the_other_sides_view() -> None:
    found = compared(
        examples.evaluation("Q8_0", solved={1, 2, 3}), examples.evaluation("Q4_0", solved={3, 4})
    )
    assert found.pairs[0].quality is not None
    assert found.pairs[0].quality.won == ("HumanEval/4",)
    assert found.pairs[0].quality.lost == ("HumanEval/1", "HumanEval/2")


def test_models_on_the_front_are_named() -> None:
    assert compared(*examples.three_models()).front == ("Q8_0", "Q4_0")


def _changed(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    *way, last = path.split(".")
    inner = document
    for key in way:
        inner = inner[key]
    inner[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("suite.sha256", "cd" * 32, "suite: humaneval-mini"),
        ("preset", "evalplus-base/1", "preset: evalplus-chat/1 / evalplus-base/1"),
        ("sampling.temperature", 0.8, "temperature: 0 / 0.8"),
        ("n_samples", 20, "samples a problem: 1 / 20"),
    ],
)
def test_unlike_evaluations_are_refused_by_the_name_of_the_difference(
    path: str, value: Any, named: str
) -> None:
    other = _changed(examples.evaluation("Q4_0"), path, value)
    with pytest.raises(KdedgeError, match=re.escape(named)) as caught:
        compared(examples.evaluation("Q8_0"), other)
    assert "--allow-unlike" in caught.value.hint


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("machine.cpu_model", "Another CPU", "machine: Example CPU 9000"),
        ("settings.n_threads", 4, "n threads: 2 / 4"),
        ("settings.context_tokens", 512, "context tokens: 2048 / 512"),
        ("noise.verdict", "unusable", "timings of Q4_0 are unusable"),
    ],
)
def test_unlike_profiles_are_refused_by_the_name_of_the_difference(
    path: str, value: Any, named: str
) -> None:
    other = _changed(examples.profile("Q4_0"), path, value)
    with pytest.raises(KdedgeError, match=re.escape(named)):
        compared(examples.profile("Q8_0"), other)


def test_every_difference_is_named_at_once() -> None:
    other = examples.evaluation("Q4_0") | {"preset": "evalplus-base/1", "n_samples": 20}
    with pytest.raises(KdedgeError, match=r"preset.*samples a problem"):
        compared(examples.evaluation("Q8_0"), other)


def test_another_seed_is_no_difference() -> None:
    other = _changed(examples.evaluation("Q4_0"), "sampling.seed", 7)
    (pair,) = compared(examples.evaluation("Q8_0"), other).pairs
    assert pair.unlike == ()


def test_another_version_is_a_caution_and_no_refusal() -> None:
    other = _changed(examples.profile("Q4_0"), "software.llama_cpp_python", "0.4.0")
    (pair,) = compared(examples.profile("Q8_0"), other).pairs
    assert pair.unlike == ()
    assert pair.cautions == ("llama cpp python: 0.3.36 / 0.4.0",)


def test_unlike_runs_are_compared_and_flagged_on_demand() -> None:
    other = examples.evaluation("Q4_0") | {"preset": "evalplus-base/1"}
    found = compared(examples.evaluation("Q8_0"), other, allow_unlike=True)
    assert found.pairs[0].unlike
    assert "UNLIKE (Q8_0 / Q4_0): preset" in _shown(found)
    assert "UNLIKE" in comparison_as_html(found, draw=False)


def test_one_model_alone_cannot_be_compared() -> None:
    with pytest.raises(KdedgeError, match="nothing to compare"):
        compared(examples.profile("Q8_0"), examples.evaluation("Q8_0"))


def test_the_same_model_measured_twice_can_be_compared() -> None:
    found = compared(examples.profile("Q8_0", run="a"), examples.profile("Q8_0", run="b"))
    assert found.pairs[0].decode is not None
    assert found.pairs[0].decode.value == 1


def test_a_profile_and_an_evaluation_of_other_models_have_nothing_in_common() -> None:
    with pytest.raises(KdedgeError, match="a profile / an evaluation"):
        compared(examples.profile("Q8_0"), examples.evaluation("Q4_0"))


def test_the_document_says_all_that_the_terminal_says() -> None:
    document = json.loads(json.dumps(comparison_document(compared(*examples.three_models()))))
    assert document["schema"] == "kdedge.compare/1"
    assert document["pairs"][0]["pass_at_1"]["won"] == ["HumanEval/4"]
    assert document["pairs"][1]["decode_ratio"]["value"] == pytest.approx(163 / 112)


def test_the_terminal_shows_intervals_and_what_would_go_unseen() -> None:
    shown = _shown(compared(*examples.three_models()))
    assert "1.25\N{MULTIPLICATION SIGN} [" in shown
    assert "won 1" in shown
    assert "go unseen" in shown


def test_the_page_is_complete_without_plots_and_with_them() -> None:
    found = compared(*examples.three_models())
    assert "pip install" in comparison_as_html(found, draw=False)
    assert comparison_as_html(found, draw=True).count("<svg") == 2


def _shown(found: Comparison) -> str:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(terminal_comparison(found))
    return captured.get()


def _part(document: dict[str, Any]) -> dict[str, Any]:
    """Return an evaluation of the first 20 of 40 problems."""
    part = {"of_n_problems": 40, "of_sha256": "ab" * 32, "task_ids": [], "first": 20}
    document["suite"] |= {"sha256": "cd" * 32, "n_problems": 20, "part": part}
    return document


def test_a_part_of_a_suite_is_never_compared_with_the_whole() -> None:
    part = _part(examples.evaluation("Q4_0", n_problems=20))
    with pytest.raises(KdedgeError, match=r"40 problems\) abababab .* \(20 of 40 problems\)"):
        compared(examples.evaluation("Q8_0"), part)


def test_equal_parts_of_a_suite_are_compared() -> None:
    parts = [_part(examples.evaluation(each, n_problems=20)) for each in ("Q8_0", "Q4_0")]
    assert compared(*parts).pairs[0].unlike == ()
