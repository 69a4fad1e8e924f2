"""The examination of one program: the suite's test, run against the proxy, and what came out."""

import ast
from traceback import walk_tb
from types import TracebackType
from typing import Any

from kdedge.evaluate.judge.channel import Channel, ChannelBrokenError, ChannelClosedError
from kdedge.evaluate.judge.codec import encode
from kdedge.evaluate.judge.proxy import (
    BrokenAnswerError,
    FromProgram,
    NoPlainResultError,
    Proxy,
    UnknownArgumentError,
    received,
    stand_in,
)
from kdedge.evaluate.judge.words import one_line, shown
from kdedge.evaluate.verdicts import Verdict

Found = tuple[Verdict, str]
_TEST = "<test>"
_MAX_DETAIL = 800
_MAX_ASSERTION = 300


def examine(job: dict[str, Any], channel: Channel) -> Found | None:
    """Return the verdict on ``job`` and why, or nothing when the child was gone too early."""
    try:
        verdict, detail = _examine(job, channel)
    except ChannelClosedError:
        return None
    except ChannelBrokenError as error:
        verdict, detail = Verdict.ERROR, f"the result is too large: {error}"
    except BrokenAnswerError:
        verdict, detail = Verdict.ERROR, "the program sent something that is no result"
    except UnknownArgumentError as error:
        verdict, detail = Verdict.HARNESS_ERROR, f"the test calls with an argument that {error}"
    return verdict, one_line(detail, most=_MAX_DETAIL)


def _examine(job: dict[str, Any], channel: Channel) -> Found:
    name = job["entry_point"]
    channel.send(encode([job["program"], name]))
    first = received(channel)
    if "raise" in first:
        return Verdict.ERROR, _in_words(stand_in(first["raise"]))
    if first != {"ready": True}:
        raise BrokenAnswerError
    return _run_test(job, Proxy(channel, name=name))


def _run_test(job: dict[str, Any], proxy: Proxy) -> Found:
    # The prompt's helpers are the suite's own; the asked function is the model's.
    names: dict[str, Any] = {"__name__": "judged"}
    exec(compile(job["prompt"], "<prompt>", "exec"), names)  # noqa: S102 - the suite's code
    names[job["entry_point"]] = names["candidate"] = proxy
    exec(compile(job["test"], _TEST, "exec"), names)  # noqa: S102 - the suite's code
    try:
        names["check"](proxy)
    except (ChannelClosedError, ChannelBrokenError, BrokenAnswerError, UnknownArgumentError):
        raise
    except NoPlainResultError as error:
        return Verdict.FAILED, f"{proxy.last_call()} gave what a test cannot compare: {error}"
    except BaseException as error:
        if isinstance(error, FromProgram):
            return Verdict.ERROR, f"{_in_words(error)}; in {proxy.last_call()}"
        if isinstance(error, AssertionError):
            return Verdict.FAILED, _failure(error, job["test"], proxy)
        if isinstance(error, Exception):  # the test tripped over a result of the wrong kind
            return Verdict.FAILED, f"{proxy.last_call()}; then {_in_words(error)}"
        raise
    return Verdict.PASSED, ""


def _in_words(error: BaseException) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _failure(error: AssertionError, test: str, proxy: Proxy) -> str:
    """Return the failing call, what was expected where the test says it, and the assertion."""
    at = _place_in_test(error.__traceback__)
    assertion = _assertion(test, at[0]) if at else None
    if at is None or assertion is None:
        return proxy.last_call()
    parts = [proxy.last_call(), _expected(assertion.test, at[1])]
    parts.append(one_line(ast.unparse(assertion), most=_MAX_ASSERTION))
    return "; ".join(part for part in parts if part)


def _place_in_test(trace: TracebackType | None) -> tuple[int, dict[str, Any]] | None:
    """Return the line of the test that raised, and the names it could see."""
    places = [
        (line, {**frame.f_globals, **frame.f_locals})
        for frame, line in walk_tb(trace)
        if frame.f_code.co_filename == _TEST
    ]
    return places[-1] if places else None


def _assertion(test: str, line: int) -> ast.Assert | None:
    for node in ast.walk(ast.parse(test)):
        if isinstance(node, ast.Assert) and node.lineno <= line <= (node.end_lineno or 0):
            return node
    return None


def _expected(condition: ast.expr, names: dict[str, Any]) -> str:
    """Return what a test ``f(...) == value`` expected, when that takes no call to find out."""
    match condition:
        case ast.Compare(left=ast.Call(), ops=[ast.Eq()], comparators=[value]):
            pass
        case _:
            return ""
    if any(isinstance(node, ast.Call) for node in ast.walk(value)):
        return ""
    source = compile(ast.Expression(body=value), _TEST, "eval")
    return f"expected {shown(eval(source, names))}"  # noqa: S307 - the suite's code
