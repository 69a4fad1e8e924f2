from datetime import UTC, datetime

import pytest

from kdedge_gui.models.runs_table import runs_columns, runs_rows
from kdedge_gui.models.text_table import Tone
from tests.kdedge_gui.models.cases import run

_NOW = datetime(2026, 12, 24, 15, 0, tzinfo=UTC)


def _texts(**changes: object) -> list[str]:
    (row,) = runs_rows([run(**changes)], now=_NOW)
    return [cell.text.replace("\u00a0", " ").replace("\u202f", " ") for cell in row.cells]


def test_a_row_tells_when_what_which_model_and_what_came_out(qapp: object) -> None:
    texts = _texts(suite="humaneval-mini", pass_at_1=0.05, pass_at_1_ci95=(0.014, 0.165))
    assert len(texts) == len(runs_columns())
    assert texts[0].startswith("24 Nov 2026")
    assert texts[1:] == [
        "Profile and humaneval-mini", "coder", "Q4_K_M", "5.0 % (1.4 – 16.5 %)",
        "24.1 tokens/s", "1.00 GiB", "Done",
    ]  # fmt: skip


def test_a_model_of_ollama_is_called_as_its_makers_do(qapp: object) -> None:
    assert _texts(model_path="/ollama/blobs/sha256-0a1b")[2] == "Coder"


@pytest.mark.parametrize(
    ("status", "words", "tone"),
    [
        ("interrupted", "Stopped, 17 of 40", Tone.WARNING),
        ("running", "Running, 17 of 40", Tone.PLAIN),
        ("failed", "Failed", Tone.BAD),
    ],
)
def test_a_run_that_is_not_done_says_how_far_it_is(
    qapp: object, status: str, words: str, tone: Tone
) -> None:
    made = run(status=status, n_completions_done=17, n_wanted=40, noise_verdict=None)
    (row,) = runs_rows([made], now=_NOW)
    assert row.cells[-1].text == words
    assert row.cells[-1].tone is tone


def test_times_of_a_disturbed_machine_are_marked(qapp: object) -> None:
    assert _texts(noise_verdict="unusable")[-1] == "Done, noisy"


def test_what_was_not_measured_is_a_dash(qapp: object) -> None:
    texts = _texts(decode_tokens_per_s=None, peak_rss_bytes=None)
    assert texts[4:7] == ["–", "–", "–"]
