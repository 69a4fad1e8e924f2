"""What an evaluation is asked to do, and the key that tells which runs may resume one another."""

import hashlib
import json
from dataclasses import dataclass, field

from kdedge.core.json_value import Json
from kdedge.evaluate.prompts import Preset
from kdedge.evaluate.suites import Suite
from kdedge.runtime.options import LoadOptions, Sampling

NEWEST = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationPlan:
    """One evaluation: suite, samples, sampling, and how much of the machine it may use."""

    suite: str
    task_ids: tuple[str, ...] = ()
    """Only these problems, by name; none stands for all."""
    n_problems: int | None = None
    """Only so many of the suite's first problems."""
    n_samples: int = 1
    """Completions of each problem."""
    sampling: Sampling = field(default_factory=Sampling)
    seed: int = 0
    """Every completion has a seed of its own, made from this one, the problem and the sample."""
    ks: tuple[int, ...] = (1,)
    """The k of pass@k; none may be larger than ``n_samples``."""
    preset: str | None = None
    """``None``: chat where the file has a chat template, else plain completion."""
    max_tokens: int | None = None
    """``None``: what the preset says."""
    load: LoadOptions = field(default_factory=LoadOptions)
    allow_weak_sandbox: bool = False
    judge_workers: int | None = None
    """``None``: one a core."""
    resume: str | None = None
    """``newest`` for the newest unfinished run of the same key, or a run id."""

    def settings(self, *, preset: Preset) -> dict[str, Json]:
        """Return the settings as they stand in the run and its document."""
        return {
            "preset": preset.name,
            "preset_sha256": preset.sha256,
            "n_samples": self.n_samples,
            "context_tokens": self.load.context_tokens,
            "sampling": {
                "temperature": self.sampling.temperature,
                "top_k": self.sampling.top_k,
                "top_p": self.sampling.top_p,
                "min_p": self.sampling.min_p,
                "seed": self.seed,
                "max_tokens": self.max_tokens or preset.max_tokens,
            },
        }


def run_key(*, model_sha256: str, suite: Suite, settings: dict[str, Json], runtime: Json) -> str:
    """Return a key that is equal for runs which would make the same completions.

    The number of sequences and threads is not part of it: completions do not depend on them.
    ``runtime`` is the version of llama.cpp's bindings: another one may compute other bits.
    """
    asked = {
        "model": model_sha256,
        "suite": suite.sha256,
        "name": suite.name,
        "runtime": runtime,
        **settings,
    }
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def completion_seed(seed: int, *, task_id: str, sample: int) -> int:
    """Return the seed of one completion, in [0, 2**32)."""
    digest = hashlib.sha256(f"{seed}/{task_id}/{sample}".encode()).digest()
    return int.from_bytes(digest[:4], "big")
