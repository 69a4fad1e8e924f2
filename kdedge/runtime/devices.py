"""What llama.cpp finds on this machine: devices, compiled backends, CPU features.

A driver that crashes must not take the asking program along, so a child process asks:
``python -m kdedge.runtime.devices`` writes one JSON object on stdout.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from kdedge.core.errors import KdedgeError
from kdedge.core.json_value import Json
from kdedge.core.machine import MachineFacts

_TIMEOUT_S = 120.0
_KINDS = ("cpu", "gpu", "integrated gpu", "accelerator", "meta")
"""By ggml's own numbers."""
_INSTALL = "pip install --force-reinstall --no-cache-dir --no-deps llama-cpp-python"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One device llama.cpp can compute on."""

    name: str
    description: str
    kind: str
    """``cpu``, ``gpu``, ``integrated gpu``, ``accelerator`` or ``meta``."""
    memory_total_bytes: int | None
    """``None`` where it does not tell."""
    memory_free_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """What the installed llama.cpp can do on this machine."""

    devices: tuple[Device, ...]
    backends: tuple[str, ...]
    system_info: str
    """llama.cpp's own line about backends and CPU features."""

    @property
    def gpus(self) -> tuple[Device, ...]:
        """Return the devices layers can be offloaded to."""
        return tuple(device for device in self.devices if "gpu" in device.kind)

    def as_json(self) -> dict[str, Json]:
        """Return all of it for a document."""
        return asdict(self)


def machine_document(facts: MachineFacts) -> dict[str, Json]:
    """Return the ``machine`` object of a result document: ``facts``, and the GPUs llama.cpp sees.

    ``gpus`` is null, with ``gpus_reason``, where llama.cpp cannot be asked.
    """
    gpus: list[dict[str, Json]] | None = None
    reason = None
    try:
        gpus = [
            {
                "name": gpu.name,
                "description": gpu.description,
                "kind": gpu.kind,
                "memory_total_bytes": gpu.memory_total_bytes,
            }
            for gpu in compiled().gpus
        ]
    except KdedgeError as error:
        reason = error.problem
    return {**facts.as_json(), "gpus": gpus, "gpus_reason": reason}


@cache
def compiled() -> Compiled:
    """Return what the installed llama.cpp can do here; asked once a process.

    Raises:
        KdedgeError: llama.cpp cannot be started on this machine.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", "kdedge.runtime.devices"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise KdedgeError(
            f"llama.cpp did not start within {_TIMEOUT_S:.0f} seconds.",
            hint="A GPU driver may hang: restart the machine, or set CUDA_VISIBLE_DEVICES to -1.",
        ) from error
    detail = done.stderr.decode("utf-8", "replace")
    if done.returncode:
        raise KdedgeError(
            f"llama.cpp cannot be started: {_reason(done.returncode, detail)}.",
            hint=f"Compile it for this machine: `{sys.executable} -m {_INSTALL}`.",
            detail=detail,
        )
    return _read(json.loads(done.stdout))


def _reason(code: int, detail: str) -> str:
    if code == -signal.SIGILL:
        return "it uses an instruction this CPU does not have"
    if code < 0:
        return f"it was ended by signal {-code}"
    lines = detail.strip().splitlines()
    return lines[-1] if lines else f"it ended with code {code}"


def _read(told: dict[str, Any]) -> Compiled:
    return Compiled(
        devices=tuple(Device(**each) for each in told["devices"]),
        backends=tuple(told["backends"]),
        system_info=told["system_info"],
    )


def _ask() -> Compiled:
    from kdedge.runtime.lean_import import import_bindings_only

    import_bindings_only()
    import llama_cpp.llama_cpp as llama
    from llama_cpp._ggml import libggml

    llama.llama_backend_init()
    for name, result in (
        ("ggml_backend_dev_get", ctypes.c_void_p),
        ("ggml_backend_dev_name", ctypes.c_char_p),
        ("ggml_backend_dev_description", ctypes.c_char_p),
        ("ggml_backend_reg_get", ctypes.c_void_p),
        ("ggml_backend_reg_name", ctypes.c_char_p),
        ("ggml_backend_dev_count", ctypes.c_size_t),
        ("ggml_backend_reg_count", ctypes.c_size_t),
    ):
        getattr(libggml, name).restype = result
    devices = [
        _device(libggml, ctypes.c_void_p(libggml.ggml_backend_dev_get(ctypes.c_size_t(index))))
        for index in range(libggml.ggml_backend_dev_count())
    ]
    registries = [
        ctypes.c_void_p(libggml.ggml_backend_reg_get(ctypes.c_size_t(index)))
        for index in range(libggml.ggml_backend_reg_count())
    ]
    return Compiled(
        devices=tuple(devices),
        backends=tuple(_text(libggml.ggml_backend_reg_name(each)) for each in registries),
        system_info=_text(llama.llama_print_system_info()).strip(),
    )


def _device(libggml: ctypes.CDLL, handle: ctypes.c_void_p) -> Device:
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    libggml.ggml_backend_dev_memory(handle, ctypes.byref(free), ctypes.byref(total))
    kind = libggml.ggml_backend_dev_type(handle)
    return Device(
        name=_text(libggml.ggml_backend_dev_name(handle)),
        description=_text(libggml.ggml_backend_dev_description(handle)),
        kind=_KINDS[kind] if 0 <= kind < len(_KINDS) else "unknown",
        memory_total_bytes=total.value or None,
        memory_free_bytes=free.value if total.value else None,
    )


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "replace")


def main() -> None:
    """Ask llama.cpp and write the answer; drivers that print to stdout cannot spoil it."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answer:
        os.dup2(2, 1)
        json.dump(_ask().as_json(), answer)


if __name__ == "__main__":
    main()
