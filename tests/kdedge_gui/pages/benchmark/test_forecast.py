"""A forecast is arithmetic on earlier runs, says what it stands on, and makes nothing up."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kdedge.core.store import Store
from kdedge_gui.pages.benchmark.forecast import (
    MemoryGuess,
    evaluation_guess,
    largest_need,
    plan_guess,
    profile_guess,
)
from kdedge_gui.pages.benchmark.past import Past, PastEvaluation, PastProfile, past_runs
from kdedge_gui.pages.benchmark.plan import ModelChoice, Plan, Settings, SuiteChoice

MINI = SuiteChoice(name="mini", n_problems=40)
WHOLE = SuiteChoice(name="whole", n_problems=164)
SMALL = ModelChoice(argument="small", label="small", path="/m/small", file_bytes=100)
LARGE = ModelChoice(argument="large", label="large", path="/m/large", file_bytes=400)


def past(**changed: object) -> PastEvaluation:
    values: dict[str, object] = {
        "model_path": "/m/small", "file_bytes": 100, "suite": "mini", "n_completions": 40,
        "tokens": 4000, "tokens_per_s": 50.0, "judging_s": None, "n_judged": 0,
    }  # fmt: skip
    return PastEvaluation(**(values | changed))  # type: ignore[arg-type]


def profiled(**changed: object) -> PastProfile:
    values: dict[str, object] = {
        "model_path": "/m/small", "file_bytes": 100, "is_quick": True,
        "decode_tokens_per_s": 20.0, "wall_s": 60.0,
    }  # fmt: skip
    return PastProfile(**(values | changed))  # type: ignore[arg-type]


def test_the_same_model_on_the_same_suite_takes_as_long_again() -> None:
    guess = evaluation_guess(SMALL, MINI, Settings(), Past(evaluations=(past(),)))
    assert guess.seconds == 40 * 100 / 50
    assert "its last run on mini" in guess.basis


def test_twice_the_completions_take_twice_as_long() -> None:
    known = Past(evaluations=(past(),))
    once = evaluation_guess(SMALL, MINI, Settings(), known).seconds
    twice = evaluation_guess(SMALL, MINI, Settings(n_samples=2), known).seconds
    assert once is not None
    assert twice == 2 * once


def test_fewer_problems_and_shorter_completions_take_less() -> None:
    known = Past(evaluations=(past(),))
    few = evaluation_guess(SMALL, MINI, Settings(n_problems=4, max_tokens=50), known)
    assert few.seconds == 4 * 50 / 50


def test_judging_is_added_as_it_was_measured() -> None:
    known = Past(evaluations=(past(judging_s=8.0, n_judged=40),))
    assert evaluation_guess(SMALL, MINI, Settings(), known).seconds == 80 + 8


def test_another_model_is_guessed_by_the_size_of_its_file() -> None:
    guess = evaluation_guess(LARGE, MINI, Settings(), Past(evaluations=(past(),)))
    assert guess.seconds == 40 * 100 / (50 / 4)
    assert "file size" in guess.basis


def test_a_decode_speed_alone_gives_a_guess_once_lengths_are_known() -> None:
    known = Past(evaluations=(past(tokens_per_s=None),), profiles=(profiled(),))
    guess = evaluation_guess(LARGE, MINI, Settings(), known)
    assert guess.seconds == 40 * 100 / (20 * 100 / 400)
    assert "decode speed" in guess.basis


@pytest.mark.parametrize("known", [Past(), Past(profiles=(profiled(),))])
def test_nothing_known_is_said_and_not_guessed(known: Past) -> None:
    guess = evaluation_guess(SMALL, MINI, Settings(), known)
    assert guess.seconds is None
    assert "Not known yet" in guess.basis


def test_a_profile_takes_as_long_as_the_last_one_or_by_file_size() -> None:
    known = Past(profiles=(profiled(wall_s=9999.0), profiled(), profiled(wall_s=1.0)))
    assert profile_guess(SMALL, known).seconds == 60.0
    assert profile_guess(LARGE, known).seconds == 240.0
    assert profile_guess(SMALL, Past()).seconds is None


def test_a_plan_adds_what_is_known_and_counts_what_is_not() -> None:
    plan = Plan(models=(SMALL, LARGE), suites=(MINI,), with_profile=True)
    known = Past(evaluations=(past(),))
    guess = plan_guess(plan, known)
    assert guess.seconds == 80 + 320
    assert guess.n_unknown == 2
    assert plan_guess(Plan(), known).seconds is None


def test_models_run_one_at_a_time_so_the_largest_need_counts() -> None:
    small = MemoryGuess(needs_bytes=10, available_bytes=99, basis="")
    large = MemoryGuess(needs_bytes=70, available_bytes=99, basis="")
    unknown = MemoryGuess(needs_bytes=None, available_bytes=99, basis="no")
    assert largest_need([small, unknown, large]) is large
    assert largest_need([unknown]) is None


def test_past_runs_are_read_from_finished_documents_only(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store.sqlite") as store:
        done = store.begin_run(verb="evaluate", key="a", subject={})
        document = {
            "model": {"path": "/m/small", "file_bytes": 100},
            "suite": {"name": "mini", "n_problems": 40},
            "n_samples": 2,
            "generation": {"tokens": 800, "tokens_per_s": 40.0},
            "judging": {"wall_s": 4.0, "solutions_per_s": 20.0},
        }
        store.finish_run(done.run_id, status="done", document=document)
        store.begin_run(verb="evaluate", key="b", subject={})
        profile = store.begin_run(verb="profile", key="c", subject={})
        store.finish_run(
            profile.run_id,
            status="done",
            document={
                "model": {"path": "/m/small", "file_bytes": 100},
                "settings": {"quick": True, "raw_only": False},
                "latency": {"decode_tokens_per_s": {"median": 21.0}},
                "pass_at_k": None,
            },
        )
        found = past_runs(store)
    (evaluation,) = found.evaluations
    assert (evaluation.n_completions, evaluation.tokens, evaluation.n_judged) == (80, 800, 80)
    (quick,) = found.profiles
    assert quick.decode_tokens_per_s == 21.0
    assert quick.wall_s is not None
    assert timedelta(seconds=quick.wall_s) < datetime.now(UTC) - datetime(2020, 1, 1, tzinfo=UTC)
