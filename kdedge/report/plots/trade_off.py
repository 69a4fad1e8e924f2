"""What size costs in divergence: one point a file, larger where it decodes faster."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kdedge.report.plots.named_points import NamedPoint, draw_points, name_points
from kdedge.report.plots.svg import (
    ACCENT,
    GRID,
    MUTED,
    QUIET,
    Plot,
    canvas,
    short,
    style,
    to_svg,
)
from kdedge.report.quantization import TriedFile, kl_text
from kdedge.report.units import bytes_text, rate_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MIB = 1024**2
_SMALLEST, _LARGEST = 5.0, 13.0
"""Radii of the marks, in pixels."""


def trade_off_plot(files: Sequence[TriedFile], *, chosen: str) -> Plot | None:
    """Return the picture, or ``None`` when fewer than two files have both numbers."""
    known = [each for each in files if _size(each) > 0 and _kl(each) > 0]
    if len(known) < 2:
        return None
    radii = _radii(known)
    with style():
        figure, axes = canvas(760, 420)
        _frame(axes, known)
        points = [
            NamedPoint(
                x=_size(each) / _MIB,
                y=_kl(each),
                radius=radius,
                colour=ACCENT if each.name == chosen else QUIET,
                name=_label(each),
            )
            for each, radius in zip(known, radii, strict=True)
        ]
        for each in known:
            _draw_interval(axes, each)
        draw_points(axes, points)
        figure.draw_without_rendering()
        name_points(figure, axes, points, font_size=9)
        svg = to_svg(figure, name="trade-off")
    told = "; ".join(
        f"{each.name} {bytes_text(_size(each))}, {kl_text(each.mean_kl)}" for each in known
    )
    timed = any(each.decode_tokens_per_s.value is not None for each in known)
    return Plot(
        key="trade-off",
        title="What size costs in divergence",
        alt=f"Mean KL from the master against the size of the file: {told}.",
        svg=svg,
        note="Lower is nearer to the master, further left is smaller."
        + (" Larger marks decode faster." if timed else ""),
        wide=True,
    )


def _size(each: TriedFile) -> float:
    return each.file_bytes.value or 0.0


def _kl(each: TriedFile) -> float:
    return each.mean_kl.value or 0.0


def _radii(files: Sequence[TriedFile]) -> list[float]:
    speeds = [each.decode_tokens_per_s.value or 0.0 for each in files]
    low, high = min(speeds), max(speeds)
    if not high > low:
        return [(_SMALLEST + _LARGEST) / 2] * len(files)
    span = _LARGEST - _SMALLEST
    return [_SMALLEST + span * (speed - low) / (high - low) for speed in speeds]


def _frame(axes: "Axes", files: Sequence[TriedFile]) -> None:
    sizes = [_size(each) / _MIB for each in files]
    reach = max(max(sizes) - min(sizes), 0.1 * max(sizes))
    axes.set_xlim(min(sizes) - 0.15 * reach, max(sizes) + 0.3 * reach)
    axes.set_yscale("log")
    lows = [math.log10(_kl(each)) for each in files]
    reach = max(max(lows) - min(lows), 0.5)
    axes.set_ylim(10 ** (min(lows) - 0.2 * reach), 10 ** (max(lows) + 0.2 * reach))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_minor_formatter(lambda value, _: "")
    axes.set_xlabel("file, MiB")
    axes.set_ylabel("mean KL from the master, nats a token")
    axes.grid(visible=True)
    axes.tick_params(length=0, which="both", labelcolor=MUTED)
    axes.spines["bottom"].set_color(GRID)


def _draw_interval(axes: "Axes", each: TriedFile) -> None:
    x, ends = _size(each) / _MIB, each.mean_kl.interval
    if ends is not None and ends[0] > 0:
        axes.plot([x, x], list(ends), color=MUTED, linewidth=1, alpha=0.6, zorder=2)


def _label(each: TriedFile) -> str:
    speed = each.decode_tokens_per_s.value
    name = short(each.name)
    return name if speed is None else f"{name} · {rate_text(speed)} tokens/s"
