import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kdedge.convert.proof_folder import proof_folder
from kdedge.core.errors import KdedgeError

KILLED = (
    "import os, signal, sys\nfrom pathlib import Path\n"
    "from kdedge.convert.proof_folder import proof_folder\n"
    "with proof_folder(Path(sys.argv[1])) as folder:\n"
    "    (folder / 'large').write_text('x')\n    os.kill(os.getpid(), signal.SIGKILL)\n"
)


def test_the_folder_lies_beside_the_target_and_is_gone_afterwards(tmp_path: Path) -> None:
    with proof_folder(tmp_path / "out.gguf") as folder:
        (folder / "copy").write_text("x")
        assert folder.parent == tmp_path
    assert not any(tmp_path.iterdir())


def test_the_folder_is_gone_after_an_interruption(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), proof_folder(tmp_path / "out.gguf"):
        raise KeyboardInterrupt
    assert not any(tmp_path.iterdir())


def test_what_a_killed_proof_left_is_removed_by_the_next(tmp_path: Path) -> None:
    target = tmp_path / "out.gguf"
    killed = subprocess.run([sys.executable, "-c", KILLED, str(target)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 1
    with proof_folder(target) as folder:
        assert list(tmp_path.iterdir()) == [folder]


def test_the_folder_of_a_proof_at_work_is_left_alone(tmp_path: Path) -> None:
    with proof_folder(tmp_path / "1.gguf") as first:
        with proof_folder(tmp_path / "2.gguf") as second:
            assert first.is_dir()
            assert second.is_dir()
        assert first.is_dir()


def test_a_link_in_place_of_a_folder_is_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (tmp_path / "at").mkdir()
    Path(tmp_path / "at" / ".kdedge-proof-x").symlink_to(precious)
    with proof_folder(tmp_path / "at" / "out.gguf"):
        pass
    assert precious.is_dir()


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(KdedgeError, match="does not exist"),
        proof_folder(tmp_path / "missing" / "out.gguf"),
    ):
        pass
