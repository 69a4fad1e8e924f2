"""Events become the state of a run: problems, score, phases, repetitions."""

from typing import Any

from kdedge_gui.pages.benchmark.cells import cell_of, cells_of, verdict_words
from kdedge_gui.pages.benchmark.live import LiveRun, ProblemState
from kdedge_gui.widgets.problem_cell import GENERATED, WAITING


def made(task: str, sample: int = 0, **more: Any) -> dict[str, Any]:
    facts = {"n_tokens": 11, "ttft_s": 0.2, "decode_s": 0.5, "finish_reason": "stop"}
    return {"event": "completion_made", "task_id": task, "sample": sample, **facts, **more}


def judged(task: str, verdict: str, sample: int = 0) -> dict[str, Any]:
    return {"event": "verdict_made", "task_id": task, "sample": sample, "verdict": verdict}


def progress(done: int, total: int | None, at: str, phase: str = "generating") -> dict[str, Any]:
    return {
        "event": "progress", "phase": phase, "done": done, "total": total, "unit": "completions",
        "detail": "", "at": f"2026-11-24T12:00:{at}+00:00",
    }  # fmt: skip


def test_a_problem_is_waiting_then_generated_then_judged() -> None:
    run = LiveRun(n_problems=3)
    run.set_order(["S/0", "S/1", "S/2"])
    assert run.counts() == {WAITING: 3}
    run.take([made("S/1")])
    assert run.problems["S/1"].kind == GENERATED
    run.take([judged("S/1", "failed")])
    assert run.counts() == {WAITING: 2, "failed": 1}
    assert run.failing() == ["S/1"]
    assert run.changed_tasks == {"S/1"}


def test_problems_keep_the_suites_order_however_they_come() -> None:
    run = LiveRun(n_problems=3)
    run.take([made("S/2"), made("S/0")])
    run.set_order(["S/0", "S/1", "S/2", "S/3"])
    assert list(run.problems) == ["S/0", "S/1", "S/2"]
    assert run.problems["S/2"].kind == GENERATED


def test_a_problem_that_the_order_does_not_name_is_not_lost() -> None:
    run = LiveRun(n_problems=2)
    run.take([made("S/7")])
    run.set_order(["S/0", "S/1", "S/7"])
    assert list(run.problems) == ["S/0", "S/1", "S/7"]


def test_problems_without_a_name_yet_have_cells_too() -> None:
    run = LiveRun(n_problems=4)
    run.take([made("S/0")])
    cells = cells_of(run.problems.values(), n_problems=run.n_problems)
    assert [cell.kind for cell in cells] == [GENERATED, WAITING, WAITING, WAITING]
    assert len({cell.key for cell in cells}) == 4


def test_what_a_resumed_run_tells_again_counts_once() -> None:
    run = LiveRun(n_problems=1)
    run.take([made("S/0"), made("S/0"), judged("S/0", "passed"), judged("S/0", "passed")])
    assert len(run.completions) == 1
    assert run.counts() == {"passed": 1}


def test_of_several_completions_the_share_that_passed_is_shown() -> None:
    run = LiveRun(n_samples=4, n_problems=1)
    run.take([made("S/0", at) for at in range(4)])
    assert "4 of 4 generated" in cell_of(run.problems["S/0"]).told
    verdicts = ("failed", "passed", "failed", "harness_error")
    run.take([judged("S/0", verdict, at) for at, verdict in enumerate(verdicts)])
    cell = cell_of(run.problems["S/0"])
    assert (cell.kind, cell.sign) == ("passed", "1")
    assert cell.share == 1 / 3
    assert cell.told == "S/0: 1 of 3 passed"
    assert run.failing() == []


def test_a_problem_that_no_completion_solves_has_the_commonest_verdict() -> None:
    problem = ProblemState(task_id="S/0", n_samples=3)
    problem.verdicts = {0: "error", 1: "timed_out", 2: "timed_out"}
    assert problem.kind == "timed_out"
    assert cell_of(problem).sign == "T"
    assert cell_of(problem).share == 0.0


def test_every_verdict_has_words_and_a_sign_of_its_own() -> None:
    from kdedge.report.problem_grid import SIGNS

    cells = []
    for verdict in SIGNS:
        problem = ProblemState(task_id="S/0", n_samples=1, verdicts={0: verdict})
        cells.append(cell_of(problem))
        assert verdict_words(verdict) in cells[-1].told
    assert len({cell.sign for cell in cells}) == len(SIGNS)


def test_the_time_left_follows_from_the_speed_of_the_phase() -> None:
    run = LiveRun()
    run.take([progress(10, 40, "00")])
    assert run.phase is not None
    assert run.phase.left_s is None
    run.take([progress(11, 40, "01")])
    assert run.phase.left_s is None, "one second tells too little"
    run.take([progress(20, 40, "10")])
    assert run.phase.left_s == 20.0
    run.take([progress(1, 40, "11", phase="judging")])
    assert run.phase.left_s is None, "another phase has another speed"
    run.take([progress(5, None, "30", phase="loading")])
    assert run.phase.left_s is None


def test_the_score_and_its_interval_are_kept_with_their_basis() -> None:
    run = LiveRun()
    block = {
        "1": {"value": 0.25, "ci95": [0.1, 0.4]},
        "10": {"value": None, "reason": "too few completions"},
        "run": "r1",
    }
    run.take([{"event": "score", "n_problems": 12, "pass_at_k": block}])
    first, second = run.estimates
    assert (first.k, first.value, first.low, first.high) == (1, 0.25, 0.1, 0.4)
    assert (second.value, second.low, second.reason) == (None, None, "too few completions")
    assert run.n_scored == 12


def test_decode_speed_counts_the_tokens_after_the_first() -> None:
    run = LiveRun()
    run.take([made("S/0"), made("S/1", n_tokens=1), made("S/2", decode_s=None)])
    assert [each.tokens_per_s for each in run.completions] == [20.0, None, None]


def test_unknown_events_and_odd_values_are_left_alone() -> None:
    run = LiveRun()
    run.take(
        [
            {"event": "something new", "task_id": 3},
            {"event": "measured", "name": "x", "value": None},
            {"event": "progress", "phase": "x", "done": "many"},
            {"event": "score", "pass_at_k": None},
        ]
    )
    assert run.phase is None
    assert run.repetitions == []


def test_a_profiles_own_run_keeps_its_evaluations_id() -> None:
    run = LiveRun()
    run.take([{"event": "run_started", "verb": "profile", "run": "p1"}])
    assert run.run_id == "p1"
    run.take([{"event": "run_started", "verb": "evaluate", "run": "e1"}])
    assert run.run_id == "e1"
