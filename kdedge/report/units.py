"""Numbers as people read them: three figures that count, and the unit beside them."""

from kdedge.report.reading import Quantity

UNKNOWN_TEXT = "\N{EN DASH}"
"""Shown where a number is unknown; the reason stands elsewhere."""

_THOUSAND = 1000.0


def bytes_text(value: float) -> str:
    """Return a size in MiB, or in GiB from 10 GiB on."""
    mebibytes = value / 1024**2
    if mebibytes >= 10 * 1024:
        return f"{mebibytes / 1024:.1f} GiB"
    return f"{mebibytes:,.1f} MiB" if mebibytes < 10 else f"{mebibytes:,.0f} MiB"


def seconds_text(value: float) -> str:
    """Return a duration in the unit that suits it."""
    if value < 1:
        return f"{figures(value * _THOUSAND)} ms"
    if value < 120:
        return f"{figures(value)} s"
    return f"{value / 60:.1f} min"


def figures(value: float) -> str:
    """Return ``value`` with three figures, and never as a power of ten."""
    size = abs(value)
    if size >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 9.995 else f"{value:.2f}"


def rate_text(value: float) -> str:
    """Return a rate, without its unit."""
    return figures(value)


def percent(value: float) -> str:
    """Return a share of one as a percentage."""
    return f"{100 * value:.1f} %"


def percent_with_interval(quantity: Quantity) -> str:
    """Return ``5.0 % [2.1, 16.5]``, or the sign for an unknown number."""
    if quantity.value is None:
        return UNKNOWN_TEXT
    ends = quantity.interval
    if ends is None:
        return percent(quantity.value)
    return f"{percent(quantity.value)} [{100 * ends[0]:.1f}, {100 * ends[1]:.1f}]"


def points(value: float) -> str:
    """Return a difference of two shares in percentage points, always with its sign."""
    return f"{100 * value:+.1f}".replace("-", "\N{MINUS SIGN}")


def p_text(value: float) -> str:
    """Return ``p = 0.050``, or that it is smaller than can matter."""
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def factor(value: float) -> str:
    """Return a ratio as ``1.31x``."""
    return f"{value:.2f}\N{MULTIPLICATION SIGN}"


def listed(words: list[str] | tuple[str, ...]) -> str:
    """Return ``a``, ``a and b`` or ``a, b and c``."""
    if len(words) <= 1:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
