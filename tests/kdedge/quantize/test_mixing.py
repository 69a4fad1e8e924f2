"""The whole search, on a small model that llama.cpp really runs."""

from pathlib import Path

import pytest

from kdedge.core.errors import KdedgeError
from kdedge.models.header import read_header
from kdedge.quantize.calibration import Text
from kdedge.quantize.divergence import DivergenceOptions
from kdedge.quantize.imatrix import GatherOptions, gather_imatrix
from kdedge.quantize.mixing import MixBudget, Mixed, MixJob, find_mix
from kdedge.quantize.quantize import quantize_model
from kdedge.quantize.search import SearchOptions
from tests.tiny_model import weights, write_model

TEXT = "".join(chr(33 + number * number % 90) for number in range(300))
TYPES = ("Q4_0", "Q5_0", "Q8_0")
DIVERGENCE = DivergenceOptions(chunk_tokens=64, n_chunks=2, n_threads=1)


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "master.gguf", weights())


@pytest.fixture(scope="module")
def imatrix(master: Path) -> Path:
    target = master.parent / "imatrix.gguf"
    options = GatherOptions(chunk_tokens=64, n_chunks=2, n_threads=1)
    gather_imatrix(master, Text(name="text", text=TEXT), target, options=options)
    return target


def job(master: Path, imatrix: Path | None, **changes: object) -> MixJob:
    whole = {
        "master": master,
        "imatrix": imatrix,
        "text": TEXT,
        "folder": master.parent,
        "divergence": DIVERGENCE,
        "search": SearchOptions(n_probes=1),
        "quant_types": TYPES,
        **changes,
    }
    return MixJob(**whole)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def uniform_bytes(master: Path) -> int:
    target = master.parent / "uniform.gguf"
    return quantize_model(master, target, file_type="Q5_0").file_bytes


@pytest.fixture(scope="module")
def mixed(master: Path, imatrix: Path, uniform_bytes: int) -> Mixed:
    return find_mix(job(master, imatrix), MixBudget(file_bytes=uniform_bytes + 16 * 1024))


def test_the_quantiser_gives_every_tensor_the_type_of_the_mix(
    master: Path, imatrix: Path, mixed: Mixed
) -> None:
    target = master.parent / "mix.gguf"
    quantize_model(
        master,
        target,
        file_type=mixed.file_type,
        overrides=mixed.overrides,
        imatrix=imatrix,
    )
    types = {each.name: each.quant_type for each in read_header(target).tensors}
    assert {name: types[name] for name in mixed.found.best.types} == mixed.found.best.types
    assert "token_embd.weight" in mixed.found.best.types
    assert "output.weight" in mixed.found.best.types


def test_the_file_has_no_more_bytes_than_the_budget(
    master: Path, imatrix: Path, mixed: Mixed, uniform_bytes: int
) -> None:
    target = master.parent / "sized.gguf"
    made = quantize_model(
        master, target, file_type=mixed.file_type, overrides=mixed.overrides, imatrix=imatrix
    )
    assert made.file_bytes <= uniform_bytes + 16 * 1024


def test_the_measured_mix_is_no_worse_than_one_type_everywhere(
    master: Path, mixed: Mixed, uniform_bytes: int
) -> None:
    everything = find_mix(
        job(master, None, quant_types=("Q5_0",)),
        MixBudget(file_bytes=uniform_bytes + 16 * 1024),
    )
    assert set(everything.found.best.types.values()) == {"Q5_0"}
    assert mixed.found.best.kl <= everything.found.best.kl


def test_nothing_is_left_in_the_folder(master: Path, mixed: Mixed) -> None:
    assert mixed.found.tried
    assert not list(master.parent.glob(".kdedge-mix-*"))


def test_speed_counts_when_a_limit_is_given(
    master: Path, imatrix: Path, uniform_bytes: int
) -> None:
    def slow_q8(path: Path) -> float:
        tensors = [each for each in read_header(path).tensors if "token_embd" not in each.name]
        slow = sum(each.n_elements for each in tensors if each.quant_type == "Q8_0")
        return 1.0 + 10 * slow / sum(each.n_elements for each in tensors)

    found = find_mix(
        job(master, imatrix),
        MixBudget(file_bytes=2 * uniform_bytes, most_seconds=1.5, decode_seconds=slow_q8),
    )
    assert found.found.best.decode_seconds is not None
    assert found.found.best.decode_seconds <= 1.5
    assert list(found.found.best.types.values()).count("Q5_0") > 8
    assert found.seconds_per_weight is not None
    assert found.seconds_per_weight["Q8_0"] > found.seconds_per_weight["Q5_0"]


def test_a_quantised_master_is_refused(master: Path) -> None:
    small = master.parent / "small.gguf"
    quantize_model(master, small, file_type="Q8_0")
    with pytest.raises(KdedgeError, match=r"small\.gguf is already quantised"):
        find_mix(job(small, None), MixBudget(file_bytes=10**9))


def test_a_budget_smaller_than_every_mix_is_refused(master: Path) -> None:
    with pytest.raises(KdedgeError, match="smallest mix"):
        find_mix(job(master, None), MixBudget(file_bytes=20_000))
