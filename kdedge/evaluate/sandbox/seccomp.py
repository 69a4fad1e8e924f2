"""seccomp: the kernel refuses every system call that is not on the list of ``system_calls``.

No new processes or threads, no programs, no sockets, no signals, no tracing, no kernel
interfaces, no change of owners, modes or times. The refused call gets EPERM, so that a program
sees an ordinary exception.
"""

import ctypes
import errno
import sys

from kdedge.evaluate.sandbox.system import (
    MACHINE,
    PR_SET_NO_NEW_PRIVS,
    PR_SET_SECCOMP,
    prctl,
)
from kdedge.evaluate.sandbox.system_calls import (
    CLONE3,
    FCNTL,
    FCNTL_COMMANDS,
    IOCTL,
    IOCTL_REQUESTS,
    PRLIMIT,
    SYSTEM_CALLS,
)

_FILTER_MODE = 2
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_ALLOW, _ERRNO, _KILL = 0x7FFF_0000, 0x0005_0000, 0x8000_0000
_LOAD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06
# Offsets in the kernel's struct seccomp_data; the low half of an argument comes first.
_NUMBER_AT, _ARCH_AT, _FIRST_ARGUMENT_AT, _SECOND_ARGUMENT_AT = 0, 4, 16, 24


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def compiled_filter() -> bytes:
    """Return the filter as the kernel takes it; made once, before the first child.

    Raises:
        OSError: The processor is neither x86-64 nor ARM64.
    """
    if MACHINE not in _AUDIT_ARCH or sys.byteorder != "little":
        raise OSError(errno.ENOSYS, f"no system call table for {MACHINE}")
    column = 0 if MACHINE == "x86_64" else 1
    allow, deny = _step(_RETURN, _ALLOW), _step(_RETURN, _ERRNO | errno.EPERM)
    code = [
        _step(_LOAD, _ARCH_AT),
        _step(_JUMP_EQUAL, _AUDIT_ARCH[MACHINE], if_true=1),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER_AT),
        *_when(CLONE3[column], [_step(_RETURN, _ERRNO | errno.ENOSYS)]),
    ]
    for numbers in SYSTEM_CALLS.values():
        number = numbers[column]
        if number is not None:
            code += _when(number, [allow])
    for numbers, argument_at, values in (
        (FCNTL, _SECOND_ARGUMENT_AT, FCNTL_COMMANDS),
        (IOCTL, _SECOND_ARGUMENT_AT, IOCTL_REQUESTS),
        (PRLIMIT, _FIRST_ARGUMENT_AT, (0,)),
    ):
        checks = [step for value in values for step in _when(value, [allow])]
        code += _when(numbers[column], [_step(_LOAD, argument_at), *checks, deny])
    return b"".join([*code, deny])


def restrict(code: bytes) -> None:
    """Put this process under the filter ``code`` for good.

    Raises:
        OSError: The kernel refuses.
    """
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.addressof(buffer))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_SET_SECCOMP, _FILTER_MODE, ctypes.addressof(program))


def _when(value: int, then: list[bytes]) -> list[bytes]:
    return [_step(_JUMP_EQUAL, value, if_false=len(then)), *then]


def _step(operation: int, value: int, *, if_true: int = 0, if_false: int = 0) -> bytes:
    return (
        operation.to_bytes(2, "little")
        + bytes((if_true, if_false))
        + (value & 0xFFFF_FFFF).to_bytes(4, "little")
    )
