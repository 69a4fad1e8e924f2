"""From a GGUF file back to a checkpoint that transformers loads."""

from dataclasses import dataclass
from pathlib import Path

from kdedge.convert.errors import as_kdedge_errors
from kdedge.convert.progress import tensor_progress
from kdedge.core.events import Sink
from kdedge.core.json_value import Json
from kdedge.models.header import read_header
from kdedge_converters.conversion import Dtype
from kdedge_converters.to_hf import plan_to_hf, write_to_hf


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A checkpoint that was made from a GGUF file."""

    path: Path
    source: Path
    class_name: str
    """As transformers calls the model."""
    dtype: str
    """``F32``, ``F16`` or ``BF16``: of the matrices."""
    n_tensors: int
    weights_bytes: int

    def document(self) -> dict[str, Json]:
        """Return the result document ``kdedge.convert/1``."""
        return {
            "schema": "kdedge.convert/1",
            "path": str(self.path),
            "class": self.class_name,
            "dtype": self.dtype,
            "tensors": self.n_tensors,
            "weights_bytes": self.weights_bytes,
            "source": {"path": str(self.source)},
        }


def restore_checkpoint(source: Path, target: Path, *, dtype: Dtype, sink: Sink) -> Restored:
    """Write the GGUF file ``source`` as a checkpoint to the folder ``target``.

    Args:
        source: A whole model in one file, quantised or not.
        target: Must not exist, or be empty.
        dtype: Of the matrices; ``auto`` holds every number exactly.
        sink: Gets progress, one step a tensor.

    Raises:
        KdedgeError: The file is broken or cannot be turned back, or the folder not be written.
    """
    read_header(source)  # says in words what is wrong with a file that is damaged
    with as_kdedge_errors():
        plan = plan_to_hf(source, dtype=dtype)
        write_to_hf(plan, target, progress=tensor_progress("restoring", sink))
    return Restored(
        path=target,
        source=source,
        class_name=str(plan.config["architectures"][0]),
        dtype=plan.number_type.name,
        n_tensors=len(plan.tensors),
        weights_bytes=plan.n_bytes,
    )
