"""What charts are given to show."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

NumberText = Callable[[float], str]
Table = tuple[list[str], list[list[str]]]
"""Headings and rows."""


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a line chart."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    """As many as ``x``."""
    low: Sequence[float] | None = None
    """Lower end of an interval at each point; drawn as a band together with ``high``."""
    high: Sequence[float] | None = None
    is_joined: bool = True
    """Points are joined by a line; otherwise they stand alone."""

    def __post_init__(self) -> None:
        lengths = {len(part) for part in (self.x, self.y, self.low, self.high) if part is not None}
        if len(lengths) != 1:
            raise ValueError(f"{self.name}: x, y, low and high have different lengths {lengths}")
        if (self.low is None) != (self.high is None):
            raise ValueError(f"{self.name}: an interval has two ends")


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, and what is known of its interval."""

    label: str
    value: float | None
    """``None``: not measured; the place stays empty and says so."""
    low: float | None = None
    high: float | None = None
    series: str = ""
    """Bars of one series share a colour and a pattern; bars of one label stand together."""


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a scatter chart, with its intervals."""

    label: str
    x: float
    y: float
    x_low: float | None = None
    x_high: float | None = None
    y_low: float | None = None
    y_high: float | None = None
