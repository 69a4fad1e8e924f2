"""Hand-made completions; what is kept is told by running the program that was found."""

import ast
import json
import subprocess
import sys
import warnings
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kdedge.evaluate.extraction import Extraction, cut_at_stop, extract_program, sanitise
from kdedge.evaluate.problem import Problem
from kdedge.evaluate.prompts import EVALPLUS_BASE, EVALPLUS_CHAT, PRESETS, Preset
from kdedge.evaluate.suites import load_suite

ADD = Problem(
    task_id="Test/0",
    prompt='from typing import List\n\n\ndef add(a: int, b: int) -> int:\n    """Add."""\n',
    entry_point="add",
    test="",
    canonical_solution="    return a + b\n",
)
HELPED = Problem(
    task_id="Test/1",
    prompt=(
        "import math\n\n\ndef area(r):\n    return math.pi * r ** 2\n\n\n"
        'def ring(a, b):\n    """Area between two circles."""\n'
    ),
    entry_point="ring",
    test="",
    canonical_solution="    return area(a) - area(b)\n",
)


def _base(completion: str, problem: Problem = ADD) -> Extraction:
    return extract_program(completion, problem=problem, preset=EVALPLUS_BASE)


def _chat(completion: str, problem: Problem = ADD) -> Extraction:
    return extract_program(completion, problem=problem, preset=EVALPLUS_CHAT)


def _run(found: Extraction) -> dict[str, Any]:
    assert found.program is not None, found.reason
    names: dict[str, Any] = {}
    exec(found.program, names)
    return names


def _adds(found: Extraction) -> bool:
    assert found.reason == ""
    return _run(found)["add"](2, 3) == 5


# --- a base model continues the source file ---------------------------------------------------


@pytest.mark.parametrize(
    "completion",
    [
        "    return a + b",
        "    return a + b\n\n\n",
        "    # sum\n    c = a\n\n    c += b\n    return c\n",
        "\treturn a + b\n",
        "\tif a:\n\t\treturn a + b\n\treturn b\n",
        "    return a + b\r\n",
        "    return a + b\n\n\ndef other(x):\n    return x(",
        "    return a + b\n\nclass Broken:\n    def",
        "    return a + b\n\nprint(add(1, 2))\nraise SystemExit",
        '    return a + b\n\nif __name__ == "__main__":\n    raise SystemExit',
        "    return a + b\n\nassert add(1, 1) == 3",
        "    return a + b\n```\n\nThis function adds.",
        "    return a + b\nThat's it, isn't it? :(",
        "    return a + b\n    this line is no Python\n    nor is this",
        "    return a + b\n    x = [1,",
        '    return a + b\n    """Never closed',
        "    return a + b\n    try:\n        c = 1\n        d = 2\n",
        "    return a + b\n    if a:\n",
        "    return a + b\n    for x in a:\n        if b:\n            # nothing yet\n",
        "    return a + b\n<|endoftext|>def add(a, b): return 0",
        "    return a + b</s>garbage",
        "def add(a, b):\n    return a + b\n",
    ],
)
def test_a_right_body_is_found_whatever_follows_it(completion: str) -> None:
    assert _adds(_base(completion))


def test_a_completion_that_is_empty_leaves_the_prompt_alone() -> None:
    found = _base("")
    assert found.program is not None
    assert _run(found)["add"](2, 3) is None


def test_a_body_that_breaks_off_in_the_middle_of_a_line_keeps_the_lines_before() -> None:
    found = _base("    if a > 100:\n        return 0\n    c = a + b\n    retu rn c[")
    assert found.program is not None
    assert "c = a + b" in found.program
    assert "retu rn" not in found.program


# --- a chat model writes the function into a block that the pre-fill opened ------------------


