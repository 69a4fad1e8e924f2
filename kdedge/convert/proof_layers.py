"""The first layers of a checkpoint, with embeddings and head, as a checkpoint of its own.

For models that memory does not hold twice in single precision. The layers of a family are all
made the same way; those that differ (windows, positions left out) come in a pattern, and enough
layers are kept to see each kind.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kdedge.convert.errors import as_kdedge_errors
from kdedge.core.files import temporary_folder
from kdedge_converters.checkpoint import Checkpoint
from kdedge_converters.conversion import plan_conversion, write_conversion
from kdedge_converters.number_types import NumberType
from kdedge_converters.safetensors_output import Planned, write_safetensors

_LAYER = re.compile(r"(?:^|\.)(?:layers|h|blocks)\.(\d+)\.")
_COUNT_KEYS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")
_FEWEST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortModel:
    """The shortened model in both forms; gone when the ``with`` ends."""

    checkpoint_dir: Path
    gguf_path: Path
    """In F32."""
    n_layers: int


def layer_count(config: Mapping[str, Any]) -> int:
    """Return the number of layers; 0 when the configuration does not tell."""
    counts = (config[key] for key in _COUNT_KEYS if config.get(key))
    found: int = int(next(counts, 0))
    return found


def layers_to_keep(config: Mapping[str, Any]) -> int:
    """Return how many layers show one of each kind: at least four, never more than there are."""
    kinds = [value for value in config.values() if _is_per_layer(value, layer_count(config))]
    needed: list[int] = [values.index(kind) + 1 for values in kinds for kind in values]
    fewest: int = max([_FEWEST, *needed])
    return min(fewest, layer_count(config))


@contextmanager
def first_layers(checkpoint_dir: Path, n_layers: int, *, beside: Path) -> Iterator[ShortModel]:
    """Write the first ``n_layers`` in both forms to a temporary folder beside ``beside``.

    Yields:
        Where they are.

    Raises:
        KdedgeError: The checkpoint cannot be read, or there is no room for them.
    """
    with temporary_folder(beside.parent, prefix=".kdedge-layers-") as parent:
        folder = parent / "checkpoint"
        folder.mkdir()
        short = parent / "proof.gguf"
        with as_kdedge_errors():
            _write_checkpoint(Checkpoint.open(checkpoint_dir), folder, n_layers)
            plan = plan_conversion(folder, dtype="f32", name=None)
            write_conversion(plan, short, progress=_ignore)
        yield ShortModel(checkpoint_dir=folder, gguf_path=short, n_layers=n_layers)


def shortened_config(config: Mapping[str, Any], n_layers: int) -> dict[str, Any]:
    """Return ``config`` for the first ``n_layers``; lists with one entry a layer are cut too."""
    old = layer_count(config)
    short = {
        key: value[:n_layers] if _is_per_layer(value, old) else value
        for key, value in config.items()
    }
    return short | {key: n_layers for key in _COUNT_KEYS if config.get(key)}


def _is_per_layer(value: object, n_layers: int) -> bool:
    return isinstance(value, list) and len(value) == n_layers > 1


def _write_checkpoint(checkpoint: Checkpoint, folder: Path, n_layers: int) -> None:
    config = shortened_config(checkpoint.config, n_layers)
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    for file in checkpoint.directory.iterdir():
        is_weights = file.name.startswith(("model", "pytorch_model")) or file.suffix == ".gguf"
        if file.is_file() and not is_weights and file.name != "config.json":
            (folder / file.name).symlink_to(file.resolve())
    kept = [
        Planned(name=each.name, shape=each.shape, number_type=NumberType[each.dtype])
        for each in checkpoint.tensors.values()
        if _layer(each.name) < n_layers and each.dtype in NumberType.__members__
    ]
    write_safetensors(folder, [kept], numbers=checkpoint.read)


def _layer(name: str) -> int:
    found = _LAYER.search(name)
    return int(found[1]) if found else -1


def _ignore(done: int, total: int, name: str) -> None:
    """Take no notice of progress."""
