import csv
import io
import json

from kdedge.report.as_text_files import report_as_csv, report_as_json, report_as_markdown
from tests.kdedge.report import examples
from tests.kdedge.report.reports import report


def test_csv_has_one_line_a_model_with_units_in_the_names() -> None:
    lines = list(csv.DictReader(io.StringIO(report_as_csv(report(*examples.three_models())))))
    assert [line["label"] for line in lines] == ["Q4_1", "Q8_0", "Q4_0"]
    assert lines[1]["decode_tokens_per_s"] == "140"
    assert lines[1]["model_filename"] == "SmolLM2-135M-Instruct.Q8_0.gguf"
    assert float(lines[1]["pass_at_1_low95"]) == 0.065


def test_csv_leaves_unknown_numbers_empty_and_never_zero() -> None:
    (line,) = csv.DictReader(io.StringIO(report_as_csv(report(examples.evaluation()))))
    assert line["decode_tokens_per_s"] == ""
    assert line["pass_at_1"] == "0.125"


def test_csv_never_hands_a_formula_to_a_spreadsheet() -> None:
    for name in ("=HYPERLINK(1)", "+1", "-1", "@SUM(A1)"):
        profile = examples.profile(name=name)
        profile["model"]["architecture"] = name
        (line,) = csv.DictReader(io.StringIO(report_as_csv(report(profile))))
        assert line["architecture"] == f"'{name}"
        assert not line["label"].startswith(tuple("=+-@"))


def test_csv_keeps_separators_inside_of_names_together() -> None:
    (line,) = csv.DictReader(io.StringIO(report_as_csv(report(examples.profile(name='a,"b";c')))))
    assert line["label"] == 'a,"b";c'


def test_json_holds_everything_under_its_schema() -> None:
    document = json.loads(report_as_json(report(*examples.three_models())))
    assert document["schema"] == "kdedge.report/1"
    assert document["recommendation"]["choice"] == "Q4_0"
    assert document["rows"][0]["evaluation"]["pass_at_k"]["1"]["value"] == 0.1
    assert len(document["rows"][0]["evaluation"]["problems"]) == 40


def test_the_same_documents_give_the_same_files() -> None:
    for render in (report_as_csv, report_as_json, report_as_markdown):
        assert render(report(*examples.three_models())) == render(report(*examples.three_models()))


def test_markdown_is_a_table_with_the_recommendation_above_it() -> None:
    lines = report_as_markdown(report(*examples.three_models())).splitlines()
    assert lines[0].startswith("**Take Q4\\_0")
    assert lines[2] == "|  | Q4\\_1 | Q8\\_0 | Q4\\_0 |"
    assert lines[3] == "|---|---:|---:|---:|"


def test_markdown_takes_no_marks_from_names() -> None:
    text = report_as_markdown(report(examples.profile(name="a|b<img src=x>`*_")))
    assert "<img" not in text
    assert "a\\|b&lt;img" in text
