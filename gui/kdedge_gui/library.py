"""The models of this machine with what their headers say, read in the background.

Headers are read once a file: what they say is kept by path, size and time of change, so that the
next start shows fifty models at once.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from kdedge_gui.background import Background
from kdedge_gui.errors import ErrorInfo
from kdedge_gui.header_cache import FileStamp, HeaderCache, HeaderFacts

if TYPE_CHECKING:
    from kdedge.core.machine import MachineFacts
    from kdedge.models.found import LibraryEntry
    from kdedge.models.summary import ModelSummary
    from kdedge_gui.machine_watch import MachineWatch
    from kdedge_gui.preferences import Preferences

_TOGETHER_MS = 100
"""Changes that come within this time are told once."""
_MAX_FOUND = 2000
"""GGUF files of one folder; whoever names the root of a disk gets no endless search."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """One model as the library shows it."""

    name: str
    path: Path
    origin: str
    """As ``kdedge models`` says it, or ``folder`` for one of the preferences' folders."""
    file_bytes: int | None
    """``None``: the file is gone."""
    summary: "ModelSummary | None" = None
    """``None``: not read yet, or it cannot be read."""
    problem: str = ""
    """Why it cannot be read or used."""

    @property
    def argument(self) -> str:
        """Return what a user types after a verb to mean this model."""
        return str(self.path) if self.origin == "folder" else self.name

    @property
    def is_read(self) -> bool:
        """Return whether all is known that will be known."""
        return self.summary is not None or bool(self.problem)


class Library(QObject):
    """The list of models, kept fresh by ``rescan``."""

    changed = Signal()
    """``entries`` or ``is_scanning`` is another."""

    def __init__(
        self,
        background: Background,
        *,
        preferences: "Preferences",
        machine: "MachineWatch",
        parent: QObject | None = None,
    ) -> None:
        """Make an empty library.

        Args:
            background: Lists folders and reads headers.
            preferences: For the user's folders.
            machine: What predictions are made for.
            parent: Qt's parent.
        """
        super().__init__(parent)
        self.entries: tuple[ModelEntry, ...] = ()
        self.is_scanning = False
        self.error: ErrorInfo | None = None
        """Why the models could not be listed."""
        self._background = background
        self._preferences = preferences
        self._machine = machine
        self._cache = HeaderCache()
        self._unread: list[Path] = []
        self._is_wanted_again = False
        self._telling = QTimer(self, singleShot=True, interval=_TOGETHER_MS)
        self._telling.timeout.connect(self.changed)
        preferences.changed.connect(self._on_preference)

    def rescan(self) -> None:
        """List the models again, and read the headers that are new."""
        if self.is_scanning:
            self._is_wanted_again = True
            return
        self.is_scanning = True
        self._telling.start()
        folders = self._preferences.folders
        self._background.run(
            lambda: _listed(folders, cache=self._cache, machine=self._machine.facts),
            owner=self,
            done=self._on_listed,
            failed=self._on_failed,
        )

    def close(self) -> None:
        """Tell of no change any more."""
        self._telling.stop()

    def entry_of(self, path: Path) -> ModelEntry | None:
        """Return the entry of the file at ``path``."""
        return next((each for each in self.entries if each.path == path), None)

    def add(
        self,
        path: Path,
        *,
        owner: QObject,
        done: Callable[["LibraryEntry"], None],
        failed: Callable[[ErrorInfo], None],
        name: str | None = None,
    ) -> None:
        """Give a GGUF file a name, as ``kdedge models add`` does; then list again.

        Args:
            path: The file; it stays where it is.
            owner: No callback is called once it is destroyed.
            done: Gets the entry of ``kdedge models``.
            failed: Gets what is wrong with the file or the name.
            name: What to call it; without it, the file's own name.
        """

        def work() -> "LibraryEntry":
            from kdedge.models.library import add_model

            return add_model(path, name=name)

        self._change(work, owner=owner, done=done, failed=failed)

    def remove(
        self,
        name: str,
        *,
        owner: QObject,
        done: Callable[["LibraryEntry"], None],
        failed: Callable[[ErrorInfo], None],
        delete_file: bool = False,
    ) -> None:
        """Forget a model, as ``kdedge models remove`` does; then list again.

        Args:
            name: Its whole name.
            owner: No callback is called once it is destroyed.
            done: Gets the entry that is gone.
            failed: Gets why it cannot go.
            delete_file: Delete the file as well, for good.
        """

        def work() -> "LibraryEntry":
            from kdedge.models.library import remove_model

            return remove_model(name, delete_file=delete_file)

        self._change(work, owner=owner, done=done, failed=failed)

    def _change(
        self,
        work: Callable[[], "LibraryEntry"],
        *,
        owner: QObject,
        done: Callable[["LibraryEntry"], None],
        failed: Callable[[ErrorInfo], None],
    ) -> None:
        def finish(entry: "LibraryEntry") -> None:
            self.rescan()
            done(entry)

        self._background.run(work, owner=owner, done=finish, failed=failed)

    def _on_preference(self, name: str) -> None:
        if name == "folders":
            self.rescan()

    def _on_listed(self, entries: tuple[ModelEntry, ...]) -> None:
        self.error = None
        self.entries = entries
        self._unread = [entry.path for entry in entries if not entry.is_read]
        self._telling.start()
        self._read_next()

    def _on_failed(self, error: ErrorInfo) -> None:
        self.error = error
        self._finish()

    def _read_next(self) -> None:
        """Read one header; one at a time, so that a thread stays free for what pages ask."""
        if self._is_wanted_again:
            self._finish()
        elif self._unread:
            path = self._unread.pop(0)
            machine = self._machine.facts
            self._background.run(
                lambda: self._cache.read(path, machine=machine),
                owner=self,
                done=lambda facts: self._on_read(path, facts),
                failed=lambda error: self._on_read(path, HeaderFacts(problem=error.problem)),
            )
        else:
            self._background.run(self._cache.save, owner=self, done=lambda _: self._finish())

    def _on_read(self, path: Path, facts: HeaderFacts) -> None:
        self.entries = tuple(
            replace(entry, summary=facts.summary, problem=facts.problem)
            if entry.path == path
            else entry
            for entry in self.entries
        )
        if not self._telling.isActive():
            self._telling.start()
        self._read_next()

    def _finish(self) -> None:
        self.is_scanning = False
        self._telling.start()
        if self._is_wanted_again:
            self._is_wanted_again = False
            self.rescan()


