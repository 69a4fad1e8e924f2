"""Named, versioned ways of putting a problem to a model: the text sent and where to stop.

``evalplus-base/1`` lets the model continue the source file; ``evalplus-chat/1`` asks a chat model
for a script and starts its answer for it. Texts, stop strings and the limit of 768 new tokens are
those of EvalPlus (arXiv 2305.01210, release 0.3.1), so that results can be set beside published
ones; a changed text is a new version. Rendering a chat prompt through the model's own template is
the runtime's work.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Literal

from kdedge.core.errors import KdedgeError
from kdedge.evaluate.problem import Problem

_ENDS = ("<|endoftext|>", "<|endofmask|>", "</s>", "\nif __name__", "\ndef main(", "\nprint(")
_NEXT_TOP_LEVEL_CODE = ("\ndef ", "\nclass ", "\nimport ", "\nfrom ", "\nassert ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """How every problem of a run is put to the model."""

    name: str
    """Name and version, e.g. ``evalplus-chat/1``; stands in every result."""
    kind: Literal["completion", "chat"]
    """Whether the text is sent as it is or through the model's chat template."""
    max_tokens: int
    """Longest completion in tokens."""
    stop: tuple[str, ...]
    """Generation ends at the earliest of these; the stop string is not part of the completion."""
    before: str = ""
    """Text before the problem's prompt, the same for all problems."""
    after: str = "\n"
    """Text after the problem's prompt, whose own white space at both ends is dropped."""
    assistant_prefill: str = ""
    """The beginning of the assistant's answer, which the model continues; chat only."""

    @property
    def sha256(self) -> str:
        """Hash of all that is sent or stops the model; a result records it."""
        written = json.dumps(asdict(self), sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(written.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPrompt:
    """A text the model continues."""

    text: str
    shared_prefix_chars: int = 0
    """How many characters at the start of ``text`` are the same for every problem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatPrompt:
    """One user message, and the beginning of the answer, which stays open for the model."""

    user: str
    assistant_prefill: str
    shared_prefix_chars: int
    """How many characters at the start of ``user`` are the same for every problem."""


EVALPLUS_BASE = Preset(
    name="evalplus-base/1",
    kind="completion",
    max_tokens=768,
    stop=_ENDS + _NEXT_TOP_LEVEL_CODE,
)

EVALPLUS_CHAT = Preset(
    name="evalplus-chat/1",
    kind="chat",
    max_tokens=768,
    stop=(*_ENDS, "\n```\n"),
    before=(
        "Please provide a self-contained Python script that solves the following problem"
        " in a markdown code block:\n```\n"
    ),
    after="\n```\n",
    assistant_prefill=(
        "Below is a Python script with a self-contained function that solves the problem"
        " and passes corresponding tests:\n```python\n"
    ),
)

PRESETS = {preset.name: preset for preset in (EVALPLUS_BASE, EVALPLUS_CHAT)}


def preset_named(name: str) -> Preset:
    """Return the preset called ``name``.

    Raises:
        KdedgeError: There is no such preset.
    """
    try:
        return PRESETS[name]
    except KeyError:
        raise KdedgeError(
            f"There is no preset called {name!r}.", hint=f"Choose one of: {', '.join(PRESETS)}."
        ) from None


def default_preset(*, has_chat_template: bool) -> Preset:
    """Return the preset EvalPlus would use: chat where the model has a template for it."""
    return EVALPLUS_CHAT if has_chat_template else EVALPLUS_BASE


def prompt_for(preset: Preset, problem: Problem) -> TextPrompt | ChatPrompt:
    """Return what is sent to the model for ``problem``."""
    text = preset.before + problem.prompt.strip() + preset.after
    if preset.kind == "completion":
        return TextPrompt(text=text, shared_prefix_chars=len(preset.before))
    return ChatPrompt(
        user=text,
        assistant_prefill=preset.assistant_prefill,
        shared_prefix_chars=len(preset.before),
    )
