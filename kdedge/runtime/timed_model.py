"""The model and context of a timing process, and what llama.cpp says of them."""

import ctypes
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as llama

from kdedge.runtime import library
from kdedge.runtime.model import Model
from kdedge.runtime.noticed_log import NoticedLog
from kdedge.runtime.options import Sampling
from kdedge.runtime.raw_steps import RawSample, RawSteps, RawTest
from kdedge.runtime.timed_context import ContextSizes, TimedContext
from kdedge.runtime.user_steps import UserRequest, UserSample, UserSteps

_CPU, _ACCELERATOR = 0, 3
_DESCRIPTION_BYTES = 128


class TimedModel:
    """At most one model and one context, and the steps that run on them."""

    def __init__(self) -> None:
        library.start()
        self._log = NoticedLog()
        self._model: Model | None = None
        self._context: TimedContext | None = None
        self._raw: RawSteps | None = None
        self._user: UserSteps | None = None

    def load(self, path: Path, *, n_gpu_layers: int) -> dict[str, Any]:
        """Load the model and return what llama.cpp says of it, in llama-bench's words.

        Raises:
            KdedgeError: llama.cpp refuses the file.
            ValueError: A model was loaded before.
        """
        if self._model is not None:
            raise ValueError("one process measures one model")
        model = self._model = Model(path, n_gpu_layers=n_gpu_layers)
        description = ctypes.create_string_buffer(_DESCRIPTION_BYTES)
        llama.llama_model_desc(model.handle, description, _DESCRIPTION_BYTES)
        return {
            "model_type": description.value.decode("utf-8", "replace"),
            "model_size": llama.llama_model_size(model.handle),
            "model_n_params": llama.llama_model_n_params(model.handle),
            "n_ctx_train": model.n_ctx_train,
            "log": self._log.take(),
            **_devices(),
        }

    def open_context(self, order: dict[str, Any]) -> dict[str, Any]:
        """Close the context there is, and open one of the wanted sizes.

        Raises:
            KdedgeError: There is not enough memory.
            ValueError: No model is loaded.
        """
        if self._model is None:
            raise ValueError("load a model first")
        if self._context is not None:
            self._context.close()
        seed = order.pop("seed", 0)
        self._context = TimedContext(self._model, ContextSizes(**order))
        self._raw = RawSteps(self._context, seed=seed)
        self._user = UserSteps(self._context)
        return {"n_ctx": llama.llama_n_ctx(self._context.handle), "log": self._log.take()}

    def warm_up(self, order: dict[str, Any]) -> None:
        """Run llama-bench's warm-up of one row.

        Raises:
            KdedgeError: llama.cpp failed.
        """
        self._raw_steps().warm_up(RawTest(**order))

    def raw(self, order: dict[str, Any]) -> RawSample:
        """Run one repetition of one of llama-bench's rows.

        Raises:
            KdedgeError: llama.cpp failed.
        """
        return self._raw_steps().repeat(RawTest(**order))

    def cut(self, text: str, *, n_tokens: int) -> str:
        """Return the end of ``text`` that makes a prompt of ``n_tokens``."""
        return self._user_steps().cut(text, n_tokens=n_tokens)

    def user(self, order: dict[str, Any]) -> UserSample:
        """Serve one request as an assistant does.

        Raises:
            KdedgeError: It does not fit, or llama.cpp failed.
        """
        order["sampling"] = Sampling(**order["sampling"])
        return self._user_steps().run(UserRequest(**order))

    def _raw_steps(self) -> RawSteps:
        if self._raw is None:
            raise ValueError("open a context first")
        return self._raw

    def _user_steps(self) -> UserSteps:
        if self._user is None:
            raise ValueError("open a context first")
        return self._user


def _devices() -> dict[str, str]:
    """Return llama-bench's ``cpu_info``, ``gpu_info`` and ``backends``."""
    cpus: list[str] = []
    gpus: list[str] = []
    backends: list[str] = []
    ggml = _ggml()
    for at in range(ggml.ggml_backend_dev_count()):
        device = ggml.ggml_backend_dev_get(at)
        text = ggml.ggml_backend_dev_description(device).decode("utf-8", "replace").strip()
        on_cpu = ggml.ggml_backend_dev_type(device) in {_CPU, _ACCELERATOR}
        (cpus if on_cpu else gpus).append(text)
    for at in range(ggml.ggml_backend_reg_count()):
        name = ggml.ggml_backend_reg_name(ggml.ggml_backend_reg_get(at)).decode()
        if name != "CPU":
            backends.append(name)
    return {
        "cpu_info": ", ".join(cpus),
        "gpu_info": ", ".join(gpus),
        "backends": ",".join(backends) or "CPU",
    }


def _ggml() -> Any:
    """Return the library with the types of ggml's device functions set."""
    ggml = llama._lib  # noqa: SLF001 - llama-cpp-python binds none of ggml's device functions
    for name in ("dev_count", "reg_count"):
        getattr(ggml, f"ggml_backend_{name}").restype = ctypes.c_size_t
    for name in ("dev_get", "reg_get"):
        function = getattr(ggml, f"ggml_backend_{name}")
        function.argtypes, function.restype = [ctypes.c_size_t], ctypes.c_void_p
    for name in ("dev_description", "reg_name"):
        function = getattr(ggml, f"ggml_backend_{name}")
        function.argtypes, function.restype = [ctypes.c_void_p], ctypes.c_char_p
    ggml.ggml_backend_dev_type.argtypes = [ctypes.c_void_p]
    return ggml
