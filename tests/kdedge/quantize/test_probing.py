import pytest

from kdedge.quantize.probing import kind_of, probe_tensors, shared_losses
from tests.kdedge.quantize.synthetic import SyntheticModel


def all_q5(model: SyntheticModel) -> dict[str, str]:
    return {each.name: "Q5_0" for each in model.tensors}


def test_every_tensor_is_in_exactly_one_probe() -> None:
    model = SyntheticModel()
    probes = probe_tensors(model.tensors, all_q5(model), measure=model.measure, n_probes=20)
    names = [name for probe in probes for name in probe.names]
    assert sorted(names) == sorted(each.name for each in model.tensors)


def test_a_probe_rounds_its_own_tensors_and_no_other() -> None:
    model = SyntheticModel()
    probes = probe_tensors(model.tensors, all_q5(model), measure=model.measure, n_probes=1)
    assert {tuple(mix) for mix in model.measured} == {probe.names for probe in probes}
    assert all(len({kind_of(name) for name in probe.names}) == 1 for probe in probes)


def test_with_enough_probes_each_tensor_gets_its_own_true_cost() -> None:
    model = SyntheticModel()
    probes = probe_tensors(model.tensors, all_q5(model), measure=model.measure, n_probes=99)
    assert shared_losses(model.tensors, probes) == pytest.approx(model.cost)


def test_probes_go_where_the_cost_is() -> None:
    model = SyntheticModel(n_blocks=32, dear={"blk.20.down.w": 500.0})
    probes = probe_tensors(model.tensors, all_q5(model), measure=model.measure, n_probes=24)
    assert ("blk.20.down.w",) in [probe.names for probe in probes]
    assert len(model.measured) <= 24


def test_members_share_a_cost_by_their_relative_errors() -> None:
    model = SyntheticModel(n_blocks=4)
    probes = probe_tensors(model.tensors, all_q5(model), measure=model.measure, n_probes=1)
    costs = shared_losses(model.tensors, probes)
    for probe in probes:
        errors = {each.name: each.errors["Q5_0"] for each in model.tensors}
        told = sum(costs[name] * errors[name] for name in probe.names)
        assert told == pytest.approx(probe.kl)


def test_a_divergence_below_zero_costs_nothing() -> None:
    model = SyntheticModel(n_blocks=1)
    probes = probe_tensors(
        model.tensors, all_q5(model), measure=lambda mixes: [-1e-9 for _ in mixes], n_probes=1
    )
    assert set(shared_losses(model.tensors, probes).values()) == {0.0}


def test_a_kind_is_the_name_without_its_block() -> None:
    assert kind_of("blk.12.ffn_down.weight") == "ffn_down.weight"
    assert kind_of("token_embd.weight") == "token_embd.weight"
