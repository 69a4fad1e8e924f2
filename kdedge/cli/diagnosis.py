"""What ``kdedge doctor`` finds: each fact, and for what is missing the command that mends it."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

from kdedge.core import paths
from kdedge.core.errors import KdedgeError
from kdedge.core.json_value import Json
from kdedge.core.machine import MachineFacts, machine_facts
from kdedge.core.software import software_versions
from kdedge.core.store import Store
from kdedge.models.starter import starter_model
from kdedge.runtime.devices import Compiled, compiled

_LOW_DISK_BYTES = 2 * 1024**3
_BUSY_LOAD = 0.5
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that is missing or weak."""

    what: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The state of kdedge on this machine."""

    machine: MachineFacts
    runtime: Compiled | None
    """``None`` when llama.cpp cannot be started."""
    sandbox_level: str | None
    """``None`` when programs of a model cannot be closed in at all."""
    starter: Path | None
    has_plots: bool
    store: Path
    store_is_usable: bool
    disk_free_bytes: int | None
    problems: tuple[Problem, ...]

    def as_json(self) -> dict[str, Json]:
        """Return the result document of ``doctor``."""
        return {
            "schema": "kdedge.doctor/1",
            "machine": self.machine.as_json(),
            "software": software_versions(),
            "runtime": None if self.runtime is None else self.runtime.as_json(),
            "sandbox": {"level": self.sandbox_level},
            "starter_model": None if self.starter is None else str(self.starter),
            "report_plots": self.has_plots,
            "store": {
                "path": str(self.store),
                "usable": self.store_is_usable,
                "disk_free_bytes": self.disk_free_bytes,
            },
            "problems": [{"what": each.what, "fix": each.fix} for each in self.problems],
        }


def diagnose() -> Diagnosis:
    """Return the state of kdedge on this machine; nothing missing is an error."""
    problems: list[Problem] = []
    machine = machine_facts()
    runtime = _tried(compiled, problems)
    starter = _tried(starter_model, problems)
    usable, disk_free_bytes = _store(problems)
    _machine_problems(machine, problems)
    has_plots = find_spec("matplotlib") is not None
    if not has_plots:
        command = f"{sys.executable} -m pip install matplotlib"
        problems.append(Problem(what="Reports come without plots.", fix=command))
    return Diagnosis(
        machine=machine,
        runtime=runtime,
        sandbox_level=_sandbox(problems),
        starter=starter,
        has_plots=has_plots,
        store=paths.home() / "kdedge.sqlite3",
        store_is_usable=usable,
        disk_free_bytes=disk_free_bytes,
        problems=tuple(problems),
    )


def _tried(ask: Callable[[], _Found], problems: list[Problem]) -> _Found | None:
    try:
        return ask()
    except KdedgeError as error:
        problems.append(Problem(what=error.problem, fix=error.hint))
        return None


def _sandbox(problems: list[Problem]) -> str | None:
    from kdedge.evaluate.sandbox.probe import probe_level

    level = probe_level()
    if level is None:
        problems.append(
            Problem(
                what="Programs written by a model cannot be closed in on this system.",
                fix="Evaluate on Linux, or in a Linux container or WSL 2; profiling works here.",
            )
        )
    elif level == "L1":
        problems.append(
            Problem(
                what="Programs written by a model are only weakly closed in (no Landlock).",
                fix="Use Linux 5.13 or later with Landlock, or add --allow-weak-sandbox.",
            )
        )
    return level


def _store(problems: list[Problem]) -> tuple[bool, int | None]:
    try:
        with Store.open():
            pass
        free = shutil.disk_usage(paths.home()).free
    except KdedgeError as error:
        problems.append(Problem(what=error.problem, fix=error.hint))
        return False, None
    if free < _LOW_DISK_BYTES:
        problems.append(
            Problem(
                what=f"Only {free / 1024**2:,.0f} MiB are free where kdedge keeps its files.",
                fix="Free some space, or set KDEDGE_HOME to a folder on another disk.",
            )
        )
    return True, free


def _machine_problems(machine: MachineFacts, problems: list[Problem]) -> None:
    if machine.on_battery:
        problems.append(
            Problem(what="The machine runs on battery and is slower.", fix="Plug it in.")
        )
    if machine.governor is not None and "powersave" in machine.governor:
        problems.append(
            Problem(
                what=f"The CPU governor is {machine.governor}: speeds may wander.",
                fix="sudo cpupower frequency-set -g performance",
            )
        )
    if machine.load_average_1m is not None and machine.load_average_1m > _BUSY_LOAD:
        problems.append(
            Problem(
                what=f"Other programs keep the CPU busy (load {machine.load_average_1m}).",
                fix="Close them before measuring.",
            )
        )
