from collections.abc import Mapping

import pytest

from kdedge.core.errors import KdedgeError
from kdedge.quantize.search import SearchLimits, SearchOptions, Speed, search_mix
from tests.kdedge.quantize.synthetic import BYTES, SPEED, SyntheticModel


def uniform(model: SyntheticModel, quant_type: str) -> dict[str, str]:
    return {each.name: quant_type for each in model.tensors}


def speed(model: SyntheticModel, *, most_seconds: float, lies: Mapping[str, float]) -> Speed:
    return Speed(
        seconds_per_weight={each: SPEED[each] * 1e-9 * lies.get(each, 1) for each in BYTES},
        most_seconds=most_seconds,
        decode_seconds=model.decode_seconds,
    )


def test_a_mix_loses_less_than_one_type_everywhere_at_as_many_bytes() -> None:
    model = SyntheticModel(dear={"blk.3.up.w": 80.0, "token_embd.weight": 0.1})
    plain = uniform(model, "Q5_0")
    limits = SearchLimits(tensor_bytes=model.bytes_of(plain))
    found = search_mix(model.tensors, limits, measure=model.measure)
    assert found.best.tensor_bytes <= limits.tensor_bytes
    assert found.best.kl < 0.7 * model.true_kl(plain)
    assert found.best.types["blk.3.up.w"] == "Q8_0"
    assert found.best.types["token_embd.weight"] == "Q4_0"


def test_what_was_measured_to_be_best_is_the_answer() -> None:
    model = SyntheticModel()
    limits = SearchLimits(tensor_bytes=model.bytes_of(uniform(model, "Q5_1")))
    found = search_mix(model.tensors, limits, measure=model.measure)
    assert found.best.kl == min(each.kl for each in found.tried)
    assert found.best.kl == pytest.approx(model.true_kl(found.best.types))


def test_a_second_look_corrects_kinds_that_the_probes_got_wrong() -> None:
    model = SyntheticModel(n_blocks=6)

    def measure(mixes: list[Mapping[str, str]]) -> list[float]:
        # Seen alone and coarse, ``up`` looks ten times as dear as it is.
        return [
            model.true_kl(mix) * (10 if set(mix.values()) == {"Q5_0"} and "up" in str(mix) else 1)
            for mix in mixes
        ]

    limits = SearchLimits(tensor_bytes=model.bytes_of(uniform(model, "Q5_0")))
    once = search_mix(
        model.tensors, limits, measure=measure, options=SearchOptions(n_probes=1, n_looks=1)
    )
    twice = search_mix(
        model.tensors, limits, measure=measure, options=SearchOptions(n_probes=1, n_looks=2)
    )
    assert twice.best.kl <= once.best.kl


def test_a_limit_on_time_is_met_and_costs_divergence() -> None:
    model = SyntheticModel()
    n_bytes = model.bytes_of(uniform(model, "Q5_1"))
    most = 1.05 * model.decode_seconds(uniform(model, "Q5_0"))
    free = search_mix(model.tensors, SearchLimits(tensor_bytes=n_bytes), measure=model.measure)
    found = search_mix(
        model.tensors,
        SearchLimits(tensor_bytes=n_bytes, speed=speed(model, most_seconds=most, lies={})),
        measure=model.measure,
    )
    assert model.decode_seconds(free.best.types) > most
    assert found.best.decode_seconds is not None
    assert found.best.decode_seconds <= most
    assert found.best.kl > free.best.kl


def test_types_that_are_slower_than_believed_are_noticed_by_timing() -> None:
    model = SyntheticModel()
    most = 1.08 * model.decode_seconds(uniform(model, "Q5_0"))
    believed = speed(model, most_seconds=most, lies={"Q5_1": 0.8})
    limits = SearchLimits(tensor_bytes=model.bytes_of(uniform(model, "Q5_1")), speed=believed)
    found = search_mix(model.tensors, limits, measure=model.measure)
    assert model.decode_seconds(found.best.types) <= most


def test_too_few_bytes_are_refused_before_anything_is_measured() -> None:
    model = SyntheticModel()
    limits = SearchLimits(tensor_bytes=model.bytes_of(uniform(model, "Q4_0")) - 1)
    with pytest.raises(KdedgeError, match="smallest mix"):
        search_mix(model.tensors, limits, measure=model.measure)
    assert not model.measured


def test_a_speed_that_no_mix_has_is_refused_before_anything_is_measured() -> None:
    model = SyntheticModel()
    most = 0.9 * model.decode_seconds(uniform(model, "Q4_0"))
    limits = SearchLimits(tensor_bytes=10**9, speed=speed(model, most_seconds=most, lies={}))
    with pytest.raises(KdedgeError, match="as fast as wanted"):
        search_mix(model.tensors, limits, measure=model.measure)
    assert not model.measured


def test_mixes_that_timing_finds_too_slow_are_no_answer() -> None:
    model = SyntheticModel()
    limits = SearchLimits(
        tensor_bytes=10**9,
        speed=Speed(
            seconds_per_weight={each: SPEED[each] * 1e-9 for each in BYTES},
            most_seconds=1.5 * model.decode_seconds(uniform(model, "Q4_0")),
            decode_seconds=lambda types: 1.0,
        ),
    )
    with pytest.raises(KdedgeError, match=r"decodes 1\.0 tokens/s"):
        search_mix(model.tensors, limits, measure=model.measure)
