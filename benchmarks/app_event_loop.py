"""How long the app's window is ever held up, and what a streamed token costs it.

    QT_QPA_PLATFORM=offscreen python benchmarks/app_event_loop.py [--tokens 4000] [--rate 200]

The real window with a store of 500 runs and 100,000 verdicts and a folder of 20 models whose
headers are not known yet. Every page is visited. Then, all at once: ``kdedge evaluate`` runs as a
job, the 20 headers are read, and an answer streams into the assistant; a timer in the window's
thread notes every gap. Goals: no gap over 50 ms; 4,000 tokens under 0.5 s of the thread's time.
``--where`` prints what the window's thread was doing in the gaps.
"""

import argparse
import os
import sys
import tempfile
import threading
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, sleep, thread_time

from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from kdedge.core.store import Store
from kdedge.core.store_connection import transaction
from kdedge.models.header import read_header
from kdedge.models.starter import starter_model
from kdedge_gui.jobs.job import JobSpec
from kdedge_gui.jobs.process import Commands
from kdedge_gui.main_window import MainWindow
from kdedge_gui.qt_override import override
from kdedge_gui.state import AppState

_TICK_MS = 5
_BLOCK_MS = 50
_N_MODELS = 20
_WORKER = Path(__file__).with_name("streaming_worker.py")
_JOB = JobSpec(
    verb="evaluate",
    arguments=("starter", "--suite", "humaneval-mini", "--max-tokens", "64"),
    title="Benchmark",
)


class Probe(QObject):
    """Ticks in the window's thread and notes how late each tick is."""

    def __init__(self) -> None:
        super().__init__()
        self.gaps: list[tuple[float, float]] = []
        """Of each tick: how late it was, and the thread's own time until then; ms."""
        self.last = (perf_counter(), thread_time())
        self._timer = QTimer(self, interval=_TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Begin a new series."""
        self.gaps.clear()
        self.last = (perf_counter(), thread_time())
        self._timer.start()

    def stop(self) -> None:
        """End the series."""
        self._timer.stop()

    def _tick(self) -> None:
        now = (perf_counter(), thread_time())
        late = 1000 * (now[0] - self.last[0]) - _TICK_MS
        self.gaps.append((late, 1000 * (now[1] - self.last[1])))
        self.last = now

    def report(self, what: str) -> None:
        """Print the longest gaps of the series, while ``what`` went on."""
        worst = sorted(self.gaps, reverse=True)
        n_blocks = sum(late > _BLOCK_MS for late, _ in worst)
        own = max(own for _, own in worst)
        print(f"{what}: longest block {worst[0][0]:.0f} ms wall, {own:.0f} ms of its own time;")
        print(f"  {n_blocks} of {len(worst)} over {_BLOCK_MS} ms; the next longest: ", end="")
        print(", ".join(f"{late:.0f} ({own:.0f})" for late, own in worst[1:6]))


class Watcher(threading.Thread):
    """Looks what the window's thread does whenever a tick is late."""

    def __init__(self, probe: Probe) -> None:
        super().__init__(daemon=True)
        self._probe = probe
        self._main = threading.get_ident()
        self.seen: Counter[str] = Counter()

    @override
    def run(self) -> None:
        while True:
            sleep(0.01)
            if 1000 * (perf_counter() - self._probe.last[0]) > _BLOCK_MS / 2:
                frames = traceback.extract_stack(sys._current_frames()[self._main])  # noqa: SLF001
                ours = [each for each in frames if "kdedge" in each.filename][-3:]
                words = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(ours))
                self.seen[words] += 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", type=int, default=4000)
    parser.add_argument("--rate", type=float, default=200.0, help="tokens a second")
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--verdicts", type=int, default=200, help="of each run")
    parser.add_argument("--where", action="store_true", help="say what held the window up")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kdedge-probe-") as folder:
        home = Path(folder) / "home"
        os.environ["KDEDGE_HOME"] = str(home)
        with Store.open() as store:
            _fill(store, n_runs=chosen.runs, n_verdicts=chosen.verdicts)
        models = _make_models(Path(folder) / "models")
        app = QApplication([])
        worker = (sys.executable, "-u", str(_WORKER), str(chosen.tokens), str(chosen.rate))
        state = AppState(commands=Commands(worker=worker))
        state.preferences.folders = (models,)
        state.themes.apply(app)
        _measure(state, n_tokens=chosen.tokens, where=chosen.where)


def _measure(state: AppState, *, n_tokens: int, where: bool) -> None:
    start = perf_counter()
    window = MainWindow(state)
    window.show()
    QApplication.processEvents()
    print(f"window on screen {1000 * (perf_counter() - start):.0f} ms after Qt is up")
    probe = Probe()
    watcher = Watcher(probe)
    if where:
        watcher.start()
    probe.start()
    state.start()
    _wait(lambda: not state.library.is_scanning, at_most_s=60)
    probe.report(f"start, {len(state.library.entries)} models listed")
    _visit_pages(window)
    _measure_all_at_once(state, window, probe)
    _measure_streaming(state, window, probe, n_tokens=n_tokens)
    if where:
        for place, count in watcher.seen.most_common(12):
            print(f"{count:5} {place}")
    window.close_now()
    QApplication.processEvents()


