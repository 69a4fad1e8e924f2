"""What the test calls instead of the model's function: arguments out, plain data back."""

import builtins
from typing import Any

from kdedge.evaluate.judge.channel import Channel
from kdedge.evaluate.judge.codec import NotPlainDataError, decode, encode
from kdedge.evaluate.judge.words import call_text, one_line, shown

_MAX_ERROR = 300


class FromProgram:
    """Marks an exception that the model's code raised, whatever builtin kind it also is."""


class BrokenAnswerError(Exception):
    """What came back is not an answer: the child was tampered with from inside."""


class UnknownArgumentError(Exception):
    """The test calls with something that cannot be sent; the suite does not fit this judge."""


class NoPlainResultError(Exception):
    """The function gave something that a test cannot trust."""


class Proxy:
    """Stands in for the model's function inside the judge."""

    def __init__(self, channel: Channel, *, name: str) -> None:
        self._channel = channel
        self._name = name
        self._call = b""
        self._results: list[object] = []

    def __call__(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - a test's own types
        """Call the model's function.

        Raises:
            stand_in: What the model's function raised, as an exception of the same kind.
            BrokenAnswerError: What came back is not an answer.
            NoPlainResultError: It returned something that is not plain data.
            UnknownArgumentError: The test wants to send something that is not plain data.
        """
        self._results = []
        try:
            self._call = encode([list(arguments), named])
        except NotPlainDataError as error:
            raise UnknownArgumentError(str(error)) from None
        self._channel.send(self._call)
        answer = received(self._channel)
        if "raise" in answer:
            raise stand_in(answer["raise"])
        if "strange" in answer:
            raise NoPlainResultError(one_line(str(answer["strange"]), most=_MAX_ERROR))
        if "return" not in answer:
            raise BrokenAnswerError
        if answer.get("arguments") is not None:
            _change_in_place(arguments, answer["arguments"])
        self._results = [answer["return"]]
        return answer["return"]

    def last_call(self) -> str:
        """Return the last call and what it returned, in words; empty before the first call."""
        if not self._call:
            return ""
        call = call_text(self._name, *decode(self._call))
        return f"{call} returned {shown(self._results[0])}" if self._results else call


def received(channel: Channel) -> dict[str, Any]:
    """Return the child's next message.

    Raises:
        BrokenAnswerError: It is none of those a child sends.
    """
    try:
        answer = decode(channel.receive())
    except NotPlainDataError:
        answer = None
    if not isinstance(answer, dict):
        raise BrokenAnswerError
    return answer


def stand_in(raised: object) -> BaseException:
    """Return an exception that a test's ``except`` takes for the one the model's code raised.

    Raises:
        BrokenAnswerError: ``raised`` does not describe an exception.
    """
    match raised:
        case [str(name), str(text), str(kind_name)]:
            pass
        case _:
            raise BrokenAnswerError
    kind = getattr(builtins, kind_name, None)
    if not (isinstance(kind, type) and issubclass(kind, BaseException)):
        kind = Exception
    try:
        return _made(name, text, kind)
    except TypeError:  # a kind that cannot be made without more, a group of exceptions
        return _made(name, text, Exception)


def _made(name: str, text: str, kind: type[BaseException]) -> BaseException:
    words = one_line(text, most=_MAX_ERROR)
    parts = {"__str__": lambda _self: words}
    new_kind: Any = type(one_line(name, most=_MAX_ERROR), (FromProgram, kind), parts)
    error: BaseException = new_kind.__new__(new_kind)
    error.args = (text,)
    return error


def _change_in_place(arguments: tuple[Any, ...], changed: object) -> None:
    """Show the caller what the function did to its arguments.

    Raises:
        BrokenAnswerError: ``changed`` are no arguments.
    """
    if not isinstance(changed, list):
        raise BrokenAnswerError
    for mine, theirs in zip(arguments, changed, strict=False):
        if isinstance(mine, list) and isinstance(theirs, list):
            mine[:] = theirs
        elif isinstance(mine, (dict, set)) and type(mine) is type(theirs):
            mine.clear()
            mine.update(theirs)
