from pathlib import Path

import numpy as np
import pytest

from kdedge.core.errors import KdedgeError
from kdedge.quantize.sensitivity import CANDIDATE_TYPES, tensor_errors
from kdedge.runtime.quant_blocks import round_trip
from tests.tiny_model import HIDDEN, WIDTH, weights, write_model

UP, DOWN = "blk.0.ffn_up.weight", "blk.0.ffn_down.weight"


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "master.gguf", weights())


def test_the_error_is_the_weighted_change_as_a_share_of_the_output(master: Path) -> None:
    importance = np.linspace(0.1, 4, WIDTH, dtype=np.float32)
    (found,) = tensor_errors(master, {UP: importance}, names=[UP], quant_types=["Q4_0"])
    rows = weights()[UP]
    change = rows - round_trip(rows, "Q4_0", importance=importance)
    expected = (importance * change**2).sum() / (importance * rows**2).sum()
    assert found.errors["Q4_0"] == pytest.approx(expected, rel=1e-5)


def test_more_bits_of_one_family_err_less(master: Path) -> None:
    (found,) = tensor_errors(master, {}, names=[UP])
    ladder = [found.errors[each] for each in ("Q4_0", "Q5_0", "Q8_0")]
    assert ladder == sorted(ladder, reverse=True)
    assert 0 < ladder[-1] < 1e-3


def test_types_whose_blocks_do_not_fit_the_rows_are_left_out(master: Path) -> None:
    (found,) = tensor_errors(master, {}, names=[DOWN])
    assert found.shape == (HIDDEN, WIDTH)
    assert "Q5_1" in found.errors
    assert not [each for each in found.errors if each.endswith("_K")]
    assert found.n_bytes["Q5_1"] == HIDDEN // 32 * 24 * WIDTH


def test_each_expert_is_weighted_by_its_own_activations(tmp_path: Path) -> None:
    tensors = weights(experts=True)
    name = "blk.1.ffn_up_exps.weight"
    tensors[name][1:] = 0  # only the first expert can err
    path = write_model(tmp_path / "experts.gguf", tensors)
    importance = np.ones((4, WIDTH), dtype=np.float32)
    importance[0] = np.linspace(0.1, 4, WIDTH)
    (found,) = tensor_errors(path, {name: importance.ravel()}, names=[name], quant_types=["Q4_0"])
    rows = tensors[name][0]
    change = rows - round_trip(rows, "Q4_0", importance=importance[0])
    expected = (importance[0] * change**2).sum() / (importance[0] * rows**2).sum()
    assert found.errors["Q4_0"] == pytest.approx(expected, rel=1e-5)


def test_a_tensor_of_zeros_has_no_error(tmp_path: Path) -> None:
    tensors = weights()
    tensors[UP][:] = 0
    path = write_model(tmp_path / "zeros.gguf", tensors)
    (found,) = tensor_errors(path, {}, names=[UP])
    assert set(found.errors.values()) == {0.0}


def test_statistics_of_another_width_are_refused(master: Path) -> None:
    with pytest.raises(KdedgeError, match=r"5 numbers for blk\.0\.ffn_up"):
        tensor_errors(master, {UP: np.ones(5, dtype=np.float32)}, names=[UP])


def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    tensors = weights()
    tensors[UP][3, 3] = np.nan
    path = write_model(tmp_path / "broken.gguf", tensors)
    with pytest.raises(KdedgeError, match="not finite"):
        tensor_errors(path, {}, names=[UP])


def test_candidates_stand_in_the_order_of_their_size() -> None:
    from kdedge.runtime.quant_blocks import bytes_of

    sizes = [bytes_of((256,), each) for each in CANDIDATE_TYPES]
    assert sizes == sorted(sizes)
