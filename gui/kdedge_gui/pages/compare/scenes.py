"""What the page looks like in each state, from recorded runs of three quantisations."""

import json
from typing import TYPE_CHECKING, Any

from kdedge_gui.charts import load_now
from kdedge_gui.pages.compare.choice import Choice
from kdedge_gui.pages.compare.work import documents_of, findings_of
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


def recorded_documents(recorded: Recorded, *, unlike: bool = False) -> list[dict[str, Any]]:
    """Return profile and evaluation of each quantisation, the baseline first.

    Args:
        recorded: Where they are.
        unlike: With a profile of the last one that was made with other settings.
    """
    profiles, evaluations = recorded.documents("profile"), recorded.documents("evaluate")
    if unlike:
        other = json.loads(recorded.file("other-Q4_0.json").read_text(encoding="utf-8"))
        profiles = [*profiles[:-1], other]
    return [each for pair in zip(profiles, evaluations, strict=True) for each in pair]


def _choose(page: "ComparePage", recorded: Recorded, documents: list[dict[str, Any]]) -> None:
    page.show_runs(recorded_runs(recorded))
    page.picker.set_choice(Choice(tuple(document["run"] for document in documents)))


def _show(page: "ComparePage", recorded: Recorded, documents: list[dict[str, Any]]) -> None:
    load_now()
    _choose(page, recorded, documents)
    page.show_findings(findings_of(documents_of(documents)))


def _arrange_empty(page: "ComparePage", recorded: Recorded) -> None:
    page.show_runs(recorded_runs(recorded)[:1])


def _arrange_choosing(page: "ComparePage", recorded: Recorded) -> None:
    _choose(page, recorded, recorded_documents(recorded)[:4])


def _arrange_busy(page: "ComparePage", recorded: Recorded) -> None:
    _choose(page, recorded, recorded_documents(recorded))
    page.show_busy()


def _arrange_error(page: "ComparePage", recorded: Recorded) -> None:
    _show(page, recorded, recorded_documents(recorded, unlike=True))


def _arrange_flagged(page: "ComparePage", recorded: Recorded) -> None:
    _show(page, recorded, recorded_documents(recorded, unlike=True))
    page.allow_unlike()
    page.result.finish()


def _arrange_full(page: "ComparePage", recorded: Recorded) -> None:
    _show(page, recorded, recorded_documents(recorded))
    page.result.finish()


SCENES = (
    Scene(name="empty", arrange=_arrange_empty),
    Scene(name="choosing", arrange=_arrange_choosing),
    Scene(name="busy", arrange=_arrange_busy),
    Scene(name="error", arrange=_arrange_error),
    Scene(name="flagged", arrange=_arrange_flagged),
    Scene(name="full", arrange=_arrange_full),
)
