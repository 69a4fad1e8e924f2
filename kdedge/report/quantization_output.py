"""A report of quantising as a table for a terminal, as HTML, Markdown, CSV and JSON."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import asdict

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from kdedge.core.json_value import Json
from kdedge.report.as_html import render
from kdedge.report.as_text_files import harmless, plain
from kdedge.report.formats import Format
from kdedge.report.plots.svg import can_draw
from kdedge.report.plots.trade_off import trade_off_plot
from kdedge.report.quantization import QuantizationReport, TriedFile, kl_text
from kdedge.report.reading import Quantity
from kdedge.report.units import UNKNOWN_TEXT, bytes_text, percent, rate_text

SCHEMA = "kdedge.quantize-report/1"


def _shown(quantity: Quantity, show: Callable[[float], str]) -> str:
    return UNKNOWN_TEXT if quantity.value is None else show(quantity.value)


def _kl(each: TriedFile) -> str:
    ends = each.mean_kl.interval
    interval = f" [{ends[0]:.4f}, {ends[1]:.4f}]" if ends else ""
    return f"{kl_text(each.mean_kl)}{interval}" or UNKNOWN_TEXT


_COLUMNS: tuple[tuple[str, Callable[[TriedFile], str]], ...] = (
    ("file", lambda each: each.name),
    ("size", lambda each: _shown(each.file_bytes, bytes_text)),
    ("bits a weight", lambda each: _shown(each.bits_per_weight, lambda value: f"{value:.2f}")),
    ("mean KL", _kl),
    ("same top token", lambda each: _shown(each.top1_agreement, percent)),
    ("decode, tokens/s", lambda each: _shown(each.decode_tokens_per_s, rate_text)),
    ("pass@1", lambda each: _shown(each.pass_at_1, percent)),
)
_NUMBERS: tuple[tuple[str, Callable[[TriedFile], Quantity]], ...] = (
    ("file_bytes", lambda each: each.file_bytes),
    ("bits_per_weight", lambda each: each.bits_per_weight),
    ("mean_kl", lambda each: each.mean_kl),
    ("top1_agreement", lambda each: each.top1_agreement),
    ("decode_tokens_per_s", lambda each: each.decode_tokens_per_s),
    ("pass_at_1", lambda each: each.pass_at_1),
)


def terminal_quantization(report: QuantizationReport) -> RenderableType:
    """Return a table, a line a file, with the outcome above it."""
    titles, lines = _table(report)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in titles:
        table.add_column(title)
    for cells, each in zip(lines, report.files, strict=True):
        style = "bold" if each.name == report.chosen else ""
        table.add_row(*(Text(cell, style=style) for cell in cells))
    told = [Text(sentence, style="bold") for sentence in report.sentences()]
    return Group(*told, table)


def quantization_text(report: QuantizationReport, target: Format) -> str:
    """Return the whole file."""
    match target:
        case Format.HTML:
            return quantization_as_html(report)
        case Format.CSV:
            return _as_csv(report)
        case Format.JSON:
            return json.dumps(quantization_document(report), indent=2, ensure_ascii=False) + "\n"
        case Format.MARKDOWN:
            return _as_markdown(report)


def quantization_document(report: QuantizationReport) -> dict[str, Json]:
    """Return everything the report knows."""
    return {"schema": SCHEMA, **asdict(report)}


def quantization_as_html(report: QuantizationReport, *, draw: bool | None = None) -> str:
    """Return one page that needs nothing else.

    Args:
        report: What to show.
        draw: Whether to draw the picture; when not given, if matplotlib is installed.
    """
    drawn = can_draw() if draw is None else draw
    titles, lines = _table(report)
    return render(
        "quantization.html.j2",
        {
            "report": report,
            "titles": titles,
            "lines": lines,
            "plot": trade_off_plot(report.files, chosen=report.chosen) if drawn else None,
        },
        plots_missing=not drawn,
    )


def _table(report: QuantizationReport) -> tuple[list[str], list[list[str]]]:
    """Return titles and cells, without columns that nothing is known for."""
    lines = [[show(each) for _, show in _COLUMNS] for each in report.files]
    known = [
        place
        for place in range(len(_COLUMNS))
        if any(cells[place] != UNKNOWN_TEXT for cells in lines)
    ]
    titles = [_COLUMNS[place][0] for place in known]
    outcomes = [
        "taken" if each.name == report.chosen and not each.lost else each.lost or UNKNOWN_TEXT
        for each in report.files
    ]
    cells = [
        [*(line[place] for place in known), outcome]
        for line, outcome in zip(lines, outcomes, strict=True)
    ]
    return [*titles, "outcome"], cells


def _as_markdown(report: QuantizationReport) -> str:
    titles, lines = _table(report)
    rows = [titles, ["---"] * len(titles), *lines]
    table = ["| " + " | ".join(plain(cell) for cell in cells) + " |" for cells in rows]
    told = [f"{plain(sentence)}  " for sentence in report.sentences()]
    overrides = [f"- `--override '{each.replace('`', '')}'`" for each in report.overrides]
    parts = ["\n".join(told), "\n".join(table), "\n".join(overrides)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _as_csv(report: QuantizationReport) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["file", *(title for title, _ in _NUMBERS), "lost"])
    for each in report.files:
        numbers = [read(each).value for _, read in _NUMBERS]
        told = ["" if value is None else value for value in numbers]
        writer.writerow([harmless(each.name), *told, harmless(each.lost)])
    return out.getvalue()
