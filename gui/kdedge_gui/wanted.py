"""What one page asks of another: the payload of ``AppState.page_wanted``."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelWanted:
    """Models shows this model; Benchmark chooses it."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsWanted:
    """Benchmark chooses these models and no others."""

    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWanted:
    """Benchmark or Compare shows this run."""

    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemWanted:
    """Benchmark shows what a run made of one problem."""

    run_id: str
    task_id: str
