"""What is to be measured, and the command lines that do it: pure values, no widget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kdedge_gui.jobs.job import JobSpec
from kdedge_gui.translate import tr

USUAL_CONTEXT, USUAL_PARALLEL = 1536, 16
"""What ``kdedge evaluate`` takes by itself."""
USUAL_MAX_TOKENS = 768
"""What its presets say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """A model, as a command line names it and as people read it."""

    argument: str
    label: str
    path: str
    file_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteChoice:
    """A suite."""

    name: str
    n_problems: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What holds for every model and suite."""

    n_samples: int = 1
    temperature: float = 0.0
    ks: tuple[int, ...] = (1,)
    seed: int = 0
    max_tokens: int | None = None
    """``None``: what the preset says."""
    context_tokens: int = USUAL_CONTEXT
    n_problems: int | None = None
    """``None``: all of them."""
    n_threads: int | None = None
    n_gpu_layers: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that was chosen."""

    models: tuple[ModelChoice, ...] = ()
    suites: tuple[SuiteChoice, ...] = ()
    settings: Settings = field(default_factory=Settings)
    with_profile: bool = False

    @property
    def n_steps(self) -> int:
        """How many jobs it comes to."""
        return len(self.models) * (len(self.suites) + self.with_profile)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One job of a plan."""

    kind: str
    """``evaluate`` or ``profile``."""
    model: str
    """Its label."""
    suite: str
    """Empty for a profile."""
    n_problems: int
    """0 where it is not known."""
    n_samples: int
    spec: JobSpec
    run_id: str = ""
    """Of the run it goes on with; empty for a new one."""

    @property
    def title(self) -> str:
        """Return the step in words."""
        if self.kind == "profile":
            return tr("Speed and memory of {model}").format(model=self.model)
        return tr("{model} on {suite}").format(model=self.model, suite=self.suite)


def problems_of(settings: Settings, suite: SuiteChoice) -> int:
    """Return how many problems of ``suite`` are asked for."""
    return min(settings.n_problems or suite.n_problems, suite.n_problems)


def ks_text(ks: Sequence[int]) -> str:
    """Return the k of pass@k as the command line takes them."""
    return ",".join(str(k) for k in ks)


def ks_within(n_samples: int) -> tuple[int, ...]:
    """Return the usual k that ``n_samples`` completions suffice for."""
    return tuple(k for k in (1, 10, 100) if k <= n_samples) or (1,)


def steps_of(plan: Plan) -> tuple[Step, ...]:
    """Return the jobs of ``plan``, model by model."""
    steps: list[Step] = []
    for model in plan.models:
        steps += [_evaluation(model, suite, plan.settings) for suite in plan.suites]
        if plan.with_profile:
            steps.append(_profile(model, plan.settings))
    return tuple(steps)


def _evaluation(model: ModelChoice, suite: SuiteChoice, settings: Settings) -> Step:
    n_problems = problems_of(settings, suite)
    words = [model.argument, "--suite", suite.name]
    if n_problems < suite.n_problems:
        words += ["--problems", str(n_problems)]
    words += _sampling_words(settings)
    words += _device_words(settings)
    return _evaluation_step(
        words, model=model.label, suite=suite.name, n_problems=n_problems, n=settings.n_samples
    )


def _sampling_words(settings: Settings) -> list[str]:
    """Return the options that are not the command's own defaults."""
    words: list[str] = []
    if settings.n_samples != 1:
        words += ["-n", str(settings.n_samples)]
    if settings.temperature:
        words += ["--temperature", f"{settings.temperature:g}"]
    if settings.ks != (1,):
        words += ["--k", ks_text(settings.ks)]
    if settings.seed:
        words += ["--seed", str(settings.seed)]
    if settings.max_tokens is not None:
        words += ["--max-tokens", str(settings.max_tokens)]
    if settings.context_tokens != USUAL_CONTEXT:
        words += ["--context", str(settings.context_tokens)]
    return words


def _device_words(settings: Settings) -> list[str]:
    words: list[str] = []
    if settings.n_threads:
        words += ["--threads", str(settings.n_threads)]
    if settings.n_gpu_layers:
        words += ["--gpu-layers", str(settings.n_gpu_layers)]
    return words


def _profile(model: ModelChoice, settings: Settings) -> Step:
    words = [model.argument, "--quick"]
    if settings.n_threads:
        words += ["--threads", str(settings.n_threads)]
    return _profile_step(words, model=model.label)


