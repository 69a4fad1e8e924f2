"""The report as a table for a terminal, wide or narrow."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from kdedge.report.columns import Column, columns_known, noise_text
from kdedge.report.facts import ReportModel, Row
from kdedge.report.units import UNKNOWN_TEXT

_MOST_UPRIGHT = 4
"""With more models than this, a row is a model; else a column is."""
_NARROWEST_CELL = 12
_NOISE_STYLES = {"clean": "green", "suspect": "yellow", "unusable": "red"}


def terminal_report(report: ReportModel, *, width: int) -> RenderableType:
    """Return the table with its recommendation and what qualifies the numbers.

    Few models stand side by side, a line for each thing measured; that fits any terminal. More
    stand one below the other, and a narrow terminal drops the columns that matter least.

    Args:
        report: What to show.
        width: Columns of the terminal.
    """
    rows = report.rows
    fits = 30 + len(rows) * _NARROWEST_CELL <= width
    upright = len(rows) <= _MOST_UPRIGHT and fits
    table = _upright(rows) if upright else _one_line_each(rows, width)
    parts: list[RenderableType] = [table]
    parts.append(Text.assemble(("→ ", "bold"), (report.recommendation.sentence, "bold")))
    parts.extend(Text(f"  {reason}", style="dim") for reason in report.recommendation.because)
    notes = [f"{row.label}: {note}" for row in rows for note in row.model.notes]
    parts.extend(Text(f"  {note}") for note in dict.fromkeys(notes))
    said = report.recommendation.because
    cautions = [caution for caution in report.cautions if caution not in said]
    parts.extend(Text(f"! {caution}", style="yellow") for caution in cautions)
    return Group(*parts)


def _upright(rows: tuple[Row, ...]) -> Table:
    table = Table(title=None, pad_edge=False, header_style="bold", show_edge=False)
    table.add_column("")
    for row in rows:
        table.add_column(Text(row.label), justify="right", overflow="fold")
    if any(row.label != row.model.file_type for row in rows):
        table.add_row("type", *(Text(row.model.file_type or UNKNOWN_TEXT) for row in rows))
    for column in columns_known(rows):
        name = f"{column.short}, {column.unit}" if column.unit else column.short
        table.add_row(name, *(Text(_stacked(column, row)) for row in rows))
    table.add_row("noise", *(_noise(row) for row in rows))
    return table


def _stacked(column: Column, row: Row) -> str:
    """Return the cell with its interval, if any, on a line of its own: columns stay narrow."""
    return column.text(row).replace(" [", "\n[") if column.interval else column.text(row)


def _one_line_each(rows: tuple[Row, ...], width: int) -> Table:
    columns = _that_fit(rows, width)
    table = Table(pad_edge=False, header_style="bold", show_edge=False)
    table.add_column("model", overflow="fold", min_width=8)
    for column in columns:
        unit = f"\n{column.unit}" if column.unit and not column.interval else ""
        table.add_column(f"{column.short}{unit}", justify="right", no_wrap=not column.interval)
    table.add_column("noise")
    for row in rows:
        cells = (Text(column.text(row)) for column in columns)
        table.add_row(Text(row.label), *cells, _noise(row))
    return table


def _that_fit(rows: tuple[Row, ...], width: int) -> tuple[Column, ...]:
    """Return the most important columns that ``width`` has room for, in their usual order."""
    known = columns_known(rows)
    longest = max(len(row.label) for row in rows)
    room = width - min(max(longest, 8), max(8, width // 3)) - len("unusable") - 6
    kept: list[Column] = []
    for column in sorted(known, key=lambda each: each.importance):
        room -= _needed(column, rows) + 3
        if room < 0:
            break
        kept.append(column)
    return tuple(column for column in known if column in kept)


def _needed(column: Column, rows: tuple[Row, ...]) -> int:
    if column.interval:
        return len("[12.3, 45.6]")
    title = max(len(column.short), len(column.unit))
    return max(title, *(len(column.text(row)) for row in rows))


def _noise(row: Row) -> Text:
    return Text(noise_text(row), style=_NOISE_STYLES.get(row.noise.verdict, ""))
