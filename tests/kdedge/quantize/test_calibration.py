"""Texts for calibrating and for judging."""

from pathlib import Path

import pytest

from kdedge.core.errors import KdedgeError
from kdedge.quantize.calibration import (
    CALIBRATION_MODULES,
    HELD_OUT_MODULES,
    calibration_text,
    held_out_text,
    read_texts,
)


def test_no_module_is_both_calibrated_and_judged_on() -> None:
    assert not set(CALIBRATION_MODULES) & set(HELD_OUT_MODULES)


def test_the_built_in_texts_share_no_line_of_code_to_speak_of() -> None:
    ours = {line.strip() for line in calibration_text([]).text.splitlines() if len(line) > 60}
    theirs = {line.strip() for line in held_out_text([]).text.splitlines() if len(line) > 60}
    assert len(ours & theirs) <= 0.01 * len(theirs)


def test_the_built_in_texts_are_python_of_a_useful_length() -> None:
    for text, least in ((calibration_text([]), 200_000), (held_out_text([]), 60_000)):
        assert len(text.text) > least
        assert "def " in text.text
        assert text.name.startswith("python-library-")


def test_the_built_in_texts_are_the_same_every_time() -> None:
    assert held_out_text([]).sha256 == held_out_text([]).sha256
    assert held_out_text([]).sha256 != calibration_text([]).sha256


def test_files_follow_one_another_with_an_empty_line_between(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\n")
    (tmp_path / "b.txt").write_text("two\n\n")
    found = read_texts([tmp_path / "a.txt", tmp_path / "b.txt"])
    assert (found.text, found.name) == ("one\n\ntwo\n", "a.txt, b.txt")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"ab\xff")
    with pytest.raises(KdedgeError, match=r"no UTF-8 text \(byte 2\)"):
        read_texts([tmp_path / "a.bin"])


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KdedgeError, match="cannot be read: No such file"):
        read_texts([tmp_path / "none.txt"])


def test_a_python_without_its_sources_asks_for_a_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sysconfig.get_paths", lambda: {"stdlib": str(tmp_path)})
    with pytest.raises(KdedgeError, match="without the sources") as caught:
        held_out_text([])
    assert "--text" in caught.value.hint
