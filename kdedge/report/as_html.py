"""The report as one HTML file that needs nothing else: no network, no script, no other file."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from kdedge import __version__
from kdedge.report.columns import COLUMNS, Column, columns_known, noise_text, reasons_of
from kdedge.report.facts import ReportModel, Row
from kdedge.report.plots.gallery import report_plots
from kdedge.report.plots.svg import Plot, can_draw
from kdedge.report.problem_grid import SIGNS, WORDS, failures, problem_grids

if TYPE_CHECKING:
    from jinja2 import Environment

HOW_TO_GET_PLOTS = (
    "Plots are missing because matplotlib is not installed; "
    '`pip install "kdedge-toolkit[report]"` adds them.'
)
_MOST_FAILURES = 12


def report_as_html(report: ReportModel, *, draw: bool | None = None) -> str:
    """Return the page.

    Args:
        report: What to show.
        draw: Whether to draw plots; when not given, they are drawn if matplotlib is installed.
    """
    drawn = can_draw() if draw is None else draw
    columns = columns_known(report.rows)
    return render(
        "report.html.j2",
        {
            "report": report,
            "columns": columns,
            "best": {column.title: _best(column, report.rows) for column in columns},
            "noise_text": noise_text,
            "missing": _missing(report.rows),
            "plots": report_plots(report) if drawn else (),
            "grids": problem_grids(report.rows),
            "failures": {row.label: failures(row, most=_MOST_FAILURES) for row in report.rows},
            "tiles": _tiles(report),
        },
        plots_missing=not drawn,
    )


def render(template: str, content: Mapping[str, Any], *, plots_missing: bool) -> str:
    """Return ``template`` filled with ``content``; every text in it is escaped.

    Args:
        template: File name in the templates folder.
        content: Names the template uses.
        plots_missing: Whether to say how to get plots.
    """
    page = _environment().get_template(template)
    return page.render(
        **content,
        signs=SIGNS,
        words=WORDS,
        how_to_get_plots=HOW_TO_GET_PLOTS if plots_missing else "",
        version=__version__,
    )


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("kdedge.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def drawn(plot: Plot) -> Markup:
        # matplotlib escapes every text it writes; nothing else in it comes from documents.
        return Markup(plot.svg)  # noqa: S704

    environment.filters["drawn"] = drawn
    return environment


def _best(column: Column, rows: Sequence[Row]) -> str | None:
    """Return the best cell of a column, when there is more than one to choose from."""
    cells = {
        value: column.text(row)
        for row in rows
        if (value := column.quantity(row).value) is not None and not column.spoiled(row)
    }
    if not column.better or len(set(cells.values())) < 2:
        return None
    return cells[max(cells) if column.better == "higher" else min(cells)]


def _missing(rows: tuple[Row, ...]) -> tuple[str, ...]:
    """Return why cells are empty, whole columns first and said once."""
    for_all: list[str] = []
    for column in COLUMNS:
        reasons = {column.reason(row) for row in rows}
        if len(reasons) == 1 and "" not in reasons and len(rows) > 1:
            for_all.append(f"{column.title}: {reasons.pop()}")
    told = {line.partition(": ")[0] for line in for_all}
    partly = [line for line in reasons_of(rows) if len(rows) == 1 or not _covered(line, told)]
    return (*for_all, *partly)


def _covered(line: str, told: set[str]) -> bool:
    titles = line.partition(": ")[0].partition(", ")[2]
    return bool(titles) and all(title in told for title in titles.split(", "))


def _tiles(report: ReportModel) -> tuple[tuple[str, str, str], ...]:
    """Return the headline numbers of the choice, or of the only row: title, value, remark."""
    label = report.recommendation.choice
    rows = [row for row in report.rows if row.label == label] or list(report.rows)
    if len(rows) != 1:
        return ()
    wanted = {
        "Decode": "tokens/s",
        "First token (TTFT), median": "until the first token",
        "Needs (file + anonymous)": "of memory",
        "pass@1": "solved at the first attempt",
    }
    return tuple(
        (column.title, column.text(rows[0]), wanted[column.title])
        for column in COLUMNS
        if column.title in wanted
        and column.quantity(rows[0]).value is not None
        and not column.spoiled(rows[0])
    )
