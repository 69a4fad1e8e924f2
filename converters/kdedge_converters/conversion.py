"""From a checkpoint to a GGUF file, in two steps: a plan, which writes nothing, and the writing.

Everything that can be refused without reading a weight is refused by the plan.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from gguf import size_label

from kdedge_converters.checkpoint import Checkpoint
from kdedge_converters.errors import ConversionError
from kdedge_converters.gguf_values import KeyValue, text, uint32
from kdedge_converters.layout import Layout, lay_out
from kdedge_converters.number_types import NumberType
from kdedge_converters.planned import PlannedTensor
from kdedge_converters.writer import Progress, write_gguf

if TYPE_CHECKING:
    from kdedge_converters.vocabulary import Vocabulary

Dtype: TypeAlias = Literal["auto", "f32", "f16", "bf16"]
"""``auto`` keeps every tensor in the type it is stored in."""
DTYPES: tuple[str, ...] = get_args(Dtype)
EMBEDDINGS = "token_embd.weight"
_QUANTIZATION_VERSION = 2
_STRIPPING_NAME, _STRIPPING_NAMES = "Phi-3", ("phi-3", "phi3")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionPlan:
    """A file as it will be, before a weight has been read."""

    checkpoint: Checkpoint
    architecture: str
    """As llama.cpp calls it."""
    class_name: str
    """As transformers calls it."""
    dtype: Dtype
    name: str | None
    """``general.name``; never guessed from a path, so that equal models give equal bytes."""
    described: tuple[KeyValue, ...]
    """The entries that do not depend on ``dtype``: architecture and vocabulary."""
    more: tuple[KeyValue, ...] = ()
    """Entries of the caller, such as the result of a proof."""
    tensors: tuple[PlannedTensor, ...]

    @property
    def n_params(self) -> int:
        """Return the number of weights."""
        return sum(math.prod(planned.shape) for planned in self.tensors)

    @property
    def number_types(self) -> dict[str, NumberType]:
        """Return the type of each tensor, by its name in the file."""
        return {planned.name: self._number_type(planned) for planned in self.tensors}

    @property
    def main_type(self) -> NumberType:
        """Return the type that most of the matrices' weights have."""
        n_weights: Counter[NumberType] = Counter()
        for planned in self.tensors:
            if not planned.keep_f32:
                n_weights[self._number_type(planned)] += math.prod(planned.shape)
        return n_weights.most_common(1)[0][0] if n_weights else NumberType.F32

    @property
    def key_values(self) -> tuple[KeyValue, ...]:
        """Return all metadata entries, in the order of the file."""
        head = [text("general.architecture", self.architecture), text("general.type", "model")]
        if self.name is not None:
            head.append(text("general.name", self.name))
        head += [
            text("general.size_label", size_label(self.n_params, 0, 0, 0)),
            uint32("general.file_type", self.main_type.file_type),
            uint32("general.quantization_version", _QUANTIZATION_VERSION),
        ]
        return (*head, *self.described, *self.more)

    def layout(self) -> Layout:
        """Return where everything will lie in the file.

        Raises:
            ConversionError: A value of the checkpoint does not fit into a GGUF file.
        """
        try:
            return lay_out(self.key_values, self.tensors, number_types=self.number_types)
        except ValueError as error:
            raise ConversionError(
                f"The checkpoint has a value that no GGUF file holds: {str(error)[:200]}.",
                hint="Check its config.json and its tokenizer's files.",
            ) from error

    def with_entries(self, entries: Sequence[KeyValue]) -> "ConversionPlan":
        """Return the plan of the same file with ``entries`` added to its metadata."""
        return replace(self, more=(*self.more, *entries))

    def as_f32(self) -> "ConversionPlan":
        """Return the plan of the same model with every tensor in F32, to be compared exactly."""
        return replace(self, dtype="f32")

    def _number_type(self, planned: PlannedTensor) -> NumberType:
        if planned.keep_f32 or not planned.sources:
            return NumberType.F32
        if self.dtype != "auto":
            return NumberType[self.dtype.upper()]
        stored = {self.checkpoint.tensors[source].dtype for source in planned.sources}
        return NumberType[stored.pop()] if len(stored) == 1 else NumberType.F32


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionResult:
    """What was written."""

    sha256: str
    file_bytes: int
    n_tensors: int
    dtype: str
    """``F32``, ``F16`` or ``BF16``: of most of the matrices' weights."""


