"""Energy from the CPU's own counters (RAPL), or a reason why there is none; never a guess.

The counters count whole packages, everything else on the machine included, and start again at a
limit they name. Most systems let only root read them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kdedge.core.json_value import Json

_POWERCAP = Path("/sys/class/powercap")
LEAST_WINDOW_S = 5.0
"""Shorter windows say little: the counters move in steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyReading:
    """All package counters at one moment."""

    microjoules: Mapping[str, int]
    limits: Mapping[str, int]
    """Where each starts again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergySpent:
    """What one repetition took."""

    joules: float
    wall_s: float
    n_tokens: int


def read_energy(powercap: Path = _POWERCAP) -> EnergyReading | str:
    """Return the counters, or why they cannot be read.

    Args:
        powercap: Where Linux shows them.
    """
    packages = [domain for domain in sorted(powercap.glob("intel-rapl:*")) if _is_package(domain)]
    if not packages:
        return "this machine shows no energy counters (RAPL)"
    try:
        return EnergyReading(
            microjoules={each.name: _number(each / "energy_uj") for each in packages},
            limits={each.name: _number(each / "max_energy_range_uj") for each in packages},
        )
    except PermissionError:
        return "the energy counters may only be read by root on this system"
    except (OSError, ValueError):
        return "the energy counters cannot be read"


def joules_between(before: EnergyReading, after: EnergyReading) -> float:
    """Return the energy between two readings that are less than one round of a counter apart."""
    total = 0
    for name, start in before.microjoules.items():
        spent = after.microjoules.get(name, start) - start
        total += spent if spent >= 0 else spent + before.limits[name]
    return total / 1e6


def energy_block(spent: Sequence[EnergySpent], *, reason: str | None) -> dict[str, Json]:
    """Return the ``energy`` object of a document, for decoding.

    Args:
        spent: Repetitions of decoding that were measured.
        reason: Why the counters cannot be read, if they cannot.
    """
    window_s = sum(each.wall_s for each in spent)
    n_tokens = sum(each.n_tokens for each in spent)
    if reason is None and (window_s < LEAST_WINDOW_S or not n_tokens):
        reason = f"{window_s:.1f} s of decoding are too short, it takes {LEAST_WINDOW_S:.0f} s"
    if reason is not None:
        return {
            "status": "unavailable",
            "reason": reason,
            "source": None,
            "joules_per_token": None,
        }
    joules = sum(each.joules for each in spent)
    return {
        "status": "measured",
        "reason": None,
        "source": "rapl_pkg",
        "joules_per_token": joules / n_tokens,
        "idle_subtracted": False,
        "window_s": window_s,
        "n_tokens": n_tokens,
    }


def _is_package(domain: Path) -> bool:
    # Cores and memory are parts of a package, and "psys" is all of it once more.
    try:
        return (domain / "name").read_text(encoding="ascii").startswith("package")
    except (OSError, ValueError):
        return False


def _number(path: Path) -> int:
    return int(path.read_text(encoding="ascii"))
