"""Where model code runs: no network, no files but its own, no processes, and not for long."""

from kdedge.evaluate.sandbox.level import Limits, SandboxLevel
from kdedge.evaluate.sandbox.probe import chosen_level, probe_level

__all__ = ["Limits", "SandboxLevel", "chosen_level", "probe_level"]
