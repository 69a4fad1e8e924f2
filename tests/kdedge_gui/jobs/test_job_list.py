from collections.abc import Iterator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from kdedge_gui.background import Background
from kdedge_gui.jobs import job as job_module
from kdedge_gui.jobs.job import Job, JobSpec
from kdedge_gui.jobs.job_list import JobList
from kdedge_gui.jobs.lines import MAX_LOG_LINE_CHARACTERS, MAX_LOG_LINES
from kdedge_gui.jobs.process import Commands
from tests.kdedge_gui.children import fake_commands, is_gone

_WAIT_MS = 60_000


@pytest.fixture
def background(qapp: object) -> Iterator[Background]:
    made = Background()
    yield made
    made.close()


@pytest.fixture
def jobs(background: Background) -> Iterator[JobList]:
    made = JobList(background, commands=fake_commands())
    yield made
    made.close()


def _spec(verb: str, *arguments: str, **others: Any) -> JobSpec:
    return JobSpec(verb=verb, arguments=arguments, title=verb, **others)


def _ended(qtbot: QtBot, job: Job) -> Job:
    if not job.is_over:
        with qtbot.waitSignal(job.finished, timeout=_WAIT_MS):
            pass
    return job


def _started(qtbot: QtBot, job: Job) -> Job:
    qtbot.waitUntil(lambda: job.run_id is not None, timeout=_WAIT_MS)
    return job


def test_a_job_tells_its_run_its_progress_and_its_document(qtbot: QtBot, jobs: JobList) -> None:
    job = jobs.start(_spec("normal", "model.gguf"))
    events: list[dict[str, Any]] = []
    job.events.connect(events.extend)
    _ended(qtbot, job)
    assert job.state == "done"
    assert job.run_id == "20261124-1200-ev-0001"
    assert job.phases["generating"].fraction == 1.0
    assert events[-1]["status"] == "done"
    assert job.document is not None
    assert job.document["words"][:3] == ["normal", "model.gguf", "--events"]
    assert job.outcome is not None
    assert job.outcome.document == job.document


def test_states_come_in_order_and_each_once(qtbot: QtBot, jobs: JobList) -> None:
    states: list[str] = []
    jobs.added.connect(lambda job: job.state_changed.connect(states.append))
    _ended(qtbot, jobs.start(_spec("normal")))
    assert states == ["running", "done"]


def test_cancel_lets_the_job_leave_a_state_that_can_be_resumed(
    qtbot: QtBot, jobs: JobList
) -> None:
    job = _started(qtbot, jobs.start(_spec("slow", resume_arguments=("--resume",))))
    events: list[dict[str, Any]] = []
    job.events.connect(events.extend)
    job.cancel()
    assert job.state == "stopping"
    _ended(qtbot, job)
    assert job.state == "cancelled"
    assert job.outcome is not None
    assert job.outcome.exit_code == 130
    assert events[-1] == {"event": "run_finished", "run": job.run_id, "status": "interrupted"}
    assert job.can_resume


def test_a_resumed_job_gets_its_resume_arguments_once(qtbot: QtBot, jobs: JobList) -> None:
    first = _ended(qtbot, jobs.start(_spec("normal", "m", resume_arguments=("--resume",))))
    second = _ended(qtbot, jobs.resume(first))
    third = _ended(qtbot, jobs.resume(second))
    assert third.spec.words() == ["kdedge", "normal", "m", "--resume"]


def test_a_job_that_ignores_the_cancel_is_ended_by_force(
    qtbot: QtBot, jobs: JobList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_module, "CANCEL_PATIENCE_S", 0.1)
    job = _started(qtbot, jobs.start(_spec("stubborn")))
    job.cancel()
    _ended(qtbot, job)
    assert job.outcome is not None
    assert (job.state, job.outcome.exit_code) == ("cancelled", -9)


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("crash", "The job crashed inside llama.cpp."),
        ("out-of-memory", "memory ran out"),
        ("failing", "The model is gone."),
        ("refusing", "No such option: --fast"),
        ("dying", "ended with code 1"),
    ],
)
def test_a_job_that_dies_says_how_in_a_sentence(
    qtbot: QtBot, jobs: JobList, verb: str, words: str
) -> None:
    job = _ended(qtbot, jobs.start(_spec(verb)))
    assert job.state == "failed"
    assert job.outcome is not None
    assert job.outcome.error is not None
    assert words in job.outcome.error.problem


def test_the_last_words_of_a_job_are_in_the_details(qtbot: QtBot, jobs: JobList) -> None:
    job = _ended(qtbot, jobs.start(_spec("crash")))
    assert job.outcome is not None
    assert job.outcome.error is not None
    assert job.outcome.error.detail == "the last words"


def test_a_gate_that_was_not_met_keeps_the_document(qtbot: QtBot, jobs: JobList) -> None:
    job = _ended(qtbot, jobs.start(_spec("gate")))
    assert job.state == "done"
    assert job.document == {"schema": "fake/1"}
    assert job.outcome is not None
    assert job.outcome.error is not None


def test_garbage_on_stdout_is_counted_and_harms_nothing(qtbot: QtBot, jobs: JobList) -> None:
    job = _ended(qtbot, jobs.start(_spec("garbage")))
    assert job.state == "done"
    assert job.phases["generating"].done == 4
    assert job._process.n_unreadable == 5


