import pytest
from PySide6.QtCore import QLocale

from kdedge.report.compare import compare
from kdedge_gui.numbers import NOT_MEASURED
from kdedge_gui.pages.compare.difference_lines import (
    DifferenceCell,
    Differences,
    Verdict,
    differences_of,
)
from kdedge_gui.pages.compare.work import documents_of
from tests.kdedge.report import examples
from tests.kdedge_gui.pages.compare.cases import findings


@pytest.fixture(autouse=True)
def english() -> None:
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))


def _cells(table: Differences, title: str) -> tuple[DifferenceCell, ...]:
    (line,) = [line for line in table.lines if line.title == title]
    return line.cells


def test_the_baseline_comes_first_with_its_own_numbers() -> None:
    table = differences_of(findings().comparison)
    assert table.models == ("Q8_0", "Q4_0", "Q4_1")
    own = _cells(table, "Decode speed")[0]
    assert own.main.startswith("140")
    assert "138.6" in own.detail or "139" in own.detail
    assert own.verdict is Verdict.NONE


def test_numbers_are_those_of_the_library() -> None:
    comparison = findings().comparison
    (pair, _) = comparison.pairs
    assert pair.decode is not None
    assert pair.quality is not None
    table = differences_of(comparison)
    assert (
        _cells(table, "Decode speed")[1].main == f"{pair.decode.value:.2f}\N{MULTIPLICATION SIGN}"
    )
    points = 100 * abs(pair.quality.difference)
    assert _cells(table, "pass@1")[1].main == f"\N{MINUS SIGN}{points:.1f} points"
    assert f"p = {pair.quality.p_value:.3f}" in _cells(table, "pass@1")[1].detail


def test_better_and_worse_are_claimed_only_where_the_interval_says_so() -> None:
    table = differences_of(findings().comparison)
    assert _cells(table, "Decode speed")[1].verdict is Verdict.BETTER
    assert _cells(table, "Decode speed")[2].verdict is Verdict.WORSE
    assert _cells(table, "pass@1")[1].verdict is Verdict.SAME
    memory = _cells(table, "Memory")[1]
    assert memory.verdict is Verdict.NONE
    assert "no interval" in memory.tip


def test_a_significant_loss_of_solved_problems_is_worse() -> None:
    solved = examples.evaluation("Q8_0", solved=set(range(30)))
    lost = examples.evaluation("Q4_0", solved=set(range(5)))
    comparison = compare(documents_of([solved, lost]))
    table = differences_of(comparison)
    assert _cells(table, "pass@1")[1].verdict is Verdict.WORSE
    assert _cells(table, "Problems")[1].main == "won 0, lost 25"
    assert _cells(table, "Problems")[0].main == "30 of 40 solved"


def test_what_nobody_measured_has_no_line() -> None:
    table = differences_of(
        findings(examples.evaluation("Q8_0"), examples.evaluation("Q4_0")).comparison
    )
    assert [line.title for line in table.lines] == ["pass@1", "Problems", "File size"]


def test_what_one_lacks_is_a_dash_with_its_reason() -> None:
    whole = [examples.profile("Q8_0"), examples.evaluation("Q8_0"), examples.profile("Q4_0")]
    cells = _cells(differences_of(findings(*whole).comparison), "pass@1")
    assert cells[0].main != NOT_MEASURED
    assert cells[1].main == NOT_MEASURED


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_claim_has_a_sign_and_words(verdict: Verdict) -> None:
    assert bool(verdict.sign) == bool(verdict.words) == (verdict is not Verdict.NONE)