@pytest.mark.parametrize(
    "completion",
    [
        "def add(a, b):\n    return a + b\n```\n",
        "def add(a, b):\n    return a + b",
        "def add(a: int, b: int) -> List[int]:\n    return a + b\n",
        "def add(a, b):\n    return a + b\n```\nFor example:\n```python\nx = add(1, 2)\n```\n",
        "def add(a, b):\n    return a + b\n``` \n```python\n" + "y = 1\n" * 20 + "```",
        "def add(a, b):\n    return a + b\n\n# Example\nresult = add(1, 2)\nprint(result)",
        "```python\ndef add(a, b):\n    return a + b\n```",
        "  def add(a, b):\n      return a + b\n",
        "def add(a, b):\n    return total(a, b)\n\ndef total(a, b):\n    return a + b\n",
        "def add(a, b):\n    return Sum(a).plus(b)\n\nclass Sum(int):\n    plus = int.__add__\n",
        "import functools\n\n@functools.lru_cache(maxsize=None)\ndef add(a, b):\n    return a + b\n",
        "ZERO = 0\n\ndef add(a, b):\n    return a + b + ZERO\n",
        "A, B = 0, 0\n\ndef add(a, b):\n    return a + b + A + B\n",
        "seen: dict = {}\n\ndef add(a, b):\n    seen[a] = b\n    return a + b\n",
        "table = {}\ntable[0] = 0\n\ndef add(a, b):\n    return a + b + table[0]\n",
        "add = lambda a, b: a + b\n",
        "from operator import add\n",
        "from operator import add as plus\n\ndef add(a, b):\n    return plus(a, b)\n",
        "def add(a, b):\n    pass\n\ndef add(a, b):\n    return a + b\n",
        "def add(a, b):\n    raise NotImplementedError()\n\ndef add(a, b):\n    return a + b\n",
        "def add(a, b):\n    return a + b\n\ndef add(a, b):\n    return 'a second try'\n",
        "def add(a, b):\n    return a + b\n\nadd = add(1, 2)\n",
        "n = int(input())\n\ndef add(a, b):\n    return a + b + 0 * (n := 0)\n",
        "import sys\nb = sys.stdin.read()\n\ndef add(a, b):\n    return a + b\n",
        "def add(a, b):\n    return a + b\n\nwhile True:\n    pass\n",
        "def add(a, b):\n    return a + b\n\na = 1 / 0\n",
        "def add(a, b):\n    'ä\U0001f600'; return a + b\n",
        "import os; import math; ONE = 1\ndef add(a, b): return a + b * ONE\n",
        "def add(a, b):\n    return a + b\n\nasync def later():\n    await add(1, 2)\n",
    ],
)
def test_a_right_function_is_found_whatever_stands_around_it(completion: str) -> None:
    assert _adds(_chat(completion))


@pytest.mark.parametrize(
    "text",
    [
        "Sure! Here is the code:\n\n```python\ndef add(a, b):\n    return a + b\n```\nHope it helps!",
        "Sure! Here is the code:\ndef add(a, b):\n    return a + b\n\nThis adds (a and b.",
        "1. First:\n\n   ```py\n   def add(a, b):\n       return a + b\n   ```\n2. Then run it.",
        "~~~\ndef add(a, b):\n    return a + b\n~~~",
        "Run `pip install x`:\n```bash\npip install x\n```\n```\ndef add(a, b):\n    return a + b\n```",
        "```python\n" + "x = 1\n" * 30 + "```\n```python\ndef add(a, b):\n    return a + b\n```",
        "from here on we add\nimport this thing\ndef add(a, b):\n    return a + b\n",
        "The result = a + b, so:\ndef add(a, b):\n    return a + b\n",
        "def add(a, b)\n    return a + b\n\ndef add(a, b):\n    return a + b\n",
        "\x00garbage\ndef add(a, b):\n    return a + b\n\x00\n",
        "x = '\ud800'\ndef add(a, b):\n    return a + b\n",
        "def add(a, b):\n    '''Adds.\n```\n>>> add(1, 2)\n```\n'''\n    return a + b\n",
        "\ufeffdef add(a, b):\n    return a + b\n",
        "import os\x0c\n\x0cdef add(a, b):\n    return a + b\n",
    ],
)
def test_a_function_is_found_in_prose(text: str) -> None:
    assert _adds(sanitise(text, problem=ADD))


