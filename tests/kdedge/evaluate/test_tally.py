"""Verdicts counted as they come, and how often the score is told."""

import random

import pytest

from kdedge.core.events import Event, Score
from kdedge.evaluate.pass_at_k import pass_at_k_block
from kdedge.evaluate.tally import Scoreboard, Tally


class Clock:
    """Goes on by ``step_s`` at each look at it."""

    def __init__(self, step_s: float = 0.0) -> None:
        self.now = 0.0
        self.step_s = step_s

    def __call__(self) -> float:
        self.now += self.step_s
        return self.now


def verdicts(n_problems: int, n_samples: int) -> list[tuple[str, str]]:
    chance = random.Random(0)
    return [
        (f"p/{problem}", chance.choice(["passed", "failed", "harness_error"]))
        for problem in range(n_problems)
        for _ in range(n_samples)
    ]


def scores_of(
    rows: list[tuple[str, str]], *, clock: Clock, ks: tuple[int, ...] = (1,), gap_s: float = 0.0
) -> list[Score]:
    """Return the scores told of ``rows`` that come every ``gap_s``."""
    told: list[Event] = []
    board = Scoreboard("r", tally=Tally(), ks=ks, sink=told.append, clock=clock)
    for task_id, verdict in rows:
        clock.now += gap_s
        board.add(task_id, verdict)
    board.tell()
    return [event for event in told if isinstance(event, Score)]


def test_verdicts_are_counted_for_each_problem_and_a_failed_judge_counts_nothing() -> None:
    tally = Tally([("a", "passed"), ("a", "failed"), ("b", "harness_error")])
    assert tally.counts == {"a": (2, 1), "b": (0, 0)}
    assert tally.n_problems == 1


def test_the_order_of_verdicts_does_not_matter() -> None:
    rows = verdicts(20, 3)
    backwards = Tally(reversed(rows))
    assert backwards.counts == Tally(rows).counts
    assert backwards.pass_at_k((1, 2)) == Tally(rows).pass_at_k((1, 2))


def test_the_last_score_is_that_of_the_document() -> None:
    rows = verdicts(12, 2)
    last = scores_of(rows, clock=Clock(), ks=(1, 2))[-1]
    assert last.pass_at_k == pass_at_k_block(Tally(rows).counts, (1, 2))
    assert last.n_problems == Tally(rows).n_problems


def test_scores_come_four_times_a_second_at_most_and_at_the_end() -> None:
    found = scores_of(verdicts(164, 1), clock=Clock(), gap_s=0.01)
    assert 3 <= len(found) <= 164 * 0.01 / 0.25 + 2
    assert found[-1].n_problems > found[0].n_problems


def test_scores_that_take_long_come_less_often() -> None:
    slow = scores_of(verdicts(164, 1), clock=Clock(step_s=0.05), gap_s=0.1)
    quick = scores_of(verdicts(164, 1), clock=Clock(), gap_s=0.1)
    assert len(slow) < len(quick) / 2


def test_a_score_is_told_once() -> None:
    told: list[Event] = []
    board = Scoreboard("r", tally=Tally([("a", "passed")]), ks=(1,), sink=told.append)
    board.tell()
    board.tell()
    assert len(told) == 1
    assert board.text == "pass@1 100.0%"


def test_without_verdicts_there_is_no_score() -> None:
    told: list[Event] = []
    Scoreboard("r", tally=Tally(), ks=(1,), sink=told.append).tell()
    assert told == []


def test_a_k_that_no_problem_has_completions_for_yet_has_a_reason() -> None:
    (score,) = scores_of([("a", "passed")], clock=Clock(), ks=(1, 10))
    assert isinstance(score.pass_at_k["10"], dict)
    assert score.pass_at_k["10"]["value"] is None
    assert "needs 10" in str(score.pass_at_k["10"]["reason"])
    assert isinstance(score.pass_at_k["1"], dict)
    assert score.pass_at_k["1"]["value"] == pytest.approx(1)
