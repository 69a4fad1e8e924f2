"""The sandboxed child: runs the model's program, then answers calls of its function.

It gets arguments and gives back plain data. It holds no test, no expected value and no verdict;
whatever it sends is only ever taken for the result of a call.
"""

import random
import sys
from collections.abc import Callable
from types import ModuleType

from kdedge.evaluate.judge.channel import Channel, ChannelClosedError
from kdedge.evaluate.judge.codec import NotPlainDataError, decode, encode

READER, WRITER = 3, 4
"""The handles a child has: calls come in, answers go out."""
_MAX_CALL_BYTES = 64 * 1024**2
_MAX_MESSAGE = 300


def serve_judge() -> None:
    """Serve the judge at the other end of this process' two pipes."""
    serve(Channel(READER, WRITER, max_bytes=_MAX_CALL_BYTES))


def serve(channel: Channel) -> None:
    """Run the program that comes first, then answer calls until the judge is done."""
    program, function = decode(channel.receive())
    # Not "__main__": what a program does only when it is started is not its function's business.
    module = ModuleType("program")
    sys.modules["program"] = module
    random.seed(0)
    try:
        exec(compile(program, "<program>", "exec"), module.__dict__)  # noqa: S102 - see above
    except BaseException as error:  # noqa: BLE001 - model code may raise anything
        channel.send(encode(_raised(error)))
        return
    target = module.__dict__.get(function)
    if not callable(target):
        text = f"no function {function} is defined"
        channel.send(encode({"raise": ["NameError", text, "NameError"]}))
        return
    channel.send(encode({"ready": True}))
    _answer_calls(target, channel)


def _answer_calls(target: Callable[..., object], channel: Channel) -> None:
    while True:
        try:
            call = channel.receive()
        except ChannelClosedError:
            return
        positional, named = decode(call)
        try:
            result = target(*positional, **named)
            answer = encode({"return": result, "arguments": _changed(call, positional, named)})
        except NotPlainDataError as error:
            answer = encode({"strange": str(error)[:_MAX_MESSAGE]})
        except BaseException as error:  # noqa: BLE001 - model code may raise anything
            answer = encode(_raised(error))
        channel.send(answer)


def _changed(call: bytes, positional: list[object], named: dict[str, object]) -> object:
    """Return the arguments if the function changed them to other plain data."""
    try:
        return None if encode([positional, named]) == call else positional
    except NotPlainDataError:
        return None


def _raised(error: BaseException) -> dict[str, object]:
    """Return the name, text and builtin kind of ``error``."""
    try:
        kind = type(error)
        builtin = next(k.__name__ for k in kind.__mro__ if k.__module__ == "builtins")
        return {"raise": [str(kind.__name__), str(error)[:_MAX_MESSAGE], str(builtin)]}
    except BaseException:  # noqa: BLE001 - even its name and text are model code
        return {"raise": ["Exception", "", "Exception"]}
