"""What a profile is asked to do, and the repetitions that follow from it."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from kdedge.core.errors import KdedgeError
from kdedge.core.json_value import Json
from kdedge.profile.stopping import RepetitionRule
from kdedge.runtime.options import Sampling

if TYPE_CHECKING:
    from collections.abc import Mapping

NEWEST = "newest"
USUAL_CONTEXT = 4096
LEAST_CONTEXT = 256
ALL_LAYERS = -1
N_BATCH, N_UBATCH = 2048, 512
SAMPLING = Sampling(temperature=0.8, top_k=40, top_p=0.95, min_p=0.05)
"""llama.cpp's own defaults, which is what most assistants run with."""
_RESERVE_TOKENS = 8
"""A cut prompt can come out a token or two longer than asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileOptions:
    """One profile, as the user asks for it."""

    suite: str | None = None
    """Also measure pass@k on this suite."""
    quick: bool = False
    """Fewer repetitions: about a minute for a small model."""
    raw_only: bool = False
    """Only llama-bench's rows and the memory."""
    context_tokens: int | None = None
    """``None``: 4096, or what the model was made for if that is less."""
    n_threads: int | None = None
    """``None``: llama-bench's default, one a performance core."""
    n_gpu_layers: int | None = None
    """``None``: all that fit, llama.cpp's default."""
    seed: int = 0
    resume: str | None = None
    """``newest`` for the newest unfinished run of the same key, or a run id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What was really used; equal settings measure the same thing."""

    context_tokens: int
    n_threads: int
    n_gpu_layers: int
    quick: bool
    raw_only: bool
    seed: int
    n_batch: int = N_BATCH
    n_ubatch: int = N_UBATCH
    cache_type_k: str = "f16"
    cache_type_v: str = "f16"
    flash_attention: str = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRow:
    """One of llama-bench's rows."""

    n_prompt: int
    n_gen: int
    n_depth: int = 0

    @property
    def name(self) -> str:
        """llama-bench's name of it: ``pp512``, ``tg128 @ d2048``."""
        kind = f"pp{self.n_prompt}" if self.n_prompt else f"tg{self.n_gen}"
        return f"{kind} @ d{self.n_depth}" if self.n_depth else kind

    @property
    def n_ctx(self) -> int:
        """The context that llama-bench opens for it."""
        return self.n_prompt + self.n_gen + self.n_depth


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """One kind of request: so many tokens in the cache, so many new, so many generated."""

    n_cached: int
    n_prompt: int
    n_gen: int

    @property
    def name(self) -> str:
        """How progress and samples call it."""
        return f"request @ d{self.n_cached}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """Everything a profile measures and how often."""

    raw_rows: tuple[RawRow, ...]
    depths: tuple[Depth, ...]
    """The first has an empty cache; the headline numbers are its."""
    raw_rule: RepetitionRule
    user_rule: RepetitionRule
    deep_rule: RepetitionRule
    """For requests on a cache that is not empty."""
    warm_loads: int
    cold_load: bool
    alike_warm_ups: int
    """So many warm-up runs have to be alike before anything counts."""
    most_warm_ups: int

    def as_json(self) -> dict[str, Json]:
        """Return the ``protocol`` object of a document."""
        return {
            **asdict(self),
            "raw_rows": [row.name for row in self.raw_rows],
            "depths": [asdict(depth) for depth in self.depths],
            "sampling": asdict(SAMPLING),
            "centre": "median",
            "interval": "bootstrap of the median, 95 %, 2000 resamples",
            "stops_at_end_of_generation": False,
        }


def settings_of(
    options: ProfileOptions, *, n_ctx_train: int | None, default_threads: int
) -> Settings:
    """Return what is used where ``options`` leave the choice.

    Args:
        options: What was asked.
        n_ctx_train: The context the model was made for, if known.
        default_threads: llama-bench's choice here.

    Raises:
        KdedgeError: The context is too small to measure anything in.
    """
    usual = min(USUAL_CONTEXT, n_ctx_train or USUAL_CONTEXT)
    context = usual if options.context_tokens is None else options.context_tokens
    if context < LEAST_CONTEXT:
        raise KdedgeError(
            f"A context of {context} tokens is too small to profile in.",
            hint=f"Use --context {LEAST_CONTEXT} or more.",
        )
    return Settings(
        context_tokens=context,
        n_threads=options.n_threads or default_threads,
        n_gpu_layers=ALL_LAYERS if options.n_gpu_layers is None else options.n_gpu_layers,
        quick=options.quick,
        raw_only=options.raw_only,
        seed=options.seed,
    )


def protocol_of(settings: Settings) -> Protocol:
    """Return what a profile with ``settings`` measures."""
    seed = settings.seed
    if settings.quick:
        depths: tuple[int, ...] = (0, 512)
        n_gen = 64
        raw = RepetitionRule(least=5, cap_s=8.0, most=10, seed=seed)
        user = RepetitionRule(least=4, cap_s=10.0, most=6, seed=seed)
        deep = RepetitionRule(least=3, cap_s=6.0, most=4, seed=seed)
    else:
        depths, n_gen = (0, 512, 2048), 128
        raw = RepetitionRule(least=10, cap_s=30.0, most=30, seed=seed)
        user = RepetitionRule(least=10, cap_s=40.0, most=20, seed=seed)
        deep = RepetitionRule(least=5, cap_s=20.0, most=10, seed=seed)
    return Protocol(
        raw_rows=(RawRow(n_prompt=512, n_gen=0), RawRow(n_prompt=0, n_gen=128)),
        depths=() if settings.raw_only else _clipped(depths, n_gen, settings.context_tokens),
        raw_rule=raw,
        user_rule=user,
        deep_rule=deep,
        warm_loads=3 if settings.quick else 5,
        cold_load=not settings.quick,
        alike_warm_ups=2 if settings.quick else 3,
        most_warm_ups=3 if settings.quick else 8,
    )


def run_key(*, model_sha256: str, settings: Settings, suite: str | None, software: Json) -> str:
    """Return a key that is equal for runs which measure the same thing with the same program."""
    asked: Mapping[str, Json] = {
        "model": model_sha256,
        "settings": asdict(settings),
        "suite": suite,
        "software": software,
    }
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def _clipped(depths: tuple[int, ...], n_gen: int, context: int) -> tuple[Depth, ...]:
    n_gen = min(n_gen, context // 4)
    n_prompt = min(512, context - n_gen - _RESERVE_TOKENS)
    room = context - n_gen - n_prompt - _RESERVE_TOKENS
    fitting = sorted({min(depth, room) for depth in depths})
    # A last depth that hardly differs from the one before says nothing new.
    kept = [
        d for i, d in enumerate(fitting) if i == 0 or d >= 2 * fitting[i - 1] + 128 or d >= 512
    ]
    return tuple(Depth(n_cached=depth, n_prompt=n_prompt, n_gen=n_gen) for depth in kept)
