import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kdedge_gui.crash_record import CrashRecord
from kdedge_gui.start_guard import (
    _X11_LIBRARIES,
    broken_qt,
    missing_libraries,
    missing_screen,
    refusal,
    refused_pair,
)

GUI = Path(__file__).parents[2] / "gui" / "kdedge_gui"
# What may be imported before the window is on screen, beside Python's own and kdedge's modules.
ALLOWED = {
    "PySide6",
    "PySide6.QtCore",
    "PySide6.QtGui",
    "PySide6.QtSvg",
    "PySide6.QtWidgets",
    "shiboken6",
    "shibokensupport",
}
HEAVY = {
    "numpy",
    "pyqtgraph",
    "pygments",
    "psutil",
    "llama_cpp",
    "matplotlib",
    "rich",
    "typer",
    "gguf",
    "tokenizers",
    "huggingface_hub",
    "jinja2",
    "torch",
    "transformers",
}
SHOW = """
import json, sys
from PySide6.QtWidgets import QApplication
from kdedge_gui.main_window import MainWindow
from kdedge_gui.state import AppState
app = QApplication([])
state = AppState()
state.themes.apply(app)
window = MainWindow(state)
window.show()
print(json.dumps(sorted(sys.modules)))
window.close()
"""


def _run(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    }
    return subprocess.run(
        [sys.executable, *words],
        check=False,
        capture_output=True,
        text=True,
        env={**inherited, **environment},
    )


