"""The checkpoint as transformers runs it, in single precision: what a GGUF file is held against.

The only place of the conversion with torch and transformers, imported when a proof is made.
"""

import importlib.util
import json
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kdedge.core.errors import KdedgeError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch.nn import Module

_PIECE_BYTES = 64 * 1024**2
"""Of logits in memory at once."""


def require_reference(*, with_adapter: bool = False) -> None:
    """Check that a proof can be made at all; cheap, for before any work is done.

    Args:
        with_adapter: An adapter takes part too.

    Raises:
        KdedgeError: A library is missing.
    """
    needed = ["torch", "transformers", *(["peft"] if with_adapter else [])]
    missing = [name for name in needed if not importlib.util.find_spec(name)]
    if missing:
        raise KdedgeError(
            f"A proof runs the checkpoint with {' and '.join(missing)}, which is not installed.",
            hint="Run `pip install 'kdedge-toolkit[distill]'`, or convert with --no-verify.",
        )


class Reference:
    """One checkpoint, loaded: its logits, and its tokenizer's ids."""

    def __init__(self, checkpoint_dir: Path, *, adapter_dir: Path | None = None) -> None:
        """Load the weights as stored, widened to float32, with the plain attention.

        Args:
            checkpoint_dir: A Hugging Face checkpoint.
            adapter_dir: A LoRA adapter, merged into the weights by peft.

        Raises:
            KdedgeError: A library is missing, or transformers or peft cannot load its part.
        """
        require_reference(with_adapter=adapter_dir is not None)
        import torch
        import transformers

        self.name = f"transformers {transformers.__version__}, torch {torch.__version__}"
        with _quiet():
            try:
                self.model: Any = transformers.AutoModelForCausalLM.from_pretrained(
                    checkpoint_dir,
                    dtype=torch.float32,
                    attn_implementation="eager",
                    local_files_only=True,
                )
            except Exception as error:  # whatever the library runs into
                raise KdedgeError(
                    f"transformers cannot load {checkpoint_dir}: {_first_line(error)}",
                    hint="Check that the folder loads with AutoModelForCausalLM, or convert with "
                    "--no-verify.",
                    detail=str(error),
                ) from error
        if adapter_dir is not None:
            self.model = _merged(self.model, adapter_dir)
        self.model.eval()
        self.n_vocab: int = self.model.get_output_embeddings().weight.shape[0]

    def logits(self, tokens: Sequence[int]) -> "Iterator[NDArray[np.float32]]":
        """Run ``tokens`` once and give the logits after each of them.

        Yields:
            Arrays of shape (rows, n_vocab), in order; the layers run once, only the head is
            repeated, so that large vocabularies take no more memory than small ones.
        """
        import torch

        ids = torch.tensor([list(tokens)])
        rows = max(1, _PIECE_BYTES // (4 * self.n_vocab))
        with torch.inference_mode():
            body = self.model.base_model
            found = body(input_ids=ids, use_cache=False)
            with _answering(body, found):
                for at in range(0, len(tokens), rows):
                    kept = torch.arange(at, min(at + rows, len(tokens)))
                    answer = self.model(input_ids=ids, use_cache=False, logits_to_keep=kept)
                    yield answer.logits[0].float().numpy()


def _merged(model: "Module", adapter_dir: Path) -> "Module":
    import peft

    with _quiet():
        try:
            adapted = peft.PeftModel.from_pretrained(model, str(adapter_dir))
            merged: Module = adapted.merge_and_unload()
            return merged
        except Exception as error:  # whatever the library runs into
            raise KdedgeError(
                f"peft cannot put {adapter_dir} on its base: {_first_line(error)}",
                hint="Check that it is the model the adapter was trained on.",
                detail=str(error),
            ) from error


class ReferenceTokenizer:
    """The checkpoint's tokenizer as transformers runs it."""

    def __init__(self, checkpoint_dir: Path) -> None:
        """Load the tokenizer.

        Raises:
            KdedgeError: torch or transformers is missing, or transformers cannot load it.
        """
        require_reference()
        import transformers

        with _quiet():
            try:
                self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(
                    checkpoint_dir, local_files_only=True
                )
            except Exception as error:  # whatever the library runs into
                raise KdedgeError(
                    f"transformers cannot load the tokenizer of {checkpoint_dir}: "
                    f"{_first_line(error)}",
                    hint="Check that the folder loads with AutoTokenizer, or convert with "
                    "--no-verify.",
                    detail=str(error),
                ) from error
        self._directory = checkpoint_dir

    def tokens(self, text: str, *, begin: bool) -> list[int]:
        """Return the ids of ``text``; ``begin`` adds what the tokenizer puts around a text."""
        with _quiet():
            ids: list[int] = self._tokenizer(text, add_special_tokens=begin)["input_ids"]
        return ids

    def chat(self, turns: Sequence[tuple[str, str]]) -> str | None:
        """Return ``turns`` as the chat template writes them; ``None`` without a usable one."""
        if not self._tokenizer.chat_template:
            return None
        import jinja2

        messages = [{"role": role, "content": content} for role, content in turns]
        try:
            text: str = self._tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True
            )
        except (jinja2.TemplateError, TypeError, ValueError):
            return None
        return text


def read_config(checkpoint_dir: Path) -> dict[str, Any]:
    """Return ``config.json``; for a model with pictures, the part about text.

    Raises:
        KdedgeError: It cannot be read.
    """
    path = checkpoint_dir / "config.json"
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise KdedgeError(
            f"{path} cannot be read: {_first_line(error)}",
            hint="Name the folder of a Hugging Face checkpoint.",
        ) from error
    text = config.get("text_config")
    return {**config, **text} if isinstance(text, dict) else config


@contextmanager
def _answering(module: "Module", answer: object) -> Iterator[None]:
    """Let ``module`` give ``answer`` to every call."""
    module.__dict__["forward"] = lambda *_, **__: answer
    try:
        yield
    finally:
        del module.__dict__["forward"]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers from writing to the terminal; its errors are raised, not logged."""
    logger = logging.getLogger("transformers")
    level = logger.level
    logger.setLevel(logging.ERROR)
    from transformers.utils import logging as their_logging

    their_logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return f"{text.splitlines()[0].rstrip('.') if text else type(error).__name__}."
