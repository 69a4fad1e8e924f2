"""What pages share: what the user chose, what the machine has, what runs, what is loaded.

Making it starts nothing; ``start`` is called once the window is on screen, ``close`` when it goes.
"""

import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from kdedge_gui.background import Background
from kdedge_gui.engine.link import EngineLink
from kdedge_gui.jobs.job import Job
from kdedge_gui.jobs.job_list import JobList
from kdedge_gui.jobs.outcome import JobOutcome
from kdedge_gui.jobs.process import Commands
from kdedge_gui.library import Library
from kdedge_gui.machine_watch import MachineWatch
from kdedge_gui.preferences import Preferences
from kdedge_gui.store_reader import StoreReader
from kdedge_gui.theme.manager import ThemeManager

if TYPE_CHECKING:
    from collections.abc import Callable

_TURN_S = 0.0005
"""How long a thread may keep Python to itself. With the usual 5 ms the window waits that long at
every call into Qt while a thread reads headers, and is held up for a tenth of a second."""
_MODEL_VERBS = {"convert", "demo", "models", "quantize"}
"""They may leave a model that was not there before."""


class AppState(QObject):
    """The services, each made once; a page gets this object and nothing else."""

    page_wanted = Signal(str, object)
    """The name of a page, and what it should show."""
    notice = Signal(str)
    """One line for the status bar."""

    def __init__(self, parent: QObject | None = None, *, commands: Commands | None = None) -> None:
        """Make the services; nothing runs yet.

        Args:
            parent: Qt's parent.
            commands: How children are started; tests give their own.
        """
        super().__init__(parent)
        self.preferences = Preferences(self)
        self.themes = ThemeManager(self)
        self.background = Background(self)
        self.store = StoreReader(self)
        self.machine = MachineWatch(self)
        self.jobs = JobList(self.background, commands=commands, parent=self)
        self.engine = EngineLink(self.background, commands=commands, parent=self)
        self.library = Library(
            self.background, preferences=self.preferences, machine=self.machine, parent=self
        )
        self._look: dict[str, Callable[[], None]] = {
            "theme": lambda: self.themes.set_choice(self.preferences.theme),
            "text_percent": lambda: self.themes.set_text_percent(self.preferences.text_percent),
            "font_family": lambda: self.themes.set_font_family(self.preferences.font_family),
        }
        for use in self._look.values():
            use()
        self.preferences.changed.connect(self._on_preference)
        self.jobs.added.connect(self._on_job)

    def start(self) -> None:
        """Begin to watch the machine and the store, and list the models."""
        sys.setswitchinterval(_TURN_S)
        self.machine.start()
        self.store.watch()
        self.engine.read_marker()
        self.library.rescan()

    def close(self) -> None:
        """End every child and thread; jobs are left so that they can be resumed."""
        self.jobs.close()
        self.engine.close()
        self.machine.close()
        self.background.close()
        self.library.close()
        self.store.close()

    def _on_preference(self, name: str) -> None:
        if name in self._look:
            self._look[name]()

    def _on_job(self, job: Job) -> None:
        job.finished.connect(lambda outcome: self._on_job_end(job, outcome))

    def _on_job_end(self, job: Job, outcome: JobOutcome) -> None:
        self.store.poke()
        if outcome.status == "done" and job.spec.verb.split()[0] in _MODEL_VERBS:
            self.library.rescan()
