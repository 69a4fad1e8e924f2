import errno
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gguf import GGUFReader

from kdedge_converters import partial_file, writer
from kdedge_converters.conversion import ConversionPlan, ConversionResult, Dtype, write_conversion
from kdedge_converters.errors import ConversionError
from kdedge_converters.gguf_values import text
from kdedge_converters.planned import PlannedTensor
from tests.tiny_checkpoint import bf16, plan_all, write_checkpoint

MATRIX = bf16(np.arange(48, dtype=np.float32).reshape(6, 8))
NORM = bf16(np.ones(8, np.float32))
ARRAYS = {"token_embd.weight": MATRIX, "norm.weight": NORM, "odd.weight": MATRIX[:1, :3]}


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return write_checkpoint(tmp_path / "checkpoint", ARRAYS)


def write(plan: ConversionPlan, target: Path) -> ConversionResult:
    return write_conversion(plan, target, progress=lambda *_: None)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def tensors_of(path: Path) -> dict[str, tuple[str, Any]]:
    return {each.name: (each.tensor_type.name, each.data) for each in GGUFReader(path).tensors}


def test_stored_bits_arrive_untouched(checkpoint: Path, tmp_path: Path) -> None:
    made = write(plan_all(checkpoint), tmp_path / "out.gguf")
    found = tensors_of(tmp_path / "out.gguf")
    assert made.dtype == "BF16"
    assert made.n_tensors == 3
    assert made.file_bytes == (tmp_path / "out.gguf").stat().st_size
    assert found["token_embd.weight"][0] == "BF16"
    assert found["token_embd.weight"][1].tobytes() == MATRIX.tobytes()
    assert found["norm.weight"][0] == "F32"
    assert found["norm.weight"][1].tolist() == [1.0] * 8


@pytest.mark.parametrize(
    ("dtype", "kind", "number"), [("f32", "F32", 0), ("f16", "F16", 1), ("bf16", "BF16", 32)]
)
def test_matrices_get_the_type_asked_for(
    checkpoint: Path, tmp_path: Path, dtype: Dtype, kind: str, number: int
) -> None:
    assert write(plan_all(checkpoint, dtype=dtype), tmp_path / "out.gguf").dtype == kind
    assert tensors_of(tmp_path / "out.gguf")["odd.weight"][0] == kind
    reader = GGUFReader(tmp_path / "out.gguf")
    assert reader.fields["general.file_type"].contents() == number
    assert reader.fields["general.architecture"].contents() == "tiny"
    assert "general.name" not in reader.fields


def test_the_sha256_is_that_of_the_file(checkpoint: Path, tmp_path: Path) -> None:
    import hashlib

    made = write(plan_all(checkpoint), tmp_path / "out.gguf")
    assert hashlib.sha256((tmp_path / "out.gguf").read_bytes()).hexdigest() == made.sha256


def test_two_folders_with_the_same_files_give_the_same_bytes(
    checkpoint: Path, tmp_path: Path
) -> None:
    other = tmp_path / "elsewhere" / "another name"
    shutil.copytree(checkpoint, other)
    first = write(plan_all(checkpoint), tmp_path / "1.gguf")
    assert write(plan_all(other), tmp_path / "2.gguf").sha256 == first.sha256


