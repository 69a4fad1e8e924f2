"""Findings and stored runs for tests of the page, from the report's example documents."""

from collections.abc import Mapping
from typing import Any

from kdedge.core.run_summaries import RunSummary, run_summaries
from kdedge.core.store import Store
from kdedge_gui.pages.compare.work import Findings, documents_of, findings_of
from tests.kdedge.report import examples

NAMES = ("Q8_0", "Q4_0", "Q4_1")


def three() -> list[dict[str, Any]]:
    """Return profile and evaluation of three models; Q8_0 is the baseline."""
    return [make(name) for name in NAMES for make in (examples.profile, examples.evaluation)]


def findings(*contents: Mapping[str, Any]) -> Findings:
    return findings_of(documents_of(contents or three()))


def unlike() -> list[dict[str, Any]]:
    """Return two evaluations with different presets."""
    return [
        examples.evaluation("Q8_0"),
        examples.evaluation("Q4_0") | {"preset": "evalplus-base/1"},
    ]


def store_runs(*contents: Mapping[str, Any]) -> list[str]:
    """Put finished runs into the store; return their ids in the same order."""
    ids = []
    with Store.open() as store:
        for content in contents:
            verb = str(content["schema"]).removeprefix("kdedge.").partition("/")[0]
            subject = {"model": content["model"], "suite": content.get("suite")}
            run = store.begin_run(verb=verb, key="", subject=subject)
            document = {**content, "run": run.run_id}
            store.finish_run(run.run_id, status="done", document=document)
            ids.append(run.run_id)
    return ids


def summaries(*contents: Mapping[str, Any]) -> list[RunSummary]:
    """Return what lists show of finished runs, in the order given."""
    ids = store_runs(*contents)
    with Store.open() as store:
        found = {run.run_id: run for run in run_summaries(store)}
    return [found[run_id] for run_id in ids]
