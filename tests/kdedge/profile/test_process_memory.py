import os
import sys
from pathlib import Path

import pytest

from kdedge.profile.process_memory import mapped_bytes, parse_status, read_sample, sample_of
from kdedge.profile.sampler_client import SamplerClient

STATUS = """Name:\tpython
VmHWM:\t  250000 kB
VmRSS:\t  240000 kB
RssAnon:\t  140000 kB
RssFile:\t  100000 kB
VmSwap:\t       0 kB
Threads:\t3
"""
ROLLUP = "Rss: 240000 kB\nPss_Anon: 139000 kB\nPss_File: 90000 kB\n"
SMAPS = """7f00-7f10 r--s 00000000 fd:01 4242   /models/a.gguf
Size:                200 kB
Rss:                 100 kB
7f20-7f30 r--s 00001000 fd:01 4242   /models/a.gguf
Rss:                  60 kB
7f40-7f50 rw-p 00000000 00:00 0
Rss:                 999 kB
7f60-7f70 r--p 00000000 fd:01 77   /usr/lib/libc.so
Rss:                 888 kB
"""


def test_sizes_are_read_in_bytes() -> None:
    assert parse_status(STATUS)["VmHWM"] == 250_000 * 1024
    assert "Threads" not in parse_status(STATUS)


def test_anonymous_memory_and_pages_of_files_are_told_apart() -> None:
    sample = sample_of(STATUS, ROLLUP)
    assert sample is not None
    assert sample.anon_bytes == 140_000 * 1024
    assert sample.file_bytes == 100_000 * 1024
    assert sample.pss_file_bytes == 90_000 * 1024


def test_a_process_that_ends_has_no_sample() -> None:
    assert sample_of("Name:\tpython\nState:\tZ (zombie)\n", "") is None


@pytest.mark.parametrize(("path", "inode"), [("/models/a.gguf", 0), ("/other/name", 4242)])
def test_only_the_pages_of_the_model_file_count(path: str, inode: int) -> None:
    assert mapped_bytes(SMAPS, path=path, inode=inode) == 160 * 1024


def test_a_process_that_is_gone_has_no_sample(tmp_path: Path) -> None:
    assert read_sample(1, proc=tmp_path) is None


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_sampler_sees_memory_that_comes_and_goes_between_two_marks() -> None:
    with SamplerClient(os.getpid(), Path(__file__)) as sampler:
        first = sampler.mark("start")
        block = bytearray(b"x" * 64 * 1024**2)
        held = sampler.mark("held")
        del block
        gone = sampler.mark("gone")
    grown = held["highest"]["anon_bytes"] - first["now"]["anon_bytes"]
    assert grown > 60 * 1024**2
    assert gone["now"]["anon_bytes"] < held["now"]["anon_bytes"]
    assert first["source"] == "/proc"
