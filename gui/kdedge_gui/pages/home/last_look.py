"""The last look at the machine, kept so that the next start shows it at once, with its age.

It lies in ``cache/doctor.json`` of kdedge's folder. One that cannot be read is as good as none.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kdedge.core.errors import KdedgeError
from kdedge.core.files import write_text
from kdedge.core.paths import home, writable_home
from kdedge_gui.pages.home.machine_words import is_doctor_document

_MAX_BYTES = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A document of ``kdedge doctor`` and when it was made."""

    at: str
    """UTC, ISO 8601."""
    document: dict[str, Any]

    def age_s(self, *, now: datetime | None = None) -> float:
        """Return how long ago it was made, in seconds."""
        then = datetime.fromisoformat(self.at)
        return ((now or datetime.now(UTC)) - then).total_seconds()


def look_now(document: dict[str, Any]) -> Look:
    """Return ``document`` as a look of this moment."""
    return Look(at=datetime.now(UTC).isoformat(timespec="seconds"), document=document)


def read_look() -> Look | None:
    """Return the last look; ``None`` when there is none that can be used."""
    path = _path()
    try:
        if path.stat().st_size > _MAX_BYTES:
            return None
        found = json.loads(path.read_text(encoding="utf-8"))
        at, document = str(found["at"]), found["document"]
        has_zone = datetime.fromisoformat(at).tzinfo is not None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    if not has_zone or not is_doctor_document(document):
        return None
    return Look(at=at, document=document)


def keep_look(look: Look) -> None:
    """Keep ``look``; where that fails, the next start only shows less."""
    text = json.dumps({"at": look.at, "document": look.document})
    with suppress(KdedgeError, OSError):
        writable_home()
        _path().parent.mkdir(exist_ok=True)
        write_text(_path(), text)


def _path() -> Path:
    return home() / "cache" / "doctor.json"
