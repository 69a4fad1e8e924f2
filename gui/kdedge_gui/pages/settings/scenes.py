"""The states of Settings for its pictures."""

from pathlib import Path
from typing import Any

from kdedge_gui.diagnostics import JobNote, collect
from kdedge_gui.errors import ErrorInfo
from kdedge_gui.pages.home.last_look import Look
from kdedge_gui.pages.settings.files_card import KeptFiles
from kdedge_gui.pages.settings.page import SettingsPage
from kdedge_gui.pages.settings.shortcuts_card import Keys
from kdedge_gui.shots.scene import RECORDED, Recorded, Scene

_KEYS = (
    Keys("Ctrl+1", "Go to Home"),
    Keys("Ctrl+2", "Go to Models"),
    Keys("Ctrl+3", "Go to Assistant"),
    Keys("Ctrl+K", "Find an action"),
    Keys("Ctrl+L", "Show or hide the log"),
    Keys("Ctrl++", "Larger text"),
)


def _empty(page: SettingsPage, recorded: Recorded) -> None:
    page.state.preferences.folders = ()
    _show(page)


def _error(page: SettingsPage, recorded: Recorded) -> None:
    _show(page)
    page.show_error(
        ErrorInfo(
            problem="~/reports cannot be written: No space left on device.",
            hint="Free some space, or choose another folder.",
        )
    )


def _full(page: SettingsPage, recorded: Recorded) -> None:
    page.state.preferences.folders = (Path("/data/models"), Path("/media/usb/gguf"))
    _show(page)
    job = JobNote(title="Benchmark", words=("kdedge", "evaluate"), state="done")
    page.show_bundle(collect(doctor=_doctor(), jobs=[job], settings={"theme": "system"}))


def _show(page: SettingsPage) -> None:
    page.show_doctor(Look(at="2026-11-24T12:00:00+00:00", document=_doctor()))
    page.shortcuts.show_keys(_KEYS)
    page.files.show_kept(
        KeptFiles(folder=Path("~/.local/share/kdedge"), n_files=214, n_bytes=312_541_184)
    )


def _doctor() -> dict[str, Any]:
    return Recorded(RECORDED / "home").documents("doctor")[0]


SCENES = (
    Scene(name="empty", arrange=_empty),
    Scene(name="error", arrange=_error),
    Scene(name="full", arrange=_full),
)
