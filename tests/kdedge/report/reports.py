"""Example documents turned into what the code under test takes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kdedge.core.errors import KdedgeError
from kdedge.core.store_rows import RunRow
from kdedge.report.build import build_report
from kdedge.report.documents import ResultDocument
from kdedge.report.facts import ReportModel, Row
from kdedge.report.rows import rows_of


def documents(*contents: Mapping[str, Any]) -> list[ResultDocument]:
    return [
        ResultDocument(
            origin=f"document {place}",
            run=content["run"] or "",
            verb=content["schema"].removeprefix("kdedge.").removesuffix("/1"),
            content=content,
        )
        for place, content in enumerate(contents)
    ]


def rows(*contents: Mapping[str, Any]) -> tuple[Row, ...]:
    return rows_of(documents(*contents))


def report(*contents: Mapping[str, Any]) -> ReportModel:
    return build_report(documents(*contents))


class RunsInMemory:
    """A store that only knows finished and unfinished runs."""

    def __init__(self, *contents: Mapping[str, Any], status: str = "done", verb: str = "") -> None:
        self._rows = {
            content["run"]: RunRow(
                run_id=content["run"],
                verb=verb or content["schema"].removeprefix("kdedge.").removesuffix("/1"),
                key="",
                status=status,
                created_at="2026-11-24T05:00:00+00:00",
                updated_at="2026-11-24T05:01:00+00:00",
                subject={},
                document=content if status == "done" else None,
            )
            for content in contents
        }

    def run(self, run_id: str) -> RunRow:
        if run_id not in self._rows:
            raise KdedgeError(f"There is no run {run_id!r}.", hint="Give another id.")
        return self._rows[run_id]

    @contextmanager
    def open(self) -> Iterator["RunsInMemory"]:
        yield self
