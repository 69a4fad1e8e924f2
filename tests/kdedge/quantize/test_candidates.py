from pathlib import Path

import pytest

from kdedge.core.errors import KdedgeError
from kdedge.core.events import ignore
from kdedge.models.header import read_header
from kdedge.quantize.candidates import Kitchen, Recipe, worthwhile_types
from kdedge.quantize.overrides import Override
from tests.tiny_model import weights, write_model


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("kitchen") / "master.gguf", weights())


def kitchen(master: Path, folder: Path) -> Kitchen:
    return Kitchen(master=master, imatrix=None, requantize=False, folder=folder, sink=ignore)


def types(master: Path, *, max_bytes: int | None = None, few: bool = False) -> tuple[str, ...]:
    return worthwhile_types(master, imatrix=None, max_bytes=max_bytes, most_exact_only=few)


def test_a_candidate_is_no_larger_than_it_says_and_gone_after_its_trial(
    master: Path, tmp_path: Path
) -> None:
    overrides = tuple(Override(pattern=f"blk.0.(ffn_{kind}|{'x' * 300})", quant_type="Q8_0") for kind in ("up", "down"))  # fmt: skip
    recipe = Recipe(name="mine", file_type="Q4_0", overrides=overrides)
    candidate = kitchen(master, tmp_path).candidate(recipe)
    with candidate.made() as path:
        assert path.stem == "mine"
        assert path.stat().st_size <= candidate.file_bytes < path.stat().st_size + 4096
        assert read_header(path).file_type == "Q4_0"
    assert list(tmp_path.iterdir()) == []


def test_masters_and_types_that_buy_nothing_are_not_tried(master: Path) -> None:
    found = types(master)
    assert "Q8_0" in found
    assert not {"F32", "F16", "BF16", "Q2_K", "TQ1_0"} & set(found)


def test_only_the_largest_types_within_a_budget_can_be_the_most_exact(master: Path) -> None:
    some = types(master, max_bytes=110_000, few=True)
    every = types(master, max_bytes=110_000)
    assert len(some) == 4
    assert every[:4] == some
    assert "Q8_0" not in every


def test_a_budget_below_every_type_is_refused_with_the_smallest(master: Path) -> None:
    with pytest.raises(KdedgeError, match=r"the smallest makes 0\.1 MiB"):
        types(master, max_bytes=1000)