@pytest.fixture(scope="module")
def modules_when_shown(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    home = str(tmp_path_factory.mktemp("home"))
    found = _run("-c", SHOW, QT_QPA_PLATFORM="offscreen", KDEDGE_HOME=home)
    assert found.returncode == 0, found.stderr
    return set(json.loads(found.stdout))


def test_nothing_heavy_is_imported_before_the_window_is_shown(
    modules_when_shown: set[str],
) -> None:
    assert not {name.partition(".")[0] for name in modules_when_shown} & HEAVY
    assert "kdedge.report" not in modules_when_shown
    assert "kdedge.runtime" not in modules_when_shown


def test_only_three_parts_of_qt_and_svg_are_imported_before_the_window_is_shown(
    modules_when_shown: set[str],
) -> None:
    qt = {name for name in modules_when_shown if name.startswith("PySide6.Qt")}
    assert qt <= ALLOWED
    others = {name.partition(".")[0] for name in modules_when_shown}
    others -= set(sys.stdlib_module_names) | {"kdedge", "kdedge_gui", "__main__"}
    installed_by_pip = {"__editable__", "_distutils_hack", "_virtualenv", "sitecustomize"}
    from_qt = {"signature_bootstrap", "__feature__"}
    assert {name for name in others if not name.startswith("_")} - installed_by_pip - from_qt <= {
        "PySide6",
        "shiboken6",
        "shibokensupport",
    }


def test_only_the_first_page_is_imported_before_the_window_is_shown(
    modules_when_shown: set[str],
) -> None:
    pages = {
        name.split(".")[2] for name in modules_when_shown if name.startswith("kdedge_gui.pages.")
    }
    assert pages == {"home"}


@pytest.mark.parametrize(
    ("pyside", "python", "is_refused"),
    [
        ("6.12.0", (3, 11), True),
        ("6.12.1", (3, 11), True),
        ("7.0.0", (3, 10), True),
        ("6.11.3", (3, 11), False),
        ("6.12.0", (3, 12), False),
    ],
)
def test_a_qt_that_crashes_on_this_python_is_refused(
    pyside: str, python: tuple[int, int], is_refused: bool
) -> None:
    found = refused_pair(pyside, python=python)
    assert (found is not None) == is_refused
    if found is not None:
        assert pyside in found.problem
        assert "pip install" in found.hint


@pytest.mark.parametrize(
    "environment",
    [
        {"DISPLAY": ":0"},
        {"WAYLAND_DISPLAY": "wayland-0"},
        {"QT_QPA_PLATFORM": "offscreen"},
        {"QT_QPA_PLATFORM": "offscreen:configfile=x"},
    ],
)
def test_a_screen_or_a_platform_without_one_is_enough(environment: dict[str, str]) -> None:
    assert missing_screen(environment, platform="linux") is None


def test_without_a_screen_it_says_so_instead_of_aborting() -> None:
    found = _run("-m", "kdedge_gui")
    assert found.returncode == 1
    assert found.stderr.startswith("error: There is no screen")
    assert "hint: " in found.stderr


def test_a_screen_that_does_not_answer_is_named_instead_of_aborting() -> None:
    found = _run("-m", "kdedge_gui", DISPLAY=":4711")
    assert found.returncode == 1
    assert found.stderr.startswith("error: ")
    assert "hint: " in found.stderr
    assert ":4711" in found.stderr or "apt-get install" in found.stderr


def test_missing_libraries_of_x11_are_named_with_their_packages() -> None:
    def load(name: str) -> None:
        if "cursor" in name or "icccm" in name:
            raise OSError(name)

    found = missing_libraries({"DISPLAY": ":0"}, load=load)
    assert found is not None
    assert found.hint.endswith("apt-get install libxcb-cursor0 libxcb-icccm4")
    assert missing_libraries({"DISPLAY": ":0"}, load=lambda name: name) is None


@pytest.mark.parametrize(
    "environment",
    [
        {"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"},
        {"QT_QPA_PLATFORM": "offscreen", "DISPLAY": ":0"},
    ],
)
def test_libraries_of_x11_are_not_asked_for_where_it_is_not_used(
    environment: dict[str, str],
) -> None:
    def load(name: str) -> None:
        raise OSError(name)

    assert missing_libraries(environment, load=load) is None


def test_every_library_of_x11_that_is_asked_for_is_installed_by_us() -> None:
    listed = (GUI.parents[1] / "packaging" / "debian-packages.txt").read_text().splitlines()
    assert set(_X11_LIBRARIES.values()) <= set(listed)


def test_a_qt_that_cannot_be_loaded_is_told_in_a_sentence() -> None:
    found = broken_qt(ImportError("libEGL.so.1: cannot open shared object file"))
    assert "libEGL.so.1" in found.problem
    assert "libegl1" in found.hint


def test_the_verb_says_the_same_as_the_module() -> None:
    found = _run("-m", "kdedge", "app")
    assert found.returncode == 1
    assert found.stderr.startswith("error: There is no screen")


def test_without_qt_the_verb_names_the_command_that_installs_it(tmp_path: Path) -> None:
    hide = "import sys; sys.modules['PySide6'] = None; from kdedge.cli.main import main; "
    found = _run("-c", f"{hide} main(['app'])")
    assert found.returncode == 1
    assert "needs PySide6" in found.stderr
    assert "pip install 'kdedge-toolkit[gui]'" in found.stderr


def test_the_guard_passes_here_without_importing_qt() -> None:
    code = (
        "import sys; from kdedge_gui.start_guard import refusal; "
        "assert refusal(needs_screen=False) is None; "
        "print(any(name.startswith('PySide6.') for name in sys.modules))"
    )
    found = _run("-c", code)
    assert (found.stdout.strip(), found.stderr) == ("False", "")


def test_screens_are_not_asked_for_where_pictures_are_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert refusal(needs_screen=False) is None


def test_twenty_thousand_calls_that_return_none_do_not_end_the_process() -> None:
    code = (
        "from PySide6.QtWidgets import QApplication, QLabel\n"
        "app = QApplication([])\n"
        "label = QLabel()\n"
        "for turn in range(20_000): label.setText('a')\n"
        "print('alive')\n"
    )
    found = _run("-c", code, QT_QPA_PLATFORM="offscreen")
    assert (found.returncode, found.stdout.strip()) == (0, "alive"), found.stderr


CRASH = """
import faulthandler, os
from kdedge_gui.crash_record import CrashRecord
record = CrashRecord()
record.open()
{end}
"""


def test_a_native_crash_is_told_once_at_the_next_start(tmp_path: Path) -> None:
    died = _run("-c", CRASH.format(end="faulthandler._sigsegv()"), KDEDGE_HOME=str(tmp_path))
    assert died.returncode < 0
    code = "from kdedge_gui.crash_record import CrashRecord; print(CrashRecord().left_behind())"
    first, second = (_run("-c", code, KDEDGE_HOME=str(tmp_path)).stdout for _ in range(2))
    assert "Segmentation fault" in first
    assert second.strip() == ""


def test_a_clean_end_leaves_no_record() -> None:
    record = CrashRecord()
    record.open()
    assert record._path.exists()
    record.close()
    assert not record._path.exists()
    assert CrashRecord().left_behind() == ""


def test_the_record_of_an_app_that_still_runs_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "crashes"
    folder.mkdir()
    running = folder / f"{os.getppid()}.txt"
    running.write_text("it runs", encoding="utf-8")
    code = "from kdedge_gui.crash_record import CrashRecord; print(CrashRecord().left_behind())"
    assert _run("-c", code, KDEDGE_HOME=str(tmp_path)).stdout.strip() == ""
    assert running.exists()
