"""The page with a state of its own, over a fake ``kdedge`` and a real store."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from kdedge.core.store import Store
from kdedge_gui.charts import load_now
from kdedge_gui.jobs.process import Commands
from kdedge_gui.library import ModelEntry
from kdedge_gui.pages.benchmark import BenchmarkPage
from kdedge_gui.state import AppState
from tests.kdedge_gui.pages.benchmark.fake_kdedge import completion, subject, verdict

_FAKE = Path(__file__).with_name("fake_kdedge.py")


@pytest.fixture
def state(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AppState]:
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path / "kdedge"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("FAKE_BENCHMARK", raising=False)
    load_now()
    made = AppState(commands=Commands(kdedge=(sys.executable, "-u", str(_FAKE))))
    made.themes.set_choice("light")
    made.themes.apply(qapp)
    made.library.entries = (
        ModelEntry(name="small", path=tmp_path / "small.gguf", origin="added", file_bytes=100_000),
        ModelEntry(name="large", path=tmp_path / "large.gguf", origin="added", file_bytes=400_000),
        ModelEntry(
            name="broken", path=tmp_path / "b.gguf", origin="added", file_bytes=1, problem="cut"
        ),
    )
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def page(qtbot: QtBot, state: AppState) -> Iterator[BenchmarkPage]:
    made = BenchmarkPage(state)
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    yield made
    made.close_page()


@pytest.fixture
def add_run(state: AppState, tmp_path: Path) -> Callable[..., str]:
    """Put a run of the shelf into the store, as ``kdedge evaluate`` would have left it."""

    def add(*, status: str = "done", n_problems: int = 6, n_samples: int = 1) -> str:
        (tmp_path / "kdedge").mkdir(exist_ok=True)
        with Store.open() as store:
            about = subject(
                str(tmp_path / "small.gguf"), n_problems=n_problems, n_samples=n_samples
            )
            run = store.begin_run(verb="evaluate", key="k", subject=about).run_id
            made = n_problems if status == "done" else n_problems // 2
            for number in range(made):
                for sample in range(n_samples):
                    store.add_completion(completion(run, number, sample))
                    if status == "done":
                        store.add_verdict(verdict(run, number, sample))
            score = {"1": {"value": 0.5, "ci95": [0.2, 0.8], "n_problems": n_problems}}
            document = {"pass_at_k": score} if status == "done" else None
            store.finish_run(run, status=status, document=document)
            return run

    return add
