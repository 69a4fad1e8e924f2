"""Who was measured, and on what: the parts that every document has."""

import shlex
from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath

from kdedge.core.json_value import Json
from kdedge.report.documents import ResultDocument
from kdedge.report.facts import MachineFacts, ModelFacts
from kdedge.report.reading import (
    Quantity,
    at,
    clean,
    count_at,
    mapping_at,
    number_at,
    quantity_at,
    text_at,
    texts_at,
)
from kdedge.report.units import bytes_text

_IDENTITY = ("cpu_model", "physical_cores", "logical_cores", "usable_cores")
_BYTES = "_bytes"


def read_model(document: Json) -> ModelFacts:
    """Return the file that ``document`` is about: a model, or completions made elsewhere."""
    if at(document, "model") is None and at(document, "samples") is not None:
        return _samples_file(document)
    file_name = _last_part(text_at(document, "model", "path"))
    file_type = text_at(document, "model", "file_type")
    name = _without_type(_without_ending(file_name), file_type)
    return ModelFacts(
        name=name or text_at(document, "model", "name") or "unnamed model",
        file_name=file_name or text_at(document, "model", "name") or "unnamed model",
        file_type=file_type,
        sha256=text_at(document, "model", "sha256"),
        architecture=text_at(document, "model", "architecture"),
        n_params=quantity_at(document, "model", "n_params"),
        file_bytes=quantity_at(document, "model", "file_bytes"),
        bits_per_weight=quantity_at(document, "model", "bits_per_weight"),
        notes=(*texts_at(document, "model", "notes"), *_lineage(document)),
    )


def _samples_file(document: Json) -> ModelFacts:
    file_name = _last_part(text_at(document, "samples", "path")) or "completions"
    unknown = Quantity(value=None, reason="the model is not known, only its completions")
    return ModelFacts(
        name=file_name,
        file_name=file_name,
        file_type="",
        sha256=text_at(document, "samples", "sha256"),
        architecture="",
        n_params=unknown,
        file_bytes=unknown,
        bits_per_weight=unknown,
        notes=("Completions made elsewhere, judged here.",),
    )


def read_machine(document: Json) -> MachineFacts:
    """Return the machine that ``document`` was made on."""
    facts = mapping_at(document, "machine")
    memory = number_at(facts, "memory_total_bytes")
    parts = [text_at(facts, name) for name in _IDENTITY]
    # Kernels reserve a little more or less memory each time: whole GiB are enough to tell.
    parts.append("" if memory is None else str(round(memory / 1024**3)))
    parts.extend(_gpu_names(facts))
    cores = count_at(facts, "usable_cores") or count_at(facts, "logical_cores")
    title = [
        text_at(facts, "cpu_model"),
        "" if cores is None else f"{cores} core{'s' * (cores != 1)}",
        "" if memory is None else bytes_text(memory),
    ]
    return MachineFacts(
        key="|".join(parts),
        title=", ".join(part for part in title if part) or "unknown machine",
        facts=readable(facts),
    )


def read_software(document: Json) -> dict[str, str]:
    """Return the versions that ``document`` was made with."""
    return readable(mapping_at(document, "software"))


def readable(values: Mapping[str, Json], *, prefix: str = "") -> dict[str, str]:
    """Return ``values`` flat, each with a name and a value to show; unknown ones stay out.

    Args:
        values: What a document says.
        prefix: Put before each name, for objects inside objects.
    """
    shown: dict[str, str] = {}
    for name, value in values.items():
        title = f"{prefix}{clean(name)}"
        if isinstance(value, Mapping):
            shown |= readable(value, prefix=f"{title} ")
        elif (text := _value_text(title, value)) is not None:
            shown[title.removesuffix(_BYTES).replace("_", " ")] = text
    return shown


