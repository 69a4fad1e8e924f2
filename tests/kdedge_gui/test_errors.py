import errno

from kdedge.core.errors import KdedgeError
from kdedge_gui.errors import ErrorInfo


def test_the_librarys_words_are_kept() -> None:
    error = KdedgeError("It is gone.", hint="Put it back.", detail="ENOENT")
    expected = ErrorInfo(problem="It is gone.", hint="Put it back.", detail="ENOENT")
    assert ErrorInfo.of(error) == expected
    assert ErrorInfo.of_exception(error) == expected


def test_the_systems_refusal_names_the_file_and_the_reason() -> None:
    info = ErrorInfo.of_exception(OSError(errno.ENOSPC, "No space left on device", "/a/b.html"))
    assert info.problem == "/a/b.html: No space left on device"
    assert "room" in info.hint


def test_a_mistake_of_the_app_carries_its_traceback() -> None:
    try:
        raise KeyError("speed")  # noqa: TRY301, RUF100
    except KeyError as error:
        info = ErrorInfo.of_exception(error)
    assert "KeyError" in info.problem
    assert "test_errors.py" in info.detail
    assert info.hint


def test_memory_that_ran_out_is_said_so() -> None:
    assert "memory" in ErrorInfo.of_exception(MemoryError()).problem
