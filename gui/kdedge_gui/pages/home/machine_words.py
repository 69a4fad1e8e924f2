"""What ``kdedge doctor`` found, in sentences a person reads; nothing here knows a widget."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kdedge_gui.numbers import bytes_text, count_text
from kdedge_gui.translate import tr

SCHEMA = "kdedge.doctor/1"
_SHOWN_FEATURES = (
    "avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "asimd", "i8mm", "sve",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line about the machine."""

    icon: str
    title: str
    text: str
    kind: str = "plain"
    """``good`` and ``bad`` for what can be there or be missing; else ``plain``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that is missing or weak, and what mends it."""

    what: str
    fix: str
    is_command: bool
    """``fix`` can be copied into a terminal."""


def machine_facts(document: Mapping[str, Any]) -> tuple[Fact, ...]:
    """Return the lines about the machine of a ``kdedge.doctor/1`` document."""
    machine = document["machine"]
    return (
        _cpu(machine),
        _memory(machine),
        _devices(document.get("runtime")),
        _engine(document),
        _sandbox((document.get("sandbox") or {}).get("level")),
        _starter(document.get("starter_model")),
        _disk(document.get("store") or {}),
    )


def machine_problems(document: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Return what the document says is missing, with what mends it."""
    return tuple(
        Problem(what=str(each["what"]), fix=fix, is_command=is_command)
        for each in document.get("problems", ())
        for fix, is_command in (_command_in(str(each["fix"])),)
    )


def is_doctor_document(document: object) -> bool:
    """Return whether ``document`` is one that this module can tell about."""
    return (
        isinstance(document, dict)
        and document.get("schema") == SCHEMA
        and isinstance(document.get("machine"), dict)
    )


def is_starter_missing(document: Mapping[str, Any]) -> bool:
    """Return whether there is no starter model to check anything with."""
    return document.get("starter_model") is None


def headline(document: Mapping[str, Any]) -> str:
    """Return the one sentence that sums the machine up."""
    machine = document["machine"]
    gpus = _gpus(document.get("runtime"))
    if document.get("runtime") is None:
        return tr("Models cannot run here yet: llama.cpp cannot be started.")
    where = (
        tr("on {gpu}").format(gpu=gpus[0]["description"] or gpus[0]["name"])
        if gpus
        else tr("on the CPU")
    )
    return tr("Ready. Models run {where}, with {memory} of memory free.").format(
        where=where, memory=bytes_text(machine["memory_available_bytes"])
    )


def _cpu(machine: Mapping[str, Any]) -> Fact:
    usable, logical = machine["usable_cores"], machine["logical_cores"]
    cores = (
        tr("{n} cores").format(n=count_text(usable))
        if usable == logical
        else tr("{n} of {all} cores may be used").format(
            n=count_text(usable), all=count_text(logical)
        )
    )
    features = [each for each in machine.get("cpu_features", ()) if each in _SHOWN_FEATURES]
    fast = tr("with {names}").format(names=", ".join(features).upper().replace("_", " "))
    return Fact(
        icon="speed",
        title=str(machine["cpu_model"]),
        text=", ".join([cores, *([fast] if features else [])]),
    )


def _memory(machine: Mapping[str, Any]) -> Fact:
    return Fact(
        icon="memory",
        title=tr("{size} of memory").format(size=bytes_text(machine["memory_total_bytes"])),
        text=tr("{size} were free").format(size=bytes_text(machine["memory_available_bytes"])),
    )


def _gpus(runtime: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    devices = (runtime or {}).get("devices", ())
    return [each for each in devices if "gpu" in str(each.get("kind"))]


def _devices(runtime: Mapping[str, Any] | None) -> Fact:
    gpus = _gpus(runtime)
    if not gpus:
        return Fact(
            icon="info",
            title=tr("No GPU that llama.cpp can use"),
            text=tr("Models run on the CPU, which is what kdedge is made for."),
        )
    names = [
        f"{each['description'] or each['name']} ({bytes_text(each.get('memory_total_bytes'))})"
        for each in gpus
    ]
    return Fact(icon="check", title=", ".join(names), text=tr("llama.cpp can use it"), kind="good")


def _engine(document: Mapping[str, Any]) -> Fact:
    runtime = document.get("runtime")
    if runtime is None:
        return Fact(
            icon="cross",
            title=tr("llama.cpp cannot be started"),
            text=tr("Browsing, comparing and exporting go without it."),
            kind="bad",
        )
    version = (document.get("software") or {}).get("llama_cpp_python")
    backends = ", ".join(str(each) for each in runtime.get("backends", ()))
    return Fact(
        icon="check",
        title=tr("llama.cpp is ready"),
        text=tr("llama-cpp-python {version}, built for {backends}").format(
            version=version or "?", backends=backends or "?"
        ),
        kind="good",
    )


def _sandbox(level: str | None) -> Fact:
    texts = {
        "L3": tr("without network, your files, or other processes: as strong as it gets here"),
        "L2": tr("without your files, network connections or processes"),
        "L1": tr("only weakly: with limits, but they could read your files"),
    }
    if level not in texts:
        return Fact(
            icon="cross",
            title=tr("Programs of a model cannot be closed in"),
            text=tr("Speed and memory can be measured, pass@k cannot."),
            kind="bad",
        )
    return Fact(
        icon="warning" if level == "L1" else "check",
        title=tr("Programs of a model run closed in"),
        text=texts[level],
        kind="warning" if level == "L1" else "good",
    )


def _starter(path: str | None) -> Fact:
    if path is None:
        return Fact(
            icon="cross",
            title=tr("The starter model is missing"),
            text=tr("A small real model to try everything with."),
            kind="bad",
        )
    return Fact(
        icon="check",
        title=tr("The starter model is there"),
        text=tr("SmolLM2 135M, a small real model to try everything with"),
        kind="good",
    )


def _disk(store: Mapping[str, Any]) -> Fact:
    if not store.get("usable", False):
        return Fact(
            icon="cross",
            title=tr("Results cannot be kept"),
            text=str(store.get("path", "")),
            kind="bad",
        )
    return Fact(
        icon="folder",
        title=tr("{size} of disk free").format(size=bytes_text(store.get("disk_free_bytes"))),
        text=tr("where kdedge keeps its results"),
    )


def _command_in(fix: str) -> tuple[str, bool]:
    """Return the command inside ``fix``, and whether there is one.

    ``Install it with `pip install x`.`` holds one; ``Plug it in.`` is a sentence.
    """
    before, mark, rest = fix.partition("`")
    command, closing, after = rest.partition("`")
    if mark and closing and not after.strip(" .") and before and _can_be_typed(command):
        return command, True
    is_command = not fix.endswith(".") and (fix[:1].islower() or fix.startswith("/"))
    return fix, is_command and _can_be_typed(fix)


def _can_be_typed(text: str) -> bool:
    try:
        return len(shlex.split(text)) > 1
    except ValueError:  # a quotation mark without its partner
        return False