def commands_of(document: ResultDocument) -> tuple[str, ...]:
    """Return what to type to measure the same thing again."""
    said = at(document.content, "command")
    if isinstance(said, str):
        return (clean(said),)
    if said is not None and texts_at(document.content, "command"):
        return (shlex.join(texts_at(document.content, "command")),)
    file_name = read_model(document.content).file_name
    words = ["kdedge", document.verb, file_name]
    if at(document.content, "model") is None:
        suite = _pairs({"--suite": text_at(document.content, "suite", "name")})
        return (shlex.join(["kdedge", document.verb, "--samples", file_name, *suite]),)
    options = _profile_options if document.verb == "profile" else _evaluate_options
    return (shlex.join([*words, *options(document.content)]),)


def _profile_options(content: Json) -> list[str]:
    settings = mapping_at(content, "settings")
    options = _pairs(
        {
            "--context": text_at(settings, "context_tokens"),
            "--threads": text_at(settings, "n_threads"),
            "--gpu-layers": _layers(settings),
            "--suite": text_at(content, "pass_at_k", "suite", "name"),
        }
    )
    return [*options, "--quick"] if at(settings, "quick") is True else options


def _layers(settings: Json) -> str:
    layers = text_at(settings, "n_gpu_layers")
    return "" if layers == "-1" else layers  # all of them, which is the default


def _evaluate_options(content: Json) -> list[str]:
    sampled = (number_at(content, "sampling", "temperature") or 0) > 0
    return _pairs(
        {
            "--suite": text_at(content, "suite", "name"),
            **_part_options(content),
            "--preset": text_at(content, "preset"),
            "-n": text_at(content, "n_samples") if sampled else "",
            "--temperature": text_at(content, "sampling", "temperature") if sampled else "",
            "--seed": text_at(content, "sampling", "seed") if sampled else "",
        }
    )


def _part_options(content: Json) -> dict[str, str]:
    first = text_at(content, "suite", "part", "first")
    named = ",".join(texts_at(content, "suite", "part", "task_ids"))
    return {"--problems": first} if first else {"--task": named}


def _pairs(options: Mapping[str, str]) -> list[str]:
    return [word for name, value in options.items() if value for word in (name, value)]


def _last_part(path: str) -> str:
    # A document may come from the other kind of system; where the file lay is nobody's business.
    return PureWindowsPath(PurePosixPath(path).name).name


def _without_ending(file_name: str) -> str:
    return file_name[: -len(".gguf")] if file_name.lower().endswith(".gguf") else file_name


def _without_type(stem: str, file_type: str) -> str:
    if file_type and stem.lower().endswith(file_type.lower()):
        return stem[: -len(file_type)].rstrip(".-_ ") or stem
    return stem


def _lineage(document: Json) -> tuple[str, ...]:
    """Return what the file itself says of its making, a clause each."""
    lineage = at(document, "model", "lineage")
    if not isinstance(lineage, Mapping):
        return texts_at(document, "model", "lineage")
    told = []
    source = text_at(lineage, "source.file")
    if source:
        told.append(f"made from {source}")
    told += [text_at(lineage, name) for name in lineage if not name.startswith("source.")]
    return ("; ".join(part for part in told if part),) if any(told) else ()


def _gpu_names(facts: Json) -> list[str]:
    devices = at(facts, "gpus") or at(facts, "devices")
    if not isinstance(devices, list | tuple):
        return []
    return [text_at(device, "description") or text_at(device, "name") for device in devices]


def _value_text(name: str, value: Json) -> str | None:
    if value is None or value == "" or value == []:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return (
            bytes_text(value)
            if name.endswith(_BYTES)
            else f"{value:g}"
            if isinstance(value, float)
            else str(value)
        )
    if isinstance(value, str):
        return clean(value)
    texts = [_device_text(each) if isinstance(each, Mapping) else clean(each) for each in value]
    return ", ".join(text for text in texts if text) or None


def _device_text(device: Mapping[str, Json]) -> str:
    return text_at(device, "description") or text_at(device, "name")
