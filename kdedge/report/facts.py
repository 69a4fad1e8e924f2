"""What a report knows, as values; every renderer is a function of these alone.

A row is one model variant: what its profile says of speed and memory, and what its evaluation
says of solved problems, joined when both are of the same file on the same machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kdedge.report.reading import UNKNOWN, Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """The file that was measured."""

    name: str
    """File name without its ending and without the type, which has a field of its own."""
    file_name: str
    file_type: str
    """Mix of the whole file, ``Q4_K_M``."""
    sha256: str
    architecture: str
    n_params: Quantity
    file_bytes: Quantity
    bits_per_weight: Quantity
    notes: tuple[str, ...] = ()
    """Where the file comes from, in sentences: ``made from an already quantised file``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSpeed:
    """One row measured llama-bench's way: no tokenising, no sampling."""

    n_prompt: int
    n_gen: int
    n_depth: int
    tokens_per_s: Quantity
    """Median over the repetitions."""
    stddev_tokens_per_s: float | None
    samples: tuple[float, ...]
    """Tokens per second of each repetition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """How fast the model answers."""

    load_s: Quantity = UNKNOWN
    ttft_s: Quantity = UNKNOWN
    """Request to first token, median."""
    ttft_p95_s: Quantity = UNKNOWN
    itl_p50_s: Quantity = UNKNOWN
    itl_p95_s: Quantity = UNKNOWN
    itl_p99_s: Quantity = UNKNOWN
    prefill_tokens_per_s: Quantity = UNKNOWN
    decode_tokens_per_s: Quantity = UNKNOWN
    prefill_samples: tuple[float, ...] = ()
    """Tokens per second of each repetition, when the document keeps them."""
    decode_samples: tuple[float, ...] = ()
    raw: tuple[RawSpeed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What the model takes while it works, in bytes, and what was predicted before loading."""

    peak_rss_bytes: Quantity = UNKNOWN
    anon_bytes: Quantity = UNKNOWN
    """Anonymous: KV cache, compute buffers, repacked weights; has to fit."""
    weights_resident_bytes: Quantity = UNKNOWN
    """Pages of the model file in memory; can be dropped, at a price."""
    kv_cache_bytes: Quantity = UNKNOWN
    needs_bytes: Quantity = UNKNOWN
    """Anonymous memory and the model file together."""
    predicted_anon_bytes: Quantity = UNKNOWN
    predicted_kv_cache_bytes: Quantity = UNKNOWN
    predicted_needs_bytes: Quantity = UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """Whether the timings can be trusted."""

    verdict: str = ""
    """``clean``, ``suspect`` or ``unusable``; empty when unknown."""
    reasons: tuple[str, ...] = ()

    @property
    def unusable(self) -> bool:
        """Whether the timings say nothing."""
        return self.verdict == "unusable"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileFacts:
    """One ``profile`` document."""

    run: str
    created_at: str
    speed: Speed
    memory: Memory
    noise: Noise
    energy_joules_per_token: Quantity
    energy_source: str
    settings: Mapping[str, str]
    """Name to value, both ready to be shown."""
    protocol: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One sample of one problem, judged."""

    sample: int
    verdict: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemResult:
    """What became of one problem."""

    task_id: str
    attempts: tuple[Attempt, ...]

    @property
    def counted(self) -> int:
        """Attempts that count; a failure of the judge never does."""
        return sum(each.verdict != "harness_error" for each in self.attempts)

    @property
    def passed(self) -> int:
        """Attempts that passed."""
        return sum(each.verdict == "passed" for each in self.attempts)

    @property
    def verdict(self) -> str:
        """The one word for this problem: ``passed`` if any attempt did, else the commonest."""
        if self.passed:
            return "passed"
        found = [each.verdict for each in self.attempts]
        return max(found, key=lambda word: (word != "harness_error", found.count(word)))


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationFacts:
    """One ``evaluate`` document, or the block that a ``profile`` document took from it."""

    run: str
    created_at: str
    suite: str
    suite_sha256: str
    n_problems: int | None
    of_n_problems: int | None
    """Problems of the whole suite, where only a part of it was evaluated."""
    preset: str
    sampling: Mapping[str, str]
    n_samples: int | None
    pass_at_k: Mapping[int, Quantity]
    verdict_counts: Mapping[str, int]
    problems: tuple[ProblemResult, ...]
    sandbox_level: str
    tokens_per_s: Quantity
    """Generated tokens per second, all sequences together."""
    wall_s: Quantity
    solutions_per_s: Quantity

    @property
    def pass_at_1(self) -> Quantity:
        """The number of the summary."""
        return self.pass_at_k.get(1, UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """The machine, as far as it decides how numbers compare."""

    key: str
    """Equal for documents of the same machine."""
    title: str
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One model variant."""

    label: str
    """Short, and no other row has it."""
    model: ModelFacts
    machine: MachineFacts
    software: Mapping[str, str]
    profile: ProfileFacts | None = None
    evaluation: EvaluationFacts | None = None
    commands: tuple[str, ...] = ()
    """What to type for the same measurement."""

    @property
    def speed(self) -> Speed:
        """Its speed; all unknown without a profile."""
        return self.profile.speed if self.profile else Speed()

    @property
    def memory(self) -> Memory:
        """Its memory; all unknown without a profile."""
        return self.profile.memory if self.profile else Memory()

    @property
    def noise(self) -> Noise:
        """Its noise verdict; empty without a profile."""
        return self.profile.noise if self.profile else Noise()

    @property
    def pass_at_1(self) -> Quantity:
        """Its pass@1; unknown without an evaluation."""
        return self.evaluation.pass_at_1 if self.evaluation else UNKNOWN

    @property
    def runs(self) -> tuple[str, ...]:
        """The runs its numbers come from."""
        return tuple(part.run for part in (self.profile, self.evaluation) if part and part.run)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """What the intervals support, and no more."""

    choice: str | None
    """Label of the row to take, if there is one."""
    sentence: str
    because: tuple[str, ...] = ()
    """What it rests on, a sentence each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportModel:
    """Everything a report shows."""

    title: str
    created_at: str
    """When the newest of the runs was made; a report of the same runs is the same report."""
    rows: tuple[Row, ...]
    machines: tuple[MachineFacts, ...]
    recommendation: Recommendation
    summary: tuple[str, ...]
    """The outcome in plain words, a sentence each."""
    cautions: tuple[str, ...] = field(default=())
    """What makes rows hard to compare, a sentence each."""
