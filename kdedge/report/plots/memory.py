"""Memory by kind: weights in memory, KV cache, everything else; and what was predicted."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kdedge.report.facts import Row
from kdedge.report.plots.bars import WIDTH, label_lines, note_value
from kdedge.report.plots.svg import CACHE, INK, MARK, OTHER, PAPER, WEIGHTS, Plot, canvas, to_svg
from kdedge.report.units import bytes_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NOTE = (
    "Weights: the part of the model file that lay in memory. Predicted, before loading: the whole "
    "file and anonymous memory together."
)
_MEBIBYTE = 1024.0**2
_KINDS = (("weights", WEIGHTS), ("KV cache", CACHE), ("other anonymous", OTHER))


def memory_plot(rows: Sequence[Row]) -> Plot | None:
    """Return the picture, or ``None`` when no row has its memory measured."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    known = [row for row in rows if sum(memory_parts(row)) > 0]
    if not known:
        return None
    figure, axes = canvas(WIDTH, 84 + 30 * len(known))
    label_lines(axes, known)
    predicted = [row.memory.predicted_needs_bytes.value for row in known]
    for place, row in enumerate(known):
        _draw_one(axes, place, row)
    reach = max([sum(memory_parts(row)) for row in known] + [value or 0.0 for value in predicted])
    axes.set_xlim(0, reach / _MEBIBYTE * 1.04)
    axes.set_xlabel("MiB")
    handles: list[Patch | Line2D] = [Patch(color=colour, label=name) for name, colour in _KINDS]
    if any(value is not None for value in predicted):
        handles.append(
            Line2D(
                [], [], marker="D", color=MARK, linestyle="none", markersize=6, label="predicted"
            )
        )
    figure.legend(
        handles=handles,
        loc="outside upper center",
        ncols=len(handles),
        labelcolor=INK,
        columnspacing=1.1,
        handlelength=1.1,
        handletextpad=0.5,
        fontsize=10,
    )
    return Plot(
        key="memory",
        title="Memory by kind",
        alt=f"Memory by kind: {'; '.join(_told(row) for row in known)}.",
        svg=to_svg(figure, name="memory"),
        note=_NOTE,
    )


def memory_parts(row: Row) -> tuple[float, float, float]:
    """Return bytes of weights in memory, of KV cache, and of other anonymous memory."""
    memory = row.memory
    anon = memory.anon_bytes.value or 0.0
    cache = min(memory.kv_cache_bytes.value or 0.0, anon)
    return memory.weights_resident_bytes.value or 0.0, cache, anon - cache


def _draw_one(axes: "Axes", place: int, row: Row) -> None:
    left = 0.0
    for (_, colour), part in zip(_KINDS, memory_parts(row), strict=True):
        width = part / _MEBIBYTE
        axes.barh(place, width, left=left, height=0.62, color=colour, edgecolor=PAPER, linewidth=1)
        left += width
    note_value(axes, place, bytes_text(left * _MEBIBYTE))
    predicted = row.memory.predicted_needs_bytes.value
    if predicted is not None:
        axes.plot(
            [predicted / _MEBIBYTE],
            [place],
            "D",
            color=MARK,
            markersize=7,
            markeredgecolor=PAPER,
            zorder=4,
        )


def _told(row: Row) -> str:
    parts = ", ".join(
        f"{name} {bytes_text(part)}"
        for (name, _), part in zip(_KINDS, memory_parts(row), strict=True)
    )
    predicted = row.memory.predicted_needs_bytes.value
    tail = "" if predicted is None else f", {bytes_text(predicted)} predicted"
    return f"{row.label} {parts}{tail}"
