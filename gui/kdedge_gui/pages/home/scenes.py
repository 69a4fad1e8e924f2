"""The states of Home for its pictures, from recorded real data."""

from typing import Any

from kdedge.core.run_summaries import RunSummary
from kdedge_gui.errors import ErrorInfo
from kdedge_gui.pages.home.check_progress import CheckProgress
from kdedge_gui.pages.home.check_words import check_result
from kdedge_gui.pages.home.last_look import Look
from kdedge_gui.pages.home.page import HomePage
from kdedge_gui.shots.scene import Recorded, Scene

_SHARE_OF_EVENTS = 0.4
"""The picture of a running check is taken so late."""


def _empty(page: HomePage, recorded: Recorded) -> None:
    page.machine.show_busy()
    page.check.show_idle()
    page.runs.show_runs(())


def _busy(page: HomePage, recorded: Recorded) -> None:
    _show_look(page, recorded)
    events = recorded.events("check")
    so_far = events[: round(len(events) * _SHARE_OF_EVENTS)]
    page.check.show_progress(CheckProgress().after(so_far))
    page.runs.show_runs(())


def _error(page: HomePage, recorded: Recorded) -> None:
    failed = recorded.events("failed")[-1]
    _show_look(page, recorded)
    page.check.show_idle()
    page.runs.show_runs(_runs(recorded))
    error = ErrorInfo(problem=failed["problem"], hint=failed["hint"])
    page.show_error(error)


def _full(page: HomePage, recorded: Recorded) -> None:
    _show_look(page, recorded)
    page.check.show_result(check_result(recorded.documents("profile")[0]))
    page.runs.show_runs(_runs(recorded))


def _missing(page: HomePage, recorded: Recorded) -> None:
    page.check.show_idle()
    _show_look(page, recorded, name="missing")
    page.runs.show_runs(())


def _show_look(page: HomePage, recorded: Recorded, *, name: str = "doctor") -> None:
    made_at = recorded.events("check")[0]["at"]
    page.show_look(Look(at=made_at, document=recorded.documents(name)[0]))


def _runs(recorded: Recorded) -> list[RunSummary]:
    return [_summary(each) for each in recorded.events("runs")]


def _summary(raw: dict[str, Any]) -> RunSummary:
    interval = raw["pass_at_1_ci95"]
    return RunSummary(**{**raw, "pass_at_1_ci95": tuple(interval) if interval else None})


SCENES = (
    Scene(name="empty", arrange=_empty),
    Scene(name="busy", arrange=_busy),
    Scene(name="error", arrange=_error),
    Scene(name="full", arrange=_full),
    Scene(name="missing", arrange=_missing),
)
