from pathlib import Path

import pytest

from kdedge_gui.pages.compare.choice import Choice
from kdedge_gui.pages.compare.export import FileKind, Shown, file_kinds, job_of

SHOWN = Shown(choice=Choice(("a", "b")), axes=("decode", "pass@1"), unlike_allowed=False)
KINDS = [kind for group in file_kinds() for kind in group]


def _kind(words: str, ending: str) -> FileKind:
    (found,) = [k for k in KINDS if k.words.startswith(words) and k.ending == ending]
    return found


def test_every_kind_of_file_that_was_promised_is_there() -> None:
    assert {kind.ending for kind in KINDS} == {"html", "csv", "json", "md", "png", "svg", "pdf"}


def test_a_report_is_written_by_the_verb_of_the_command_line(tmp_path: Path) -> None:
    spec = job_of(_kind("Report", "csv"), SHOWN, tmp_path / "numbers.csv")
    assert spec.words() == ["kdedge", "report", "a", "b", "-o", str(tmp_path / "numbers.csv")]
    assert not spec.heavy
    assert not spec.supports_events
    assert not spec.wants_document


def test_a_comparison_takes_its_axes_and_its_flag_along(tmp_path: Path) -> None:
    shown = Shown(choice=Choice(("a", "b")), axes=("ttft", "pass@1"), unlike_allowed=True)
    path = tmp_path / "c.json"
    assert job_of(_kind("Comparison", "json"), shown, path).words() == [
        *["kdedge", "compare", "a", "b", "--front", "ttft,pass@1", "--allow-unlike"],
        *["--json", str(path)],
    ]
    assert "--html" in job_of(_kind("Comparison", "html"), SHOWN, tmp_path / "c.html").words()


def test_no_job_writes_a_chart(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="png"):
        job_of(_kind("Chart", "png"), SHOWN, tmp_path / "c.png")
