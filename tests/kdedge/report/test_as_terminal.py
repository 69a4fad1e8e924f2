import pytest
from rich.console import Console

from kdedge.report.as_terminal import terminal_report
from tests.kdedge.report import examples
from tests.kdedge.report.reports import report


def shown(*contents: dict[str, object], width: int) -> str:
    console = Console(width=width)
    with console.capture() as captured:
        console.print(terminal_report(report(*contents), width=width))
    return captured.get()


def ten_models() -> list[dict[str, object]]:
    return [
        make(name=f"model-{number}")
        for number in range(10)
        for make in (examples.profile, examples.evaluation)
    ]


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    for contents in (examples.three_models(), ten_models()):
        assert max(len(line) for line in shown(*contents, width=width).splitlines()) <= width


def test_three_models_stand_side_by_side_with_every_number() -> None:
    text = shown(*examples.three_models(), width=80)
    for part in ("Q4_1", "Q8_0", "Q4_0", "TTFT p95", "ITL p99", "163", "[6.5, 23.5]", "clean"):
        assert part in text


def test_many_models_in_a_narrow_terminal_keep_what_matters_most() -> None:
    text = shown(*ten_models(), width=80)
    for part in ("model-9", "decode", "needs", "pass@1", "clean"):
        assert part in text
    assert "bits/weight" not in text


def test_many_models_in_a_wide_terminal_show_every_number() -> None:
    text = shown(*ten_models(), width=240)
    for part in ("bits/weight", "ITL p99", "TTFT p95", "peak RSS"):
        assert part in text


def test_the_recommendation_the_notes_and_the_cautions_are_shown() -> None:
    noisy = examples.profile("Q8_0", noise="unusable")
    noisy["model"]["notes"] = ["Made from an already quantised file."]
    text = shown(noisy, examples.profile("Q4_0"), width=120)
    assert "→ Take Q8_0: it needs least" in text
    assert "Made from an already quantised file." in text
    assert "The timings of Q8_0 are unusable" in text


def test_a_name_with_markup_and_escapes_is_shown_as_text() -> None:
    text = shown(examples.profile(name="[red]x\x1b[31m"), width=120)
    assert "[red]x" in text
    assert "\x1b" not in text


def test_a_number_that_is_not_known_is_a_dash() -> None:
    text = shown(examples.profile("Q8_0"), examples.evaluation("Q4_0"), width=80)
    assert "\N{EN DASH}" in text
