"""Builds small LoRA adapters as peft saves them, by hand."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kdedge_converters.checkpoint import Checkpoint
from tests.tiny_checkpoint import TinySafetensors

PREFIX = "base_model.model."
CONFIG = {
    "peft_type": "LORA",
    "task_type": "CAUSAL_LM",
    "r": 4,
    "lora_alpha": 8,
    "bias": "none",
    "inference_mode": True,
    "lora_dropout": 0.0,
    "fan_in_fan_out": False,
    "init_lora_weights": True,
    "modules_to_save": None,
    "use_dora": False,
}


def pair(
    module: str, shape: tuple[int, ...], *, rank: int = 4, seed: int = 0
) -> dict[str, NDArray[Any]]:
    """Return both matrices of ``module``, whose weight multiplies to ``shape``."""
    noise = np.random.default_rng(seed)
    outputs, inputs = shape
    return {
        f"{PREFIX}{module}.lora_A.weight": _small(noise, (rank, inputs)),
        f"{PREFIX}{module}.lora_B.weight": _small(noise, (outputs, rank)),
    }


def _small(noise: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    return (noise.normal(size=shape) * 0.1).astype(np.float32)


def modules(base: Path, ends: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Return the modules of ``base`` whose names end like that, with their weights' shapes."""
    found = Checkpoint.open(base).tensors
    return {
        name.removesuffix(".weight"): stored.shape
        for name, stored in found.items()
        if name.removesuffix(".weight").endswith(tuple(ends)) and name.endswith(".weight")
    }


def write_adapter(directory: Path, arrays: Mapping[str, NDArray[Any]], **changed: Any) -> Path:
    """Write an adapter with these tensors."""
    directory.mkdir(parents=True, exist_ok=True)
    targets = sorted(
        {name.removesuffix(".weight").rsplit(".", 2)[-2] for name in arrays if "lora_" in name}
    )
    config = {**CONFIG, "target_modules": targets, **changed}
    (directory / "adapter_config.json").write_text(json.dumps(config))
    raw = TinySafetensors(arrays=arrays).to_bytes()
    (directory / "adapter_model.safetensors").write_bytes(raw)
    return directory


def adapter_for(directory: Path, base: Path, ends: Iterable[str], **changed: Any) -> Path:
    """Write an adapter that changes all modules of ``base`` whose names end like that."""
    arrays: dict[str, NDArray[Any]] = {}
    for number, (module, shape) in enumerate(modules(base, ends).items()):
        arrays |= pair(module, shape, seed=number)
    return write_adapter(directory, arrays, **changed)
