import os
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from kdedge.core.errors import KdedgeError
from kdedge.core.events import Event, Note, Progress
from kdedge.models.header import read_header
from kdedge.quantize.imatrix_file import Imatrix, ImatrixEntry, write_imatrix
from kdedge.quantize.overrides import Override
from kdedge.quantize.quantize import quantize_model
from tests.tiny_model import weights, write_model


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("master") / "master.gguf", weights())


@pytest.fixture(scope="module")
def imatrix(master: Path) -> Path:
    """Columns that differ by a factor of a thousand, so that weighting them shows."""
    entries = {
        name: ImatrixEntry(
            sums=np.geomspace(1, 1000, values.shape[-1])[None, :], counts=np.array([1.0])
        )
        for name, values in weights().items()
        if name.startswith("blk.") and values.ndim == 2
    }
    path = master.parent / "code.imatrix.gguf"
    write_imatrix(path, Imatrix(entries=entries, datasets=("code",), n_chunks=3, chunk_tokens=64))
    return path


def left_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def at_first_tensor(action: Callable[[], None]) -> Callable[[Event], None]:
    """Return a sink that does something as soon as writing has begun."""
    seen: list[Event] = []

    def sink(event: Event) -> None:
        if isinstance(event, Progress) and event.phase.startswith("to ") and not seen:
            seen.append(event)
            action()

    return sink


class Made(NamedTuple):
    types: dict[str, str]
    data: bytes


def made(master: Path, target: Path, file_type: str, imatrix: Path | None = None) -> Made:
    quantize_model(master, target, file_type=file_type, imatrix=imatrix)
    header = read_header(target)
    types = {each.name: each.quant_type for each in header.tensors}
    return Made(types=types, data=target.read_bytes()[header.data_offset :])


def test_the_file_is_what_was_planned(master: Path, tmp_path: Path) -> None:
    target = tmp_path / "small.gguf"
    found = quantize_model(master, target, file_type="Q4_K_M")
    header = read_header(target)
    assert found.file_type == header.file_type == "Q4_K_M"
    assert {row.tensor: row.to_type for row in found.plan.rows} == {
        each.name: each.quant_type for each in header.tensors
    }
    assert header.file_bytes == found.file_bytes == target.stat().st_size
    assert 0 <= found.file_bytes - found.plan.file_bytes < 2048, "the lineage"


