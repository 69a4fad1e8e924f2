"""The parent's side of a timing process (``raw_timing``)."""

from pathlib import Path
from typing import Any

from kdedge.runtime.child_process import ChildProcess

PROTOCOL = 1


class TimingClient(ChildProcess):
    """One timing process; a context manager that never leaves it behind."""

    def __init__(self, model_path: Path) -> None:
        """Start the process.

        Args:
            model_path: What it will measure, for error messages; nothing is loaded yet.

        Raises:
            KdedgeError: It does not come up.
        """
        super().__init__(
            "kdedge.runtime.raw_timing",
            name=f"The process that measures {model_path.name}",
            protocol=PROTOCOL,
            environment={},
        )

    def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        """Send one order and wait for its answer.

        Raises:
            KdedgeError: The process says so, or it died.
        """
        self.send(order)
        return self.read()