def test_prompt_imports_are_kept_when_the_function_is_written_anew() -> None:
    assert _adds(_chat("def add(a: List, b: List):\n    return a + b\n"))


def test_prompt_helpers_are_kept_when_the_function_is_written_anew() -> None:
    assert (
        _run(_chat("def ring(a, b):\n    return area(a) - area(b)\n", HELPED))["ring"](2, 2) == 0
    )


@pytest.mark.parametrize("task_id", ["HumanEval/32", "HumanEval/38", "HumanEval/50"])
def test_the_helpers_that_humaneval_tests_call_are_kept_even_if_the_answer_does_not(
    task_id: str,
) -> None:
    problem = load_suite("humaneval").problem(task_id)
    found = _chat(f"def {problem.entry_point}(x):\n    return x\n", problem)
    helper = {
        "HumanEval/32": "poly",
        "HumanEval/38": "encode_cyclic",
        "HumanEval/50": "encode_shift",
    }
    assert callable(_run(found)[helper[task_id]])


def test_a_helper_written_anew_goes_before_the_prompts() -> None:
    answer = "def area(r):\n    return 7\n\ndef ring(a, b):\n    return area(a)\n"
    assert _run(_chat(answer, HELPED))["ring"](1, 1) == 7


def test_imports_come_once_and_future_imports_first() -> None:
    answer = "from __future__ import annotations\nimport math\nimport os\ndef ring(a, b):\n    return 0\n"
    program = _chat(answer, HELPED).program
    assert program is not None
    assert program.split("\n")[:3] == [
        "from __future__ import annotations",
        "import math",
        "import os",
    ]
    _run(_chat(answer, HELPED))


def test_what_the_function_does_not_reach_is_dropped() -> None:
    answer = "def add(a, b):\n    return a + b\n\nunused = 1 / 0\n\ndef test_add():\n    assert add(1, 1) == 2\n"
    program = _chat(answer).program
    assert program is not None
    assert "unused" not in program
    assert "test_add" not in program


def test_a_local_variable_does_not_pull_in_a_global_of_the_same_name() -> None:
    answer = "def add(a, b):\n    result = a + b\n    return result\n\nresult = 1 / 0\n"
    assert _adds(_chat(answer))


def test_reach_goes_through_classes_defaults_decorators_and_globals() -> None:
    answer = (
        "LIMIT = 1\nDEFAULT = 3\n"
        "def twice(f):\n    return lambda *x: f(*x)\n"
        "class Base:\n    def n(self):\n        return LIMIT\n"
        "class Sum(Base):\n    pass\n"
        "count = 0\n"
        "@twice\ndef add(a, b=DEFAULT):\n    global count\n    count += 1\n"
        "    def inner():\n        return Sum().n()\n    return a + b + inner() - count\n"
    )
    assert _adds(_chat(answer))


def test_a_function_of_another_name_is_kept_and_told() -> None:
    found = _chat("def plus(a, b):\n    return a + b\n")
    assert found.reason == "the completion does not define add"
    assert "plus" in _run(found)
    assert "add" not in _run(found)


@pytest.mark.parametrize(
    "completion",
    [
        "",
        "\n\n",
        "I cannot do that.",
        "```\n```",
        "print('hello')",
        "return a + b",
        "\x00",
        "(" * 500,
    ],
)
def test_without_imports_or_definitions_there_is_no_program(completion: str) -> None:
    assert _chat(completion) == Extraction(program=None, reason="the completion holds no code")


def test_a_scope_that_python_refuses_still_gives_the_program_to_the_judge() -> None:
    found = _chat("def add(a, a):\n    return a + helper(a)\n\ndef helper(a):\n    return a\n")
    assert found.program is not None
    assert "helper(a):" in found.program


