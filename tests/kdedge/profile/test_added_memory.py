"""What a profile itself takes, measured with its real processes before any model is loaded."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tiny_gguf import tiny_llama

PROMISED_BYTES = 80 * 1024**2
# A process of its own, because the one that runs the tests holds far more than a profile does.
PROFILE_BEFORE_LOADING = """
import os, sys
from pathlib import Path
import kdedge.cli.main, kdedge.cli.profile, kdedge.profile.run
from kdedge.profile.instruments import Instruments
from kdedge.profile.memory_phase import _added_bytes
path = Path(sys.argv[1])
instruments = Instruments()
with instruments.timing(path) as child, instruments.watcher(child.pid, path) as sampler:
    sampler.mark("start")
    print(_added_bytes([os.getpid(), sampler.pid, child.pid]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells shared pages apart")
def test_a_profile_adds_at_most_80_mib_to_the_models_own_memory(tmp_path: Path) -> None:
    path = tmp_path / "tiny.gguf"
    path.write_bytes(tiny_llama().to_bytes())
    words = [sys.executable, "-c", PROFILE_BEFORE_LOADING, str(path)]
    said = subprocess.run(words, capture_output=True, text=True, check=True)
    added_bytes = int(said.stdout)
    assert 10 * 1024**2 < added_bytes <= PROMISED_BYTES