def _listed(
    folders: tuple[Path, ...], *, cache: HeaderCache, machine: "MachineFacts | None"
) -> tuple[ModelEntry, ...]:
    """Return the models by name, with what is known of their headers already."""
    from kdedge.models.library import list_models

    cache.load()
    entries = [
        ModelEntry(name=each.name, path=each.path, origin=each.origin, file_bytes=each.file_bytes)
        for each in list_models()
    ]
    entries += _in_folders(folders, known=entries)
    return tuple(_with_facts(entry, cache, machine) for entry in entries)


def _in_folders(folders: tuple[Path, ...], *, known: list[ModelEntry]) -> list[ModelEntry]:
    files = {entry.path.resolve() for entry in known}
    names = {entry.name for entry in known}
    found = []
    for folder in folders:
        for path in _ggufs(folder):
            if path.resolve() in files:
                continue
            files.add(path.resolve())
            name = path.stem if path.stem not in names else f"{path.stem} ({path.parent.name})"
            names.add(name)
            stamp = FileStamp.of(path)
            found.append(
                ModelEntry(
                    name=name,
                    path=path,
                    origin="folder",
                    file_bytes=None if stamp is None else stamp.file_bytes,
                )
            )
    return found


def _ggufs(folder: Path) -> list[Path]:
    import os

    found: list[Path] = []
    for parent, folders, names in os.walk(folder):  # skips what it may not read
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        found += [
            Path(parent, name)
            for name in sorted(names)
            if name.endswith(".gguf") and not name.startswith((".", "mmproj"))
        ]
        if len(found) > _MAX_FOUND:
            return found[:_MAX_FOUND]
    return found


def _with_facts(
    entry: ModelEntry, cache: HeaderCache, machine: "MachineFacts | None"
) -> ModelEntry:
    from kdedge_gui.translate import tr

    if entry.file_bytes is None:
        return replace(entry, problem=tr("Its file is gone."))
    facts = cache.known(entry.path, machine=machine)
    if facts is None:
        return entry
    return replace(entry, summary=facts.summary, problem=facts.problem)