def test_the_same_work_gives_the_same_bytes(master: Path, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        shutil.copy(master, tmp_path / folder / "master.gguf")
        source = tmp_path / folder / "master.gguf"
        quantize_model(source, tmp_path / folder / "small.gguf", file_type="Q4_0")
    first, again = ((tmp_path / each / "small.gguf").read_bytes() for each in "ab")
    assert first == again


def test_the_file_names_its_source_and_recipe(master: Path, tmp_path: Path) -> None:
    target = tmp_path / "small.gguf"
    overrides = [Override(pattern=f"blk.0.(ffn_{kind}|{'x' * 60})", quant_type="Q8_0") for kind in ("up", "down", "gate")]  # fmt: skip
    found = quantize_model(master, target, file_type="Q4_0", overrides=overrides)
    metadata = read_header(target).metadata
    assert metadata["kdedge.source.sha256"] == found.source_sha256
    assert metadata["kdedge.source.file"] == "master.gguf"
    parts = [metadata[f"kdedge.quantize.overrides.{number}"] for number in range(2)]
    assert "".join(map(str, parts)).startswith("blk.0.(ffn_up|xxx")


def test_an_imatrix_weights_the_rounding_and_is_told(
    master: Path, imatrix: Path, tmp_path: Path
) -> None:
    plain = made(master, tmp_path / "plain.gguf", "Q4_1")
    weighted = made(master, tmp_path / "weighted.gguf", "Q4_1", imatrix)
    assert plain.types == weighted.types
    assert plain.data != weighted.data
    metadata = read_header(tmp_path / "weighted.gguf").metadata
    assert metadata["quantize.imatrix.file"] == "code.imatrix.gguf"
    assert metadata["quantize.imatrix.entries_count"] == 14
    assert len(str(metadata["kdedge.imatrix.sha256"])) == 64


def test_an_override_gives_a_tensor_its_type(master: Path, tmp_path: Path) -> None:
    target = tmp_path / "small.gguf"
    override = Override(pattern="ffn_down", quant_type="Q8_0")
    quantize_model(master, target, file_type="Q4_0", overrides=[override])
    types = {each.name: each.quant_type for each in read_header(target).tensors}
    assert types["blk.0.ffn_down.weight"] == "Q8_0"
    assert types["blk.0.ffn_up.weight"] == "Q4_0"


def test_progress_names_every_tensor_once(master: Path, tmp_path: Path) -> None:
    events: list[Event] = []
    quantize_model(master, tmp_path / "small.gguf", file_type="Q8_0", sink=events.append)
    steps = [each for each in events if isinstance(each, Progress) and each.phase == "to Q8_0"]
    assert {step.detail for step in steps} == set(weights())
    assert [step.done for step in steps] == list(range(1, len(weights()) + 1))
    assert {step.total for step in steps} == {len(weights())}


def test_what_is_quantised_already_is_refused_unless_told(master: Path, tmp_path: Path) -> None:
    once, twice = tmp_path / "once.gguf", tmp_path / "twice.gguf"
    quantize_model(master, once, file_type="Q8_0")
    with pytest.raises(KdedgeError, match=r"already quantised \(Q8_0\)"):
        quantize_model(once, twice, file_type="Q4_0")
    assert not twice.exists()
    events: list[Event] = []
    quantize_model(once, twice, file_type="Q4_0", requantize=True, sink=events.append)
    assert any(isinstance(each, Note) and "costs quality" in each.text for each in events)
    told = read_header(twice).metadata["kdedge.quantised_twice"]
    assert told == "from Q8_0: costs quality twice"


@pytest.mark.parametrize("link", [None, os.link, os.symlink])
def test_the_file_that_is_read_is_never_written(
    master: Path, tmp_path: Path, link: Callable[[Path, Path], None] | None
) -> None:
    source = tmp_path / "source.gguf"
    shutil.copy(master, source)
    target = source
    if link is not None:
        target = tmp_path / "other_name.gguf"
        link(source, target)
    with pytest.raises(KdedgeError, match="is a file to be read"):
        quantize_model(source, target, file_type="Q4_0")
    assert source.read_bytes() == master.read_bytes()


def test_the_imatrix_is_never_written(master: Path, imatrix: Path) -> None:
    before = imatrix.read_bytes()
    with pytest.raises(KdedgeError, match="is a file to be read"):
        quantize_model(master, imatrix, file_type="Q4_0", imatrix=imatrix)
    assert imatrix.read_bytes() == before


@pytest.mark.parametrize("file_type", ["Q1_0", "Q4_K_L"])
def test_a_type_that_cannot_be_made_leaves_nothing(
    master: Path, tmp_path: Path, file_type: str
) -> None:
    with pytest.raises(KdedgeError):
        quantize_model(master, tmp_path / "small.gguf", file_type=file_type)
    assert left_in(tmp_path) == []


def test_a_missing_folder_is_told_before_anything_is_read(master: Path, tmp_path: Path) -> None:
    with pytest.raises(KdedgeError, match=r"folder .* does not exist"):
        quantize_model(master, tmp_path / "no" / "small.gguf", file_type="Q4_0")


@pytest.mark.parametrize("target", ["", "/dev/null"])
def test_a_target_that_is_no_file_is_refused(master: Path, tmp_path: Path, target: str) -> None:
    with pytest.raises(KdedgeError, match="is no file"):
        quantize_model(master, tmp_path / target, file_type="Q4_0")


def test_numbers_that_are_not_finite_are_told(tmp_path: Path) -> None:
    tensors = weights()
    tensors["blk.1.attn_q.weight"][3, 5] = np.nan
    source = write_model(tmp_path / "nan.gguf", tensors)
    with pytest.raises(KdedgeError, match=r"not finite|cannot store"):
        quantize_model(source, tmp_path / "small.gguf", file_type="Q4_0")
    assert left_in(tmp_path) == ["nan.gguf"]


def test_too_little_space_is_told_before_work(
    master: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(KdedgeError, match="needs 0 MiB and 0 MiB are free"):
        quantize_model(master, tmp_path / "small.gguf", file_type="Q4_0")
    assert left_in(tmp_path) == []


@contextmanager
def largest_file(n_bytes: int) -> Iterator[None]:
    """Let no file of this process and those it starts grow larger, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_fills_up_is_told_and_leaves_nothing(master: Path, tmp_path: Path) -> None:
    with (
        largest_file(40_000),
        pytest.raises(KdedgeError, match="the disk is full, or a limit on file sizes"),
    ):
        quantize_model(master, tmp_path / "small.gguf", file_type="Q8_0")
    assert left_in(tmp_path) == []


def test_a_source_that_changes_meanwhile_gives_nothing(master: Path, tmp_path: Path) -> None:
    source = tmp_path / "source.gguf"
    shutil.copy(master, source)
    sink = at_first_tensor(lambda: os.utime(source, ns=(1, 1)))
    with pytest.raises(KdedgeError, match="changed while it was quantised"):
        quantize_model(source, tmp_path / "small.gguf", file_type="Q4_0", sink=sink)
    assert left_in(tmp_path) == ["source.gguf"]


def test_an_earlier_file_stays_until_the_new_one_is_whole(master: Path, tmp_path: Path) -> None:
    target = tmp_path / "small.gguf"
    target.write_text("earlier")

    def stop() -> None:
        assert target.read_text() == "earlier"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        quantize_model(master, target, file_type="Q4_0", sink=at_first_tensor(stop))
    assert (left_in(tmp_path), target.read_text()) == (["small.gguf"], "earlier")
    quantize_model(master, target, file_type="Q4_0")
    assert read_header(target).file_type == "Q4_0"


def wide_master(folder: Path) -> Path:
    """Return a model whose rows are whole blocks of 256, written with one tensor made wide."""
    tensors = weights()
    tensors["blk.0.ffn_up.weight"] = np.ones((8, 256), dtype=np.float32)
    return write_model(folder / "wide.gguf", tensors)


def test_a_type_that_needs_an_imatrix_says_so_before_work(tmp_path: Path) -> None:
    source = wide_master(tmp_path)
    with pytest.raises(KdedgeError, match=r"IQ2_XS needs an imatrix for blk.0.ffn_up") as caught:
        quantize_model(source, tmp_path / "small.gguf", file_type="IQ2_XS")
    assert "--imatrix" in caught.value.hint
    assert left_in(tmp_path) == ["wide.gguf"]


def test_an_imatrix_without_the_tensor_that_needs_it_is_refused(tmp_path: Path) -> None:
    source = wide_master(tmp_path)
    entries = {
        f"blk.{layer}.attn_q.weight": ImatrixEntry(sums=np.ones((1, 64)), counts=np.ones(1))
        for layer in (0, 1)
    }
    path = tmp_path / "thin.imatrix.gguf"
    write_imatrix(path, Imatrix(entries=entries, n_chunks=1, chunk_tokens=64))
    with pytest.raises(KdedgeError, match=r"lacks blk.0.ffn_up.weight, and IQ2_XS needs it"):
        quantize_model(source, tmp_path / "small.gguf", file_type="IQ2_XS", imatrix=path)
