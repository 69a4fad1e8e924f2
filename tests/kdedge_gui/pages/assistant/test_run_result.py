from typing import Any

import pytest

from kdedge_gui.pages.assistant.run_result import read_run, summary_of


def _document(**changes: Any) -> dict[str, Any]:
    stream = {"text": "", "n_bytes": 0, "cut": False}
    return {
        "timeout_s": 10.0,
        "wall_s": 0.25,
        "exit_code": 0,
        "signal": None,
        "timed_out": False,
        "stdout": stream,
        "stderr": stream,
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "words", "kind"),
    [
        ({}, "Finished", "good"),
        ({"exit_code": 1}, "Ended with code 1", "bad"),
        ({"exit_code": None, "timed_out": True}, "Stopped after 10\u00a0s", "warning"),
        ({"exit_code": None, "signal": "SIGKILL"}, "Out of memory", "bad"),
        ({"exit_code": None, "signal": "SIGSEGV"}, "Died of SIGSEGV", "bad"),
    ],
)
def test_the_end_of_a_program_in_words(changes: dict[str, Any], words: str, kind: str) -> None:
    result = read_run(_document(**changes))
    assert (result.words, result.kind) == (words, kind)


def test_a_silent_program_is_said_to_be_silent() -> None:
    assert "printed nothing" in summary_of(read_run(_document()))


def test_output_that_was_cut_says_how_much_there_was() -> None:
    stream = {"text": "a", "n_bytes": 70_000, "cut": True}
    result = read_run(_document(stdout=stream))
    assert "70,000 bytes" in result.note
    assert result.stdout == "a"


def test_another_document_is_refused() -> None:
    with pytest.raises(KeyError):
        read_run({"schema": "other"})
