"""Which models took the engine down with them, remembered across restarts of the app.

``loading.json`` is written before a model is loaded and cleared after. A load that never came to
its end, and a worker that died with a model, stay in it until that model has loaded.
"""

import json
import logging
import threading
from dataclasses import asdict
from pathlib import Path

from kdedge.core.claims import ProcessStamp, is_alive, this_process
from kdedge.core.errors import KdedgeError
from kdedge.core.files import write_text
from kdedge.core.paths import writable_home
from kdedge_gui.translate import tr

_SCHEMA = "kdedge.loading/1"
_MAX_BYTES = 256 * 1024
_log = logging.getLogger(__name__)


class LoadMarker:
    """The marker; ``read`` and ``save`` touch the disk and belong in a background thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._loading = ""
        self._deaths: dict[str, str] = {}

    def death_of(self, model: str) -> str:
        """Return how the engine died when it last loaded ``model``; empty if it did not."""
        return self._deaths.get(model, "")

    def begin(self, model: str) -> None:
        """A load begins."""
        self._loading = model

    def succeed(self, model: str) -> None:
        """The model is loaded: whatever there was with it is over."""
        self._loading = ""
        self._deaths.pop(model, None)

    def refuse(self) -> None:
        """The load ended without harm: cancelled, or refused in a sentence."""
        self._loading = ""

    def die(self, model: str, words: str) -> None:
        """The engine died with ``model``; ``words`` say how."""
        self._loading = ""
        self._deaths[model] = words

    def read(self) -> None:
        """Read what an earlier run of the app has left."""
        try:
            with self._path.open("rb") as file:
                found = json.loads(file.read(_MAX_BYTES))
            deaths = {str(model): str(words) for model, words in found["deaths"].items()}
            loading = str(found["loading"])
            owner = ProcessStamp(**found["owner"])
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            _log.warning("%s cannot be read: %r", self._path, error)
            return
        if loading and not is_alive(owner):
            deaths.setdefault(loading, tr("the app or the computer went down while it loaded"))
        self._deaths = {**deaths, **self._deaths}

    def save(self) -> None:
        """Write how things stand now; calls may overtake one another."""
        with self._lock:
            state = {
                "schema": _SCHEMA,
                "loading": self._loading,
                "owner": asdict(this_process()),
                "deaths": self._deaths,
            }
            try:
                writable_home()
                write_text(self._path, json.dumps(state))
            except KdedgeError as error:  # a full disk must not keep a model from being loaded
                _log.warning("%s %s", error.problem, error.hint)
