import json
from pathlib import Path

import pytest

from kdedge.cli import diagnosis
from kdedge.cli.diagnosis import diagnose
from kdedge.cli.main import main
from kdedge.core.errors import KdedgeError
from kdedge.runtime.devices import Compiled, Device


@pytest.fixture(autouse=True)
def nothing_slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path / "home"))
    gpu = Device(
        name="CUDA0",
        description="Some GPU",
        kind="gpu",
        memory_total_bytes=8 * 1024**3,
        memory_free_bytes=1024**3,
    )
    told = Compiled(devices=(gpu,), backends=("CUDA", "CPU"), system_info="AVX2 = 1")
    monkeypatch.setattr(diagnosis, "compiled", lambda: told)


def test_the_doctor_tells_what_is_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as caught:
        main(["doctor"])
    assert not caught.value.code
    shown = capsys.readouterr().out
    for words in ("CPU", "memory", "CUDA0 Some GPU (8.0 GiB)", "sandbox", "store", "disk free"):
        assert words in shown


def test_the_document_holds_machine_runtime_and_problems(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["doctor", "--json", "-"])
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "kdedge.doctor/1"
    assert document["runtime"]["backends"] == ["CUDA", "CPU"]
    assert document["store"]["usable"] is True
    assert all(set(each) == {"what", "fix"} for each in document["problems"])


def test_what_is_missing_comes_with_what_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> Compiled:
        raise KdedgeError("llama.cpp cannot be started.", hint="Compile it.")

    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(diagnosis, "compiled", missing)
    monkeypatch.setattr(diagnosis, "find_spec", lambda name: None)
    found = diagnose()
    assert found.runtime is None
    assert not found.store_is_usable
    assert not found.has_plots
    fixes = " ".join(problem.fix for problem in found.problems)
    for words in ("Compile it.", "KDEDGE_HOME", "pip install matplotlib"):
        assert words in fixes
