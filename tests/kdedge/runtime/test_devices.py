import signal
import subprocess

import pytest

from kdedge.core.errors import KdedgeError
from kdedge.runtime import devices


@pytest.fixture(autouse=True)
def asked_anew() -> None:
    devices.compiled.cache_clear()


def test_llama_cpp_tells_of_this_cpu() -> None:
    found = devices.compiled()
    assert "CPU" in found.backends
    assert any(device.kind == "cpu" for device in found.devices)
    assert "CPU" in found.system_info


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-signal.SIGILL, "an instruction this CPU does not have"),
        (-signal.SIGSEGV, "ended by signal 11"),
        (1, "OSError: libcuda is missing"),
    ],
)
def test_a_child_that_dies_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    died = subprocess.CompletedProcess(
        args=[], returncode=code, stdout=b"", stderr=b"Traceback\nOSError: libcuda is missing\n"
    )
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: died)
    with pytest.raises(KdedgeError, match=words) as caught:
        devices.compiled()
    assert "pip install" in caught.value.hint


def test_a_driver_that_hangs_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("x", 120)

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(KdedgeError, match="did not start within 120 seconds"):
        devices.compiled()
