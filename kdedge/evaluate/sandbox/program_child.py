"""The sandboxed child of ``program_process``: runs one program as Python runs a script.

Its source comes through a handle, its input and output are handles 0 to 2, and that is all there
is. What Python prints of an error looks as usual, without the lines of this module.
"""

import atexit
import linecache
import os
import sys
import traceback
from contextlib import suppress
from importlib.util import decode_source
from types import ModuleType
from typing import NoReturn

STANDARD = (0, 1, 2)
SOURCE = 3
"""The handle that the program's source is read from."""
_FAILED = 1


def run_as_main(name: str) -> NoReturn:
    """Run the program as ``__main__``, and end this process as it ends.

    Args:
        name: What the program is called in error messages.
    """
    _open_streams()
    atexit._clear()  # noqa: SLF001 - what the fork server had registered is not for here
    with open(SOURCE, "rb") as file:
        source = file.read()
    status = _run(source, name)
    with suppress(BaseException):
        atexit._run_exitfuncs()  # noqa: SLF001 - os._exit below leaves them out
    for stream in (sys.stdout, sys.stderr):
        with suppress(BaseException):
            stream.flush()
    os._exit(status)


def _open_streams() -> None:
    # Line by line: what a program printed before it was stopped is to be seen.
    sys.stdin = sys.__stdin__ = open(  # type: ignore[misc]  # noqa: SIM115
        0, encoding="utf-8", errors="surrogateescape", closefd=False
    )
    sys.stdout = sys.__stdout__ = open(  # type: ignore[misc]  # noqa: SIM115
        1, "w", encoding="utf-8", errors="backslashreplace", closefd=False, buffering=1
    )
    sys.stderr = sys.__stderr__ = open(  # type: ignore[misc]  # noqa: SIM115
        2, "w", encoding="utf-8", errors="backslashreplace", closefd=False, buffering=1
    )


def _run(source: bytes, name: str) -> int:
    """Return the exit status of the program."""
    with suppress(SyntaxError, ValueError):  # compile says it in the usual words
        lines = decode_source(source).splitlines(keepends=True)
        linecache.cache[name] = len(source), None, lines, name
    module = ModuleType("__main__")
    module.__file__ = name
    sys.modules["__main__"] = module
    sys.argv = [name]
    sys.path.insert(0, "")
    try:
        exec(compile(source, name, "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    except SystemExit as leave:
        return _status_of(leave.code)
    except BaseException as error:  # noqa: BLE001 - a program may raise anything
        _show(error)
        return _FAILED
    return 0


def _status_of(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    with suppress(BaseException):
        sys.stderr.write(f"{code}\n")
    return _FAILED


def _show(error: BaseException) -> None:
    with suppress(BaseException):
        trace = error.__traceback__
        error.__traceback__ = None if trace is None else trace.tb_next  # without this module
        traceback.print_exception(error)
