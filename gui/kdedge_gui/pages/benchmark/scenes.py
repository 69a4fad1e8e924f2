"""The states of Benchmark for its pictures, from recorded real data and problems of our own."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from kdedge.core.run_summaries import RunSummary
from kdedge_gui.charts import load_now
from kdedge_gui.errors import ErrorInfo
from kdedge_gui.library import ModelEntry
from kdedge_gui.pages.benchmark.drill_rows import SampleRows
from kdedge_gui.pages.benchmark.forecast import MemoryGuess, plan_guess
from kdedge_gui.pages.benchmark.live import LiveRun
from kdedge_gui.pages.benchmark.opened import OpenedRun, natural
from kdedge_gui.pages.benchmark.page import BenchmarkPage
from kdedge_gui.pages.benchmark.past import Past, PastEvaluation, PastProfile
from kdedge_gui.pages.benchmark.plan import steps_of
from kdedge_gui.pages.benchmark.queue import QueuedStep
from kdedge_gui.pages.benchmark.session import Shown
from kdedge_gui.pages.benchmark.suites_work import suites_in
from kdedge_gui.shots.scene import Recorded, Scene


def _empty(page: BenchmarkPage, recorded: Recorded) -> None:
    _prepare(page, recorded)
    page.set_up.show_models(())
    page.show_runs([])
    page.show_set_up()


def _set_up(page: BenchmarkPage, recorded: Recorded) -> None:
    _choose(page, recorded)
    page.show_runs(_runs(recorded))


def _busy(page: BenchmarkPage, recorded: Recorded) -> None:
    _choose(page, recorded)
    steps = steps_of(page.set_up.plan())
    page.queue.steps = [QueuedStep(step=step) for step in steps]
    page.queue.state = "running"
    page.queue.steps[0].state = "running"
    page.session.runs = [_shown(queued) for queued in page.queue.steps]
    running = page.session.runs[0]
    running.live.set_order([f"HumanEval/{n}" for n in _numbers(recorded)])
    running.live.take(_so_far(recorded.events("mini")))
    running.machine += [
        (float(at), float(used)) for at, used in json.loads(_text(recorded, "machine.json"))
    ]
    page.show_run(running)


def _error(page: BenchmarkPage, recorded: Recorded) -> None:
    _choose(page, recorded)
    failed = recorded.events("failed")[-1]
    steps = steps_of(page.set_up.plan())
    page.queue.steps = [QueuedStep(step=steps[0], state="failed")]
    page.session.runs = [_shown(page.queue.steps[0])]
    page.show_run(page.session.runs[0])
    page.show_error(ErrorInfo(problem=failed["problem"], hint=failed["hint"]), retry=lambda: None)


def _full(page: BenchmarkPage, recorded: Recorded) -> None:
    _prepare(page, recorded)
    page.show_run(_opened(page, recorded, "mini"))


def _several(page: BenchmarkPage, recorded: Recorded) -> None:
    _prepare(page, recorded)
    page.show_run(_opened(page, recorded, "several"))


def _profile(page: BenchmarkPage, recorded: Recorded) -> None:
    _prepare(page, recorded)
    page.show_run(_opened(page, recorded, "profile"))


def _problem(page: BenchmarkPage, recorded: Recorded) -> None:
    _prepare(page, recorded)
    ours = json.loads(_text(recorded, "ours.json"))
    page.suites.take_problems(ours)
    shown = _opened_with(page, ours["document"], events=_our_events(ours))
    page.show_run(shown)
    failed = next(row for row in ours["rows"] if row["verdict"] != "passed")
    page.run.open_drill(failed["task_id"])
    page.drilling.look(shown, SampleRows(run_id=shown.run_id, **failed))


def _prepare(page: BenchmarkPage, recorded: Recorded) -> None:
    load_now()
    page.show_suites(suites_in(recorded.documents("suites")[0]))


def _choose(page: BenchmarkPage, recorded: Recorded) -> None:
    _prepare(page, recorded)
    entries = [
        ModelEntry(
            name=each["name"],
            path=Path(each["path"]),
            origin=each["origin"],
            file_bytes=each["file_bytes"],
        )
        for each in recorded.documents("list")[0]["models"]
    ]
    page.set_up.show_models(entries)
    page.set_up.models.choose([str(entry.path) for entry in entries[:2]])
    page.set_up.profile.setChecked(True)
    page.guessing.close()  # what was recorded stays
    page.set_up.show_guess(*_guess(page, recorded))


def _guess(page: BenchmarkPage, recorded: Recorded) -> tuple[Any, MemoryGuess]:
    """Return the forecast that follows from the recorded runs."""
    mini, profile = (recorded.documents(name)[0] for name in ("mini", "profile"))
    model, generation = mini["model"], mini["generation"]
    past = Past(
        evaluations=(
            PastEvaluation(
                model_path=model["path"],
                file_bytes=model["file_bytes"],
                suite=mini["suite"]["name"],
                n_completions=mini["suite"]["n_problems"],
                tokens=generation["tokens"],
                tokens_per_s=generation["tokens_per_s"],
                judging_s=mini["judging"]["wall_s"],
                n_judged=mini["suite"]["n_problems"],
            ),
        ),
        profiles=(
            PastProfile(
                model_path=model["path"],
                file_bytes=model["file_bytes"],
                is_quick=True,
                decode_tokens_per_s=profile["latency"]["decode_tokens_per_s"]["median"],
                wall_s=_wall_s(recorded.events("profile")),
            ),
        ),
    )
    predicted = profile["memory"]["predicted"]
    memory = MemoryGuess(
        needs_bytes=predicted["needs_bytes"],
        available_bytes=predicted["available_bytes"],
        basis="",
        fit=predicted["fit"],
    )
    return plan_guess(page.set_up.plan(), past), memory


def _wall_s(events: list[dict[str, Any]]) -> float:
    """Return the time from the first event to the last measurement."""
    last = max(event["at"] for event in events if event["event"] == "measured")
    return (datetime.fromisoformat(last) - datetime.fromisoformat(events[0]["at"])).total_seconds()


def _runs(recorded: Recorded) -> list[RunSummary]:
    return [
        RunSummary(**{**raw, "pass_at_1_ci95": tuple(raw["pass_at_1_ci95"] or ()) or None})
        for raw in recorded.events("runs")
    ]


def _shown(queued: QueuedStep) -> Shown:
    step = queued.step
    live = LiveRun(n_samples=step.n_samples, n_problems=step.n_problems)
    return Shown(live=live, suite=step.suite, model=step.model, machine=[], step=queued)


def _opened(page: BenchmarkPage, recorded: Recorded, name: str) -> Shown:
    return _opened_with(page, recorded.documents(name)[0], events=recorded.events(name))


def _opened_with(
    page: BenchmarkPage, document: dict[str, Any], *, events: list[dict[str, Any]]
) -> Shown:
    about = document.get("suite") or {}
    part = about.get("part") or {}
    tasks = {str(each["task_id"]) for each in events if "task_id" in each}
    live = LiveRun(n_samples=document.get("n_samples", 1), n_problems=len(tasks))
    live.take(events)
    live.set_order(sorted(tasks, key=natural))
    opened = OpenedRun(
        run_id=document["run"],
        verb="evaluate" if about else "profile",
        status="done",
        created_at=document["created_at"],
        model_label=Path(document["model"]["path"]).stem,
        model_path=document["model"]["path"],
        suite=about.get("name", ""),
        task_ids=tuple(part.get("task_ids", ())),
        of_n_problems=part.get("of_n_problems"),
        evaluation_run=document["run"],
        subject={},
        live=live,
        settings=document["settings"] if about else {},
    )
    return page.session.open(opened)


def _our_events(ours: dict[str, Any]) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    for row in ours["rows"]:
        events.append({"event": "completion_made", **row})
        events.append({"event": "verdict_made", **row})
    n_problems = len(ours["rows"])
    score = {"event": "score", "n_problems": n_problems, "pass_at_k": ours["pass_at_k"]}
    return [*events, score]


def _so_far(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what happened until the second score, in the middle of judging."""
    scores = [at for at, event in enumerate(events) if event["event"] == "score"]
    return events[: scores[1] + 2]


def _numbers(recorded: Recorded) -> list[int]:
    events = recorded.events("mini")
    return sorted({int(each["task_id"].split("/")[1]) for each in events if "task_id" in each})


def _text(recorded: Recorded, name: str) -> str:
    return recorded.file(name).read_text(encoding="utf-8")


SCENES = (
    Scene(name="empty", arrange=_empty),
    Scene(name="set-up", arrange=_set_up),
    Scene(name="busy", arrange=_busy),
    Scene(name="error", arrange=_error),
    Scene(name="full", arrange=_full),
    Scene(name="several", arrange=_several),
    Scene(name="profile", arrange=_profile),
    Scene(name="problem", arrange=_problem),
)