def plan_conversion(directory: Path, *, dtype: Dtype, name: str | None) -> ConversionPlan:
    """Return the plan of the GGUF file for the checkpoint in ``directory``; writes nothing.

    Args:
        directory: Has ``config.json``, safetensors files and the tokenizer.
        dtype: Of the matrices; norms and biases are F32 in any case.
        name: What the file calls the model.

    Raises:
        ConversionError: The checkpoint is broken, or cannot be converted to the same model.
    """
    from kdedge_converters.families import find_family
    from kdedge_converters.vocabulary import read_vocabulary

    checkpoint = Checkpoint.open(directory)
    family = find_family(checkpoint.config)
    family.check(checkpoint.config)
    tensors = family.tensors(checkpoint.config, checkpoint.tensors)
    vocabulary = read_vocabulary(directory, checkpoint.config, n_embedding_rows=_n_rows(tensors))
    plan = ConversionPlan(
        checkpoint=checkpoint,
        architecture=family.architecture,
        class_name=str(checkpoint.config["architectures"][0]),
        dtype=dtype,
        name=_name(name, vocabulary),
        described=(*family.metadata(checkpoint.config), *vocabulary.key_values),
        tensors=tuple(tensors),
    )
    _check_plan(plan, n_tokens=vocabulary.n_tokens)
    return plan


def write_conversion(
    plan: ConversionPlan,
    target: Path,
    *,
    progress: Progress,
) -> ConversionResult:
    """Write the file of ``plan`` to ``target``, whole or not at all.

    Args:
        plan: From ``plan_conversion``.
        target: An earlier file is replaced at the end; never a file of the checkpoint.
        progress: Gets tensors done, tensors in all, and the name of the next.

    Raises:
        ConversionError: ``target`` is an input, weights are not finite or do not fit, or the disk
            is full or may not be written. Then nothing is left behind.
    """
    _check_target(plan.checkpoint, target)
    layout = plan.layout()
    sha256 = write_gguf(layout, target, source=plan.checkpoint, progress=progress)
    return ConversionResult(
        sha256=sha256,
        file_bytes=layout.file_bytes,
        n_tensors=len(layout.slots),
        dtype=plan.main_type.name,
    )


def _name(wanted: str | None, vocabulary: "Vocabulary") -> str | None:
    """Return what the file calls the model.

    llama.cpp strips spaces beside the special tokens of Phi-3 only in files of that name.

    Raises:
        ConversionError: The wanted name would change how texts are split.
    """
    if not vocabulary.strips_beside_tokens:
        return wanted
    name = wanted or _STRIPPING_NAME
    if not any(known in name.lower() for known in _STRIPPING_NAMES):
        raise ConversionError(
            f"llama.cpp would split texts otherwise in a file named {name}.",
            hint=f"Leave --name out, or put {_STRIPPING_NAME} into it.",
        )
    return name


def _n_rows(tensors: Sequence[PlannedTensor]) -> int:
    """Return how many tokens have an embedding.

    Raises:
        ValueError: The family plans none.
    """
    for planned in tensors:
        if planned.name == EMBEDDINGS:
            return planned.shape[0]
    raise ValueError(f"a model without {EMBEDDINGS}")


def _check_plan(plan: ConversionPlan, *, n_tokens: int) -> None:
    n_rows = _n_rows(plan.tensors)
    if n_tokens != n_rows:
        raise ConversionError(
            f"The tokenizer has {n_tokens} tokens, but {n_rows} have an embedding.",
            hint="Take the tokenizer the model was trained with, or resize its embeddings.",
        )
    for planned in plan.tensors:
        for source in planned.sources:
            plan.checkpoint.convertible(source)
    plan.layout()


def _check_target(checkpoint: Checkpoint, target: Path) -> None:
    if not target.exists():
        return
    kept = [file for file in checkpoint.directory.iterdir() if file.suffix != ".gguf"]
    if any(target.samefile(file) for file in (*checkpoint.files, *kept)):
        raise ConversionError(
            f"{target} is a file of the checkpoint.", hint="Give the result another name."
        )
