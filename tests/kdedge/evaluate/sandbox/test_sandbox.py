"""The sandbox itself: what is allowed, per processor and per kernel, and how it is chosen."""

import os
import re
import struct
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from kdedge.core.errors import KdedgeError
from kdedge.evaluate.sandbox import (
    SandboxLevel,
    chosen_level,
    landlock,
    own_folder,
    probe,
    seccomp,
)
from kdedge.evaluate.sandbox.fresh import fresh_environment, fresh_python
from kdedge.evaluate.sandbox.system_calls import SYSTEM_CALLS

DENIED, ALLOWED, KILLED, UNKNOWN = 0x50001, 0x7FFF0000, 0x80000000, 0x50026
ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


def outcome(code: bytes, number: int, *arguments: int, arch: int) -> int:
    """Run a filter as the kernel does and return what it says of one system call."""
    data = struct.pack("<iIQ6Q", number, arch, 0, *arguments, *[0] * (6 - len(arguments)))
    at = accumulator = 0
    while True:
        operation, if_true, if_false, value = struct.unpack_from("<HBBI", code, at * 8)
        at += 1
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, value)
        elif operation == 0x15:
            at += if_true if accumulator == value else if_false
        else:
            return value


@pytest.fixture(params=["x86_64", "aarch64"])
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(seccomp, "MACHINE", request.param)
    return request.param


def test_the_filter_allows_its_list_and_nothing_else(machine: str) -> None:
    code, column = seccomp.compiled_filter(), 0 if machine == "x86_64" else 1
    allowed = {numbers[column] for numbers in SYSTEM_CALLS.values()}
    special = {(72, 25)[column], (16, 29)[column], (302, 261)[column], 435}
    for number in set(range(700)) - special:
        expected = ALLOWED if number in allowed else DENIED
        assert outcome(code, number, arch=ARCH[machine]) == expected, number
    assert outcome(code, 0x4000_0000 | 39, arch=ARCH[machine]) == DENIED
    assert outcome(code, -1, arch=ARCH[machine]) == DENIED


def test_calls_of_another_architecture_end_the_program(machine: str) -> None:
    assert outcome(seccomp.compiled_filter(), 1, arch=0x40000003) == KILLED


def test_a_thread_is_refused_in_the_way_the_c_library_understands(machine: str) -> None:
    assert outcome(seccomp.compiled_filter(), 435, arch=ARCH[machine]) == UNKNOWN


def test_calls_that_reach_other_processes_are_only_allowed_in_harmless_forms(machine: str) -> None:
    code, column = seccomp.compiled_filter(), 0 if machine == "x86_64" else 1
    fcntl, ioctl, prlimit = (72, 25)[column], (16, 29)[column], (302, 261)[column]
    asked = {
        (fcntl, 3, 1): ALLOWED,  # F_GETFD
        (fcntl, 3, 8): DENIED,  # F_SETOWN
        (fcntl, 3, 10): DENIED,  # F_SETSIG
        (fcntl, 3, 15): DENIED,  # F_SETOWN_EX
        (ioctl, 3, 0x5451): ALLOWED,  # FIOCLEX
        (ioctl, 3, 0x5412): DENIED,  # TIOCSTI
        (ioctl, 3, 0x8901): DENIED,  # FIOSETOWN
        (prlimit, 0, 7): ALLOWED,
        (prlimit, 1234, 7): DENIED,
        (prlimit, 1 << 32, 7): ALLOWED,  # the kernel takes the low half, which is 0
    }
    for call, expected in asked.items():
        assert outcome(code, *call, arch=ARCH[machine]) == expected, call


NUMBERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


def test_numbers_are_those_of_the_kernels_headers(machine: str) -> None:
    header = NUMBERS[machine]
    if not header.exists():
        pytest.skip("the kernel's headers are not installed")
    pattern = r"#define\s+__NR(?:3264)?_(\w+)\s+(\d+)"
    found = re.findall(pattern, header.read_text(encoding="ascii"))
    numbers = {name: int(number) for name, number in reversed(found)}
    numbers.setdefault("newfstatat", numbers.get("fstatat", -1))
    for name, pair in SYSTEM_CALLS.items():
        number = pair[0 if machine == "x86_64" else 1]
        assert number is None or numbers[name] == number, name


