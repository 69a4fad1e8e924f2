"""A file for a report: versions, what doctor says, the last log lines and the last errors.

It holds no prompt, no completion and nothing of a model; the home folder is written as ``~``.
Everything in it can be read beforehand. Nothing is sent: the user decides what becomes of it.
"""

import json
import platform
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from kdedge.core.files import whole_file
from kdedge.core.paths import home
from kdedge.core.software import software_versions
from kdedge_gui.translate import tr

_PACKAGES = ("PySide6-Essentials", "PySide6", "pyqtgraph", "numpy", "gguf", "psutil")
_LOG_NAMES = ("app.log.1", "app.log")
_LOG_LINES = 500
_LOG_BYTES = 256 * 1024
_JOB_LINES = 40
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobNote:
    """What is told of a job: how it ended and what it logged, nothing that it made."""

    title: str
    words: tuple[str, ...]
    """The command line."""
    state: str
    problem: str = ""
    detail: str = ""
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file of the bundle."""

    name: str
    about: str
    """What is in it, for people."""
    text: str

    @property
    def n_bytes(self) -> int:
        """Return its size before it is packed."""
        return len(self.text.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """All that would be written."""

    parts: tuple[Part, ...]


def collect(
    *,
    doctor: Mapping[str, Any] | None,
    jobs: Sequence[JobNote],
    settings: Mapping[str, str],
) -> Bundle:
    """Return the bundle; reads the log, so call it in the background.

    Args:
        doctor: The document of ``kdedge doctor``, if there is one.
        jobs: The jobs of this session.
        settings: What the user chose.
    """
    parts = [
        Part(
            name="versions.json",
            about=tr("Versions of kdedge, Python, Qt and the packages it stands on"),
            text=_json(_versions()),
        ),
        Part(
            name="settings.json",
            about=tr("Your choices on this page"),
            text=_json(dict(settings)),
        ),
        Part(
            name="errors.txt",
            about=tr("Jobs of this session: how they ended, and what they logged last"),
            text="\n\n".join(map(_job_text, jobs) if jobs else [tr("No jobs.")]) + "\n",
        ),
        Part(
            name="app.log",
            about=tr("The last warnings and errors of the app itself"),
            text=_last_log_lines(),
        ),
    ]
    if doctor is not None:
        about = tr("What kdedge doctor found out about this machine")
        parts.insert(1, Part(name="doctor.json", about=about, text=_json(doctor)))
    return Bundle(parts=tuple(_without_home(each) for each in parts))


def write_bundle(bundle: Bundle, path: Path) -> None:
    """Write the bundle as a ZIP file, whole or not at all.

    Raises:
        KdedgeError: The folder may not be written, or the disk is full.
    """
    with whole_file(path) as partial, zipfile.ZipFile(partial, "w") as packed:
        for part in bundle.parts:
            info = zipfile.ZipInfo(part.name, date_time=_EPOCH)
            packed.writestr(info, part.text, compress_type=zipfile.ZIP_DEFLATED)


def without_home(text: str) -> str:
    """Return ``text`` with the user's home folder written as ``~``."""
    folder = str(Path.home())
    if len(folder) < 2:
        return text
    escaped = json.dumps(folder)[1:-1]
    return text.replace(escaped, "~").replace(folder, "~")


def _without_home(part: Part) -> Part:
    return Part(name=part.name, about=part.about, text=without_home(part.text))


def _versions() -> dict[str, Any]:
    found: dict[str, Any] = dict(software_versions())
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return {**found, "system": platform.platform()}


def _job_text(job: JobNote) -> str:
    lines = [job.title, f"$ {' '.join(job.words)}", job.state]
    lines += [each for each in (job.problem, job.detail) if each]
    return "\n".join([*lines, *job.log[-_JOB_LINES:]])


def _last_log_lines() -> str:
    lines: list[str] = []
    for name in _LOG_NAMES:
        lines += _tail(home() / name).splitlines()
    return "\n".join(lines[-_LOG_LINES:] or [tr("No warnings.")]) + "\n"


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as opened:
            opened.seek(max(0, path.stat().st_size - _LOG_BYTES))
            return opened.read().decode("utf-8", errors="replace")
    except OSError:
        return ""


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
