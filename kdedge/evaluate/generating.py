"""The first half of an evaluation: completions, each kept as soon as it is made."""

import hashlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

from kdedge.core.events import Progress, Sink
from kdedge.core.store import Store
from kdedge.core.store_rows import CompletionRow
from kdedge.evaluate.plan import EvaluationPlan, completion_seed
from kdedge.evaluate.problem import Problem
from kdedge.evaluate.prompts import ChatPrompt, Preset, prompt_for
from kdedge.evaluate.suites import Suite
from kdedge.evaluate.telling import completion_made
from kdedge.runtime.client import WorkerClient
from kdedge.runtime.options import Completion, Prompt, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One completion that the run does not have yet."""

    problem: Problem
    sample: int
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationSpeed:
    """What this process generated of the run, and how fast."""

    tokens: int
    prompt_tokens: int
    wall_s: float
    """Without loading the model."""


def missing(
    run_id: str, *, store: Store, suite: Suite, plan: EvaluationPlan, preset: Preset
) -> list[Wanted]:
    """Return the completions that the run lacks, samples of one problem together."""
    have = {(row.task_id, row.sample) for row in store.completions(run_id)}
    return [
        Wanted(problem=problem, sample=sample, request=_request(problem, sample, plan, preset))
        for problem in suite.problems
        for sample in range(plan.n_samples)
        if (problem.task_id, sample) not in have
    ]


def generate(
    run_id: str,
    *,
    path: Path,
    wanted: list[Wanted],
    plan: EvaluationPlan,
    store: Store,
    sink: Sink,
) -> GenerationSpeed:
    """Generate ``wanted`` in a worker process and keep each completion as it is made.

    Raises:
        KdedgeError: The model cannot be loaded, a prompt does not fit, or the worker died.
    """
    total = len(wanted)
    by_id = {each.request.request_id: each for each in wanted}
    tokens = prompt_tokens = 0
    with WorkerClient() as worker:
        worker.load(path, options=plan.load, on_progress=partial(_tell_load, sink))
        sink(Progress(phase="generating", done=0, total=total, unit="completions"))
        start = perf_counter()
        answers = worker.generate([each.request for each in wanted])
        for done, completion in enumerate(answers, 1):
            row = _row(run_id, by_id[completion.request_id], completion)
            store.add_completion(row)
            sink(completion_made(row))
            tokens += completion.n_tokens
            prompt_tokens += completion.n_prompt_tokens
            rate = f"{tokens / (perf_counter() - start):.0f} tokens/s"
            sink(
                Progress(
                    phase="generating", done=done, total=total, unit="completions", detail=rate
                )
            )
        wall_s = perf_counter() - start
    return GenerationSpeed(tokens=tokens, prompt_tokens=prompt_tokens, wall_s=wall_s)


def _tell_load(sink: Sink, fraction: float) -> None:
    sink(Progress(phase="loading", done=round(100 * fraction), total=100, unit="%"))


def _request(problem: Problem, sample: int, plan: EvaluationPlan, preset: Preset) -> Request:
    return Request(
        request_id=f"{problem.task_id}#{sample}",
        prompt=_prompt(preset, problem),
        sampling=plan.sampling,
        seed=completion_seed(plan.seed, task_id=problem.task_id, sample=sample),
        max_tokens=plan.max_tokens or preset.max_tokens,
        stop=preset.stop,
    )


def _prompt(preset: Preset, problem: Problem) -> Prompt:
    made = prompt_for(preset, problem)
    if isinstance(made, ChatPrompt):
        return Prompt(
            kind="chat",
            text=made.user,
            assistant_prefill=made.assistant_prefill,
            shared_length=made.shared_prefix_chars,
        )
    return Prompt(text=made.text, shared_length=made.shared_prefix_chars)


def _row(run_id: str, wanted: Wanted, completion: Completion) -> CompletionRow:
    prompt = wanted.request.prompt
    put = prompt.kind + "\0" + prompt.text + "\0" + prompt.assistant_prefill
    return CompletionRow(
        run_id=run_id,
        task_id=wanted.problem.task_id,
        sample=wanted.sample,
        seed=wanted.request.seed,
        prompt_sha256=hashlib.sha256(put.encode("utf-8", "replace")).hexdigest(),
        text=completion.text,
        n_prompt_tokens=completion.n_prompt_tokens,
        n_tokens=completion.n_tokens,
        finish_reason=completion.finish_reason,
        ttft_s=completion.ttft_s,
        decode_s=completion.decode_s,
    )
