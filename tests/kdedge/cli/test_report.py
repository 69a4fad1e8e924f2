import csv
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kdedge.cli.main import VERBS, load_app
from kdedge.core.errors import KdedgeError
from kdedge.core.store import Store
from tests.kdedge.report import examples

VERB = next(verb for verb in VERBS if verb.name == "report")


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")


def run(*words: str) -> Any:
    return CliRunner().invoke(load_app(VERB), list(words))


def stored(document: dict[str, Any]) -> str:
    verb = document["schema"].removeprefix("kdedge.").removesuffix("/1")
    with Store.open() as store:
        row = store.begin_run(verb=verb, key="k", subject={})
        store.finish_run(row.run_id, status="done", document=document | {"run": row.run_id})
    return row.run_id


def written(folder: Path, document: dict[str, Any]) -> str:
    path = folder / f"{document['run']}.json"
    path.write_text(json.dumps(document))
    return str(path)


def test_runs_of_the_store_are_shown_as_a_table() -> None:
    result = run(stored(examples.profile("Q8_0")), stored(examples.evaluation("Q8_0")))
    assert result.exit_code == 0, result.exception
    assert "pass@1" in result.stdout
    assert "140" in result.stdout


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("r.html", "<!DOCTYPE html>"),
        ("r.HTM", "<!DOCTYPE html>"),
        ("r.csv", "label,"),
        ("r.json", "{"),
        ("r.md", "**"),
    ],
)
def test_the_ending_of_the_file_decides_what_is_written(
    tmp_path: Path, name: str, start: str
) -> None:
    target = tmp_path / name
    result = run(written(tmp_path, examples.profile()), "-o", str(target))
    assert result.exit_code == 0, result.exception
    assert target.read_text().startswith(start)
    assert name in result.stdout.replace("\n", "")


def test_a_named_format_beats_the_ending(tmp_path: Path) -> None:
    target = tmp_path / "numbers.txt"
    run(written(tmp_path, examples.profile()), "-o", str(target), "--format", "csv")
    assert next(csv.reader(target.read_text().splitlines()))[0] == "label"


def test_a_format_without_a_file_goes_to_the_terminal(tmp_path: Path) -> None:
    result = run(written(tmp_path, examples.profile()), "--format", "csv")
    assert result.stdout.startswith("label,")


def test_json_on_stdout_is_the_only_thing_there(tmp_path: Path) -> None:
    result = run(written(tmp_path, examples.profile()), "--json", "-")
    assert json.loads(result.stdout)["schema"] == "kdedge.report/1"


def test_an_unknown_ending_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    result = run(str(tmp_path / "missing.json"), "-o", str(tmp_path / "report.pdf"))
    assert isinstance(result.exception, KdedgeError)
    assert "report.pdf" in result.exception.problem


def test_a_failing_report_leaves_the_earlier_file_alone(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_text("earlier")
    result = run(str(tmp_path / "missing.json"), "-o", str(target))
    assert isinstance(result.exception, KdedgeError)
    assert target.read_text() == "earlier"
