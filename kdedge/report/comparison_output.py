"""A comparison as a table for a terminal, as a JSON document, and as one HTML file."""

from collections.abc import Callable
from dataclasses import asdict

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from kdedge.core.json_value import Json
from kdedge.report.as_html import render
from kdedge.report.compare import Comparison, Pair
from kdedge.report.comparison_text import (
    baseline_text,
    flags,
    quality_text,
    ratio_text,
    remarks,
    verdict_text,
    won_and_lost,
)
from kdedge.report.facts import Row
from kdedge.report.paired import QualityDifference
from kdedge.report.plots.differences import comparison_plots
from kdedge.report.plots.svg import can_draw
from kdedge.report.ratios import Ratio

SCHEMA = "kdedge.compare/1"
_LINES: tuple[tuple[str, Callable[[Pair], str]], ...] = (
    ("pass@1", lambda pair: quality_text(pair.quality)),
    ("decode speed", lambda pair: ratio_text(pair.decode)),
    ("prefill speed", lambda pair: ratio_text(pair.prefill)),
    ("memory needed", lambda pair: ratio_text(pair.memory)),
    ("file size", lambda pair: ratio_text(pair.file_size)),
)
_MOST_NAMES = 8


def terminal_comparison(comparison: Comparison) -> RenderableType:
    """Return a table, a line a model, with what it shows in words below."""
    numbers = baseline_text(comparison)
    parts: list[RenderableType] = [
        Text.assemble((f"Compared with {comparison.baseline.label}", "bold"), f"  {numbers}")
    ]
    for pair in comparison.pairs:
        parts.append(Text(f"\n{pair.row.label}", style="bold"))
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        for title, show in _LINES:
            table.add_row(Text(title, style="dim"), Text(show(pair)))
        if pair.quality is not None:
            won, lost = won_and_lost(pair.quality, most=_MOST_NAMES)
            table.add_row(Text(f"won {len(pair.quality.won)}", style="dim"), Text(won))
            table.add_row(Text(f"lost {len(pair.quality.lost)}", style="dim"), Text(lost))
        parts.append(table)
    parts.append(Text(""))
    parts.extend(Text(f"→ {verdict_text(pair)}", style="bold") for pair in comparison.pairs)
    parts.extend(Text(f"  {remark}", style="dim") for remark in remarks(comparison))
    parts.extend(Text(f"! {flag}", style="yellow") for flag in flags(comparison))
    return Group(*parts)


def comparison_document(comparison: Comparison) -> dict[str, Json]:
    """Return everything the comparison knows, under ``kdedge.compare/1``."""
    return {
        "schema": SCHEMA,
        "baseline": _subject(comparison.baseline),
        "pairs": [_pair_document(pair) for pair in comparison.pairs],
        "pareto_axes": [axis.name for axis in comparison.axes],
        "pareto_front": list(comparison.front),
        "remarks": list(remarks(comparison)),
    }


def comparison_as_html(comparison: Comparison, *, draw: bool | None = None) -> str:
    """Return one page that needs nothing else.

    Args:
        comparison: What to show.
        draw: Whether to draw plots; when not given, they are drawn if matplotlib is installed.
    """
    drawn = can_draw() if draw is None else draw
    return render(
        "compare.html.j2",
        {
            "comparison": comparison,
            "baseline": baseline_text(comparison),
            "verdicts": [verdict_text(pair) for pair in comparison.pairs],
            "lines": [
                (title, [show(pair) for pair in comparison.pairs]) for title, show in _LINES
            ],
            "remarks": remarks(comparison),
            "flags": flags(comparison),
            "plots": comparison_plots(comparison) if drawn else (),
        },
        plots_missing=not drawn,
    )


def _subject(row: Row) -> dict[str, Json]:
    return {
        "label": row.label,
        "model_filename": row.model.file_name,
        "model_sha256": row.model.sha256,
        "runs": list(row.runs),
    }


def _whole(part: QualityDifference | Ratio | None) -> Json:
    return None if part is None else asdict(part)


def _pair_document(pair: Pair) -> dict[str, Json]:
    return {
        **_subject(pair.row),
        "pass_at_1": _whole(pair.quality),
        "decode_ratio": _whole(pair.decode),
        "prefill_ratio": _whole(pair.prefill),
        "needs_bytes_ratio": _whole(pair.memory),
        "file_bytes_ratio": _whole(pair.file_size),
        "unlike": list(pair.unlike),
        "in_words": verdict_text(pair),
    }
