"""What the headers of GGUF files said, by path, size and time of change.

Kept in ``cache/headers.json`` of kdedge's folder; a file that cannot be read is no file.
"""

import json
import logging
import threading
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from kdedge.core.errors import KdedgeError
from kdedge.core.files import write_text
from kdedge.core.paths import home, writable_home

if TYPE_CHECKING:
    from kdedge.core.machine import MachineFacts
    from kdedge.models.summary import ModelSummary

_SCHEMA = "kdedge.headers/1"
_MAX_BYTES = 64 * 1024**2
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStamp:
    """What tells a file from the one that was at its path before."""

    file_bytes: int
    changed_ns: int

    @classmethod
    def of(cls, path: Path) -> Self | None:
        """Return the stamp of the file at ``path``; ``None`` when there is none."""
        try:
            status = path.stat()
        except OSError:
            return None
        return cls(file_bytes=status.st_size, changed_ns=status.st_mtime_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderFacts:
    """What a header says, or why it says nothing."""

    summary: "ModelSummary | None" = None
    problem: str = ""


class HeaderCache:
    """The cache; all of it belongs in background threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[FileStamp, HeaderFacts]] = {}
        self._is_loaded = False
        self._is_changed = False

    def load(self) -> None:
        """Read the file, the first time."""
        with self._lock:
            if not self._is_loaded:
                self._is_loaded = True
                self._known = _read(_path())

    def known(self, path: Path, *, machine: "MachineFacts | None") -> HeaderFacts | None:
        """Return what is known of the file at ``path``, predicted for the memory as it is now.

        Args:
            path: A GGUF file.
            machine: Where it would run; without it, as it was when the header was read.
        """
        stamp, facts = self._known.get(str(path), (None, HeaderFacts()))
        if stamp is None or stamp != FileStamp.of(path):
            return None
        if facts.summary is None or machine is None:
            return facts
        return replace(facts, summary=_as_of_now(facts.summary, machine))

    def read(self, path: Path, *, machine: "MachineFacts | None") -> HeaderFacts:
        """Read the header at ``path`` and keep what it says.

        Args:
            path: A GGUF file.
            machine: Where it would run; asked for if need be.
        """
        from kdedge.core.machine import machine_facts
        from kdedge.models.summary import summarize

        stamp = FileStamp.of(path)
        try:
            facts = HeaderFacts(summary=summarize(path, machine=machine or machine_facts()))
        except KdedgeError as error:
            facts = HeaderFacts(problem=error.problem)
        if stamp is not None:
            with self._lock:
                self._known[str(path)] = (stamp, facts)
                self._is_changed = True
        return facts

    def save(self) -> None:
        """Write the file if anything is new; forget files that are gone."""
        with self._lock:
            if not self._is_changed:
                return
            self._is_changed = False
            kept = {path: known for path, known in self._known.items() if Path(path).exists()}
            self._known = kept
        try:
            (writable_home() / "cache").mkdir(exist_ok=True)
            write_text(_path(), json.dumps({"schema": _SCHEMA, "files": _as_json(kept)}))
        except (KdedgeError, OSError) as error:
            _log.info("the headers are not kept: %s", error)


def _path() -> Path:
    return home() / "cache" / "headers.json"


def _as_of_now(summary: "ModelSummary", machine: "MachineFacts") -> "ModelSummary":
    from kdedge.models.footprint import fit_of

    if summary.prediction is None:
        return summary
    needs = summary.prediction.needs_bytes
    available = machine.memory_available_bytes
    total = machine.memory_total_bytes
    prediction = replace(
        summary.prediction,
        available_bytes=available,
        fit=fit_of(needs, available_bytes=available, total_bytes=total),
        short_by_bytes=max(0, needs - available),
    )
    return replace(summary, prediction=prediction)


def _as_json(known: dict[str, tuple[FileStamp, HeaderFacts]]) -> dict[str, Any]:
    return {path: {**asdict(stamp), **asdict(facts)} for path, (stamp, facts) in known.items()}


def _read(path: Path) -> dict[str, tuple[FileStamp, HeaderFacts]]:
    try:
        with path.open("rb") as file:
            files = json.loads(file.read(_MAX_BYTES))["files"]
        return {name: _entry(each) for name, each in files.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        _log.info("%s is of no use: %r", path, error)  # damaged, or of another version
        return {}


def _entry(raw: dict[str, Any]) -> tuple[FileStamp, HeaderFacts]:
    stamp = FileStamp(file_bytes=raw["file_bytes"], changed_ns=raw["changed_ns"])
    summary = None if raw["summary"] is None else _summary(raw["summary"])
    return stamp, HeaderFacts(summary=summary, problem=raw["problem"])


def _summary(raw: dict[str, Any]) -> "ModelSummary":
    from kdedge.models.footprint import ContextLayout, Footprint
    from kdedge.models.summary import ModelSummary, TensorGroup

    prediction = None if raw["prediction"] is None else Footprint(**raw["prediction"])
    fields = {
        **raw,
        "tensors": tuple(TensorGroup(**each) for each in raw["tensors"]),
        "layout": ContextLayout(**raw["layout"]),
        "prediction": prediction,
    }
    return ModelSummary(**fields)
