"""What goes into the weights of a small model, against what can be computed by hand."""

import ctypes
from pathlib import Path

import numpy as np
import pytest

from kdedge.core.errors import KdedgeError
from kdedge.runtime import ggml_tensor
from kdedge.runtime.activation_client import ActivationClient, WeightActivations
from kdedge.runtime.activation_service import pieces_of
from kdedge.runtime.activation_statistics import column_sums
from tests.tiny_model import (
    EPSILON,
    HIDDEN,
    LAYERS,
    N_EXPERTS,
    N_EXPERTS_USED,
    WIDTH,
    weights,
    write_model,
)

CHUNK, CHUNKS = 64, 2
TEXT = "".join(chr(33 + number * 7 % 90) for number in range(CHUNK * CHUNKS)).replace("th", "tx")


def gather(path: Path) -> dict[str, WeightActivations]:
    with ActivationClient() as client:
        client.load(path, chunk_tokens=CHUNK)
        assert client.take_text(TEXT) >= CHUNK * CHUNKS
        for number in range(CHUNKS):
            client.run_chunk(number)
        return {each.name: each for each in client.statistics()}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, WeightActivations]:
    path = tmp_path_factory.mktemp("models") / "plain.gguf"
    return gather(write_model(path, weights()))


@pytest.fixture(scope="module")
def mixture(tmp_path_factory: pytest.TempPathFactory) -> dict[str, WeightActivations]:
    path = tmp_path_factory.mktemp("models") / "mixture.gguf"
    return gather(write_model(path, weights(experts=True)))


def test_all_weights_of_the_blocks_and_the_output_matrix_are_there_and_no_others(
    plain: dict[str, WeightActivations],
) -> None:
    wanted = {f"blk.{layer}.attn_{part}.weight" for layer in range(LAYERS) for part in "qkv"}
    wanted |= {f"blk.{layer}.attn_output.weight" for layer in range(LAYERS)}
    wanted |= {
        f"blk.{n}.ffn_{part}.weight" for n in range(LAYERS) for part in ("gate", "up", "down")
    }
    assert plain.keys() == wanted | {"output.weight"}


def test_embeddings_that_are_the_output_matrix_too_count_as_it(tmp_path: Path) -> None:
    tensors = weights()
    tied = {name: values for name, values in tensors.items() if name != "output.weight"}
    alike = {**tensors, "output.weight": tensors["token_embd.weight"]}
    found = gather(write_model(tmp_path / "tied.gguf", tied))
    untied = gather(write_model(tmp_path / "untied.gguf", alike))
    assert "output.weight" not in found
    np.testing.assert_allclose(
        found["token_embd.weight"].sums, untied["output.weight"].sums, rtol=1e-6
    )


def test_what_reaches_the_output_matrix_is_normalised(
    plain: dict[str, WeightActivations],
) -> None:
    found = plain["output.weight"]
    scale = weights()["output_norm.weight"].astype(np.float64)
    per_token = (found.sums[0] / scale**2).sum() / found.counts[0]
    assert per_token == pytest.approx(WIDTH, rel=1e-3)


def test_the_first_block_sees_the_normalised_embeddings(
    plain: dict[str, WeightActivations],
) -> None:
    tensors = weights()
    ids = [*TEXT.encode()]
    rows = tensors["token_embd.weight"][ids].astype(np.float64)
    rows /= np.sqrt((rows**2).mean(axis=1, keepdims=True) + EPSILON)
    expected = ((rows * tensors["blk.0.attn_norm.weight"]) ** 2).sum(axis=0)
    for part in "qkv":
        np.testing.assert_allclose(plain[f"blk.0.attn_{part}.weight"].sums[0], expected, rtol=1e-5)


def test_every_token_of_every_chunk_is_counted_once(plain: dict[str, WeightActivations]) -> None:
    assert {float(each.counts[0]) for each in plain.values()} == {CHUNK * CHUNKS}
    assert plain["blk.0.ffn_down.weight"].sums.shape == (1, HIDDEN)


