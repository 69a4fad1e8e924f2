"""An evaluation of the real starter model, undisturbed and killed in the middle."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kdedge.core.errors import KdedgeError
from kdedge.core.events import ignore
from kdedge.core.store import Store
from kdedge.evaluate.plan import EvaluationPlan
from kdedge.evaluate.run import evaluate_model
from kdedge.evaluate.sandbox import SandboxLevel, probe_level
from kdedge.models.starter import starter_model
from kdedge.runtime.options import LoadOptions, Sampling

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        probe_level() in {None, SandboxLevel.L1}, reason="this machine has no strong sandbox"
    ),
]
COMMAND = [
    sys.executable, "-m", "kdedge", "evaluate", "starter", "--suite", "humaneval-mini", "--events",
    "--max-tokens", "12", "--context", "1024", "-n", "2", "--temperature", "0.8",
]  # fmt: skip


def told(document: dict[str, object]) -> dict[str, object]:
    """Return what a report says, timings and the run's own name left out."""
    verdicts = [
        {key: value for key, value in row.items() if key != "wall_s"}
        for row in document["verdicts"]  # type: ignore[attr-defined]
    ]
    return {"verdicts": verdicts, "pass_at_k": document["pass_at_k"], "n": document["n_samples"]}


def evaluate(home: Path, *more: str) -> dict[str, object]:
    target = home / "document.json"
    subprocess.run(
        [*COMMAND, "--json", str(target), *more],
        check=True,
        env={**os.environ, "KDEDGE_HOME": str(home)},
        stdout=subprocess.DEVNULL,
    )
    found: dict[str, object] = json.loads(target.read_text())
    return found


@pytest.mark.parametrize("phase", ["generating", "judging"])
def test_a_killed_run_that_is_resumed_gives_the_report_of_an_undisturbed_one(
    tmp_path: Path, phase: str
) -> None:
    quiet, killed = tmp_path / "quiet", tmp_path / "killed"
    undisturbed = evaluate(quiet)
    child = subprocess.Popen(
        COMMAND,
        env={**os.environ, "KDEDGE_HOME": str(killed)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    for line in child.stdout:
        event = json.loads(line)
        if event["event"] == "progress" and event["phase"] == phase and event["done"] >= 10:
            child.send_signal(signal.SIGKILL)
            break
    child.wait()
    child.stdout.close()
    with Store.open(killed / "kdedge.sqlite3") as store:
        (run,) = store.runs()
        kept = len(store.completions(run.run_id))
    assert kept >= 10
    resumed = evaluate(killed, "--resume")
    assert resumed["run"] == run.run_id
    assert told(resumed) == told(undisturbed)


def test_a_machine_without_a_strong_sandbox_is_refused_before_anything_is_generated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kdedge.evaluate.sandbox.probe.probe_level", lambda: SandboxLevel.L1)
    plan = EvaluationPlan(suite="humaneval-mini")
    with Store.open(tmp_path / "s.sqlite3") as store:
        with pytest.raises(KdedgeError, match="weak sandbox"):
            evaluate_model(starter_model(), plan=plan, store=store, sink=ignore)
        assert store.runs() == []


def test_a_chat_preset_needs_a_chat_template(tmp_path: Path) -> None:
    plan = EvaluationPlan(suite="humaneval-mini", preset="nonsense/1")
    with Store.open(tmp_path / "s.sqlite3") as store, pytest.raises(KdedgeError, match="nonsense"):
        evaluate_model(starter_model(), plan=plan, store=store, sink=ignore)


def test_a_context_too_small_for_a_prompt_fails_the_run_with_the_remedy(tmp_path: Path) -> None:
    plan = EvaluationPlan(
        suite="humaneval-mini",
        sampling=Sampling(),
        load=LoadOptions(context_tokens=256, n_sequences=2),
    )
    with Store.open(tmp_path / "s.sqlite3") as store:
        with pytest.raises(KdedgeError, match="context holds 256"):
            evaluate_model(starter_model(), plan=plan, store=store, sink=ignore)
        assert [run.status for run in store.runs()] == ["failed"]
