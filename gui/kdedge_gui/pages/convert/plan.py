"""What the user wants made, as the jobs that make it; the same words run in a terminal."""

import re
from dataclasses import dataclass
from pathlib import Path

from kdedge_gui.jobs.job import JobSpec
from kdedge_gui.translate import tr

_TYPE_ENDING = re.compile(r"[.-](BF16|F16|F32)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One job of several, and what it leaves."""

    kind: str
    """``convert``, ``imatrix``, ``quantize``, ``choose`` or ``divergence``."""
    spec: JobSpec
    target: Path | None = None
    """The file it writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertWish:
    """A checkpoint that becomes a GGUF file."""

    checkpoint: Path
    folder: Path
    name: str
    dtype: str = "auto"
    """``auto``, ``f32``, ``f16`` or ``bf16``."""
    file_type: str = "BF16"
    """What the plan says it becomes; part of the file's name."""
    verify: bool = True

    @property
    def target(self) -> Path:
        """The file to write."""
        return self.folder / f"{self.name}.{self.file_type}.gguf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a type is chosen by; ``None`` limits nothing."""

    budget: str | None = None
    """As typed: ``90MB``."""
    max_kl: float | None = None
    min_decode_tokens_per_s: float | None = None

    def words(self) -> list[str]:
        """Return the options."""
        words = ["--budget", self.budget] if self.budget else []
        if self.max_kl is not None:
            words += ["--max-kl", f"{self.max_kl:g}"]
        if self.min_decode_tokens_per_s is not None:
            words += ["--min-decode-speed", f"{self.min_decode_tokens_per_s:g}"]
        return words


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizeWish:
    """A master that becomes smaller files."""

    master: Path
    folder: Path
    name: str
    types: tuple[str, ...] = ()
    limits: Limits | None = None
    """Choose among ``types`` by these, instead of making all of them."""
    imatrix: Path | None = None
    gather: bool = False
    """Gather activation statistics first."""
    measure: bool = True
    """Measure divergence from the master afterwards; a choice measures by itself."""

    @property
    def imatrix_path(self) -> Path | None:
        """The statistics used, whether they are there or will be."""
        return self.folder / f"{self.name}.imatrix.gguf" if self.gather else self.imatrix

    @property
    def targets(self) -> tuple[Path, ...]:
        """The models that are written."""
        if self.limits is not None:
            return (self.folder / f"{self.name}.chosen.gguf",)
        return tuple(self.folder / f"{self.name}.{each}.gguf" for each in self.types)

    @property
    def choice_path(self) -> Path:
        """Where the account of a choice is written."""
        return self.folder / f"{self.name}.choice.json"

    @property
    def problem(self) -> str:
        """Why nothing can be made of it; empty when it can."""
        if not self.name or "/" in self.name:
            return tr("Give the files a name.")
        if self.limits is not None and not self.limits.words():
            return tr("Give at least one limit to choose by.")
        if self.limits is None and not self.types:
            return tr("Tick at least one type.")
        if self.master in self.targets:
            return tr("A file would replace the master: choose another name or folder.")
        return ""


def convert_step(wish: ConvertWish) -> Step:
    """Return the job that converts and proves."""
    words = [str(wish.checkpoint), "-o", str(wish.target)]
    words += [] if wish.dtype == "auto" else ["--dtype", wish.dtype]
    words += [] if wish.verify else ["--no-verify"]
    title = tr("Convert {name}").format(name=wish.checkpoint.name)
    spec = JobSpec(verb="convert", arguments=tuple(words), title=title)
    return Step(kind="convert", spec=spec, target=wish.target)


def quantize_steps(wish: QuantizeWish) -> tuple[Step, ...]:
    """Return the jobs in the order they run; none while something is missing."""
    if wish.problem:
        return ()
    steps = [_imatrix_step(wish)] if wish.gather else []
    if wish.limits is not None:
        return (*steps, _choice_step(wish))
    pairs = zip(wish.types, wish.targets, strict=True)
    steps += [_type_step(wish, file_type, target) for file_type, target in pairs]
    return (*steps, _divergence_step(wish)) if wish.measure else tuple(steps)


def convert_plan_spec(checkpoint: Path, *, dtype: str) -> JobSpec:
    """Return the job that says what a folder would become."""
    words = [str(checkpoint), "--plan", *([] if dtype == "auto" else ["--dtype", dtype])]
    return _plan_spec("convert", words, checkpoint)


def types_plan_spec(master: Path, *, imatrix: Path | None) -> JobSpec:
    """Return the job that says what every type makes of a master."""
    words = [str(master), "--plan", *_imatrix_words(imatrix)]
    return _plan_spec("quantize", words, master)


def report_spec(choice: Path, target: Path) -> JobSpec:
    """Return the job that writes the account of a choice as a page."""
    return JobSpec(
        verb="report",
        arguments=(str(choice), "-o", str(target)),
        title=tr("Report of the choice"),
        heavy=False,
        supports_events=False,
        wants_document=False,
    )


def usual_name(source: Path) -> str:
    """Return what files made of ``source`` are called, without their type."""
    name = source.stem if source.suffix == ".gguf" else source.name
    return _TYPE_ENDING.sub("", name)


def _plan_spec(verb: str, words: list[str], source: Path) -> JobSpec:
    return JobSpec(
        verb=verb,
        arguments=tuple(words),
        title=tr("Look at {name}").format(name=source.name),
        heavy=False,
    )


def _imatrix_words(imatrix: Path | None) -> list[str]:
    return [] if imatrix is None else ["--imatrix", str(imatrix)]


def _imatrix_step(wish: QuantizeWish) -> Step:
    target = wish.imatrix_path
    spec = JobSpec(
        verb="imatrix",
        arguments=(str(wish.master), "-o", str(target)),
        title=tr("Gather an imatrix of {name}").format(name=wish.name),
        resume_arguments=("--resume",),
    )
    return Step(kind="imatrix", spec=spec, target=target)


def _type_step(wish: QuantizeWish, file_type: str, target: Path) -> Step:
    words = [str(wish.master), str(target), "--type", file_type]
    spec = JobSpec(
        verb="quantize",
        arguments=(*words, *_imatrix_words(wish.imatrix_path)),
        title=tr("Quantise {name} to {type}").format(name=wish.name, type=file_type),
    )
    return Step(kind="quantize", spec=spec, target=target)


def _choice_step(wish: QuantizeWish) -> Step:
    assert wish.limits is not None
    (target,) = wish.targets
    words = [str(wish.master), str(target), *wish.limits.words()]
    words += ["--candidates", ",".join(wish.types)] if wish.types else []
    spec = JobSpec(
        verb="quantize",
        arguments=(*words, *_imatrix_words(wish.imatrix_path)),
        title=tr("Choose a type for {name}").format(name=wish.name),
    )
    return Step(kind="choose", spec=spec, target=target)


def _divergence_step(wish: QuantizeWish) -> Step:
    spec = JobSpec(
        verb="divergence",
        arguments=(str(wish.master), *(str(each) for each in wish.targets)),
        title=tr("Compare with {name}").format(name=wish.master.name),
    )
    return Step(kind="divergence", spec=spec)