def test_strange_code_warns_nobody() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert _adds(_chat('def add(a, b):\n    "\\d"\n    return a + b if a is not 7 else 0\n'))
        before = list(warnings.filters)
        _chat("x = 1 is 1\n")
        assert warnings.filters == before
    # What is caught comes from running the program in ``_adds``, not from looking for it.
    assert {warning.filename for warning in caught} <= {"<string>"}


@pytest.mark.parametrize(
    ("text", "stop", "kept"),
    [
        ("abc STOP def", ("STOP",), "abc "),
        ("one two three", ("three", "two"), "one "),
        ("none of them", ("STOP",), "none of them"),
        ("STOP", ("STOP",), ""),
        ("text", (), "text"),
    ],
)
def test_a_text_ends_before_the_earliest_stop(text: str, stop: tuple[str, ...], kept: str) -> None:
    assert cut_at_stop(text, stop=stop) == kept


# --- whatever the text -------------------------------------------------------------------------

HOSTILE = {
    "deep brackets": "x = " + "(" * 100_000,
    "brackets with an error inside": "x = " + "[" * 150 + "1 2" + "]" * 150,
    "a long chain": "x = a" + ".b" * 100_000,
    "a long sum": "x = " + "1+" * 100_000 + "1",
    "many nots": "x = " + "not " * 100_000 + "1",
    "deep indentation": "\n".join(" " * i + "if 1:" for i in range(2_000)),
    "openers": "x = (\n" * 40_000,
    "quotes": 'x = """\n' * 30_001,
    "decorators": "@a\n" * 2_000,
    "an endless try": "def f():\n    try:\n" + "        x = 1\n" * 3_000,
    "elif": "if a: pass\n" + "elif b: pass\n" * 3_000,
    "prose": "It isn't (yes, really: = a definition\n" * 25_000,
    "fences": "```\n" * 100_000,
    "a megabyte of blanks": " " * 1_000_000,
    "a megabyte of one word": "a" * 1_000_000,
    "null bytes": "a\x00b\n" * 10_000,
    "lone surrogates": "x = 1\ud800\n" * 10_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS.keys())
def test_a_hostile_text_gives_an_answer(text: str, preset: Preset) -> None:
    found = extract_program(text, problem=ADD, preset=preset)
    assert (found.program is None) <= bool(found.reason)


def test_an_answer_before_a_megabyte_of_rubbish_is_found() -> None:
    assert _adds(_base("    return a + b\n" + "\n(rubbish ]" * 100_000))


PIECES = st.sampled_from(
    [
        *"()[]{}:='\"\\@#\n\t\r\x00\x0c\ud800ä",
        "\n    ",
        "def add(a, b):\n",
        "    return a + b\n",
        "class A:\n",
        "import math\n",
        "```",
        '"""',
        "try:\n",
        "if x:\n",
        "lambda",
        "async ",
        "x = input()\n",
        "f'{",
    ]
)


@given(st.lists(PIECES | st.text(max_size=5), max_size=40).map("".join))
@settings(max_examples=300, deadline=None)
def test_nothing_raises_and_every_program_parses(text: str) -> None:
    for preset in PRESETS.values():
        program = extract_program(text, problem=ADD, preset=preset).program
        if program is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse(program)


# --- the suite's own solutions ----------------------------------------------------------------

_CHECK_ALL = """
import json, sys
for task_id, program, test, entry_point in json.load(sys.stdin):
    names = {}
    try:
        exec(program + "\\n" + test, names)
        names["check"](names[entry_point])
    except BaseException as error:
        print(task_id, repr(error))
"""


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS.keys())
def test_all_164_canonical_solutions_still_pass(preset: Preset) -> None:
    jobs = []
    for problem in load_suite("humaneval").problems:
        text = problem.canonical_solution
        if preset.kind == "chat":
            text = problem.prompt + text + "```\nThis solves the problem.\n"
        found = extract_program(text, problem=problem, preset=preset)
        assert found.reason == ""
        jobs.append((problem.task_id, found.program, problem.test, problem.entry_point))
    done = subprocess.run(
        [sys.executable, "-I", "-c", _CHECK_ALL],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(jobs) == 164
    assert done.stdout == ""
