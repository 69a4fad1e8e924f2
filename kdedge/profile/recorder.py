"""The measurements of one run, each kept in the store as soon as it is made."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from kdedge.core.store import Store

Value = dict[str, Any]
"""One measurement as it is stored; ``document.py`` says what is in it."""

Heard = Callable[[str, int, Value], None]
"""Called with the name, the repetition's number and the value."""


class Recorder:
    """What has been measured already, and where to put what comes."""

    def __init__(self, store: Store, run_id: str, *, heard: Heard) -> None:
        """Read what an earlier process measured.

        Args:
            store: Where measurements are kept.
            run_id: The run they belong to.
            heard: Called for each measurement: for those that are there now, later for each new
                one once it is kept.

        Raises:
            KdedgeError: The store cannot be read.
        """
        self.run_id = run_id
        self._store = store
        self._heard = heard
        self._values: defaultdict[str, list[Value]] = defaultdict(list)
        for row in store.measurements(run_id):
            assert isinstance(row.value, dict)
            self._values[row.name].append(row.value)
            heard(row.name, row.repetition, row.value)

    def values(self, name: str) -> list[Value]:
        """Return the repetitions of ``name`` in the order they were made."""
        return list(self._values.get(name, ()))

    def add(self, name: str, value: Value) -> None:
        """Keep the next repetition of ``name``.

        Raises:
            KdedgeError: The store cannot be written.
        """
        repetition = len(self._values.get(name, ()))
        self._store.add_measurement(self.run_id, name=name, repetition=repetition, value=value)
        self._values[name].append(value)
        self._heard(name, repetition, value)
