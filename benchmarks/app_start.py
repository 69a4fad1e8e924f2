"""How long the desktop app takes from its command to the first paint of its window.

    python benchmarks/app_start.py [--times 9] [--verb] [--screen]

Starts fresh processes and prints the median and the range. ``--verb`` goes through ``kdedge app``
(which starts the app's own process); ``--screen`` uses the display that is there instead of Qt's
off-screen one.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

LIMIT_S = 0.7
WINDOW = """
import sys, time
from kdedge_gui import start_guard
if start_guard.refusal() is not None:
    sys.exit(start_guard.refusal().problem)
from PySide6.QtCore import QEvent, QObject, QTimer
from kdedge_gui import app, main_window

class FirstPaint(QObject):
    def __init__(self, window):
        super().__init__(window)
        self.window, self.seen = window, False
        window.installEventFilter(self)

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint and not self.seen:
            self.seen = True
            QTimer.singleShot(0, self.tell)
        return False

    def tell(self):
        print("shown", time.monotonic(), flush=True)
        self.window.close_now()

show = main_window.MainWindow.show

def show_and_watch(window):
    FirstPaint(window)
    show(window)

main_window.MainWindow.show = show_and_watch
sys.exit(app.run())
"""
VERB = """
import os, sys
become = os.execv
os.execv = lambda program, words: become(program, [program, "-P", "-c", {window!r}])
from kdedge.cli.main import main
main(["app"])
"""


def seconds_to_window(*, verb: bool, environment: dict[str, str]) -> float:
    """Return the seconds from before the process is made to the first paint.

    Raises:
        SystemExit: No window came up.
    """
    code = VERB.format(window=WINDOW) if verb else WINDOW
    begun = time.monotonic()
    found = subprocess.run(
        [sys.executable, "-P", "-c", code],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    line = next((each for each in found.stdout.splitlines() if each.startswith("shown ")), "")
    if not line:
        raise SystemExit(f"no window came up:\n{found.stderr}")
    return float(line.split()[1]) - begun


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=9)
    parser.add_argument("--verb", action="store_true")
    parser.add_argument("--screen", action="store_true")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "KDEDGE_HOME": home}
        if not wanted.screen:
            environment["QT_QPA_PLATFORM"] = "offscreen"
        first = seconds_to_window(verb=wanted.verb, environment=environment)
        taken = [
            seconds_to_window(verb=wanted.verb, environment=environment)
            for _ in range(wanted.times)
        ]
    print(f"first of all  {first:.3f} s")
    print(f"median of {wanted.times}   {statistics.median(taken):.3f} s, wanted {LIMIT_S} s")
    print(f"range         {min(taken):.3f} - {max(taken):.3f} s")


if __name__ == "__main__":
    main()
