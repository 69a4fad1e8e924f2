"""What model code may try: contained, the verdict right, the next problem unaffected."""

import json
import os
from pathlib import Path

import pytest

from kdedge.evaluate.judge import JudgeJob, JudgeOptions, check_references, judge_all
from kdedge.evaluate.problem import Problem
from kdedge.evaluate.sandbox import SandboxLevel, probe_level
from kdedge.evaluate.suites import load_suite
from kdedge.evaluate.verdicts import Verdict
from tests.kdedge.evaluate.judge.attempts import PROBLEM, QUICK, RIGHT, in_call, judge, judge_each

pytestmark = pytest.mark.skipif(
    probe_level() in {None, SandboxLevel.L1}, reason="this machine has no strong sandbox"
)


@pytest.mark.parametrize("level", [SandboxLevel.L2, SandboxLevel.L3])
def test_all_reference_solutions_of_humaneval_pass(level: SandboxLevel) -> None:
    if level is SandboxLevel.L3 and probe_level() is not SandboxLevel.L3:
        pytest.skip("no namespaces here")
    found = check_references(load_suite("humaneval"), options=JudgeOptions(level=level))
    assert (found.passed, found.failed) == (164, ())


def test_a_wrong_answer_fails_with_the_call_and_the_assertion() -> None:
    found = judge("def double(x):\n    return 5\n")
    assert found.verdict is Verdict.FAILED
    assert "assert candidate(2) == 4" in found.detail
    assert "returned 5" in found.detail


def test_an_exception_is_an_error_with_its_own_words() -> None:
    found = judge("def double(x):\n    return missing\n")
    assert found.verdict is Verdict.ERROR
    assert "NameError: name 'missing' is not defined" in found.detail


@pytest.mark.parametrize(
    "program",
    [
        "while True: pass",
        in_call("while True: pass"),
        in_call("import time\ntime.sleep(100)"),
        in_call("import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True: pass"),
        in_call("while True:\n    try:\n        while True: pass\n    except BaseException: pass"),
        in_call("while True: print('x' * 1000)"),
    ],
)
def test_a_program_that_never_ends_is_timed_out(program: str) -> None:
    assert judge(program).verdict is Verdict.TIMED_OUT


FORBIDDEN = [
    "import os\nos.fork()",
    "import os\nos.kill(os.getppid(), 9)",
    "import os\nos.kill(-1, 9)",
    "import os\nos.posix_spawn('/bin/sh', ['sh', '-c', 'true'], {})",
    "import subprocess\nsubprocess.run(['true'])",
    "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_STREAM)",
    "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "import socket\nsocket.socket(socket.AF_UNIX, socket.SOCK_STREAM)",
    "open('/etc/passwd').read()",
    "import os\nos.listdir(os.path.expanduser('~root'))",
    "import os\nos.symlink('/etc/passwd', 'link')\nopen('link').read()",
    "import threading\nthreading.Thread(target=print).start()",
    "import os\nos.chmod('/tmp', 0o700)",
    "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1000, 1000))",
    "import importlib, os\nimportlib.reload(os)\nos.fork()",
    "import ctypes\nassert ctypes.CDLL(None).fork() >= 0, 'refused'",
    "open('big', 'wb').write(b'x' * 2**25)",
    # by other ways to the same end
    "import ctypes, os\nassert ctypes.CDLL(None).prlimit(os.getppid(), 0, bytes(16), None) == 0",
    "import fcntl, os\nfcntl.fcntl(3, fcntl.F_SETOWN, os.getppid())",
    "import ctypes\nassert ctypes.CDLL(None).ptrace(16, 1, 0, 0) == 0",
    "import ctypes\nassert ctypes.CDLL(None).unshare(0x10000000) == 0",
    "import ctypes\nassert ctypes.CDLL(None).syscall(425, 8, bytes(120)) >= 0",
    "import ctypes\nassert ctypes.CDLL(None).setns(3, 0) == 0",
    "import ctypes\nassert ctypes.CDLL(None).mount(b'x', b'/', b'tmpfs', 0, None) == 0",
    "import os\nos.utime('/tmp')",
    "import os\nos.memfd_create('x')",
    "import os\nos.setpriority(os.PRIO_PROCESS, 0, -5)",
    "import os\nos.execv('/bin/true', ['true'])",
    "import multiprocessing\nmultiprocessing.Process(target=print).start()",
    "import socket\nsocket.socketpair()",
    "import asyncio\nasyncio.run(asyncio.sleep(0))",
    "import os\nos.link('/etc/passwd', 'link')",
    "import os\nos.mkfifo('pipe')",
    "import os\nos.listdir('/proc')",
    "import os\nopen(f'/proc/{os.getppid()}/mem', 'rb').read(1)",
    "import os\nos.mkdir('a')\nos.rename('a', '../a')",
]


@pytest.mark.parametrize("body", FORBIDDEN)
def test_what_is_forbidden_is_an_error_in_the_program(body: str) -> None:
    programs = tuple(map(in_call, FORBIDDEN))
    assert judge_each(programs)[in_call(body)].verdict is Verdict.ERROR


def test_nothing_outside_its_folder_can_be_written(tmp_path: Path) -> None:
    target = tmp_path / "written"
    assert judge(in_call(f"open({str(target)!r}, 'w').write('x')")).verdict is Verdict.ERROR
    assert not target.exists()


