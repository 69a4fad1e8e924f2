"""What the page looks like in each state, from recorded runs of three quantisations."""

import json
from typing import TYPE_CHECKING, Any

from kdedge_gui.charts import load_now
from kdedge_gui.pages.compare.choice import Choice
from kdedge_gui.pages.compare.work import Findings, documents_of, findings_of
from kdedge_gui.shots.scene import Recorded, Scene

if TYPE_CHECKING:
    from kdedge.core.run_summaries import RunSummary
    from kdedge_gui.pages.compare.page import ComparePage


def recorded_runs(recorded: Recorded) -> "tuple[RunSummary, ...]":
    """Return the finished runs of the recorded store, newest first."""
    from kdedge.core.run_summaries import RunSummary

    rows = json.loads(recorded.file("runs.json").read_text(encoding="utf-8"))
    for row in rows:
        ends = row["pass_at_1_ci95"]
        row["pass_at_1_ci95"] = None if ends is None else tuple(ends)
    return tuple(RunSummary(**row) for row in rows)


def recorded_findings(recorded: Recorded, *, unlike: bool = False) -> Findings:
    """Return the comparison of the recorded runs.

    Args:
        recorded: Where they are.
        unlike: With one of them said to be measured with another context.
    """
    profiles, evaluations = recorded.documents("profile"), recorded.documents("evaluate")
    if unlike:
        profiles = [*profiles[:-1], _with_other_context(profiles[-1])]
    return findings_of(documents_of([*profiles, *evaluations]))


def _with_other_context(document: dict[str, Any]) -> dict[str, Any]:
    settings = {**document["settings"], "context_tokens": 2048}
    return {**document, "settings": settings}


def _arrange_empty(page: "ComparePage", recorded: Recorded) -> None:
    page.show_runs(recorded_runs(recorded)[:1])


def _arrange_choosing(page: "ComparePage", recorded: Recorded) -> None:
    runs = recorded_runs(recorded)
    page.show_runs(runs)
    chosen = [run.run_id for run in runs if run.verb == "profile"]
    page.picker.set_choice(Choice(tuple(chosen[:3])))


def _arrange_busy(page: "ComparePage", recorded: Recorded) -> None:
    _arrange_choosing(page, recorded)
    page.show_busy()


def _arrange_error(page: "ComparePage", recorded: Recorded) -> None:
    _arrange_choosing(page, recorded)
    page.show_findings(recorded_findings(recorded, unlike=True))


def _arrange_full(page: "ComparePage", recorded: Recorded) -> None:
    load_now()
    _arrange_choosing(page, recorded)
    page.show_findings(recorded_findings(recorded))
    page.result.finish()


def _arrange_flagged(page: "ComparePage", recorded: Recorded) -> None:
    load_now()
    _arrange_error(page, recorded)
    page.allow_unlike()
    page.result.finish()


SCENES = (
    Scene(name="empty", arrange=_arrange_empty),
    Scene(name="choosing", arrange=_arrange_choosing),
    Scene(name="busy", arrange=_arrange_busy),
    Scene(name="error", arrange=_arrange_error),
    Scene(name="full", arrange=_arrange_full),
    Scene(name="flagged", arrange=_arrange_flagged),
)
