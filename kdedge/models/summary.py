"""Everything ``kdedge models show`` tells about a file, from its header alone."""

from dataclasses import asdict, dataclass
from pathlib import Path

from kdedge.core.errors import KdedgeError
from kdedge.core.json_value import Json
from kdedge.core.machine import MachineFacts
from kdedge.models.footprint import ContextLayout, Footprint, predict
from kdedge.models.header import Header, read_header
from kdedge.models.kv_cache import kv_bytes_per_token

_USUAL_CONTEXT_TOKENS = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorGroup:
    """All tensors of one type."""

    quant_type: str
    n_tensors: int
    n_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSummary:
    """What a file says about itself, and what it would take here."""

    path: str
    name: str | None
    architecture: str
    n_params: int
    file_bytes: int
    file_type: str
    bits_per_weight: float
    context_length: int | None
    """Tokens the model was made for."""
    n_vocab: int | None
    has_chat_template: bool
    has_fim: bool
    """It can fill a gap in the middle of code."""
    tensors: tuple[TensorGroup, ...]
    """By type, the largest group first."""
    kv_bytes_per_token: int | None
    """With a cache of F16; ``None`` with ``unpredictable``."""
    layout: ContextLayout
    prediction: Footprint | None
    unpredictable: str | None
    """Why there is no prediction."""

    def as_json(self) -> dict[str, Json]:
        """Return the result document of ``models show``."""
        return {"schema": "kdedge.models.show/1", **asdict(self)}


def summarize(
    path: Path, *, machine: MachineFacts, n_ctx: int | None = None, n_sequences: int = 1
) -> ModelSummary:
    """Return what the file at ``path`` says and would take.

    Args:
        path: A GGUF file.
        machine: Where it would run.
        n_ctx: Tokens of one sequence; without it, what the model has, up to 4096.
        n_sequences: Completions side by side.

    Raises:
        KdedgeError: The file is missing, cannot be read, or is no usable GGUF file.
    """
    header = read_header(path)
    own_context = header.context_length or _USUAL_CONTEXT_TOKENS
    chosen = min(own_context, _USUAL_CONTEXT_TOKENS) if n_ctx is None else n_ctx
    layout = ContextLayout(n_ctx_per_sequence=max(1, chosen), n_sequences=n_sequences)
    per_token, prediction, why_not = None, None, None
    try:
        per_token = kv_bytes_per_token(header)
        prediction = predict(header, layout=layout, machine=machine)
    except KdedgeError as error:
        why_not = error.problem
    return ModelSummary(
        path=str(path.absolute()),
        name=header.name,
        architecture=header.architecture,
        n_params=header.n_params,
        file_bytes=header.file_bytes,
        file_type=header.file_type,
        bits_per_weight=round(header.bits_per_weight, 4),
        context_length=header.context_length,
        n_vocab=header.n_vocab,
        has_chat_template=header.chat_template is not None,
        has_fim=header.has_fim,
        tensors=_groups(header),
        kv_bytes_per_token=per_token,
        layout=layout,
        prediction=prediction,
        unpredictable=why_not,
    )


def _groups(header: Header) -> tuple[TensorGroup, ...]:
    counts: dict[str, list[int]] = {}
    for tensor in header.tensors:
        group = counts.setdefault(tensor.quant_type, [0, 0])
        group[0] += 1
        group[1] += tensor.n_bytes
    groups = [
        TensorGroup(quant_type=name, n_tensors=number, n_bytes=size)
        for name, (number, size) in counts.items()
    ]
    return tuple(sorted(groups, key=lambda group: -group.n_bytes))
