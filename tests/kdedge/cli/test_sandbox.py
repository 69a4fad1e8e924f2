import json
from pathlib import Path

import pytest

from kdedge.cli.main import main
from kdedge.evaluate.sandbox import probe, probe_level

pytestmark = pytest.mark.skipif(probe_level() is None, reason="this system has no sandbox")


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(["sandbox", "run", *words])
    return int(caught.value.code or 0)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "answer.py").write_text("import sys\nprint('six')\nsys.exit('seven')\n")
    return tmp_path / "answer.py"


def test_output_and_ending_are_shown_and_the_exit_code_is_not_the_programs(
    program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(str(program), "--allow-weak-sandbox") == 0
    first, second, last = capsys.readouterr().out.strip().splitlines()
    assert (first, second) == ("six", "seven")
    assert last.startswith("exit code 1; ")
    assert last.endswith(f"sandbox {probe_level()}")


def test_the_document_tells_everything(
    program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in.txt").write_text("x")
    words = (str(program), "--stdin", str(tmp_path / "in.txt"), "--timeout", "5", "--json", "-")
    assert run(*words, "--allow-weak-sandbox") == 0
    document = json.loads(capsys.readouterr().out)
    assert document.pop("wall_s") > 0
    assert document.pop("cpu_s") >= 0
    assert document == {
        "schema": "kdedge.sandbox/1",
        "file": str(program),
        "level": str(probe_level()),
        "timeout_s": 5.0,
        "exit_code": 1,
        "signal": None,
        "timed_out": False,
        "ending": "exit code 1",
        "stdout": {"text": "six\n", "n_bytes": 4, "cut": False},
        "stderr": {"text": "seven\n", "n_bytes": 6, "cut": False},
    }


def test_terminal_codes_are_shown_and_not_obeyed_and_long_lines_stay_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "p.py").write_text("print('\\x1b[2J\\r[red]\\tend')\nprint('y' * 500)\n")
    assert run(str(tmp_path / "p.py"), "--allow-weak-sandbox") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("\\x1b[2J\\r[red]")
    assert lines[1] == "y" * 500


def test_a_cut_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p.py").write_text("print('y' * 100_000)")
    assert run(str(tmp_path / "p.py"), "--allow-weak-sandbox") == 0
    assert "cut: 100,001 bytes in all" in capsys.readouterr().out


@pytest.mark.parametrize("timeout", ["0", "-1", "1e9", "soon"])
def test_a_timeout_that_cannot_be_is_a_usage_error(program: Path, timeout: str) -> None:
    assert run(str(program), "--timeout", timeout) == 2


def test_a_weak_sandbox_is_refused_unless_it_is_allowed(
    program: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(probe, "_holds", lambda level: level == "L1")
    probe.probe_level.cache_clear()
    try:
        assert run(str(program)) == 1
    finally:
        probe.probe_level.cache_clear()
    assert "--allow-weak-sandbox" in capsys.readouterr().err
