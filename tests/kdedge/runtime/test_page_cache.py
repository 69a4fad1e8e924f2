import sys
from pathlib import Path

import pytest

from kdedge.runtime.page_cache import cached_fraction, drop_from_cache

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel")


def test_a_file_just_written_is_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 300_000)
    assert cached_fraction(path) == 1.0


def test_nothing_is_known_of_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    assert cached_fraction(path) is None


def test_the_kernel_is_asked_to_forget_a_file_and_its_content_stays(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 300_000)
    assert drop_from_cache(path)
    fraction = cached_fraction(path)
    assert fraction is not None
    assert 0 <= fraction <= 1
    assert path.read_bytes() == b"x" * 300_000
