"""What the test calls instead of the model's function: arguments out, plain data back."""

import builtins
from typing import Any

from kdedge.evaluate.judge.channel import Channel
from kdedge.evaluate.judge.codec import NotPlainDataError, decode, encode

_MAX_SHOWN = 300


class ModelCodeError(Exception):
    """The model's code failed, or gave something that is not plain data."""


class Proxy:
    """Stands in for the model's function inside the judge."""

    def __init__(self, channel: Channel, *, deadline: float) -> None:
        self._channel = channel
        self._deadline = deadline
        self.last_call = ""
        """The last call and what came of it, shortened, for the detail of a verdict."""
        self.last_error = ""
        """The last exception of model code, ``TypeError: ...``."""

    def __call__(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - a test's own types
        """Call the model's function.

        Raises:
            Exception: What the model's function raised, as the builtin exception of that name.
            ModelCodeError: It raised something else, or gave no plain data.
            NotPlainDataError: What came back is no answer at all.
        """
        shown = ", ".join([*map(repr, arguments), *(f"{k}={v!r}" for k, v in named.items())])
        self.last_call = f"called with ({_short(shown)})"
        self._channel.send(encode((arguments, named)), deadline=self._deadline)
        answer = decode(self._channel.receive(deadline=self._deadline))
        if not isinstance(answer, dict):
            raise NotPlainDataError("an answer that is no answer")
        if "raise" in answer:
            raise self._error(answer)
        if "strange" in answer:
            self.last_error = f"it returned what tests cannot trust: {answer['strange']}"
            raise ModelCodeError(self.last_error)
        _change_in_place(arguments, answer.get("arguments", ()))
        self.last_error = ""
        result = answer["return"]
        self.last_call += f" it returned {_short(repr(result))}"
        return result

    def _error(self, answer: dict[str, Any]) -> Exception:
        name, text = answer["raise"]
        self.last_error = f"{name}: {text}" if text else str(name)
        kind = getattr(builtins, str(name), None)
        if isinstance(kind, type) and issubclass(kind, Exception):
            try:
                return kind(text)
            except TypeError:
                pass  # it wants more than a message
        return ModelCodeError(self.last_error)


def _change_in_place(arguments: tuple[Any, ...], changed: Any) -> None:  # noqa: ANN401
    """Show the caller what the function did to its arguments."""
    for mine, theirs in zip(arguments, changed, strict=False):
        if isinstance(mine, list) and isinstance(theirs, list):
            mine[:] = theirs
        elif isinstance(mine, (dict, set)) and type(mine) is type(theirs):
            mine.clear()
            mine.update(theirs)


def _short(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + " ..."
