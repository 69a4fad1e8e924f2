"""What the page asks of the library: read in the store's thread, computed in the background.

Nothing here is computed by the app; everything is ``kdedge.report``'s, imported at the first use.
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kdedge.core.run_summaries import RunSummary
    from kdedge.core.store import Store
    from kdedge.report.compare import Comparison
    from kdedge.report.documents import ResultDocument
    from kdedge.report.facts import Recommendation
    from kdedge.report.problem_grid import Grid

_VERBS = {"profile", "evaluate"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """A comparison and what goes with it."""

    comparison: "Comparison"
    """Made whether the runs are alike or not; its pairs say what is unlike."""
    advice: "Recommendation"
    grids: "tuple[Grid, ...]"
    """What became of each problem, a grid a suite."""

    @property
    def is_unlike(self) -> bool:
        """Whether something was not measured the same way."""
        return any(pair.unlike for pair in self.comparison.pairs)


def finished_runs(store: "Store") -> "tuple[RunSummary, ...]":
    """Return the runs that can be compared, newest first.

    Raises:
        KdedgeError: The store cannot be read.
    """
    from kdedge.core.run_summaries import run_summaries

    return tuple(
        run for run in run_summaries(store) if run.status == "done" and run.verb in _VERBS
    )


def read_runs(store: "Store", run_ids: Sequence[str]) -> "tuple[ResultDocument, ...]":
    """Return the documents of ``run_ids`` and of the evaluations that go with profiles.

    Raises:
        KdedgeError: A run is gone, or is not finished.
    """
    from kdedge.report.documents import load_documents

    return load_documents(run_ids, open_source=lambda: nullcontext(store))


def documents_of(contents: Sequence[Mapping[str, Any]]) -> "tuple[ResultDocument, ...]":
    """Return recorded result documents as if they came from the store."""
    from kdedge.report.documents import ResultDocument

    return tuple(
        ResultDocument(
            origin=str(content["run"]),
            run=str(content["run"]),
            verb=str(content["schema"]).removeprefix("kdedge.").partition("/")[0],
            content=content,
        )
        for content in contents
    )


def findings_of(documents: "Sequence[ResultDocument]") -> Findings:
    """Return what the library finds in ``documents``, the first of which is the baseline.

    Raises:
        KdedgeError: There is nothing to compare, or nothing in common.
    """
    from kdedge.report.compare import compare
    from kdedge.report.problem_grid import problem_grids
    from kdedge.report.recommend import recommend

    comparison = compare(documents, allow_unlike=True)
    return Findings(
        comparison=comparison,
        advice=recommend(comparison.rows),
        grids=problem_grids(comparison.rows),
    )
