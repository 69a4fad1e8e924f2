import signal

import pytest

from kdedge_gui.errors import ErrorInfo
from kdedge_gui.jobs.outcome import Ending, JobOutcome, death, describe_death, judge


def _judged(code: int, *, log: tuple[str, ...] = (), **others: object) -> JobOutcome:
    wanted = {"was_cancelled": False, "failure": None, **others}
    return judge(Ending(exit_code=code), log=log, **wanted)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (signal.SIGKILL, "memory ran out"),
        (signal.SIGSEGV, "crashed inside llama.cpp"),
        (signal.SIGABRT, "cannot handle"),
        (signal.SIGILL, "this CPU does not have"),
        (signal.SIGBUS, "lost the model file"),
        (signal.SIGTERM, "from outside"),
        (signal.SIGFPE, "SIGFPE"),
        (99, "signal 99"),
    ],
)
def test_a_death_by_a_signal_is_told_in_words_with_a_way_out(number: int, words: str) -> None:
    way, hint = describe_death(-number)
    assert words in way
    assert hint


def test_an_end_that_the_user_wanted_is_no_failure() -> None:
    for code in (-signal.SIGKILL, -signal.SIGTERM, 1, 130):
        outcome = _judged(code, was_cancelled=True)
        assert (outcome.status, outcome.error) == ("cancelled", None)


def test_a_job_that_was_done_before_the_cancel_reached_it_is_done() -> None:
    assert _judged(0, was_cancelled=True).status == "done"


def test_an_interrupt_from_a_terminal_counts_as_cancelled() -> None:
    assert _judged(130).status == "cancelled"


def test_a_failure_is_told_in_the_words_of_its_event() -> None:
    said = ErrorInfo(problem="The file is gone.", hint="Put it back.")
    outcome = _judged(1, failure=said, log=("error: other words",))
    assert outcome.error == said


def test_a_failure_without_an_event_is_told_in_the_words_of_its_terminal() -> None:
    log = ("loading", "error: The file is gone.", "hint: Put it back.", "bye")
    error = _judged(1, log=log).error
    assert error is not None
    assert (error.problem, error.hint) == ("The file is gone.", "Put it back.")
    assert "loading" in error.detail


def test_a_wrong_option_names_what_was_not_taken() -> None:
    error = _judged(2, log=("error: No such option: --fast", "hint: See --help.")).error
    assert error is not None
    assert "No such option: --fast" in error.problem


def test_a_gate_that_was_not_met_is_a_result_with_an_error() -> None:
    outcome = _judged(3, failure=ErrorInfo(problem="pass@1 fell.", hint="Take Q5_K_M."))
    assert outcome.status == "done"
    assert outcome.error is not None
    assert outcome.error.problem == "pass@1 fell."


def test_a_crash_is_told_by_its_signal_even_if_an_error_was_printed_before() -> None:
    error = _judged(-signal.SIGSEGV, log=("error: something", "hint: else")).error
    assert error is not None
    assert "crashed" in error.problem


def test_an_end_without_words_shows_what_was_printed() -> None:
    error = _judged(7, log=("a traceback",)).error
    assert error is not None
    assert "code 7" in error.problem
    assert error.detail == "a traceback"


def test_a_child_that_never_came_up_says_why() -> None:
    ending = Ending(exit_code=1, never_started="No such file or directory")
    error = death("The model process", ending, log=())
    assert "could not be started" in error.problem
    assert error.detail == "No such file or directory"
