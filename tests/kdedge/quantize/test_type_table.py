from pathlib import Path

import pytest

from kdedge.quantize.plan import QuantizationPlan
from kdedge.quantize.type_table import TypeRow, judged, plan_table
from kdedge.quantize.types import QUANT_FILE_TYPES
from tests.tiny_model import weights, write_model


def plan(file_type: str, file_bytes: int, *, needing: tuple[str, ...] = ()) -> QuantizationPlan:
    return QuantizationPlan(
        file_type=file_type,
        rows=(),
        file_bytes=file_bytes,
        bits_per_weight=1.0,
        needing_imatrix=needing,
    )


def hidden(*plans: QuantizationPlan, weighted: bool = False) -> dict[str, str | None]:
    rows = judged(plans, source_type="BF16", source_bytes=1000, weighted=weighted)
    return {row.file_type: row.hidden for row in rows}


def test_a_name_that_a_better_one_undercuts_is_hidden_with_that_name() -> None:
    found = hidden(plan("Q8_0", 500), plan("Q5_0", 300), plan("Q4_K_M", 301), plan("Q2_K", 300))
    assert found == {
        "Q8_0": None,
        "Q5_0": None,
        "Q4_K_M": "no smaller than Q5_0",
        "Q2_K": "no smaller than Q5_0",
    }


def test_what_is_no_smaller_than_the_source_is_hidden() -> None:
    found = hidden(plan("F32", 2000), plan("BF16", 1000), plan("F16", 1000), plan("Q8_0", 999))
    assert found == {
        "F32": "no smaller than the source (BF16)",
        "BF16": "what the source is already",
        "F16": "no smaller than the source (BF16)",
        "Q8_0": None,
    }


def test_a_type_that_cannot_be_made_hides_no_other() -> None:
    plans = plan("IQ3_XXS", 200, needing=("blk.0.ffn_up.weight",)), plan("Q2_K", 210)
    assert hidden(*plans)["Q2_K"] is None
    assert hidden(*plans, weighted=True)["Q2_K"] == "no smaller than IQ3_XXS"


def test_of_two_types_that_need_an_imatrix_the_better_and_smaller_hides_the_other() -> None:
    need = ("blk.0.ffn_up.weight",)
    found = hidden(plan("IQ2_S", 200, needing=need), plan("Q2_K_S", 210, needing=need))
    assert found == {"IQ2_S": None, "Q2_K_S": "no smaller than IQ2_S"}


def test_the_type_that_cpus_run_fastest_is_shown_beside_a_better_one() -> None:
    assert hidden(plan("IQ4_XS", 200), plan("Q4_0", 200))["Q4_0"] is None


def test_types_for_models_trained_to_be_stored_so_are_hidden() -> None:
    assert hidden(plan("TQ1_0", 50))["TQ1_0"] == "only for models trained to be stored so"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TypeRow]:
    model = write_model(tmp_path_factory.mktemp("table") / "model.gguf", weights())
    return {row.file_type: row for row in plan_table(model)}


def test_every_type_that_llama_cpp_can_make_of_a_model_is_in_its_table(
    table: dict[str, TypeRow],
) -> None:
    # Rows of 64 and 96 numbers: ggml has no stand-in for a type whose blocks are of 128.
    assert set(QUANT_FILE_TYPES) - set(table) == {"Q1_0"}


def test_a_narrow_model_has_few_names_that_buy_something(table: dict[str, TypeRow]) -> None:
    shown = [name for name, row in table.items() if row.hidden is None]
    assert {"Q8_0", "Q5_0", "Q4_0"} & set(shown)
    assert table["Q2_K"].hidden is not None
    assert table["Q2_K"].n_fallback > 0


def test_without_an_imatrix_the_table_is_the_same_each_time(
    table: dict[str, TypeRow], tmp_path: Path
) -> None:
    again = plan_table(write_model(tmp_path / "model.gguf", weights()))
    assert list(again) == list(table.values())
