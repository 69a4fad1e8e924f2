"""A conversation as a value: its turns, and how it is kept and exported."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from kdedge.core.errors import KdedgeError
from kdedge_gui.engine.ask import Finished, Message
from kdedge_gui.widgets.visible_text import visible_text

SCHEMA = "kdedge.conversation/1"

TurnRole = Literal["user", "assistant"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnStats:
    """What an answer took."""

    n_prompt_tokens: int
    n_tokens: int
    ttft_s: float
    decode_s: float
    finish_reason: str
    """``stop``, ``end_of_generation``, ``length``, ``context_full`` or ``cancelled``."""
    seed: int
    temperature: float

    @property
    def decode_tokens_per_s(self) -> float | None:
        """Return the decode speed; ``None`` where there is none: one token or less."""
        gaps = self.n_tokens - 1
        return gaps / self.decode_s if gaps > 0 and self.decode_s > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one side said."""

    role: TurnRole
    text: str
    """As it was written or generated, every character of it."""
    model: str = ""
    """Which model answered; empty for a question."""
    stats: TurnStats | None = None
    """``None`` for a question, and for an answer that was cut off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """Questions and answers in turn, the oldest first."""

    started_at: str
    """ISO time in UTC."""
    system: str = ""
    """What the model is told before the first question; empty leaves it away."""
    turns: tuple[Turn, ...] = ()

    @property
    def title(self) -> str:
        """Return the first line of the first question."""
        first = self.turns[0].text.strip() if self.turns else ""
        return visible_text(first.split("\n", 1)[0])

    @property
    def last_question(self) -> str:
        """Return what was asked last; empty when nothing was."""
        asked = [turn.text for turn in self.turns if turn.role == "user"]
        return asked[-1] if asked else ""

    @property
    def awaits_answer(self) -> bool:
        """Return whether a question stands at the end."""
        return bool(self.turns) and self.turns[-1].role == "user"

    def with_question(self, text: str) -> "Conversation":
        """Return it with one more question."""
        return replace(self, turns=(*self.turns, Turn(role="user", text=text)))

    def with_answer(self, turn: Turn) -> "Conversation":
        """Return it with one more answer."""
        return replace(self, turns=(*self.turns, turn))

    def without_last_answer(self) -> "Conversation":
        """Return it up to the last question, that included."""
        turns = (
            self.turns[:-1] if self.turns and self.turns[-1].role == "assistant" else self.turns
        )
        return replace(self, turns=turns)

    def without_last_question(self) -> "Conversation":
        """Return it up to the last question, that left out."""
        return replace(self, turns=self.without_last_answer().turns[:-1])

    def messages(self) -> tuple[Message, ...]:
        """Return all that the model is given.

        Questions without an answer between them become one: chat templates want turns to
        alternate.
        """
        said: list[Message] = []
        if self.system.strip():
            said.append(Message(role="system", text=self.system))
        for turn in self.turns:
            if said and turn.role == said[-1].role:
                joined = f"{said[-1].text}\n\n{turn.text}"
                said[-1] = Message(role=turn.role, text=joined)
            else:
                said.append(Message(role=turn.role, text=turn.text))
        return tuple(said)


def turn_stats(finished: Finished, *, seed: int, temperature: float) -> TurnStats:
    """Return what is kept of how an answer was made."""
    return TurnStats(
        n_prompt_tokens=finished.n_prompt_tokens,
        n_tokens=finished.n_tokens,
        ttft_s=finished.ttft_s,
        decode_s=finished.decode_s,
        finish_reason=finished.finish_reason,
        seed=seed,
        temperature=temperature,
    )


def to_json_lines(conversation: Conversation) -> str:
    """Return the conversation as it is kept: one line on all of it, then one a turn."""
    head = {
        "schema": SCHEMA,
        "started_at": conversation.started_at,
        "system": conversation.system,
    }
    lines = [head, *(asdict(turn) for turn in conversation.turns)]
    return "".join(json.dumps(line) + "\n" for line in lines)


def from_json_lines(text: str) -> Conversation:
    """Return the conversation that ``to_json_lines`` wrote.

    Raises:
        KdedgeError: The text is none.
    """
    try:
        head, *turns = [json.loads(line) for line in text.splitlines() if line.strip()]
        assert head["schema"] == SCHEMA
        return Conversation(
            started_at=str(head["started_at"]),
            system=str(head["system"]),
            turns=tuple(_read_turn(turn) for turn in turns),
        )
    except (ValueError, KeyError, TypeError, AssertionError, RecursionError) as error:
        raise KdedgeError(
            "The conversation that was kept cannot be read.",
            hint="Start a new one; the file stays where it is.",
            detail=repr(error),
        ) from error


def as_json(conversation: Conversation) -> str:
    """Return the conversation as one JSON document for other programs."""
    document = {"schema": SCHEMA, **asdict(conversation)}
    return json.dumps(document, indent=2) + "\n"


def as_markdown(conversation: Conversation) -> str:
    """Return the conversation to read, with who said what; control characters are spelt out."""
    parts = [f"# {conversation.title}\n"] if conversation.turns else []
    if conversation.system.strip():
        parts.append(f"_System: {conversation.system.strip()}_\n")
    for turn in conversation.turns:
        who = "You" if turn.role == "user" else turn.model or "Assistant"
        parts.append(f"## {who}\n\n{turn.text.strip()}\n")
        if turn.stats is not None:
            parts.append(f"_{_markdown_stats(turn.stats)}_\n")
    return visible_text("\n".join(parts))


def _markdown_stats(stats: TurnStats) -> str:
    speed = stats.decode_tokens_per_s
    words = [f"{stats.n_tokens} tokens", f"first token after {stats.ttft_s:.2f} s"]
    if speed is not None:
        words.append(f"{speed:.1f} tokens/s")
    words += [f"temperature {stats.temperature:g}", f"seed {stats.seed}"]
    return ", ".join(words)


def _read_turn(raw: dict[str, Any]) -> Turn:
    role: TurnRole = "assistant" if raw["role"] == "assistant" else "user"
    stats = raw["stats"]
    return Turn(
        role=role,
        text=str(raw["text"]),
        model=str(raw["model"]),
        stats=None if stats is None else TurnStats(**stats),
    )
