"""Documents can come from anywhere: whatever stands in them, a report is made."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from rich.console import Console

from kdedge.core.errors import KdedgeError
from kdedge.report.as_html import report_as_html
from kdedge.report.as_terminal import terminal_report
from kdedge.report.as_text_files import report_as_csv, report_as_json, report_as_markdown
from kdedge.report.compare import compare
from kdedge.report.comparison_output import comparison_as_html, comparison_document
from tests.kdedge.report import examples
from tests.kdedge.report.reports import documents, report

BROKEN: list[Any] = [None, [], {}, [None, 1, "x", {}], "text", -1, 0, 1e299, float("nan"), True]


def paths(value: Any, way: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if way:
        yield way
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*way, key))
    elif isinstance(value, list) and value:
        yield from paths(value[0], (*way, 0))


def broken(document: dict[str, Any], way: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    inner: Any = changed
    for key in way[:-1]:
        inner = inner[key]
    inner[way[-1]] = value
    return changed


def everything_made_of(contents: list[dict[str, Any]], *, draw: bool) -> list[object]:
    """Return all that can be made of the documents, in every format."""
    made = report(*contents)
    console = Console(width=80)
    with console.capture() as shown:
        console.print(terminal_report(made, width=80))
    outputs: list[object] = [
        report_as_html(made, draw=draw),
        report_as_csv(made),
        report_as_json(made),
        report_as_markdown(made),
        shown.get(),
    ]
    try:
        comparison = compare(documents(*contents), allow_unlike=True)
    except KdedgeError:
        return outputs
    return [*outputs, comparison_as_html(comparison, draw=draw), comparison_document(comparison)]


@pytest.mark.parametrize("make", [examples.profile, examples.evaluation])
def test_any_one_value_may_be_anything(make: Any) -> None:
    whole = make("Q8_0")
    whole |= {"verdicts": whole.get("verdicts", [])[:2]}
    others = [examples.profile("Q4_0"), examples.evaluation("Q4_0", n_problems=2)]
    for place, way in enumerate(paths(whole)):
        if way[0] in {"schema", "run"}:
            continue
        value = BROKEN[place % len(BROKEN)]
        assert all(everything_made_of([broken(whole, way, value), *others], draw=False)), way


@pytest.mark.parametrize("value", BROKEN)
def test_pictures_are_drawn_of_whatever_is_left(value: Any) -> None:
    pytest.importorskip("matplotlib")
    profile = examples.profile("Q8_0")
    for way in [
        ("latency", "decode_tokens_per_s"),
        ("memory", "anon_bytes"),
        ("model", "file_bytes"),
    ]:
        profile = broken(profile, way, value)
    evaluation = broken(examples.evaluation("Q8_0", n_problems=2), ("pass_at_k", "1"), value)
    whole = examples.three_models()[-2:]
    assert all(everything_made_of([profile, evaluation, *whole], draw=True))


def test_objects_of_nothing_at_all_are_reported() -> None:
    nothing = [{"schema": f"kdedge.{verb}/1", "run": ""} for verb in ("profile", "evaluate")]
    assert all(everything_made_of(nothing, draw=True))
