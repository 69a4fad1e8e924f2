import copy

from kdedge_gui.pages.convert.outcomes import (
    checkpoint_text,
    made_of,
    proof_words,
    result_columns,
    result_rows,
    type_rows,
    with_divergences,
)
from kdedge_gui.shots.scene import RECORDED, Recorded

RECORDS = Recorded(RECORDED / "convert")
TYPES, Q8, Q4_K_M, Q4_0, CHOICE = RECORDS.documents("quantize")
PLAN, PROVEN = RECORDS.documents("convert")


def test_types_come_with_real_sizes_and_why_some_buy_nothing() -> None:
    rows = {row.file_type: row for row in type_rows(TYPES)}
    assert rows["Q4_K_M"].n_fallback == 181
    assert rows["Q4_K_M"].hidden == "no smaller than Q5_0"
    assert rows["Q8_0"].hidden == ""
    assert rows["IQ2_M"].needs_imatrix


def test_a_checkpoint_is_told_in_a_line() -> None:
    assert checkpoint_text(PLAN).startswith("llama, 134,515,008 parameters in 272 tensors, as F32")


def test_a_proof_says_how_near_and_whether_that_is_near_enough() -> None:
    proof = proof_words(PROVEN)
    assert (proof.kind, proof.verdict) == ("good", "Proof met")
    assert "NMSE 1.9e-11 (at most 1.0e-08) over 1,343 positions" in proof.text


def test_a_proof_that_was_not_met_or_not_made_gives_its_reason() -> None:
    refused = copy.deepcopy(PROVEN)
    refused["proof"].update(status="not met", reason="the logits differ")
    assert proof_words(refused).kind == "bad"
    assert "the logits differ" in proof_words(refused).text
    assert proof_words(PLAN).kind == "warning"


def test_divergence_goes_to_the_file_it_was_measured_of() -> None:
    made = [*made_of(Q4_0), *made_of(Q8)]
    (document,) = RECORDS.documents("divergence")
    rows = result_rows(with_divergences(made, document))
    assert [row.key for row in rows] == ["Q8_0", "Q4_0"]
    assert [row.cells[3].text for row in rows] == ["0.0049", "0.2218"]


def test_columns_that_say_nothing_are_left_out() -> None:
    titles = [column.title for column in result_columns(made_of(Q8))]
    assert titles == ["Type", "Size", "Bits a weight"]
    assert len(result_rows(made_of(Q8))[0].cells) == 3


def test_a_choice_shows_what_was_tried_and_why_it_lost() -> None:
    made = {each.name: each for each in made_of(CHOICE)}
    assert made["Q8_0"].remark == "chosen"
    assert made["Q8_0"].path is not None
    assert made["Q4_0"].path is None
    assert made["Q4_0"].remark == "mean KL 0.2312, not 0.05"


def test_a_choice_that_nothing_met_has_no_file() -> None:
    refused = {**CHOICE, "path": None}
    assert all(each.path is None for each in made_of(refused))
