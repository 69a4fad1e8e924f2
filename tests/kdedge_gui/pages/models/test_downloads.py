import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from kdedge_gui.jobs.process import Commands
from kdedge_gui.pages.models.download_dialog import DownloadDialog
from kdedge_gui.pages.models.download_work import DownloadView, pull_spec
from kdedge_gui.pages.models.downloads import DownloadList, DownloadRow
from kdedge_gui.state import AppState

_WAIT_MS = 60_000
_FAKE = Path(__file__).with_name("fake_kdedge.py")
_REFERENCE = "hf:org/coder:coder-q4_k_m.gguf"


@pytest.fixture
def state(qapp: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppState]:
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path / "kdedge"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("FAKE_MODELS", raising=False)
    made = AppState(commands=Commands(kdedge=(sys.executable, "-u", str(_FAKE))))
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def downloads(qtbot: QtBot, state: AppState) -> DownloadList:
    made = DownloadList(state)
    qtbot.addWidget(made)
    return made


def _reached(qtbot: QtBot, row: DownloadRow, stage: str) -> None:
    qtbot.waitUntil(lambda: row.work.view.state == stage, timeout=_WAIT_MS)


def _press(row: DownloadRow, words: str) -> None:
    (button,) = [
        each
        for each in row.findChildren(QPushButton)
        if each.text().replace("&", "") == words and not each.isHidden()
    ]
    button.click()


def test_a_download_ends_with_its_checksum_and_its_place(
    qtbot: QtBot, downloads: DownloadList
) -> None:
    with qtbot.waitSignal(downloads.arrived, timeout=_WAIT_MS) as arrived:
        downloads.start(_REFERENCE)
    (row,) = downloads.rows
    assert arrived.args == [Path("/models/new.gguf")]
    assert row.text == "It is the file the hub has on record: sha256 b179c9523d0e6a0f…."


def test_a_download_that_is_paused_goes_on_with_the_same_command(
    qtbot: QtBot, downloads: DownloadList, state: AppState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_MODELS", "hang")
    downloads.start(_REFERENCE)
    (row,) = downloads.rows
    qtbot.waitUntil(lambda: row.work.view.done_bytes > 0, timeout=_WAIT_MS)
    assert row.text == "12.5 MiB/s, 4 s left"
    _press(row, "Pause")
    _reached(qtbot, row, "paused")
    assert row.text == "Paused. What was downloaded is kept."
    monkeypatch.delenv("FAKE_MODELS")
    _press(row, "Resume")
    _reached(qtbot, row, "done")
    first, second = state.jobs.all()
    assert first.spec.words() == second.spec.words() == ["kdedge", "models", "pull", _REFERENCE]


def test_a_download_that_fails_says_why_and_can_be_tried_again(
    qtbot: QtBot, downloads: DownloadList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_MODELS", "fail")
    downloads.start(_REFERENCE)
    (row,) = downloads.rows
    _reached(qtbot, row, "failed")
    assert row.text == "The hub cannot be reached. Try again later."
    monkeypatch.delenv("FAKE_MODELS")
    _press(row, "Try again")
    _reached(qtbot, row, "done")


def test_the_same_model_is_downloaded_once(
    qtbot: QtBot, downloads: DownloadList, state: AppState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_MODELS", "hang")
    downloads.start(_REFERENCE)
    downloads.start(_REFERENCE)
    assert len(downloads.rows) == len(state.jobs.all()) == 1


def test_a_download_that_has_ended_can_be_closed(downloads: DownloadList) -> None:
    downloads.add_view(DownloadView(reference=_REFERENCE, state="done", sha256="ab" * 32))
    assert not downloads.isHidden()
    (row,) = downloads.rows
    row.closed.emit()
    assert downloads.rows == []
    assert downloads.isHidden()


def test_how_much_is_there_is_said_in_words(qapp: object) -> None:
    view = DownloadView(reference=_REFERENCE, done_bytes=2**20, total_bytes=4 * 2**20)
    assert view.amount_text().replace("\u00a0", " ") == "1.00 MiB of 4.00 MiB"
    assert view.fraction == 0.25
    assert DownloadView(reference=_REFERENCE).amount_text() == ""


def test_downloads_do_not_wait_for_jobs_that_compute(qapp: object) -> None:
    assert not pull_spec(_REFERENCE).heavy


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("hf:org/coder", "hf:org/coder"),
        (" org/coder:q4.gguf ", "hf:org/coder:q4.gguf"),
        ("", None),
        ("coder", None),
        ("https://example.org/coder", None),
    ],
)
def test_only_what_can_be_a_model_of_the_hub_is_asked_for(
    qtbot: QtBot, text: str, reference: str | None
) -> None:
    dialog = DownloadDialog()
    wanted: list[str] = []
    dialog.wanted.connect(wanted.append)
    dialog.set_text(text)
    assert dialog.can_start == (reference is not None)
    if reference is not None:
        dialog.start()
        assert wanted == [reference]
    else:
        dialog.deleteLater()
