"""``python -m kdedge_gui``: checks first, then opens the window."""

import sys

from kdedge_gui import start_guard


def main() -> int:
    """Open the window, or say in two lines why not; return the exit code."""
    shots = _shots_folder(sys.argv[1:])
    refusal = start_guard.refusal(needs_screen=shots is None)
    if refusal is not None:
        return _refuse(refusal)
    try:
        from PySide6 import QtGui, QtWidgets  # noqa: F401 - whether their libraries are there
    except ImportError as error:
        return _refuse(start_guard.broken_qt(error))
    if shots is not None:
        from kdedge_gui.shots.render import render_all

        return render_all(shots)
    from kdedge_gui.app import run

    return run()


def _refuse(refusal: start_guard.Refusal) -> int:
    sys.stderr.write(f"error: {refusal.problem}\nhint: {refusal.hint}\n")
    return 1


def _shots_folder(words: list[str]) -> str | None:
    if "--shots" not in words:
        return None
    return words[words.index("--shots") + 1]


if __name__ == "__main__":
    sys.exit(main())
