"""What the model row shows, as values: the choice, how it fits, and how loading goes."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kdedge.models.footprint import Footprint
from kdedge_gui.numbers import bytes_text, count_text
from kdedge_gui.translate import tr

if TYPE_CHECKING:
    from kdedge_gui.library import ModelEntry

_FIT_KINDS = {"fits": "good", "tight": "warning", "short": "bad"}
_BUSY = {"starting", "loading"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """One model that can be picked."""

    name: str
    path: Path
    file_bytes: int | None
    """``None``: it is in no list."""

    @property
    def label(self) -> str:
        """Return its line in the list."""
        if self.file_bytes is None:
            return self.name
        return f"{self.name}  ·  {bytes_text(self.file_bytes)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Whether the picked model goes into memory."""

    text: str
    kind: str
    """``good``, ``warning``, ``bad`` or ``plain``."""
    word: str
    """For the pill; empty where nothing can be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelView:
    """The model row."""

    state: str
    """Of the engine."""
    choices: tuple[ModelChoice, ...] = ()
    picked: Path | None = None
    loaded: Path | None = None
    """The model in memory, or on its way there."""
    fraction: float | None = None
    """How much of it is read, while it loads."""
    forecast: Forecast | None = None
    warning: str = ""
    """How the engine died with the picked model last time."""

    @property
    def is_loading(self) -> bool:
        """Return whether a model is on its way into memory."""
        return self.state in _BUSY

    @property
    def can_load(self) -> bool:
        """Return whether Load makes sense: something is picked that is not in memory."""
        here = self.state in {"ready", "generating", "stopping"} and self.picked == self.loaded
        return self.picked is not None and not self.is_loading and not here

    @property
    def can_unload(self) -> bool:
        """Return whether the picked model is the one in memory."""
        return self.state in {"ready", "generating"} and self.picked == self.loaded


def choices_of(entries: "tuple[ModelEntry, ...]") -> tuple[ModelChoice, ...]:
    """Return the models that can be loaded: files that are there and can be read."""
    return tuple(
        ModelChoice(name=entry.name, path=entry.path, file_bytes=entry.file_bytes)
        for entry in entries
        if entry.file_bytes is not None and not entry.problem
    )


def context_for(entry: "ModelEntry | None", *, wanted_tokens: int) -> int:
    """Return the context a model gets: what is wanted, but no more than it was made for."""
    own = None if entry is None or entry.summary is None else entry.summary.context_length
    return wanted_tokens if own is None else min(wanted_tokens, own)


def forecast_of(footprint: Footprint, *, context_tokens: int) -> Forecast:
    """Return the prediction of memory in words."""
    words = {"fits": tr("Fits"), "tight": tr("Tight"), "short": tr("Will not fit")}
    text = tr("Needs about {needs} of {free} free, with a context of {context} tokens.").format(
        needs=bytes_text(footprint.needs_bytes),
        free=bytes_text(footprint.available_bytes),
        context=count_text(context_tokens),
    )
    if footprint.fit == "short":
        text += " " + tr("Short by {missing}.").format(
            missing=bytes_text(footprint.short_by_bytes)
        )
    return Forecast(text=text, kind=_FIT_KINDS[footprint.fit], word=words[footprint.fit])
