import pytest

from kdedge.quantize.sensitivity import TensorErrors
from kdedge.quantize.type_speeds import decoded_weights, mix_seconds, seconds_per_weight
from tests.kdedge.quantize.synthetic import BYTES, SPEED, SyntheticModel


def test_times_of_whole_files_give_back_the_cost_of_each_type() -> None:
    model = SyntheticModel()
    speeds = seconds_per_weight(model.tensors, list(BYTES), decode_seconds=model.decode_seconds)
    assert speeds == pytest.approx({each: SPEED[each] * 1e-9 for each in BYTES})


def test_the_time_of_a_mix_is_the_sum_over_its_weights() -> None:
    model = SyntheticModel()
    mix = {each.name: "Q6_K" if "down" in each.name else "Q5_1" for each in model.tensors}
    speeds = {each: SPEED[each] * 1e-9 for each in BYTES}
    predicted = mix_seconds(model.tensors, mix, speeds=speeds)
    assert predicted == pytest.approx(model.decode_seconds(mix))


def test_no_type_is_believed_to_take_no_time() -> None:
    model = SyntheticModel()
    speeds = seconds_per_weight(
        model.tensors,
        ["Q4_0", "Q6_K"],
        decode_seconds=lambda mix: 0.0 if "Q6_K" in mix.values() else 1.0,
    )
    assert 0 < speeds["Q6_K"] < speeds["Q4_0"]


def test_embeddings_that_are_not_the_output_matrix_take_no_time() -> None:
    def tensor(name: str) -> TensorErrors:
        return TensorErrors(name=name, shape=(64, 10), errors={}, n_bytes={})

    tied = decoded_weights([tensor("token_embd.weight"), tensor("blk.0.w")])
    assert tied == {"token_embd.weight": 640, "blk.0.w": 640}
    untied = decoded_weights([tensor("token_embd.weight"), tensor("output.weight")])
    assert untied == {"token_embd.weight": 0, "output.weight": 640}


def test_types_that_fit_nowhere_are_left_out() -> None:
    model = SyntheticModel(n_blocks=1)
    plain = [each for each in model.tensors if "down" not in each.name]
    speeds = seconds_per_weight(plain, ["Q4_0", "Q6_K"], decode_seconds=model.decode_seconds)
    assert list(speeds) == ["Q4_0"]


def test_timing_without_a_type_for_everything_is_refused() -> None:
    model = SyntheticModel()
    with pytest.raises(ValueError, match="no type fits"):
        seconds_per_weight(model.tensors, ["Q6_K"], decode_seconds=model.decode_seconds)