def test_a_job_that_writes_without_end_is_read_to_its_end(
    qtbot: QtBot, jobs: JobList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kdedge_gui.jobs.process._MOST_WAITING_BYTES", 300_000)
    job = _ended(qtbot, jobs.start(_spec("wild")))
    assert job.state == "done"
    assert job.phases["generating"].done == 4


def test_of_a_huge_log_only_the_end_is_kept(qtbot: QtBot, jobs: JobList) -> None:
    job = _ended(qtbot, jobs.start(_spec("huge-log")))
    assert job.state == "done"
    assert len(job.log) <= MAX_LOG_LINES
    assert max(map(len, job.log)) <= MAX_LOG_LINE_CHARACTERS
    assert job.log[-1] == "the end"


def test_text_for_people_goes_to_the_log_where_a_verb_has_no_events(
    qtbot: QtBot, jobs: JobList
) -> None:
    job = _ended(qtbot, jobs.start(_spec("table", supports_events=False)))
    assert job.document is not None
    assert "--events" not in job.document["words"]
    assert list(job.log) == ["┌──────┐", "│ name │", "└──────┘"]


def test_options_are_put_before_what_is_to_be_taken_as_it_stands(
    qtbot: QtBot, jobs: JobList
) -> None:
    job = _ended(qtbot, jobs.start(_spec("normal", "--", "-odd.gguf")))
    assert job.document is not None
    assert job.document["words"][:3] == ["normal", "--events", "--json"]
    assert job.document["words"][-2:] == ["--", "-odd.gguf"]


def test_heavy_jobs_wait_for_one_another_and_light_ones_do_not(
    qtbot: QtBot, jobs: JobList
) -> None:
    first = _started(qtbot, jobs.start(_spec("slow")))
    second = jobs.start(_spec("normal"))
    light = jobs.start(_spec("normal", heavy=False))
    assert (second.state, light.state) == ("waiting", "running")
    _ended(qtbot, light)
    assert second.state == "waiting"
    first.cancel()
    _ended(qtbot, second)
    assert second.state == "done"
    assert jobs.running() == []
    assert jobs.all() == [first, second, light]


def test_a_waiting_job_is_cancelled_without_ever_being_started(
    qtbot: QtBot, jobs: JobList
) -> None:
    _started(qtbot, jobs.start(_spec("slow")))
    second = jobs.start(_spec("normal"))
    second.cancel()
    assert second.state == "cancelled"
    assert second.started_at is None


def test_cancel_all_starts_nothing_that_waited(qtbot: QtBot, jobs: JobList) -> None:
    first = _started(qtbot, jobs.start(_spec("slow")))
    second = jobs.start(_spec("slow"))
    jobs.cancel_all()
    _ended(qtbot, first)
    assert [first.state, second.state] == ["cancelled", "cancelled"]
    assert second.started_at is None


def test_a_program_that_is_not_there_fails_in_a_sentence(
    qtbot: QtBot, background: Background
) -> None:
    jobs = JobList(background, commands=Commands(kdedge=("/no/such/program",)))
    job = _ended(qtbot, jobs.start(_spec("normal")))
    assert job.outcome is not None
    assert job.outcome.error is not None
    assert "could not be started" in job.outcome.error.problem
    jobs.close()


def test_closing_stops_jobs_where_they_can_be_resumed_and_leaves_nothing(
    qtbot: QtBot, jobs: JobList
) -> None:
    job = _started(qtbot, jobs.start(_spec("slow")))
    jobs.start(_spec("slow"))
    pid, folder = job.pid, jobs._folder
    jobs.close()
    assert is_gone(pid)
    assert job._process.log == job.log
    assert job.run_id is not None
    assert folder is not None
    assert not folder.exists()
    with pytest.raises(ValueError, match="closes"):
        jobs.start(_spec("normal"))


def test_closing_ends_a_stubborn_job_by_force(
    qtbot: QtBot, jobs: JobList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kdedge_gui.jobs.job_list.CANCEL_PATIENCE_S", 0.1)
    job = _started(qtbot, jobs.start(_spec("stubborn")))
    pid = job.pid
    jobs.close()
    assert is_gone(pid)


def test_old_jobs_that_have_ended_are_forgotten(
    qtbot: QtBot, jobs: JobList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kdedge_gui.jobs.job_list._KEPT_JOBS", 2)
    made = [_ended(qtbot, jobs.start(_spec("normal"))) for _ in range(4)]
    assert jobs.all() == made[2:]


@pytest.mark.parametrize(("chosen", "given"), [(None, "1"), ("0", "0")])
def test_the_users_own_variables_go_before_ours(
    qtbot: QtBot,
    jobs: JobList,
    monkeypatch: pytest.MonkeyPatch,
    chosen: str | None,
    given: str,
) -> None:
    monkeypatch.delenv("GGML_NO_BACKTRACE", raising=False)
    if chosen is not None:
        monkeypatch.setenv("GGML_NO_BACKTRACE", chosen)
    job = _ended(qtbot, jobs.start(_spec("normal")))
    assert job.document is not None
    assert job.document["no_backtrace"] == given


def test_what_a_user_would_type_has_no_trace_of_the_app() -> None:
    assert _spec("models pull", "x").words() == ["kdedge", "models", "pull", "x"]
