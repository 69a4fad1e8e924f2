"""What a page looks like in one state: recorded data and how to arrange the page with it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parent / "recorded"


class Recorded:
    """Real output of kdedge on the starter model, kept in small files.

    ``VERB-ANYTHING.json`` is a document that ``kdedge VERB --json`` wrote, ``NAME.jsonl`` are the
    lines of ``--events``; other files are used as they are.
    """

    def __init__(self, folder: Path = RECORDED) -> None:
        self._folder = folder

    def documents(self, verb: str) -> list[dict[str, Any]]:
        """Return the documents of ``verb`` in the order of their file names.

        Raises:
            ValueError: There is none.
        """
        found = [
            json.loads(path.read_text(encoding="utf-8"))
            for path in self._files
            if path.suffix == ".json" and path.stem.partition("-")[0] == verb
        ]
        if not found:
            raise ValueError(f"Nothing of kdedge {verb} is recorded in {self._folder}.")
        return found

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the events in ``NAME.jsonl``."""
        text = self.file(f"{name}.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines() if line]

    def file(self, name: str) -> Path:
        """Return the path of a recorded file.

        Raises:
            ValueError: It is not there.
        """
        path = self._folder / name
        if not path.is_file():
            raise ValueError(f"{name} is not recorded in {self._folder}.")
        return path

    @cached_property
    def _files(self) -> list[Path]:
        return sorted(self._folder.iterdir())


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One state of a page, for its picture."""

    name: str
    """``empty``, ``busy``, ``error``, ``full``; part of the picture's file name."""
    arrange: Callable[[Any, Recorded], None]
    """Sets the page's state through its ordinary methods, at once; takes the page's own class."""
