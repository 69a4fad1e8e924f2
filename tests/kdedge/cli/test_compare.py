import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kdedge.cli.main import VERBS, load_app
from kdedge.core.errors import KdedgeError
from tests.kdedge.report import examples

VERB = next(verb for verb in VERBS if verb.name == "compare")


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")


def run(folder: Path, *contents: dict[str, Any], options: tuple[str, ...] = ()) -> Any:
    paths = []
    for place, content in enumerate(contents):
        path = folder / f"{place}.json"
        path.write_text(json.dumps(content))
        paths.append(str(path))
    return CliRunner().invoke(load_app(VERB), [*paths, *options])


def test_two_models_are_compared_in_the_terminal(tmp_path: Path) -> None:
    result = run(tmp_path, examples.evaluation("Q8_0"), examples.evaluation("Q4_0"))
    assert result.exit_code == 0, result.exception
    assert "Compared with Q8_0" in result.stdout
    assert "lost 3" in result.stdout


def test_page_and_document_are_written(tmp_path: Path) -> None:
    page, document = tmp_path / "c.html", tmp_path / "c.json"
    options = ("--html", str(page), "--json", str(document))
    run(tmp_path, examples.profile("Q8_0"), examples.profile("Q4_0"), options=options)
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert json.loads(document.read_text())["schema"] == "kdedge.compare/1"


def test_unlike_runs_are_refused_and_compared_on_demand(tmp_path: Path) -> None:
    other = examples.evaluation("Q4_0") | {"preset": "evalplus-base/1"}
    refused = run(tmp_path, examples.evaluation("Q8_0"), other)
    assert isinstance(refused.exception, KdedgeError)
    assert "preset" in refused.exception.problem
    allowed = run(tmp_path, examples.evaluation("Q8_0"), other, options=("--allow-unlike",))
    assert allowed.exit_code == 0
    assert "UNLIKE" in allowed.stdout


def test_one_run_alone_is_refused(tmp_path: Path) -> None:
    result = run(tmp_path, examples.profile())
    assert isinstance(result.exception, KdedgeError)
    assert "nothing to compare" in result.exception.problem


def test_the_axes_of_the_front_can_be_chosen(tmp_path: Path) -> None:
    contents = examples.profile("Q8_0"), examples.profile("Q4_0")
    document = tmp_path / "c.json"
    run(tmp_path, *contents, options=("--front", "size, decode", "--json", str(document)))
    found = json.loads(document.read_text())
    assert found["pareto_axes"] == ["size", "decode"]
    assert found["pareto_front"] == ["Q4_0"]


def test_an_axis_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path) -> None:
    result = run(tmp_path, examples.profile(), options=("--front", "decode,taste"))
    assert isinstance(result.exception, KdedgeError)
    assert "pass@1" in result.exception.hint
