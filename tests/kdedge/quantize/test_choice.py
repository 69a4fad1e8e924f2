from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kdedge.core.errors import GateError, KdedgeError
from kdedge.quantize.choice import Candidate, Limits, Measurements, choose_quantization

MIB = 1024**2
KL = {"Q4_0": 0.2, "IQ4_NL": 0.1, "Q4_K_M": 0.05, "mix": 0.03, "Q8_0": 0.004}
MIBS = {"Q4_0": 90, "IQ4_NL": 91, "Q4_K_M": 105, "mix": 105, "Q8_0": 145}
SPEED = {"Q4_0": 160.0, "IQ4_NL": 156.0, "Q4_K_M": 150.0, "mix": 120.0, "Q8_0": 140.0}
PASSED = {"Q4_0": 0.02, "IQ4_NL": 0.05, "Q4_K_M": 0.08, "mix": 0.09, "Q8_0": 0.1}


class Shop:
    """Candidates that exist only as names, and a record of what was done with them."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.open: set[str] = set()

    def candidates(self, *names: str) -> list[Candidate]:
        return [
            Candidate(
                name=name, file_bytes=MIBS[name] * MIB, made=lambda name=name: self.made(name)
            )
            for name in names or KL
        ]

    @contextmanager
    def made(self, name: str) -> Iterator[Path]:
        self.open.add(name)
        yield Path(name)
        self.open.remove(name)

    def measurements(self) -> Measurements:
        def record(what: str, table: dict[str, float]):  # noqa: ANN202
            def measured(path: Path) -> float:
                assert path.name in self.open
                self.done.append(f"{what} {path.name}")
                return table[path.name]

            return measured

        def master() -> float:
            self.done.append("pass master")
            return 0.1

        return Measurements(
            mean_kl=record("kl", KL),
            decode_tokens_per_s=record("speed", SPEED),
            pass_at_1=record("pass", PASSED),
            master_pass_at_1=master,
        )


def test_the_smallest_that_loses_little_enough_is_chosen_and_larger_ones_are_not_tried() -> None:
    shop = Shop()
    found = choose_quantization(
        shop.candidates(), Limits(max_kl=0.06), measure=shop.measurements()
    )
    assert found.name() == "Q4_K_M"
    assert shop.done == ["kl Q4_0", "kl IQ4_NL", "kl Q4_K_M"]
    lost = {each.name: each.lost for each in found.tried}
    assert lost["Q4_0"] == "mean KL 0.2000, not 0.06"
    assert lost["Q8_0"] == "not tried: Q4_K_M is smaller and meets all limits"
    assert lost["Q4_K_M"] is None


def test_with_a_budget_alone_the_least_divergent_that_fits_is_chosen() -> None:
    shop = Shop()
    found = choose_quantization(
        shop.candidates(), Limits(max_bytes=110 * MIB), measure=shop.measurements()
    )
    assert found.name() == "mix"
    lost = {each.name: each.lost for each in found.tried}
    assert lost["Q8_0"] == "35.0 MiB over the budget"
    assert lost["Q4_K_M"] == "mix diverges less"
    assert "kl Q8_0" not in shop.done


def test_candidates_that_miss_a_cheap_limit_are_spared_the_expensive_tests() -> None:
    shop = Shop()
    limits = Limits(min_decode_tokens_per_s=145, max_kl=0.15, max_pass_drop=0.03)
    found = choose_quantization(shop.candidates(), limits, measure=shop.measurements())
    assert found.name() == "Q4_K_M"
    assert shop.done == [
        "speed Q4_0", "kl Q4_0",
        "speed IQ4_NL", "kl IQ4_NL", "pass master", "pass IQ4_NL",
        "speed Q4_K_M", "kl Q4_K_M", "pass Q4_K_M",
    ]  # fmt: skip
    lost = {each.name: each.lost for each in found.tried}
    assert lost["IQ4_NL"] == "pass@1 drops from 10.0% to 5.0%"


def test_speed_is_a_limit_that_a_more_exact_file_can_miss() -> None:
    shop = Shop()
    limits = Limits(max_bytes=110 * MIB, min_decode_tokens_per_s=145)
    found = choose_quantization(shop.candidates(), limits, measure=shop.measurements())
    assert found.name() == "Q4_K_M"
    assert next(each for each in found.tried if each.name == "mix").lost == (
        "decodes 120.0 tokens/s, not 145"
    )


def test_a_gate_that_nothing_meets_is_an_error_with_all_reasons() -> None:
    shop = Shop()
    limits = Limits(max_kl=0.001, max_bytes=120 * MIB)
    found = choose_quantization(shop.candidates(), limits, measure=shop.measurements())
    assert found.chosen is None
    with pytest.raises(GateError, match="None of 5 candidates") as caught:
        found.name()
    assert all(name in caught.value.detail for name in KL)
    assert caught.value.exit_code == 3


def test_a_divergence_that_is_no_number_meets_no_limit() -> None:
    shop = Shop()
    found = choose_quantization(
        shop.candidates("Q4_0"),
        Limits(max_kl=0.5),
        measure=Measurements(mean_kl=lambda path: float("nan")),
    )
    assert found.chosen is None


def test_every_file_is_removed_again() -> None:
    shop = Shop()
    choose_quantization(shop.candidates(), Limits(max_kl=0.0), measure=shop.measurements())
    assert not shop.open


def test_no_limit_at_all_is_refused() -> None:
    with pytest.raises(KdedgeError, match="nothing to choose by"):
        choose_quantization([], Limits(), measure=Shop().measurements())


@pytest.mark.parametrize("limits", [Limits(min_decode_tokens_per_s=5), Limits(max_pass_drop=0.1)])
def test_a_limit_that_cannot_be_measured_is_refused(limits: Limits) -> None:
    with pytest.raises(KdedgeError, match="cannot be measured"):
        choose_quantization([], limits, measure=Measurements(mean_kl=lambda path: 0.0))
