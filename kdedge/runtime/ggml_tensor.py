"""ggml's own tensor, as llama.cpp's evaluation callback shows it.

The bindings do not declare the structure and llama.cpp may change it: ``check_layout`` reads
tensors it has made itself, whose every property is known, and refuses when one does not fit.
"""

import ctypes
from functools import cache
from typing import TYPE_CHECKING, Any

from llama_cpp._ggml import libggml

from kdedge.core.errors import KdedgeError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

F32, I32 = 0, 26  # enum ggml_type, part of the file format
_PROBE_BYTES = 64 * 1024
_POINTERS = (
    "ggml_init", "ggml_new_tensor_3d", "ggml_mul_mat", "ggml_mul_mat_id", "ggml_view_1d",
    "ggml_get_data", "ggml_backend_cpu_buffer_type", "ggml_backend_alloc_ctx_tensors_from_buft",
)  # fmt: skip


class GgmlTensor(ctypes.Structure):
    """``struct ggml_tensor``: what it is, where its data lies, and what it is computed from."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("buffer", ctypes.c_void_p),
        ("ne", ctypes.c_int64 * 4),
        ("nb", ctypes.c_size_t * 4),
        ("op", ctypes.c_int),
        ("op_params", ctypes.c_int32 * 16),
        ("flags", ctypes.c_int32),
        ("src", ctypes.c_void_p * 10),
        ("view_src", ctypes.c_void_p),
        ("view_offs", ctypes.c_size_t),
        ("data", ctypes.c_void_p),
        ("name", ctypes.c_char * 64),
        ("extra", ctypes.c_void_p),
        ("padding", ctypes.c_char * 8),
    )


class _InitParameters(ctypes.Structure):
    _fields_ = (
        ("mem_size", ctypes.c_size_t),
        ("mem_buffer", ctypes.c_void_p),
        ("no_alloc", ctypes.c_bool),
    )


@cache
def operations() -> tuple[int, int]:
    """Return the numbers of MUL_MAT and MUL_MAT_ID after checking the layout of a tensor.

    Raises:
        KdedgeError: The installed llama.cpp has another structure.
    """
    for name in _POINTERS:
        getattr(libggml, name).restype = ctypes.c_void_p
    libggml.ggml_op_name.restype = ctypes.c_char_p
    libggml.ggml_backend_buffer_is_host.restype = ctypes.c_bool
    libggml.ggml_nbytes.restype = ctypes.c_size_t
    context = ctypes.c_void_p(
        libggml.ggml_init(_InitParameters(mem_size=_PROBE_BYTES, mem_buffer=None, no_alloc=True))
    )
    try:
        return _probe(context)
    finally:
        libggml.ggml_free(context)


def values(address: int) -> "NDArray[np.float32]":
    """Return the float32 values of a tensor, shape (ne3, ne2, ne1, ne0); see ``_array``."""
    import numpy as np

    return _array(address, dtype=np.dtype(np.float32))


def indices(address: int) -> "NDArray[np.int32]":
    """Return the int32 values of a tensor, shape (ne1, ne0)."""
    import numpy as np

    found: NDArray[np.int32] = _array(address, dtype=np.dtype(np.int32))[0, 0]
    return found


def _array(address: int, *, dtype: "np.dtype[Any]") -> "NDArray[Any]":
    """Return the values of a tensor with its own strides; copied if they lie on a device."""
    import numpy as np

    tensor = GgmlTensor.from_address(address)
    n_bytes = libggml.ggml_nbytes(ctypes.c_void_p(address))
    if libggml.ggml_backend_buffer_is_host(ctypes.c_void_p(tensor.buffer)):
        memory = (ctypes.c_char * n_bytes).from_address(tensor.data)
    else:
        memory = (ctypes.c_char * n_bytes)()
        libggml.ggml_backend_tensor_get(
            ctypes.c_void_p(address), memory, ctypes.c_size_t(0), ctypes.c_size_t(n_bytes)
        )
    shape, strides = tuple(tensor.ne)[::-1], tuple(tensor.nb)[::-1]
    return np.ndarray(shape, dtype, buffer=memory, strides=strides)


def _probe(context: ctypes.c_void_p) -> tuple[int, int]:
    weights, experts = _new(context, F32, (48, 5, 3)), _new(context, F32, (48, 5, 2))
    inputs, chosen = _new(context, F32, (48, 7, 3)), _new(context, I32, (7, 3, 1))
    pointer = ctypes.c_void_p
    libggml.ggml_set_name(pointer(weights), b"blk.0.probe.weight")
    product = libggml.ggml_mul_mat(context, pointer(weights), pointer(inputs))
    chosen_product = libggml.ggml_mul_mat_id(
        context, pointer(experts), pointer(inputs), pointer(chosen)
    )
    view = libggml.ggml_view_1d(context, pointer(weights), ctypes.c_int64(8), ctypes.c_size_t(64))
    buffer = libggml.ggml_backend_alloc_ctx_tensors_from_buft(
        context, pointer(libggml.ggml_backend_cpu_buffer_type())
    )
    try:
        leaf = GgmlTensor.from_address(weights)
        node = GgmlTensor.from_address(product)
        indirect = GgmlTensor.from_address(chosen_product)
        window = GgmlTensor.from_address(view)
        fits = (
            leaf.type == F32
            and GgmlTensor.from_address(chosen).type == I32
            and leaf.buffer == node.buffer == buffer
            and tuple(leaf.ne) == (48, 5, 3, 1)
            and tuple(leaf.nb) == (4, 192, 960, 2880)
            and leaf.name == b"blk.0.probe.weight"
            and leaf.data == libggml.ggml_get_data(pointer(weights))
            and tuple(node.src[:3]) == (weights, inputs, None)
            and tuple(indirect.src[:4]) == (experts, inputs, chosen, None)
            and (window.view_src, window.view_offs, window.data) == (weights, 64, leaf.data + 64)
            and libggml.ggml_op_name(node.op) == b"MUL_MAT"
            and libggml.ggml_op_name(indirect.op) == b"MUL_MAT_ID"
        )
    finally:
        libggml.ggml_backend_buffer_free(pointer(buffer))
    if not fits:
        raise KdedgeError(
            "The installed llama.cpp keeps its tensors in a way this version does not know.",
            hint="Install the llama-cpp-python that kdedge asks for.",
        )
    return node.op, indirect.op


def _new(context: ctypes.c_void_p, kind: int, shape: tuple[int, int, int]) -> int:
    address: int = libggml.ggml_new_tensor_3d(context, kind, *map(ctypes.c_int64, shape))
    return address