def test_slices_make_no_difference(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_all(checkpoint, dtype="f32")
    turned = PlannedTensor(
        name="turned",
        sources=("token_embd.weight",),
        shape=(8, 6),
        build=lambda sources: sources[0].T,
        arithmetic=lambda numbers: numbers + np.float32(1),
    )
    plan = replace(plan, tensors=(*plan.tensors, turned))
    whole = write(plan, tmp_path / "1.gguf")
    monkeypatch.setattr(writer, "SLICE_NUMBERS", 5)
    assert write(plan, tmp_path / "2.gguf").sha256 == whole.sha256
    found = tensors_of(tmp_path / "2.gguf")["turned"][1]
    assert np.array_equal(found, np.arange(48).reshape(6, 8).T + 1)


def test_a_tensor_with_a_nan_leaves_no_file(tmp_path: Path) -> None:
    broken = MATRIX.copy()
    broken[3, 3] = 0x7FC0
    directory = write_checkpoint(tmp_path / "checkpoint", {"good": MATRIX, "bad": broken})
    with pytest.raises(ConversionError, match=r"bad .* NaN"):
        write(plan_all(directory), tmp_path / "out.gguf")
    assert names_in(tmp_path) == ["checkpoint"]


def test_a_tensor_too_large_for_f16_leaves_no_file(tmp_path: Path) -> None:
    large = bf16(np.full((2, 2), 131072, np.float32))
    directory = write_checkpoint(tmp_path / "checkpoint", {"large": large})
    with pytest.raises(ConversionError, match="F16 ends"):
        write(plan_all(directory, dtype="f16"), tmp_path / "out.gguf")
    assert names_in(tmp_path) == ["checkpoint"]


def test_ctrl_c_leaves_the_earlier_file(checkpoint: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.gguf"
    target.write_text("earlier")

    def stop(done: int, *_: object) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_conversion(plan_all(checkpoint), target, progress=stop)
    assert target.read_text() == "earlier"
    assert names_in(tmp_path) == ["checkpoint", "out.gguf"]


def test_a_disk_without_room_is_refused_before_a_byte(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1024)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(ConversionError, match="0 MiB are free"):
        write(plan_all(checkpoint), tmp_path / "out.gguf")


def test_a_disk_that_fills_up_leaves_no_file(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(partial_file.os, "fsync", full)
    with pytest.raises(ConversionError, match="disk is full"):
        write(plan_all(checkpoint), tmp_path / "out.gguf")
    assert names_in(tmp_path) == ["checkpoint"]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("missing/out.gguf", "does not exist"),
        ("checkpoint", "is a folder"),
        ("checkpoint/model.safetensors", "file of the checkpoint"),
        ("checkpoint/config.json", "file of the checkpoint"),
        ("checkpoint/model.safetensors/out.gguf", "not written"),
        ("link.gguf", "file of the checkpoint"),
        ("x" * 255, "not written"),
    ],
)
def test_a_target_that_cannot_be_is_refused(
    checkpoint: Path, tmp_path: Path, target: str, words: str
) -> None:
    (tmp_path / "link.gguf").symlink_to(checkpoint / "model.safetensors")
    before = (checkpoint / "model.safetensors").read_bytes()
    with pytest.raises(ConversionError, match=words):
        write(plan_all(checkpoint), tmp_path / target)
    assert (checkpoint / "model.safetensors").read_bytes() == before


def test_a_folder_that_may_not_be_written_is_refused(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(partial_file.os, "open", forbidden)
    with pytest.raises(ConversionError, match="no permission"):
        write(plan_all(checkpoint), tmp_path / "out.gguf")


def test_a_second_conversion_to_the_same_place_is_refused(
    checkpoint: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out.gguf"
    with partial_file.partial_file(target) as file:
        file.write(b"first")
        with pytest.raises(ConversionError, match="Another conversion"):
            write(plan_all(checkpoint), target)
    assert target.read_bytes() == b"first"


def test_what_a_killed_conversion_left_is_taken_over(checkpoint: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.gguf"
    code = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from kdedge_converters.partial_file import partial_file\n"
        "with partial_file(Path(sys.argv[1])) as file:\n"
        "    file.write(b'x' * 99999)\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(target)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not target.exists()
    write(plan_all(checkpoint), target)
    assert set(tensors_of(target)) == set(ARRAYS)
    assert names_in(tmp_path) == ["checkpoint", "out.gguf"]


def test_a_partial_file_that_is_a_link_is_not_followed(checkpoint: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / ".out.gguf.partial").symlink_to(victim)
    with pytest.raises(ConversionError, match="not written"):
        write(plan_all(checkpoint), tmp_path / "out.gguf")
    assert victim.read_text() == "precious"


def test_text_that_is_no_unicode_is_refused_by_the_plan(checkpoint: Path) -> None:
    plan = plan_all(checkpoint).with_entries([text("tokenizer.chat_template", "\ud800")])
    with pytest.raises(ConversionError, match="no GGUF file holds"):
        plan.layout()


def test_each_tensor_keeps_the_type_it_is_stored_in(tmp_path: Path) -> None:
    arrays = {"a": MATRIX, "b": np.ones((2, 2), np.float16), "c": np.ones((2, 2), np.float32)}
    plan = plan_all(write_checkpoint(tmp_path, arrays))
    assert [kind.name for kind in plan.number_types.values()] == ["BF16", "F16", "F32"]
    assert plan.main_type.name == "BF16"