def test_its_own_folder_can_be_written_and_is_empty_for_the_next_program() -> None:
    assert judge(in_call("open('mine', 'w').write('x')")).verdict is Verdict.PASSED
    leftover = in_call("import os\nassert os.listdir('.') == [], os.listdir('.')")
    jobs = [
        JudgeJob(job_id="a", problem=PROBLEM, program=in_call("open('mine', 'w').write('x')")),
        JudgeJob(job_id="b", problem=PROBLEM, program=leftover),
    ]
    found = list(judge_all(jobs, options=JudgeOptions(workers=1, limits=QUICK)))
    assert {j.verdict for j in found} == {Verdict.PASSED}


def test_a_hundred_gigabytes_are_an_error_and_not_a_dead_machine() -> None:
    found = judge(in_call("a = bytearray(100 * 2**30)"))
    assert found.verdict is Verdict.ERROR
    assert "MemoryError" in found.detail


FORGED = [
    "class Always:\n    def __eq__(self, other): return True\nreturn Always()",
    "class Always(int):\n    def __eq__(self, other): return True\nreturn Always(5)",
    "class Always(list):\n    def __eq__(self, other): return True\nreturn Always([5])",
    "return lambda: 4",
    "import os\nos._exit(0)",
    "import sys\nsys.exit(0)",
    "raise SystemExit(0)",
    "import sys\nf = sys._getframe()\nwhile f:\n    f.f_locals.update(verdict='passed')\n    f = f.f_back\nreturn 5",
    "import os\nfor fd in range(3, 70):\n    try: os.write(fd, b'\\0\\0\\0\\4true')\n    except OSError: pass\nreturn 5",
    "d = []\nfor _ in range(10000): d = [d]\nreturn d",
    "return 'x' * 2**26",
    "return 10 ** 200000",
    # what goes over the pipe is only ever the result of a call
    "import os\nos.write(4, b'\\0\\0\\0\\x0f{\"ready\": true}' * 9)\nreturn 5",
    "import os\nos.write(4, b'\\xff' * 100)\nreturn 5",
    "import os\nos.close(4)\nreturn 5",
    "raise AssertionError",
    "def more():\n    yield 4\nreturn more()",
    "return type('int', (), {})()",
]


@pytest.mark.parametrize("body", FORGED)
def test_a_verdict_cannot_be_forged(body: str) -> None:
    programs = tuple(map(in_call, FORGED))
    assert judge_each(programs)[in_call(body)].verdict in {Verdict.FAILED, Verdict.ERROR}


@pytest.mark.parametrize(
    "forged",
    [
        ["d", "raise", 5],
        ["d", "raise", ["l", 1, 2, 3]],
        ["d", "raise", ["l", "a" * 100_000, "b\0\x1b[31m\ud800", "BaseExceptionGroup"]],
        ["d", "ready", 1, "more", 2],
        ["d", ["l"], 1],
        ["d", "ready"],
        [[]],
        [],
        5,
    ],
)
def test_forged_beginnings_count_against_the_program(forged: object) -> None:
    frame = json.dumps(forged).encode()
    raw = len(frame).to_bytes(4, "big") + frame
    found = judge(f"import os\nos.write(4, {raw!r})\nos._exit(0)\n")
    assert found.verdict is Verdict.ERROR
    assert found.detail.isprintable()
    assert len(found.detail) < 1000


def test_a_result_made_to_be_slow_to_take_in_is_timed_out() -> None:
    slow = (
        "import os\n"
        "def double(x):\n"
        "    flood = ','.join(str(n * (2**61 - 1)) for n in range(1, 150_000))\n"
        '    raw = f\'["d", "return", ["s", {flood}]]\'.encode()\n'
        "    raw = len(raw).to_bytes(4, 'big') + raw\n"
        "    while raw:\n"
        "        raw = raw[os.write(4, raw):]\n"
        "    os._exit(0)\n"
    )
    assert judge(slow).verdict is Verdict.TIMED_OUT


def test_leaving_at_once_is_no_pass() -> None:
    assert judge("import sys\nsys.exit(0)").verdict is Verdict.ERROR
    assert judge("import os\nos._exit(0)").verdict is Verdict.ERROR


def test_tests_and_expected_values_are_not_in_the_childs_memory() -> None:
    spy = in_call(
        "import gc\n"
        "found = [o for o in gc.get_objects() if isinstance(o, dict)]\n"
        "texts = [v for d in found for v in list(d.values()) if isinstance(v, str)]\n"
        "assert not any('assert candidate' in t for t in texts), 'seen'"
    )
    assert judge(spy).verdict is Verdict.PASSED


def test_changed_builtins_do_not_reach_the_next_program() -> None:
    assert (
        judge("import builtins\nbuiltins.max = builtins.repr = lambda x: 0\n" + RIGHT).verdict
        is Verdict.PASSED
    )


def test_endless_recursion_is_an_error() -> None:
    found = judge(in_call("return double(x)"))
    assert found.verdict is Verdict.ERROR
    assert "RecursionError" in found.detail


def test_what_the_function_does_to_its_argument_is_seen_by_the_test() -> None:
    problem = Problem(
        task_id="Test/1",
        prompt="def clear(x):\n    pass\n",
        entry_point="clear",
        test="def check(candidate):\n    a = [1, 2]\n    candidate(a)\n    assert a == []\n",
        canonical_solution="    x.clear()\n",
    )
    jobs = [JudgeJob(job_id="a", problem=problem, program="def clear(x):\n    x.clear()\n")]
    (found,) = judge_all(jobs, options=JudgeOptions(workers=1))
    assert found.verdict is Verdict.PASSED


def test_no_process_is_left_behind() -> None:
    judge(in_call("while True: pass"))
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    assert children == []
