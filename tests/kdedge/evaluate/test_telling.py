"""What a run tells while it goes on, on a small model and two problems; and what a resumed one."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kdedge.core.events import (
    CompletionMade,
    Event,
    Progress,
    RunFinished,
    RunStarted,
    Score,
    VerdictMade,
)
from kdedge.core.store import Store
from kdedge.evaluate.plan import NEWEST, EvaluationPlan
from kdedge.evaluate.run import evaluate_model
from kdedge.evaluate.sandbox import SandboxLevel, probe_level
from kdedge.runtime.options import LoadOptions, Sampling
from tests.tiny_model import endless_weights, write_model

pytestmark = pytest.mark.skipif(
    probe_level() in {None, SandboxLevel.L1}, reason="this machine has no strong sandbox"
)
KEYS = {("HumanEval/0", 0), ("HumanEval/0", 1), ("HumanEval/1", 0), ("HumanEval/1", 1)}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "tiny.gguf", endless_weights())


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path / "home"))
    with Store.open() as store:
        yield store


def evaluate(
    model: Path,
    store: Store,
    *,
    sink: Callable[[Event], None],
    resume: str | None = None,
    n_problems: int = 2,
) -> dict[str, Any]:
    plan = EvaluationPlan(
        suite="humaneval",
        n_problems=n_problems,
        n_samples=2,
        sampling=Sampling(temperature=0.8),
        max_tokens=4,
        load=LoadOptions(context_tokens=2048, n_sequences=2, n_threads=1),
        judge_workers=1,
        resume=resume,
    )
    return evaluate_model(model, plan=plan, store=store, sink=sink)


def keys(events: list[Event], kind: type[CompletionMade | VerdictMade]) -> list[tuple[str, int]]:
    return [(event.task_id, event.sample) for event in events if isinstance(event, kind)]


def interrupting(events: list[Event], *, at: type[Event], after: int) -> Callable[[Event], None]:
    """Return a sink that is interrupted at the event of kind ``at`` number ``after``."""

    def hear(event: Event) -> None:
        events.append(event)
        if sum(isinstance(each, at) for each in events) >= after:
            raise KeyboardInterrupt

    return hear


def test_each_completion_and_each_verdict_is_told_once(model: Path, store: Store) -> None:
    events: list[Event] = []
    document = evaluate(model, store, sink=events.append)
    assert isinstance(events[0], RunStarted)
    assert isinstance(events[-1], RunFinished)
    for kind in (CompletionMade, VerdictMade):
        assert sorted(keys(events, kind)) == sorted(KEYS)
    told = {(e.task_id, e.sample): e for e in events if isinstance(e, CompletionMade)}
    for row in store.completions(document["run"]):
        event = told[row.task_id, row.sample]
        assert (event.n_tokens, event.finish_reason) == (row.n_tokens, row.finish_reason)
        assert (event.ttft_s, event.decode_s) == (row.ttft_s, row.decode_s)


def test_the_last_score_is_that_of_the_document_and_comes_before_the_end(
    model: Path, store: Store
) -> None:
    events: list[Event] = []
    document = evaluate(model, store, sink=events.append)
    scores = [event for event in events if isinstance(event, Score)]
    assert scores[-1].pass_at_k == document["pass_at_k"]
    assert scores[-1].n_problems == 2
    assert events[-2] is scores[-1] or isinstance(events[-2], Progress)


def test_loading_the_model_is_told_as_a_phase_of_its_own(model: Path, store: Store) -> None:
    events: list[Event] = []
    evaluate(model, store, sink=events.append)
    loading = [e for e in events if isinstance(e, Progress) and e.phase == "loading"]
    assert (loading[-1].done, loading[-1].total, loading[-1].unit) == (100, 100, "%")


@pytest.mark.parametrize(
    ("at", "after", "n_completions", "n_verdicts"),
    [(CompletionMade, 2, 2, 0), (VerdictMade, 1, 4, 1)],
)
def test_a_resumed_run_tells_first_what_is_there_and_then_what_is_new(
    model: Path, store: Store, at: type[Event], after: int, n_completions: int, n_verdicts: int
) -> None:
    with pytest.raises(KeyboardInterrupt):
        evaluate(model, store, sink=interrupting([], at=at, after=after))
    (run,) = store.runs()
    events: list[Event] = []
    evaluate(model, store, sink=events.append, resume=NEWEST)
    assert events[0] == RunStarted(verb="evaluate", run=run.run_id, resumed=True)
    there = events[1 : 1 + n_completions + n_verdicts]
    assert len(keys(there, CompletionMade)) == n_completions
    assert len(keys(there, VerdictMade)) == n_verdicts
    for kind in (CompletionMade, VerdictMade):
        assert sorted(keys(events, kind)) == sorted(KEYS)
    last = [event for event in events if isinstance(event, Score)][-1]
    assert last.pass_at_k == store.run(run.run_id).document["pass_at_k"]  # type: ignore[index]


def test_a_run_of_a_part_is_not_gone_on_with_as_one_of_another(model: Path, store: Store) -> None:
    with pytest.raises(KeyboardInterrupt):
        evaluate(model, store, sink=interrupting([], at=CompletionMade, after=1))
    events: list[Event] = []
    document = evaluate(model, store, sink=events.append, resume=NEWEST, n_problems=1)
    assert events[0] == RunStarted(verb="evaluate", run=document["run"], resumed=False)
    assert document["suite"]["n_problems"] == 1
    assert document["suite"]["part"]["task_ids"] == ["HumanEval/0"]
    assert document["pass_at_k"]["1"]["n_problems"] == 1
