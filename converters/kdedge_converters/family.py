"""What makes a family of models: its configuration, its metadata and its tensors.

A ``Family`` is a table. ``fields`` names what its ``config.json`` holds, ``metadata`` turns the
checked settings into the entries of the file, and ``rows`` lists every tensor the checkpoint must
have, with its shape and what happens to it. Checking, naming and refusing are the same for all.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import gguf

from kdedge_converters.config_rules import Field, checked, shown
from kdedge_converters.errors import ConversionError
from kdedge_converters.gguf_values import KeyValue
from kdedge_converters.planned import Array, PlannedTensor
from kdedge_converters.rope import ROPE_KEYS, Rope
from kdedge_converters.safetensors_file import StoredTensor
from kdedge_converters.tensor_operations import KEEP, Add, Rearrangement, Shape
from kdedge_converters.tied_head import same_numbers

MAX_LAYERS, MAX_HEADS = 512, 4096
"""llama.cpp has the first limit; the second bounds what a forged configuration can ask for."""
EMBEDDINGS = "token_embd.weight"
HEAD = "output.weight"
_NEEDED_TYPES = ("F32", "F16", "BF16")
_UNUSED = (".rotary_emb.inv_freq", ".attn.masked_bias", ".attention.masked_bias")
_UNUSED_MASK = (".attn.bias", ".attention.bias")
_NO_BLOCK = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The checked configuration of one checkpoint."""

    values: Mapping[str, Any]
    rope: Rope | None = None
    local_rope: Rope | None = None
    """Of the layers with a sliding window, where they have their own."""

    def count(self, name: str) -> int:
        """Return the whole number at ``name``."""
        return int(self.values[name])

    def number(self, name: str) -> float:
        """Return the number at ``name``."""
        return float(self.values[name])

    def flag(self, name: str) -> bool:
        """Return whether ``name`` is switched on."""
        return bool(self.values[name])

    @property
    def hidden(self) -> int:
        """Return the width of the model."""
        return self.count("hidden_size")

    @property
    def n_layers(self) -> int:
        """Return the number of blocks."""
        return self.count("num_hidden_layers")

    @property
    def n_heads(self) -> int:
        """Return the number of query heads in a block."""
        return self.count("num_attention_heads")

    @property
    def n_kv_heads(self) -> int:
        """Return the number of key and value heads in a block."""
        return int(self.values.get("num_key_value_heads") or self.n_heads)

    @property
    def head_dim(self) -> int:
        """Return the width of a head."""
        return int(self.values.get("head_dim") or self.hidden // self.n_heads)

    @property
    def context(self) -> int:
        """Return the longest context, in tokens."""
        return self.count("max_position_embeddings")

    @property
    def is_tied(self) -> bool:
        """Return whether the output matrix is the embeddings."""
        return self.flag("tie_word_embeddings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One tensor of the checkpoint, or one in every block: ``{i}`` is the block.

    With ``{j}`` in its name it stands for as many tensors as ``rearrangement`` takes.
    """

    name: str
    shape: Shape
    rearrangement: Rearrangement = KEEP
    arithmetic: Add | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One tensor of the GGUF file and the tensors of the checkpoint it is made of.

    The same description serves both directions: ``rearrangement`` and ``arithmetic`` have an
    ``apply`` and an ``undo`` (in the other direction the arithmetic comes first).
    """

    name: str
    """In the GGUF file."""
    sources: tuple[str, ...]
    """In the checkpoint."""
    source_shape: Shape
    """Of each source, in numpy's order."""
    rearrangement: Rearrangement
    arithmetic: Add | None
    keep_f32: bool

    @property
    def shape(self) -> Shape:
        """Return the shape in the GGUF file, in numpy's order."""
        return self.rearrangement.shape(self.source_shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One architecture of llama.cpp and the classes of transformers it computes."""

    architecture: str
    """llama.cpp's name."""
    class_names: tuple[str, ...]
    """As ``config.json`` has them in ``architectures``."""
    fields: Mapping[str, Field]
    read: Callable[[Mapping[str, Any], Mapping[str, Any]], Settings]
    """Makes settings of checked values and the whole configuration; refuses what only shows when
    several keys are looked at together."""
    describe: Callable[[Settings], Iterable[KeyValue]]
    """Returns the entries under ``architecture``, with keys that lack it."""
    rows: Callable[[Settings], Iterator[Row]]
    """Lists the tensors of the checkpoint but for embeddings and head."""
    embeddings: str = "model.embed_tokens.weight"
    computed: Callable[[Settings], Mapping[str, Array]] = lambda _: {}
    """Returns tensors that are made from the configuration, by their GGUF name."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Keys that older configurations have under another name."""
    optional_prefix: str = ""
    """What names lack when the body was saved without its head."""
    head_is_required: bool = False
    """llama.cpp wants an output matrix even where it is the embeddings."""

    def settings(self, config: Mapping[str, Any]) -> Settings:
        """Return the checked configuration.

        Raises:
            ConversionError: It says something llama.cpp would not compute, or is incomplete.
        """
        named = _renamed(config, self.renamed)
        values = checked(named, self.fields, others=ROPE_KEYS)
        for name, most in (("num_hidden_layers", MAX_LAYERS), ("num_attention_heads", MAX_HEADS)):
            if values[name] > most:
                raise ConversionError(
                    f"config.json has {shown(name, values[name])}; up to {most} can be converted.",
                    hint="Take config.json from where the weights come from.",
                )
        return self.read(values, named)

    def check(self, config: Mapping[str, Any]) -> None:
        """Refuse a configuration whose model llama.cpp would compute in another way.

        Raises:
            ConversionError: As :meth:`settings`.
        """
        self.settings(config)

    def metadata(self, config: Mapping[str, Any]) -> list[KeyValue]:
        """Return the entries of the file that begin with the architecture's name.

        Raises:
            ConversionError: As :meth:`settings`.
        """
        return [
            KeyValue(
                key=f"{self.architecture}.{each.key}",
                value=each.value,
                kind=each.kind,
                element_kind=each.element_kind,
            )
            for each in self.describe(self.settings(config))
        ]

    def layout(self, config: Mapping[str, Any]) -> tuple[Slot, ...]:
        """Return every tensor of the file that comes from the checkpoint.

        Raises:
            ConversionError: As :meth:`settings`.
        """
        return self._layout(self.settings(config))

    def _layout(self, settings: Settings) -> tuple[Slot, ...]:
        names = gguf.get_tensor_name_map(_architecture(self.architecture), settings.n_layers)
        shape = (settings.count("vocab_size"), settings.hidden)
        outer = [Row(name=self.embeddings, shape=shape)]
        if not settings.is_tied:
            outer.append(Row(name="lm_head.weight", shape=shape))
        slots = [
            _slot(row, names, block=block)
            for row in (*outer, *self.rows(settings))
            for block in (range(settings.n_layers) if "{i}" in row.name else (_NO_BLOCK,))
        ]
        if settings.is_tied and self.head_is_required:
            slots.append(_slot(outer[0], names, block=_NO_BLOCK, name=HEAD))
        return tuple(slots)

    def tensors(
        self, config: Mapping[str, Any], stored: Mapping[str, StoredTensor]
    ) -> tuple[PlannedTensor, ...]:
        """Return what becomes of every stored tensor, in the order they are stored in.

        Raises:
            ConversionError: A tensor is missing, unknown, misshapen or of another type, or the
                output matrix and the configuration do not agree about being the embeddings.
        """
        settings = self.settings(config)
        prefix = self._missing_prefix(stored)
        by_name = {prefix + name: tensor for name, tensor in stored.items()}
        slots = self._layout(settings)
        needed = {source: slot for slot in reversed(slots) for source in slot.sources}
        _refuse_missing(needed, by_name)
        ignored = self._ignored(settings, by_name)
        for name, tensor in by_name.items():
            if name in needed:
                _refuse_unfit(tensor, needed[name])
            elif name not in ignored:
                raise ConversionError(
                    f"The checkpoint has a tensor {name[:120]}, which {self.architecture} models"
                    " do not have.",
                    hint="Convert the plain model: merge adapters and drop further heads first.",
                )
        position = {name: index for index, name in enumerate(by_name)}
        ordered = sorted(slots, key=lambda slot: max(position[each] for each in slot.sources))
        return (
            *(_computed(name, numbers) for name, numbers in self.computed(settings).items()),
            *(_planned(slot, prefix) for slot in ordered),
        )

    def _missing_prefix(self, stored: Mapping[str, StoredTensor]) -> str:
        prefix = self.optional_prefix
        has_it = any(name.startswith(prefix) for name in stored)
        return "" if has_it or "lm_head.weight" in stored else prefix

    def _ignored(self, settings: Settings, by_name: Mapping[str, StoredTensor]) -> set[str]:
        ignored = {name for name in by_name if name.endswith(_UNUSED)}
        if settings.rope is None:
            ignored |= {name for name in by_name if name.endswith(_UNUSED_MASK)}
        head = by_name.get("lm_head.weight")
        if head is not None and settings.is_tied:
            if not same_numbers(head, by_name[self.embeddings]):
                raise ConversionError(
                    "config.json says that lm_head.weight is the embeddings"
                    " (tie_word_embeddings), but the checkpoint has another one.",
                    hint="Set tie_word_embeddings to false if the head was trained, or save the"
                    " checkpoint again with save_pretrained().",
                )
            ignored.add("lm_head.weight")
        return ignored


def _architecture(name: str) -> gguf.MODEL_ARCH:
    return next(arch for arch, text in gguf.MODEL_ARCH_NAMES.items() if text == name)


def _renamed(config: Mapping[str, Any], renamed: Mapping[str, str]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for key, value in config.items():
        name = renamed.get(key, key)
        if named.get(name) is not None and value is not None and named[name] != value:
            raise ConversionError(
                f"config.json gives {name} twice: {named[name]!s:.40} and {value!s:.40}.",
                hint="Keep the one the model was trained with.",
            )
        if named.get(name) is None:
            named[name] = value
    return named


def _slot(row: Row, names: gguf.TensorNameMap, *, block: int, name: str = "") -> Slot:
    pattern = row.name.replace("{i}", str(block))
    n_sources = row.rearrangement.n_sources
    mapped = name or names.get_name(pattern.replace(".norms.{j}", ""), (".weight", ".bias"))
    if mapped is None:
        raise ValueError(f"{row.name} has no name in a GGUF file")
    shape = row.rearrangement.shape(row.shape)
    keep_f32 = len(shape) == 1 or mapped.endswith(("_norm.weight", ".bias"))
    return Slot(
        name=mapped,
        sources=tuple(pattern.replace("{j}", str(index)) for index in range(n_sources)),
        source_shape=row.shape,
        rearrangement=row.rearrangement,
        arithmetic=row.arithmetic,
        keep_f32=keep_f32 or mapped == "position_embd.weight",
    )


def _refuse_missing(needed: Mapping[str, Slot], by_name: Mapping[str, StoredTensor]) -> None:
    missing = [name for name in needed if name not in by_name]
    if missing == ["lm_head.weight"]:
        raise ConversionError(
            "config.json says that lm_head.weight is not the embeddings (tie_word_embeddings is"
            " false), but the checkpoint has no lm_head.weight.",
            hint="Fetch the missing file, or set tie_word_embeddings to true if the model shares"
            " its embeddings.",
        )
    if missing:
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        raise ConversionError(
            f"The checkpoint has no tensor {missing[0]}{more}.",
            hint="Fetch the whole checkpoint; every file of model.safetensors.index.json belongs"
            " to it.",
        )


def _refuse_unfit(tensor: StoredTensor, slot: Slot) -> None:
    if tensor.shape != slot.source_shape:
        raise ConversionError(
            f"The tensor {tensor.name} has the shape {tensor.shape}; config.json makes it"
            f" {slot.source_shape}.",
            hint="Take config.json from where the weights come from.",
        )
    if tensor.dtype not in _NEEDED_TYPES:
        raise ConversionError(
            f"The tensor {tensor.name} is stored as {tensor.dtype}; {', '.join(_NEEDED_TYPES)}"
            " can be converted.",
            hint="Load the checkpoint in bfloat16 with transformers and save it again.",
        )


def _planned(slot: Slot, prefix: str) -> PlannedTensor:
    return PlannedTensor(
        name=slot.name,
        sources=tuple(source.removeprefix(prefix) for source in slot.sources),
        shape=slot.shape,
        build=slot.rearrangement.apply,
        arithmetic=slot.arithmetic.apply if slot.arithmetic else None,
        keep_f32=slot.keep_f32,
        is_kept=slot.rearrangement is KEEP,
    )


def _computed(name: str, numbers: Array) -> PlannedTensor:
    return PlannedTensor(
        name=name,
        sources=(),
        shape=numbers.shape,
        build=partial(_given, numbers),
        keep_f32=True,
    )


def _given(numbers: Array, _sources: object) -> Array:
    return numbers
