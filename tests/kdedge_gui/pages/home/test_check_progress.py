import pytest

from kdedge_gui.pages.home.check_progress import CheckProgress
from kdedge_gui.shots.scene import RECORDED, Recorded


def test_the_recorded_check_goes_through_every_step_in_order(qapp: object) -> None:
    progress = CheckProgress()
    seen, fractions = [], []
    for event in Recorded(RECORDED / "home").events("check"):
        progress = progress.after([event])
        seen.append(progress.at)
        fractions.append(progress.fraction)
    assert sorted(set(seen) - {-1}) == list(range(len(progress.steps())))
    assert seen == sorted(seen)
    assert fractions[-1] == 1.0


def test_nothing_is_under_way_before_the_first_event(qapp: object) -> None:
    assert {step.state for step in CheckProgress().steps()} == {"waiting"}
    assert CheckProgress().fraction == 0.0


def test_the_step_under_way_says_how_far_it_is(qapp: object) -> None:
    event = {
        "event": "progress", "phase": "generating", "done": 18, "total": 40,
        "unit": "completions", "detail": "12 tokens/s",
    }  # fmt: skip
    steps = CheckProgress().after([event]).steps()
    assert [step.state for step in steps] == ["done"] * 4 + ["running", "waiting"]
    assert steps[4].text == "18 of 40, 12 tokens/s"


def test_an_unknown_phase_and_other_events_change_nothing(qapp: object) -> None:
    progress = CheckProgress().after(
        [{"event": "progress", "phase": "weighing", "done": 1, "total": 2}, {"event": "note"}]
    )
    assert progress == CheckProgress()
    assert progress.left_s is None


def test_the_time_that_is_left_follows_from_the_time_it_took(qapp: object) -> None:
    begun = {"event": "note", "at": "2026-11-24T12:00:00.000+00:00"}
    half = {
        "event": "progress", "phase": "generating", "done": 1, "total": 5,
        "at": "2026-11-24T12:01:00.000+00:00",
    }  # fmt: skip
    progress = CheckProgress().after([begun])
    assert progress.left_s is None
    assert progress.after([half]).left_s == pytest.approx(60)


def test_a_step_whose_total_is_unknown_counts_as_just_begun(qapp: object) -> None:
    event = {"event": "progress", "phase": "memory", "done": 3, "total": None}
    assert CheckProgress().after([event]).fraction == pytest.approx(0.35)
