from pathlib import Path

import pytest

from kdedge.core.errors import KdedgeError
from kdedge.models.header import read_header
from kdedge.quantize.overrides import Override
from kdedge.quantize.plan import PlanRow, QuantizationPlan, plan_of, plan_quantization
from kdedge.quantize.types import file_type_called
from kdedge.runtime.quantizer_client import PlannedType
from tests.tiny_gguf import F32_TENSOR, STRING, U32, Tensor, TinyGguf, entry
from tests.tiny_model import LAYERS, weights, write_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("plan") / "model.gguf", weights())


def row(plan: QuantizationPlan, tensor: str) -> PlanRow:
    return next(each for each in plan.rows if each.tensor == tensor)


def test_every_tensor_is_planned_with_its_bytes(model: Path) -> None:
    plan = plan_quantization(model, file_type="Q8_0")
    assert len(plan.rows) == len(weights())
    assert row(plan, "blk.0.ffn_up.weight") == PlanRow(
        tensor="blk.0.ffn_up.weight",
        from_type="F32",
        to_type="Q8_0",
        n_bytes=96 * 64 // 32 * 34,
        fallback=False,
    )
    assert row(plan, "blk.0.attn_norm.weight").to_type == "F32"


def test_rows_too_short_for_a_types_blocks_are_told_as_fallbacks(model: Path) -> None:
    plan = plan_quantization(model, file_type="Q4_K_M")
    assert row(plan, "blk.0.attn_q.weight").to_type == "Q5_0"
    assert row(plan, "blk.0.attn_q.weight").fallback
    assert not row(plan, "blk.0.attn_norm.weight").fallback


def test_the_output_matrix_falls_back_without_llama_cpp_saying_so(model: Path) -> None:
    output = row(plan_quantization(model, file_type="Q4_K_M"), "output.weight")
    assert (output.to_type, output.fallback) == ("Q8_0", True)
    assert not row(plan_quantization(model, file_type="Q8_0"), "output.weight").fallback


def test_an_override_changes_the_plan_of_what_it_matches_alone(model: Path) -> None:
    overrides = [Override(pattern=r"blk\.1\.ffn_down", quant_type="Q8_0")]
    plan = plan_quantization(model, file_type="Q4_0", overrides=overrides)
    assert row(plan, "blk.1.ffn_down.weight").to_type == "Q8_0"
    assert row(plan, "blk.0.ffn_down.weight").to_type == "Q4_0"


def test_an_override_of_a_norm_is_refused_by_what_llama_cpp_says(model: Path) -> None:
    overrides = [Override(pattern="attn_norm", quant_type="Q8_0")]
    with pytest.raises(KdedgeError, match="it stays F32"):
        plan_quantization(model, file_type="Q4_0", overrides=overrides)


def test_planning_writes_nothing(model: Path) -> None:
    before = sorted(model.parent.iterdir())
    plan_quantization(model, file_type="Q4_0")
    assert sorted(model.parent.iterdir()) == before


def test_bits_of_a_weight_count_every_tensor(model: Path) -> None:
    planned = [
        PlannedType(name="blk.0.a.weight", shape=(64, 2, 1, 1), from_type="F32", to_type="Q8_0", fallback=False),
        PlannedType(name="blk.0.b", shape=(64, 1, 1, 1), from_type="F32", to_type="F32", fallback=False),
    ]  # fmt: skip
    header = read_header(model)
    plan = plan_of(planned, header=header, file_type=file_type_called("Q8_0"))
    assert plan.bits_per_weight == 8 * (4 * 34 + 64 * 4) / 192
    assert plan.file_bytes == header.data_offset + 4 * 34 + 24 + 64 * 4  # 24: to whole 32


def test_the_tensors_that_need_an_imatrix_are_named(model: Path) -> None:
    planned = [
        PlannedType(name="blk.0.ffn_up.weight", shape=(256, 2, 1, 1), from_type="F32", to_type="IQ2_XS", fallback=False),
        PlannedType(name="token_embd.weight", shape=(256, 2, 1, 1), from_type="F32", to_type="IQ2_XS", fallback=False),
    ]  # fmt: skip
    plan = plan_of(planned, header=read_header(model), file_type=file_type_called("IQ2_XS"))
    assert plan.needing_imatrix == ("blk.0.ffn_up.weight",)


@pytest.mark.parametrize("count", [2, 0])
def test_what_is_no_whole_model_is_refused(tmp_path: Path, count: int) -> None:
    entries = [entry("general.architecture", STRING, "llama"), entry("split.count", U32, count)]
    tensors = [Tensor(name="a", shape=(32,), kind=F32_TENSOR)] if count else []
    path = tmp_path / "part.gguf"
    path.write_bytes(TinyGguf(entries=entries, tensors=tensors).to_bytes())
    with pytest.raises(KdedgeError, match=r"one of 2 parts|holds no weights"):
        plan_quantization(path, file_type="Q8_0")


def test_an_architecture_that_llama_cpp_does_not_know_is_refused(tmp_path: Path) -> None:
    entries = [entry("general.architecture", STRING, "unheard-of")]
    tensors = [Tensor(name="a.weight", shape=(32, 2), kind=F32_TENSOR)]
    path = tmp_path / "strange.gguf"
    path.write_bytes(TinyGguf(entries=entries, tensors=tensors).to_bytes())
    with pytest.raises(KdedgeError, match="does not know the architecture"):
        plan_quantization(path, file_type="Q8_0")


def test_layers_of_the_model_are_all_planned(model: Path) -> None:
    plan = plan_quantization(model, file_type="Q4_0")
    blocks = {each.tensor.split(".")[1] for each in plan.rows if each.tensor.startswith("blk.")}
    assert len(blocks) == LAYERS
