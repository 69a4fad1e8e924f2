"""Numbers as people read them, with the user's own decimal sign.

Files and command lines never go through here: those always have a point. ``None`` is a value that
was not measured and shows as a dash.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from PySide6.QtCore import QDate, QLocale, QTime

from kdedge_gui.translate import tr

NOT_MEASURED = "–"
_RANGE = "–"
_NARROW_SPACE = "\u202f"
_SPACE = "\u00a0"
_BYTE_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")
_MINUTE_S = 60
_HOUR_S = 3600
_present: datetime | None = None


def number_text(value: float, *, decimals: int = 0) -> str:
    """Return ``value`` with ``decimals`` digits and the locale's signs."""
    return _locale().toString(float(value), "f", decimals)


def significant_text(value: float, *, digits: int = 3) -> str:
    """Return ``value`` with about ``digits`` digits that mean something."""
    size = abs(value)
    whole = len(str(int(size))) if size >= 1 else 0
    return number_text(value, decimals=max(0, digits - whole))


def count_text(count: int | None) -> str:
    """Return a whole number with group separators: ``12,345``."""
    return NOT_MEASURED if count is None else _locale().toString(int(count))


def bytes_text(size_bytes: float | None) -> str:
    """Return a size in the largest binary unit that leaves at least one: ``1.42 GiB``."""
    if size_bytes is None:
        return NOT_MEASURED
    size = float(size_bytes)
    unit = 0
    while abs(size) >= 1024 and unit < len(_BYTE_UNITS) - 1:
        size /= 1024
        unit += 1
    shown = number_text(size) if unit == 0 else significant_text(size)
    return f"{shown}{_SPACE}{_BYTE_UNITS[unit]}"


def rate_text(tokens_per_s: float | None) -> str:
    """Return a speed: ``24.1 tokens/s``."""
    if tokens_per_s is None:
        return NOT_MEASURED
    return f"{significant_text(tokens_per_s)}{_SPACE}{tr('tokens/s')}"


def seconds_text(seconds: float | None) -> str:
    """Return a measured time in its natural unit: ``840 µs``, ``12.3 ms``, ``1.24 s``."""
    if seconds is None:
        return NOT_MEASURED
    for factor, unit in ((1.0, "s"), (1e3, "ms")):
        if abs(seconds) * factor >= 1:
            return f"{significant_text(seconds * factor)}{_SPACE}{unit}"
    if seconds == 0:
        return f"0{_SPACE}s"
    return f"{significant_text(seconds * 1e6)}{_SPACE}µs"


def duration_text(seconds: float | None) -> str:
    """Return how long something takes or took, roughly: ``8 s``, ``4 min 10 s``."""
    if seconds is None:
        return NOT_MEASURED
    whole = max(0, round(seconds))
    if whole < _MINUTE_S:
        return f"{whole}{_SPACE}s"
    if whole < _HOUR_S:
        minutes, rest = divmod(whole, _MINUTE_S)
        tail = f" {rest}{_SPACE}s" if rest and minutes < 10 else ""
        return f"{minutes}{_SPACE}min{tail}"
    hours, rest = divmod(whole, _HOUR_S)
    if hours < 48:
        return f"{hours}{_SPACE}h {rest // _MINUTE_S:02}{_SPACE}min"
    return f"{hours // 24}{_SPACE}{tr('days')} {hours % 24}{_SPACE}h"


def percent_text(fraction: float | None, *, decimals: int = 1) -> str:
    """Return a fraction of one as a percentage: ``34.1 %``."""
    if fraction is None:
        return NOT_MEASURED
    return f"{number_text(fraction * 100, decimals=decimals)}{_NARROW_SPACE}%"


def interval_text(
    low: float | None, high: float | None, *, shown: Callable[[float], str] = percent_text
) -> str:
    """Return an interval, its unit once: ``24.0 – 44.9 %``."""
    if low is None or high is None:
        return NOT_MEASURED
    first, last = shown(low), shown(high)
    for space in (_NARROW_SPACE, _SPACE):
        number, _, unit = first.rpartition(space)
        if number and last.endswith(space + unit):
            first = number
            break
    return f"{first}{_SPACE}{_RANGE}{_SPACE}{last}"


def when_text(moment: datetime | str | None, *, now: datetime | None = None) -> str:
    """Return a moment as a person says it: ``today 14:03``, ``12 Nov 2026, 14:03``.

    Args:
        moment: A time with a zone, or the ISO text of one as the store keeps it (UTC).
        now: The present; without it, the clock's or what ``set_present`` said.
    """
    if moment is None:
        return NOT_MEASURED
    found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    local = found.astimezone()
    today = (now or _present or datetime.now(UTC)).astimezone()
    clock = _locale().toString(QTime(local.hour, local.minute), "HH:mm")
    days = (today.date() - local.date()).days
    if days == 0:
        return f"{tr('today')} {clock}"
    if days == 1:
        return f"{tr('yesterday')} {clock}"
    return (
        f"{_locale().toString(QDate(local.year, local.month, local.day), 'd MMM yyyy')}, {clock}"
    )


def set_present(moment: datetime | None) -> None:
    """Let the clock of ``when_text`` stand still, for pictures; ``None`` lets it go."""
    global _present  # noqa: PLW0603 - one clock a process
    _present = moment


def _locale() -> QLocale:
    """Return the user's locale; the one of no language, of bare terminals, separates nothing."""
    found = QLocale()
    is_none = found.language() == QLocale.Language.C
    return QLocale(QLocale.Language.English) if is_none else found
