"""What a program may do when it is run closed in, and what is told of it."""

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from kdedge.core.errors import KdedgeError
from kdedge.evaluate.sandbox import SandboxLevel, probe, probe_level
from kdedge.evaluate.sandbox.program import ProgramRun, run_program
from kdedge.evaluate.sandbox.program_process import KEPT_BYTES
from tests.kdedge.evaluate.judge.test_attacks import FORBIDDEN

STRONG = [level for level in SandboxLevel if level is not SandboxLevel.L1 and probe._holds(level)]
LEVELS = [level for level in SandboxLevel if probe._holds(level)]
pytestmark = pytest.mark.skipif(probe_level() is None, reason="this system has no sandbox")


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # noqa: ANN201 - a generator
    """Give the place where folders of programs are made; afterwards it must be empty."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    yield place
    assert list(place.iterdir()) == []


def run(
    tmp_path: Path,
    program: str | bytes,
    *,
    timeout_s: float = 20.0,
    level: SandboxLevel | None = None,
    stdin: Path | None = None,
) -> ProgramRun:
    path = tmp_path / "program.py"
    path.write_bytes(program if isinstance(program, bytes) else program.encode())
    return run_program(path, timeout_s=timeout_s, level=level, stdin=stdin, allow_weak=True)


@pytest.mark.parametrize("level", LEVELS)
def test_what_a_program_prints_and_how_it_ends_is_told(
    tmp_path: Path, level: SandboxLevel
) -> None:
    found = run(tmp_path, "import sys\nprint('ä')\nprint('b', file=sys.stderr)\n", level=level)
    assert (found.stdout.text, found.stderr.text) == ("ä\n", "b\n")
    assert (found.exit_code, found.signal, found.timed_out) == (0, None, False)
    assert (found.level, found.stdout.n_bytes, found.stdout.cut) == (level, 3, False)
    assert found.wall_s > 0
    assert found.in_words == "exit code 0"


def test_a_program_runs_as_the_main_module_of_its_name(tmp_path: Path) -> None:
    program = "import sys\nprint(__name__, __file__, sys.argv, sys.modules['__main__'].__name__)"
    assert run(tmp_path, program).stdout.text == "__main__ program.py ['program.py'] __main__\n"


@pytest.mark.parametrize(
    ("program", "status", "said"),
    [
        ("import sys\nsys.exit(7)", 7, ""),
        ("import sys\nsys.exit()", 0, ""),
        ("import sys\nsys.exit('no luck')", 1, "no luck\n"),
        ("import sys\nsys.exit(256 + 3)", 3, ""),
        ("import os\nos._exit(9)", 9, ""),
        ("raise SystemExit", 0, ""),
    ],
)
def test_the_exit_code_is_what_python_makes_of_it(
    tmp_path: Path, program: str, status: int, said: str
) -> None:
    found = run(tmp_path, program)
    assert (found.exit_code, found.stderr.text) == (status, said)


def test_an_exception_is_shown_with_the_programs_own_lines_only(tmp_path: Path) -> None:
    found = run(tmp_path, "def f():\n    return 1 / 0\n\nf()\n")
    assert found.exit_code == 1
    assert found.stderr.text.startswith(
        'Traceback (most recent call last):\n  File "program.py", line 4, in <module>\n    f()\n'
    )
    assert found.stderr.text.endswith("ZeroDivisionError: division by zero\n")
    assert "kdedge" not in found.stderr.text


@pytest.mark.parametrize("program", ["x = [", b"\xff\xfe", b"# coding: klingon\n", "a\0b"])
def test_what_is_no_python_is_an_error_of_the_program(
    tmp_path: Path, program: str | bytes
) -> None:
    found = run(tmp_path, program)
    assert found.exit_code == 1
    assert "Error" in found.stderr.text


def test_input_comes_from_the_file_or_is_at_its_end(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("one\ntwo\n")
    program = "import sys\nprint(input(), sys.stdin.read(), sep='|')"
    assert run(tmp_path, program, stdin=tmp_path / "in.txt").stdout.text == "one|two\n\n"
    assert "EOFError" in run(tmp_path, program).stderr.text


def test_what_is_registered_for_the_end_is_done(tmp_path: Path) -> None:
    program = "import atexit\natexit.register(print, 'bye')\nprint('hello', end=' ')"
    assert run(tmp_path, program).stdout.text == "hello bye\n"


def test_its_own_folder_can_be_written_and_imported_from(tmp_path: Path) -> None:
    program = "open('mine.py', 'w').write('x = 5')\nimport mine\nprint(mine.x)"
    assert run(tmp_path, program).stdout.text == "5\n"


@pytest.mark.parametrize("level", LEVELS)
def test_a_program_that_never_ends_is_stopped_and_what_it_printed_is_kept(
    tmp_path: Path, level: SandboxLevel
) -> None:
    found = run(tmp_path, "print('begun')\nwhile True: pass", timeout_s=0.5, level=level)
    assert (found.stdout.text, found.timed_out) == ("begun\n", True)
    assert (found.exit_code, found.signal) == (None, None)
    assert found.in_words == "stopped after 0.5 s"


@pytest.mark.parametrize(
    "program",
    [
        "import time\ntime.sleep(1000)",
        (
            "import signal\nfor s in range(1, 32):\n    try: signal.signal(s, signal.SIG_IGN)\n"
            "    except (OSError, ValueError): pass\nwhile True: pass"
        ),
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "import os, time\nos.close(1); os.close(2)\ntime.sleep(1000)",
        "import sys\nsys.stdin.read()\nimport time\nwhile True: time.sleep(0.01)",
    ],
)
def test_nothing_a_program_does_keeps_it_from_being_stopped(tmp_path: Path, program: str) -> None:
    assert run(tmp_path, program, timeout_s=0.5).timed_out


def test_a_program_that_closes_its_output_is_waited_for(tmp_path: Path) -> None:
    program = "import os, time\nos.close(1); os.close(2)\ntime.sleep(0.3)\nos._exit(4)"
    found = run(tmp_path, program)
    assert (found.exit_code, found.timed_out) == (4, False)


def test_endless_output_is_cut_and_stopped_with_the_program(tmp_path: Path) -> None:
    found = run(tmp_path, "while True: print('x' * 1000)", timeout_s=0.5)
    assert found.timed_out
    assert found.stdout.cut
    assert len(found.stdout.text) == KEPT_BYTES
    assert found.stdout.n_bytes > KEPT_BYTES


def test_much_output_is_cut_and_the_program_ends_by_itself(tmp_path: Path) -> None:
    program = "import sys\nsys.stderr.write('é' * 100_000)\nprint('done')"
    found = run(tmp_path, program)
    assert (found.exit_code, found.stdout.text) == (0, "done\n")
    assert (found.stderr.n_bytes, found.stderr.cut) == (200_000, True)
    assert found.stderr.text == "é" * (KEPT_BYTES // 2)


def test_no_half_character_stands_at_a_cut(tmp_path: Path) -> None:
    program = "import sys\nsys.stdout.write('a' + 'é' * 100_000)"
    found = run(tmp_path, program)
    assert found.stdout.text == "a" + "é" * ((KEPT_BYTES - 1) // 2)


def test_bytes_that_are_no_text_are_replaced(tmp_path: Path) -> None:
    found = run(tmp_path, "import os\nos.write(1, b'a\\xff\\x00b')")
    assert found.stdout.text == "a\N{REPLACEMENT CHARACTER}\0b"


def test_a_hundred_gigabytes_are_an_error_and_not_a_dead_machine(tmp_path: Path) -> None:
    found = run(tmp_path, "a = bytearray(100 * 2**30)")
    assert found.exit_code == 1
    assert "MemoryError" in found.stderr.text


def test_a_crash_is_told_by_its_signal(tmp_path: Path) -> None:
    found = run(tmp_path, "import ctypes\nctypes.string_at(0)")
    assert (found.exit_code, found.signal) == (None, "SIGSEGV")
    assert found.in_words == "died of SIGSEGV"


@pytest.mark.parametrize("level", STRONG)
def test_what_the_judge_forbids_is_refused_here_too(tmp_path: Path, level: SandboxLevel) -> None:
    program = "\n".join(
        [
            f"attempts = {FORBIDDEN!r}",
            "for attempt in attempts:",
            "    try:",
            "        exec(attempt, {})",
            "    except BaseException as error:",
            "        print('refused', type(error).__name__)",
            "    else:",
            "        print('NOT REFUSED', attempt)",
        ]
    )
    found = run(tmp_path, program, level=level)
    lines = found.stdout.text.splitlines()
    assert [line for line in lines if not line.startswith("refused")] == []
    assert len(lines) == len(FORBIDDEN)
    assert found.exit_code == 0


@pytest.mark.parametrize("level", STRONG)
def test_a_fork_bomb_gets_no_second_process(tmp_path: Path, level: SandboxLevel) -> None:
    program = "import os\nwhile True:\n    os.fork()\n"
    found = run(tmp_path, program, level=level)
    assert found.exit_code == 1
    assert "PermissionError" in found.stderr.text


def test_no_byte_reaches_a_server_on_this_machine(tmp_path: Path) -> None:
    if not STRONG:
        pytest.skip("no strong sandbox here")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        program = f"import socket\nsocket.create_connection(('127.0.0.1', {port}), timeout=1)"
        found = run(tmp_path, program)
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert "PermissionError" in found.stderr.text


@pytest.mark.parametrize("level", STRONG)
def test_no_file_of_the_user_can_be_read_or_written(tmp_path: Path, level: SandboxLevel) -> None:
    secret, target = tmp_path / "secret.txt", tmp_path / "written.txt"
    secret.write_text("secret")
    program = (
        f"for path, mode in (({str(secret)!r}, 'r'), ({str(target)!r}, 'w'), (__file__, 'r')):\n"
        "    try:\n        print(open(path, mode).read())\n"
        "    except OSError as error:\n        print(type(error).__name__)\n"
    )
    found = run(tmp_path, program, level=level)
    assert found.stdout.text.split() == ["PermissionError", "PermissionError", "FileNotFoundError"]
    assert not target.exists()


@pytest.mark.parametrize("level", STRONG)
def test_a_program_has_only_the_handles_it_was_given(tmp_path: Path, level: SandboxLevel) -> None:
    program = (
        "import os\n"
        "found = []\n"
        "for handle in range(100):\n"
        "    try:\n        os.fstat(handle)\n        found.append(handle)\n"
        "    except OSError:\n        pass\n"
        "print(found)\n"
    )
    assert run(tmp_path, program, level=level).stdout.text == "[0, 1, 2]\n"


def test_nothing_of_the_users_environment_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "secret")
    assert "SECRET_TOKEN" not in run(tmp_path, "import os\nprint(os.environ)").stdout.text


def test_numpy_can_be_used_and_other_packages_cannot(tmp_path: Path) -> None:
    found = run(tmp_path, "import numpy\nprint(int(numpy.arange(4).sum()))\nimport rich")
    assert found.stdout.text == "6\n"
    assert "ModuleNotFoundError" in found.stderr.text


def test_what_a_program_leaves_running_is_ended_even_at_the_weak_level(tmp_path: Path) -> None:
    program = (
        "import os, time\n"
        "if os.fork() == 0:\n    os.setsid()\n    print('child', flush=True)\n"
        "    while True: time.sleep(100)\n"
        "time.sleep(0.2)\n"
    )
    found = run(tmp_path, program, level=SandboxLevel.L1)
    assert (found.exit_code, found.stdout.text) == (0, "child\n")


def test_no_process_is_left_behind(tmp_path: Path) -> None:
    run(tmp_path, "while True: pass", timeout_s=0.2)
    assert psutil.Process().children(recursive=True) == []


def test_a_program_that_is_given_up_ends_with_the_one_who_asked(
    tmp_path: Path, folders: Path
) -> None:
    path = tmp_path / "program.py"
    path.write_text("print('x' * 10)\nwhile True: pass")
    code = (
        "import sys, tempfile; from pathlib import Path\n"
        "from kdedge.evaluate.sandbox.program import run_program\n"
        "tempfile.tempdir = sys.argv[2]\n"
        "run_program(Path(sys.argv[1]), timeout_s=1000, allow_weak=True)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(path), str(folders)])
    child = psutil.Process(process.pid)
    inside: list[psutil.Process] = []
    while not any(each.cpu_times().user > 0.3 for each in inside):
        inside = [each for each in child.children(recursive=True) if each.is_running()]
        assert process.poll() is None
    process.send_signal(2)
    process.wait(timeout=60)
    _, alive = psutil.wait_procs(inside, timeout=60)
    assert alive == []


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(KdedgeError, match="cannot be read: No such file"):
        run_program(tmp_path / "missing.py", timeout_s=1, allow_weak=True)


def test_a_folder_is_no_program_and_no_input(tmp_path: Path) -> None:
    with pytest.raises(KdedgeError, match="is a folder"):
        run_program(tmp_path, timeout_s=1, allow_weak=True)
    with pytest.raises(KdedgeError, match="is a folder"):
        run(tmp_path, "pass", stdin=tmp_path)


def test_a_process_that_dies_beside_the_program_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kdedge.evaluate.sandbox import program

    probe_level()
    monkeypatch.setattr(program, "fresh_python", lambda module: [sys.executable, "-c", "pass"])
    with pytest.raises(KdedgeError, match="beside the program died"):
        run(tmp_path, "pass")


@pytest.mark.parametrize("timeout_s", [0.0, -1.0, float("nan"), 1e9])
def test_a_timeout_that_cannot_be_is_a_wrong_call(tmp_path: Path, timeout_s: float) -> None:
    with pytest.raises(ValueError, match="timeout"):
        run_program(Path(os.devnull), timeout_s=timeout_s)