def test_a_processor_without_a_table_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seccomp, "MACHINE", "riscv64")
    with pytest.raises(OSError, match="riscv64"):
        seccomp.compiled_filter()


def test_installed_packages_are_left_out_of_what_can_be_read(tmp_path: Path) -> None:
    for name in ("lib/python3/site-packages/secret", "lib/python3/json", "lib/other"):
        (tmp_path / name).mkdir(parents=True)
    hidden = {tmp_path / "lib/python3/site-packages"}
    rules = landlock._around(hidden, tmp_path / "lib")
    read, names_only = landlock._READ, landlock._READ_DIR
    assert rules == {
        tmp_path / "lib": names_only,
        tmp_path / "lib/python3": names_only,
        tmp_path / "lib/python3/json": read,
        tmp_path / "lib/other": read,
    }


def test_no_rule_reaches_the_installed_packages() -> None:
    packages = Path(sysconfig.get_path("purelib")).resolve()
    readable = {p for p, access in landlock._standard_library().items() if access & 4}
    assert not any(packages.is_relative_to(path) for path in readable)
    assert any(Path(os.__file__).resolve().is_relative_to(path) for path in readable)


@pytest.mark.parametrize(("abi", "bits"), [(1, 13), (2, 14), (3, 15), (4, 15), (5, 16), (7, 16)])
def test_an_older_kernel_is_asked_for_what_it_knows(abi: int, bits: int) -> None:
    assert landlock._handled(abi) == (1 << bits) - 1


def test_emptying_a_folder_follows_no_link_and_stays_inside(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    outside.mkdir()
    (outside / "kept").write_text("x")
    (folder / "a/b/c").mkdir(parents=True)
    (folder / "a/b/to").symlink_to(outside)
    (folder / "a/broken").symlink_to("nowhere")
    (folder / "a/b/c/file").write_text("x")
    (folder / "a/b/c").chmod(0)
    own_folder.empty(folder)
    assert list(folder.iterdir()) == []
    assert (outside / "kept").read_text() == "x"


def test_a_fresh_python_gets_nothing_from_this_ones_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "x")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    script = "import os, sys; print(*os.environ, *sys.path)"
    command = [*fresh_python("unused")[:4], "-c", script]
    shown = subprocess.run(
        command, env=fresh_environment(), check=True, capture_output=True, text=True
    ).stdout
    assert "SECRET_TOKEN" not in shown
    assert "/somewhere" not in shown
    assert "site-packages" not in shown
    assert "PYTHONHASHSEED" in shown


def holds(*levels: SandboxLevel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "_holds", lambda level: level in levels)
    probe.probe_level.cache_clear()


@pytest.fixture(autouse=True)
def _forget_what_was_probed() -> Iterator[None]:
    yield
    probe.probe_level.cache_clear()


def test_the_strongest_level_that_works_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    holds(SandboxLevel.L2, SandboxLevel.L1, monkeypatch=monkeypatch)
    assert chosen_level(wanted=None, allow_weak=False) is SandboxLevel.L2


def test_a_level_that_does_not_work_here_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    holds(SandboxLevel.L2, monkeypatch=monkeypatch)
    with pytest.raises(KdedgeError, match="does not allow sandbox level L3"):
        chosen_level(wanted=SandboxLevel.L3, allow_weak=False)


def test_only_a_weak_level_is_refused_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    holds(SandboxLevel.L1, monkeypatch=monkeypatch)
    with pytest.raises(KdedgeError, match="only allows a weak sandbox") as caught:
        chosen_level(wanted=None, allow_weak=False)
    assert "5.13" in caught.value.hint
    assert chosen_level(wanted=None, allow_weak=True) is SandboxLevel.L1


def test_another_system_has_no_level_and_is_told_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    probe._holds.cache_clear()
    monkeypatch.setattr(sys, "platform", "darwin")
    try:
        with pytest.raises(KdedgeError, match=r"darwin: it takes Linux's Landlock"):
            chosen_level(wanted=None, allow_weak=True)
    finally:
        probe._holds.cache_clear()
