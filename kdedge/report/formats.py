"""The files a report can be written as."""

from enum import StrEnum
from pathlib import Path

from kdedge.core.errors import KdedgeError
from kdedge.report.as_html import report_as_html
from kdedge.report.as_text_files import report_as_csv, report_as_json, report_as_markdown
from kdedge.report.facts import ReportModel


class Format(StrEnum):
    """What a report is written as; the values are file endings."""

    HTML = "html"
    CSV = "csv"
    JSON = "json"
    MARKDOWN = "md"


_ALSO = {"htm": Format.HTML, "markdown": Format.MARKDOWN}


def format_of(path: Path, *, chosen: Format | None = None) -> Format:
    """Return the format of the file at ``path``.

    Args:
        path: Its ending decides.
        chosen: Decides instead.

    Raises:
        KdedgeError: The ending is none that a report can have.
    """
    if chosen is not None:
        return chosen
    ending = path.suffix.lower().removeprefix(".")
    if ending in _ALSO:
        return _ALSO[ending]
    if ending not in set(Format):
        raise KdedgeError(
            f"A report cannot be written as {path.name!r}: the ending says no known format.",
            hint="End the name with .html, .csv, .json or .md, or add --format.",
        )
    return Format(ending)


def report_text(report: ReportModel, target: Format) -> str:
    """Return the whole file."""
    match target:
        case Format.HTML:
            return report_as_html(report)
        case Format.CSV:
            return report_as_csv(report)
        case Format.JSON:
            return report_as_json(report)
        case Format.MARKDOWN:
            return report_as_markdown(report)