def _visit_pages(window: MainWindow) -> None:
    for visit in ("first", "second"):
        taken = {}
        for name in window.page_names():
            start = perf_counter()
            window.show_page(name)
            window.repaint()
            taken[name] = 1000 * (perf_counter() - start)
            _wait(lambda: False, at_most_s=0.7)  # what the page asks for in the background
        words = ", ".join(f"{name} {ms:.0f}" for name, ms in taken.items())
        print(f"{visit} visit of each page, ms: {words}")


def _measure_all_at_once(state: AppState, window: MainWindow, probe: Probe) -> None:
    window.show_page("benchmark")
    job = state.jobs.start(_JOB)
    _load(state)
    probe.start()
    (Path(os.environ["KDEDGE_HOME"]) / "cache" / "headers.json").unlink(missing_ok=True)
    for path in state.preferences.folders[0].iterdir():
        os.utime(path)  # every header must be read again
    state.library.rescan()
    window.show_page("assistant")
    finished: list[object] = []
    state.engine.completed.connect(finished.append)
    _ask(window)
    for name in ("models", "benchmark", "home", "assistant"):
        _wait(lambda: bool(finished), at_most_s=3)
        window.show_page(name)
    _wait(lambda: bool(finished), at_most_s=120)
    probe.stop()
    probe.report(f"job {job.state}, headers read, tokens streamed, pages switched")
    job.cancel()
    _wait(lambda: job.is_over, at_most_s=20)


def _measure_streaming(
    state: AppState, window: MainWindow, probe: Probe, *, n_tokens: int
) -> None:
    finished: list[object] = []
    state.engine.completed.connect(finished.append)
    probe.start()
    start, own = perf_counter(), thread_time()
    _wait(lambda: False, at_most_s=5)
    idle_share = (thread_time() - own) / (perf_counter() - start)
    start, own = perf_counter(), thread_time()
    _ask(window)
    _wait(lambda: bool(finished), at_most_s=240)
    wall = perf_counter() - start
    cost = thread_time() - own - idle_share * wall
    probe.stop()
    probe.report("tokens alone")
    print(f"{n_tokens} tokens in {wall:.1f} s: {cost:.2f} s of the window's thread")
    print(f"  (idle, with this probe, it takes {100 * idle_share:.1f} % of a core)")


def _load(state: AppState) -> None:
    state.engine.load(starter_model(), context_tokens=8192, n_threads=None)
    _wait(lambda: state.engine.state == "ready", at_most_s=20)
    assert state.engine.state == "ready", state.engine.last_error


def _ask(window: MainWindow) -> None:
    from kdedge_gui.pages.assistant.page import AssistantPage

    page = window.current_page
    assert isinstance(page, AssistantPage)
    page.chat.ask("Merge two sorted lists, please.")


def _wait(is_done: Callable[[], bool], *, at_most_s: float) -> None:
    loop = QEventLoop()
    end = perf_counter() + at_most_s
    timer = QTimer(interval=50)
    timer.timeout.connect(lambda: loop.quit() if is_done() or perf_counter() > end else None)
    timer.start()
    loop.exec()
    timer.stop()


def _make_models(folder: Path) -> Path:
    """Put 20 files there with the starter model's header, and nothing but holes behind it."""
    folder.mkdir()
    source = starter_model()
    header = read_header(source)
    with source.open("rb") as file:
        head = file.read(header.data_offset)
    for number in range(_N_MODELS):
        target = folder / f"coder-{number:02}.gguf"
        target.write_bytes(head)
        os.truncate(target, header.file_bytes)
    return folder


def _fill(store: Store, *, n_runs: int, n_verdicts: int) -> None:
    model = {"path": "/models/coder.gguf", "sha256": "ab" * 32, "name": "Coder"}
    for _ in range(n_runs):
        subject = {
            "model": {**model, "architecture": "qwen2", "file_type": "Q4_K_M"},
            "suite": {"name": "humaneval", "sha256": "cd" * 32, "n_problems": n_verdicts},
            "settings": {"preset": "evalplus-chat/1", "n_samples": 1},
        }
        run = store.begin_run(verb="evaluate", key="k", subject=subject).run_id
        verdicts = [
            {
                "task_id": f"HumanEval/{number}",
                "sample": 0,
                "verdict": "passed" if number % 5 < 2 else "failed",
                "detail": "assert candidate([1, 2, 3]) == 6",
                "wall_s": 0.02,
            }
            for number in range(n_verdicts)
        ]
        rows = [
            (run, each["task_id"], 0, each["verdict"], each["detail"], "def f(): ...", "", 0.02)
            for each in verdicts
        ]
        with transaction(store._connection):  # noqa: SLF001 - one commit a run, to fill it soon
            store._connection.executemany(  # noqa: SLF001
                "INSERT INTO verdicts (run_id, task_id, sample, verdict, detail, program, flags,"
                " wall_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
        measured = {"pass_at_k": {"1": {"value": 0.4, "ci95": [0.33, 0.47]}}}
        document = {"schema": "kdedge.evaluate/1", "run": run, **subject, **measured}
        store.finish_run(run, status="done", document={**document, "verdicts": verdicts})


if __name__ == "__main__":
    main()
