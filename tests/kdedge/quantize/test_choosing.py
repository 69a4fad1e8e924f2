"""Choosing among files that are really made and run."""

from pathlib import Path

import pytest

from kdedge.core.errors import GateError
from kdedge.models.header import read_header
from kdedge.quantize.calibration import Text
from kdedge.quantize.choice import Limits
from kdedge.quantize.choice_document import choice_block, choice_rows
from kdedge.quantize.choosing import MIX, ChoiceOrder, Choosing, MeasuredElsewhere
from kdedge.quantize.divergence import DivergenceOptions
from kdedge.quantize.search import SearchOptions
from tests.tiny_model import weights, write_model

TEXT = Text(name="text", text="".join(chr(33 + number * number % 90) for number in range(300)))
SEARCH_TEXT = Text(name="other", text=TEXT.text[::-1])
DIVERGENCE = DivergenceOptions(chunk_tokens=64, n_chunks=2, n_threads=1)
KIB = 1024


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "master.gguf", weights())


def choosing(
    master: Path,
    target: Path,
    limits: Limits,
    *,
    mix: bool = False,
    elsewhere: MeasuredElsewhere | None = None,
) -> Choosing:
    order = ChoiceOrder(
        source=master,
        target=target,
        limits=limits,
        imatrix=None,
        judged_on=TEXT,
        searched_on=SEARCH_TEXT if mix else None,
        divergence=DIVERGENCE,
        search=SearchOptions(n_probes=1, n_looks=1),
    )
    return Choosing(order, elsewhere=elsewhere or MeasuredElsewhere())


def test_the_smallest_type_that_loses_little_enough_is_written(
    master: Path, tmp_path: Path
) -> None:
    work = choosing(master, tmp_path / "small.gguf", Limits(max_kl=0.02))
    choice = work.choose()
    made = work.write(choice)
    assert choice.chosen is not None
    assert choice.chosen.mean_kl is not None
    assert choice.chosen.mean_kl <= 0.02
    smaller = [each for each in choice.tried if each.file_bytes < choice.chosen.file_bytes]
    assert smaller
    assert all("mean KL" in (each.lost or "") for each in smaller)
    assert read_header(made.made.path).file_type == choice.chosen.name
    assert [path.name for path in tmp_path.iterdir()] == ["small.gguf"]


def test_within_a_budget_a_mix_competes_with_the_plain_types(master: Path, tmp_path: Path) -> None:
    plain = choosing(master, tmp_path / "plain.gguf", Limits(max_bytes=80 * KIB)).choose()
    work = choosing(master, tmp_path / "mix.gguf", Limits(max_bytes=80 * KIB), mix=True)
    choice = work.choose()
    assert MIX in [each.name for each in choice.tried]
    assert choice.chosen is not None
    assert plain.chosen is not None
    assert (choice.chosen.mean_kl or 0) <= (plain.chosen.mean_kl or 0)
    assert work.write(choice).made.file_bytes <= 80 * KIB


def test_nothing_is_written_when_nothing_meets_the_limits(master: Path, tmp_path: Path) -> None:
    work = choosing(master, tmp_path / "none.gguf", Limits(max_kl=0.0, max_bytes=80 * KIB))
    choice = work.choose()
    with pytest.raises(GateError):
        work.write(choice)
    assert not list(tmp_path.iterdir())


def test_speed_and_solved_problems_come_from_elsewhere(master: Path, tmp_path: Path) -> None:
    def decode_seconds(path: Path) -> float:
        return 0.1 if path.stem == "IQ4_NL" else 0.02

    solved: list[str] = []

    def pass_at_1(path: Path) -> float:
        solved.append(path.stem)
        return 0.5

    limits = Limits(min_decode_tokens_per_s=20, max_pass_drop=0.0)
    elsewhere = MeasuredElsewhere(decode_seconds=decode_seconds, pass_at_1=pass_at_1)
    work = choosing(master, tmp_path / "fast.gguf", limits, elsewhere=elsewhere)
    choice = work.choose()
    lost = {each.name: each.lost or "" for each in choice.tried}
    assert lost["IQ4_NL"].startswith("decodes 10.0 tokens/s")
    assert choice.chosen is not None
    assert solved == ["master", choice.chosen.name]


def test_the_document_tells_every_candidate_and_the_limits(master: Path, tmp_path: Path) -> None:
    limits = Limits(max_kl=0.02)
    work = choosing(master, tmp_path / "small.gguf", limits)
    choice = work.choose()
    block = choice_block(choice, limits=limits, text=TEXT, divergences=work.divergences)
    assert block["limits"] == {
        "max_bytes": None, "max_kl": 0.02, "min_decode_tokens_per_s": None, "max_pass_drop": None,
    }  # fmt: skip
    tried = block["tried"]
    assert isinstance(tried, list)
    taken = next(each for each in tried if each["name"] == block["chosen"])
    assert taken["lost"] is None
    assert {"mean_kl", "mean_kl_ci95", "p99_kl", "top1_agreement"} <= set(taken)
    assert [row[-1] for row in choice_rows(choice)].count("taken") == 1
