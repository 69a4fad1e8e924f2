import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from kdedge.core.errors import KdedgeError
from kdedge.report.documents import load_quantizations
from kdedge.report.formats import Format
from kdedge.report.plots.trade_off import trade_off_plot
from kdedge.report.quantization import QuantizationReport, build_quantization_report, kl_text
from kdedge.report.quantization_output import (
    quantization_as_html,
    quantization_document,
    quantization_text,
    terminal_quantization,
)
from kdedge.report.reading import Quantity

MIB = 1024**2


def tried(name: str, mib: float, **more: Any) -> dict[str, Any]:
    return {"name": name, "file_bytes": mib * MIB, "bits_per_weight": mib / 16, **more}


def chosen_document(**changes: Any) -> dict[str, Any]:
    return {
        "schema": "kdedge.quantize/1",
        "path": "/home/me/small.gguf",
        "source": "/home/me/master.gguf",
        "file_bytes": 100 * MIB,
        "overrides": [r"^token_embd\.weight$=Q5_1"],
        "choice": {
            "limits": {"max_bytes": 101 * MIB, "max_kl": None},
            "text": {"name": "python-library-held-out"},
            "chosen": "mix",
            "tried": [
                tried("Q8_0", 138, lost="37.0 MiB over the budget"),
                tried(
                    "mix", 100, mean_kl=0.027, mean_kl_ci95=[0.02, 0.03], decode_tokens_per_s=140
                ),
                tried(
                    "Q4_K_M",
                    100.5,
                    mean_kl=0.0534,
                    decode_tokens_per_s=150.0,
                    lost="mix diverges less",
                ),
            ],
        },
        **changes,
    }


def report_of(tmp_path: Path, *documents: dict[str, Any]) -> QuantizationReport:
    paths = []
    for number, document in enumerate(documents):
        paths.append(tmp_path / f"{number}.json")
        paths[-1].write_text(json.dumps(document))
    return build_quantization_report(load_quantizations([str(path) for path in paths]))


def shown(report: QuantizationReport) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(terminal_quantization(report))
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_files_stand_from_the_smallest_up_with_why_they_lost(tmp_path: Path) -> None:
    report = report_of(tmp_path, chosen_document())
    assert [each.name for each in report.files] == ["mix", "Q4_K_M", "Q8_0"]
    assert [each.lost for each in report.files] == [
        "", "mix diverges less", "37.0 MiB over the budget",
    ]  # fmt: skip


def test_the_outcome_is_told_in_words(tmp_path: Path) -> None:
    report = report_of(tmp_path, chosen_document())
    assert report.sentences() == (
        "3 files of master.gguf were looked at.",
        "mix was taken: 100 MiB, a divergence of 0.0270 from its master, 140 tokens/s.",
    )
    assert "/home" not in quantization_as_html(report, draw=False)


def test_that_nothing_met_the_limits_is_told_too(tmp_path: Path) -> None:
    document = chosen_document()
    document["choice"]["chosen"] = None
    report = report_of(tmp_path, document)
    assert report.sentences()[-1] == "None of them meets the limits."


def test_single_results_are_put_side_by_side(tmp_path: Path) -> None:
    single = [
        {
            "schema": "kdedge.quantize/1",
            "source": "master.gguf",
            "file_type": name,
            "file_bytes": mib * MIB,
            "divergence": {"mean_kl": kl, "top1_agreement": 0.9},
        }
        for name, mib, kl in [("Q8_0", 138, 0.004), ("Q4_0", 88, 0.17)]
    ]
    report = report_of(tmp_path, *single)
    assert [(each.name, each.mean_kl.value) for each in report.files] == [
        ("Q4_0", 0.17), ("Q8_0", 0.004),
    ]  # fmt: skip


def test_columns_that_nothing_is_known_of_are_left_out(tmp_path: Path) -> None:
    text = shown(report_of(tmp_path, chosen_document()))
    assert "mean KL" in text
    assert "pass@1" not in text


def test_every_format_names_every_file(tmp_path: Path) -> None:
    report = report_of(tmp_path, chosen_document())
    for target in Format:
        text = quantization_text(report, target)
        assert "mix" in text
        assert "37.0 MiB over the budget" in text
    rows = list(csv.DictReader(io.StringIO(quantization_text(report, Format.CSV))))
    assert float(rows[0]["mean_kl"]) == 0.027
    assert rows[2]["mean_kl"] == ""
    assert quantization_document(report)["schema"] == "kdedge.quantize-report/1"


def test_the_picture_tells_size_and_divergence_in_words_too(tmp_path: Path) -> None:
    report = report_of(tmp_path, chosen_document())
    plot = trade_off_plot(report.files, chosen=report.chosen)
    assert plot is not None
    assert "mix 100 MiB, 0.0270" in plot.alt
    assert "decode faster" in plot.note
    assert plot.svg in quantization_as_html(report, draw=True)


def test_there_is_no_picture_of_a_single_point(tmp_path: Path) -> None:
    document = chosen_document()
    del document["choice"]["tried"][2]["mean_kl"]
    report = report_of(tmp_path, document)
    assert trade_off_plot(report.files, chosen="mix") is None
    assert "needs two files" in quantization_as_html(report, draw=True)


def test_names_cannot_break_out_of_the_page(tmp_path: Path) -> None:
    document = chosen_document(source="<script>x</script>.gguf")
    document["choice"]["tried"][0]["name"] = "<img src=x>"
    document["overrides"] = ["</code><script>"]
    page = quantization_as_html(report_of(tmp_path, document), draw=True)
    assert "<script" not in page
    assert "<img" not in page


@pytest.mark.parametrize(
    "choice",
    [None, 5, [], {"tried": 3}, {"tried": [None, 4, {}]}, {"tried": [{"mean_kl": "x"}]}],
)
def test_a_document_of_any_other_shape_gives_a_page_or_an_error(
    tmp_path: Path, choice: Any
) -> None:
    report = report_of(tmp_path, chosen_document(choice=choice))
    assert quantization_as_html(report, draw=True)


def test_documents_that_tell_of_no_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(KdedgeError, match="no file that was tried"):
        report_of(tmp_path, {"schema": "kdedge.quantize/1", "types": []})


def test_other_documents_are_left_to_the_usual_report(tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    path.write_text(json.dumps({"schema": "kdedge.profile/1"}))
    assert load_quantizations([str(path)]) == ()
    assert load_quantizations(["20261124-0512-pr-3f9a"]) == ()


def test_a_mixture_of_both_kinds_is_refused(tmp_path: Path) -> None:
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    first.write_text(json.dumps(chosen_document()))
    second.write_text(json.dumps({"schema": "kdedge.profile/1"}))
    with pytest.raises(KdedgeError, match=r"b\.json is not of `kdedge quantize`"):
        load_quantizations([str(first), str(second)])


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0534, "0.0534"), (0.00412, "0.00412"), (0.5, "0.500"), (3.14159, "3.14")],
)
def test_divergences_keep_three_figures(value: float, text: str) -> None:
    assert kl_text(Quantity(value=value)) == text