def _profile_step(words: Sequence[str], *, model: str, suite: str = "", run_id: str = "") -> Step:
    spec = JobSpec(
        verb="profile",
        arguments=tuple(words),
        title=tr("Speed and memory of {model}").format(model=model),
        resume_arguments=("--resume",),
    )
    return Step(
        kind="profile",
        model=model,
        suite=suite,
        n_problems=0,
        n_samples=0,
        spec=spec,
        run_id=run_id,
    )


def _evaluation_step(
    words: Sequence[str], *, model: str, suite: str, n_problems: int, n: int, run_id: str = ""
) -> Step:
    title = tr("Benchmark of {model} on {suite}").format(model=model, suite=suite)
    spec = JobSpec(
        verb="evaluate", arguments=tuple(words), title=title, resume_arguments=("--resume",)
    )
    return Step(
        kind="evaluate",
        model=model,
        suite=suite,
        n_problems=n_problems,
        n_samples=n,
        spec=spec,
        run_id=run_id,
    )


def resuming_step(
    *, run_id: str, verb: str, subject: Mapping[str, Any], model_label: str
) -> Step | None:
    """Return the job that goes on with an unfinished run, its settings taken from the run.

    Args:
        run_id: The run.
        verb: ``evaluate`` or ``profile``.
        subject: What the run says it is about.
        model_label: What to call its model.

    Returns:
        ``None`` when the run does not say enough to be gone on with.
    """
    path = _at(subject, "model", "path")
    settings = subject.get("settings")
    if not isinstance(path, str) or not isinstance(settings, Mapping):
        return None
    go_on = ["--resume", "--run", run_id]
    if verb == "profile":
        return _resuming_profile(path, settings, subject, go_on=go_on, label=model_label)
    if verb != "evaluate":
        return None
    suite = _at(subject, "suite", "name")
    sampling = settings.get("sampling")
    if not isinstance(suite, str) or not isinstance(sampling, Mapping):
        return None
    n_samples = int(settings.get("n_samples", 1))
    words = [path, "--suite", suite, *_part_words(_at(subject, "suite", "part"))]
    words += ["-n", str(n_samples), "--k", ks_text(ks_within(n_samples))]
    for name in ("temperature", "top_k", "top_p", "min_p", "seed", "max_tokens"):
        if name in sampling:
            words += [f"--{name.replace('_', '-')}", str(sampling[name])]
    words += ["--preset", str(settings.get("preset", ""))] if settings.get("preset") else []
    words += ["--context", str(settings.get("context_tokens", USUAL_CONTEXT)), *go_on]
    return _evaluation_step(
        words,
        model=model_label,
        suite=suite,
        n_problems=int(_at(subject, "suite", "n_problems") or 0),
        n=n_samples,
        run_id=run_id,
    )


def _resuming_profile(
    path: str,
    settings: Mapping[str, Any],
    subject: Mapping[str, Any],
    *,
    go_on: list[str],
    label: str,
) -> Step:
    words = [path]
    suite = subject.get("suite")
    words += ["--suite", suite] if isinstance(suite, str) else []
    words += [f"--{flag}" for flag in ("quick",) if settings.get(flag)]
    words += ["--raw"] if settings.get("raw_only") else []
    words += ["--context", str(settings.get("context_tokens"))]
    words += ["--threads", str(settings.get("n_threads"))]
    layers = settings.get("n_gpu_layers")
    words += ["--gpu-layers", str(layers)] if isinstance(layers, int) and layers >= 0 else []
    words += ["--seed", str(settings.get("seed", 0)), *go_on]
    named = suite if isinstance(suite, str) else ""
    return _profile_step(words, model=label, suite=named, run_id=go_on[-1])


def _part_words(part: object) -> list[str]:
    """Return the options that choose the same part of a suite again."""
    if not isinstance(part, Mapping):
        return []
    first = part.get("first")
    if isinstance(first, int):
        return ["--problems", str(first)]
    return ["--task", ",".join(str(each) for each in part.get("task_ids", ()))]


def going_on(step: Step, run_id: str) -> Step:
    """Return ``step`` as the job that goes on with ``run_id``, which it began."""
    if "--run" in step.spec.arguments:
        return step
    words = (*step.spec.arguments, "--resume", "--run", run_id)
    return replace(step, run_id=run_id, spec=replace(step.spec, arguments=words))


def _at(value: Any, *keys: str) -> Any:  # noqa: ANN401 - what a document says
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