def test_chunks_begin_with_the_first_token_of_the_vocabulary(tmp_path: Path) -> None:
    tensors = weights()
    tensors["token_embd.weight"][0] = 0  # a token whose activations are all zero
    found = gather(write_model(tmp_path / "bos.gguf", tensors, add_bos=True))
    rows = tensors["token_embd.weight"][[0, *TEXT.encode()]][: CHUNK * CHUNKS].astype(np.float64)
    rows[::CHUNK] = 0
    rows /= np.sqrt((rows**2).mean(axis=1, keepdims=True) + EPSILON)
    expected = ((rows * tensors["blk.0.attn_norm.weight"]) ** 2).sum(axis=0)
    np.testing.assert_allclose(found["blk.0.attn_q.weight"].sums[0], expected, rtol=1e-5)


def test_each_token_is_counted_for_each_expert_it_chose(
    mixture: dict[str, WeightActivations],
) -> None:
    up = mixture["blk.1.ffn_up_exps.weight"]
    assert up.sums.shape == (N_EXPERTS, WIDTH)
    assert up.counts.sum() == CHUNK * CHUNKS * N_EXPERTS_USED


def test_the_experts_together_see_what_the_router_sees(
    mixture: dict[str, WeightActivations],
) -> None:
    router = mixture["blk.1.ffn_gate_inp.weight"]
    up = mixture["blk.1.ffn_up_exps.weight"]
    np.testing.assert_allclose(up.sums.sum(axis=0), N_EXPERTS_USED * router.sums[0], rtol=1e-5)


def test_the_rows_of_an_expert_are_those_of_the_tokens_that_chose_it(
    mixture: dict[str, WeightActivations],
) -> None:
    down = mixture["blk.0.ffn_down_exps.weight"]
    assert down.sums.shape == (N_EXPERTS, HIDDEN)
    np.testing.assert_array_equal(down.counts, mixture["blk.0.ffn_up_exps.weight"].counts)
    assert ((down.sums.sum(axis=1) > 0) == (down.counts > 0)).all()


def test_activations_that_are_not_finite_name_the_weight(tmp_path: Path) -> None:
    tensors = weights()
    tensors["blk.0.ffn_norm.weight"][3] = np.inf
    path = write_model(tmp_path / "broken.gguf", tensors)
    with pytest.raises(KdedgeError, match=r"blk\.0\.ffn_(gate|up)\.weight are not finite"):
        gather(path)


def test_sums_of_squares_are_exact_to_a_millionth() -> None:
    rows = np.random.default_rng(0).standard_normal((517, 33)).astype(np.float32)
    expected = (rows.astype(np.float64) ** 2).sum(axis=0)
    np.testing.assert_allclose(column_sums(rows), expected, rtol=1e-6)


def test_twice_the_activations_give_four_times_the_sum() -> None:
    rows = np.random.default_rng(1).standard_normal((40, 8)).astype(np.float32)
    np.testing.assert_array_equal(column_sums(2 * rows), 4 * column_sums(rows))


def test_pieces_are_as_long_as_they_can_be() -> None:
    assert pieces_of(512, most=192) == [(0, 192), (192, 384), (384, 512)]
    assert pieces_of(64, most=64) == [(0, 64)]


def test_no_piece_is_too_short_to_be_counted() -> None:
    assert pieces_of(520, most=512) == [(0, 260), (260, 520)]
    assert all(end - begin >= 16 for begin, end in pieces_of(2049, most=32))


def test_another_layout_of_tensors_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = list(ggml_tensor.GgmlTensor._fields_)
    fields.insert(2, ("new", ctypes.c_int64))
    moved = type("Moved", (ctypes.Structure,), {"_fields_": tuple(fields)})
    monkeypatch.setattr(ggml_tensor, "GgmlTensor", moved)
    with pytest.raises(KdedgeError, match="a way this version does not know"):
        ggml_tensor.operations.__wrapped__()
