"""The sandboxed child: runs the model's program, then answers calls of its function.

It gets arguments and gives back plain data. It holds no test, no expected value and no verdict.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from kdedge.evaluate.judge.channel import Channel, ChannelClosedError
from kdedge.evaluate.judge.codec import NotPlainDataError, decode, encode
from kdedge.evaluate.sandbox.enter import enter
from kdedge.evaluate.sandbox.level import Limits, SandboxLevel

_MAX_MESSAGE = 300


def serve(
    program: str,
    *,
    function: str,
    channel: Channel,
    level: SandboxLevel,
    limits: Limits,
    folder: Path,
) -> None:
    """Enter the sandbox, run ``program``, answer calls of ``function`` until the judge is done."""
    _silence()
    enter(level, limits=limits, folder=folder)
    names: dict[str, object] = {"__name__": "__main__", "__builtins__": __builtins__}
    try:
        exec(compile(program, "<program>", "exec"), names)  # noqa: S102 - what the sandbox is for
        target = names[function]
    except KeyError:
        answer: dict[str, object] = {"raise": ["NameError", f"no function {function}"]}
    except BaseException as error:  # noqa: BLE001 - model code may raise anything
        answer = _raised(error)
    else:
        if callable(target):
            channel.send(encode({"ready": True}))
            _answer_calls(target, channel)
            return
        answer = {"raise": ["TypeError", f"{function} is no function"]}
    channel.send(encode(answer))


def _answer_calls(target: Callable[..., object], channel: Channel) -> None:
    while True:
        try:
            positional, named = decode(channel.receive())
        except ChannelClosedError:
            return
        try:
            result = target(*positional, **named)
            answer = encode({"return": result, "arguments": positional})
        except NotPlainDataError as error:
            answer = encode({"strange": str(error)[:_MAX_MESSAGE]})
        except BaseException as error:  # noqa: BLE001 - model code may raise anything
            answer = encode(_raised(error))
        channel.send(answer)


def _raised(error: BaseException) -> dict[str, object]:
    try:
        text = str(error)[:_MAX_MESSAGE]
    except BaseException:  # noqa: BLE001 - even its text is model code
        text = ""
    return {"raise": [type(error).__name__[:_MAX_MESSAGE], text]}


def _silence() -> None:
    """Send what the program prints to nowhere; reading gives the end of file."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for handle in (0, 1, 2):
        os.dup2(nowhere, handle)
    os.close(nowhere)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - a handle, for the child's life
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
