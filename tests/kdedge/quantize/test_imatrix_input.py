from pathlib import Path

import numpy as np
import pytest

from kdedge.core.errors import KdedgeError
from kdedge.models.header import Header, read_header
from kdedge.quantize.imatrix_file import Imatrix, ImatrixEntry, write_imatrix
from kdedge.quantize.imatrix_input import imatrix_for
from tests.tiny_model import weights, write_model

NAMES = [f"blk.{layer}.{kind}.weight" for layer in (0, 1) for kind in ("attn_q", "ffn_down")]
WIDTHS = {"attn_q": 64, "ffn_down": 96}


@pytest.fixture(scope="module")
def header(tmp_path_factory: pytest.TempPathFactory) -> Header:
    return read_header(write_model(tmp_path_factory.mktemp("model") / "model.gguf", weights()))


def entry(width: int, *, tokens: float = 10.0) -> ImatrixEntry:
    return ImatrixEntry(
        sums=np.arange(1.0, width + 1)[None, :], counts=np.array([tokens], dtype=np.float64)
    )


def usual_entries() -> dict[str, ImatrixEntry]:
    return {name: entry(WIDTHS[name.split(".")[2]]) for name in NAMES}


def written(tmp_path: Path, entries: dict[str, ImatrixEntry]) -> Path:
    path = tmp_path / "code.imatrix.gguf"
    imatrix = Imatrix(entries=entries, datasets=("code.txt",), n_chunks=7, chunk_tokens=64)
    write_imatrix(path, imatrix)
    return path


def test_the_child_gets_the_mean_squares_one_tensor_after_another(
    tmp_path: Path, header: Header
) -> None:
    with imatrix_for(written(tmp_path, usual_entries()), header=header) as found:
        assert found is not None
        numbers = np.fromfile(found.raw.path, dtype=np.float32)
        for name, start, length in found.raw.entries:
            width = WIDTHS[name.split(".")[2]]
            expected = np.arange(1, width + 1, dtype=np.float32) / np.float32(10)
            assert np.array_equal(numbers[start : start + length], expected)
        assert found.names == set(NAMES)
    assert not found.raw.path.exists(), "the temporary numbers go with the context"


def test_what_the_file_says_of_itself_is_told_on(tmp_path: Path, header: Header) -> None:
    with imatrix_for(written(tmp_path, usual_entries()), header=header) as found:
        assert found is not None
        facts = found.facts
    assert (facts.file_name, facts.dataset, facts.n_chunks, facts.n_entries) == (
        "code.imatrix.gguf",
        "code.txt",
        7,
        4,
    )
    assert len(facts.sha256) == 64


def test_an_imatrix_of_another_width_is_refused(tmp_path: Path, header: Header) -> None:
    entries = usual_entries() | {NAMES[0]: entry(128)}
    with (
        pytest.raises(KdedgeError, match=r"attn_q.weight has 128 numbers there and 64"),
        imatrix_for(written(tmp_path, entries), header=header),
    ):
        pass


def test_an_imatrix_with_tensors_the_model_lacks_is_refused(
    tmp_path: Path, header: Header
) -> None:
    entries = usual_entries() | {"blk.2.attn_q.weight": entry(64)}
    with (
        pytest.raises(KdedgeError, match=r"has blk.2.attn_q.weight, the model does not") as caught,
        imatrix_for(written(tmp_path, entries), header=header),
    ):
        pass
    assert "kdedge imatrix" in caught.value.hint


def test_an_imatrix_of_fewer_layers_is_refused(tmp_path: Path, header: Header) -> None:
    entries = {name: each for name, each in usual_entries().items() if "blk.0" in name}
    with (
        pytest.raises(KdedgeError, match="nothing about block 1"),
        imatrix_for(written(tmp_path, entries), header=header),
    ):
        pass


def test_no_path_is_no_imatrix(header: Header) -> None:
    with imatrix_for(None, header=header) as found:
        assert found is None
