import copy
from typing import Any

import pytest

from kdedge_gui.pages.home.machine_words import (
    headline,
    is_doctor_document,
    is_starter_missing,
    machine_facts,
    machine_problems,
)
from kdedge_gui.shots.scene import RECORDED, Recorded


@pytest.fixture
def document(qapp: object) -> dict[str, Any]:
    return copy.deepcopy(Recorded(RECORDED / "home").documents("doctor")[0])


def _said(document: dict[str, Any]) -> str:
    return "\n".join(f"{fact.title}: {fact.text}" for fact in machine_facts(document))


def test_a_machine_without_a_gpu_runs_models_on_its_cpu(document: dict[str, Any]) -> None:
    assert "on the CPU" in headline(document)
    assert "No GPU that llama.cpp can use" in _said(document)


def test_a_gpu_is_named_with_its_memory(document: dict[str, Any]) -> None:
    document["runtime"]["devices"].append(
        {"name": "CUDA0", "description": "A card", "kind": "gpu", "memory_total_bytes": 8 * 2**30}
    )
    assert "on A card" in headline(document)
    assert "A card (8.00\u00a0GiB)" in _said(document)


def test_an_engine_that_cannot_start_is_the_first_thing_said(document: dict[str, Any]) -> None:
    document["runtime"] = None
    assert "cannot be started" in headline(document)
    (fact,) = [each for each in machine_facts(document) if each.title.startswith("llama.cpp")]
    assert fact.kind == "bad"


@pytest.mark.parametrize(
    ("level", "kind"), [("L3", "good"), ("L2", "good"), ("L1", "warning"), (None, "bad")]
)
def test_how_well_programs_are_closed_in_is_said_without_level_names(
    document: dict[str, Any], level: str | None, kind: str
) -> None:
    document["sandbox"]["level"] = level
    (fact,) = [each for each in machine_facts(document) if "Programs of a model" in each.title]
    assert fact.kind == kind
    assert "L" + (level or "?")[-1] not in fact.text


def test_cores_that_may_not_be_used_are_said(document: dict[str, Any]) -> None:
    document["machine"] |= {"usable_cores": 2, "logical_cores": 8}
    assert "2 of 8 cores may be used" in _said(document)


def test_a_starter_model_that_is_missing_is_noticed(document: dict[str, Any]) -> None:
    assert not is_starter_missing(document)
    document["starter_model"] = None
    assert is_starter_missing(document)
    assert "The starter model is missing" in _said(document)


@pytest.mark.parametrize(
    ("fix", "shown", "is_command"),
    [
        ("Install it with `python -m pip install x`.", "python -m pip install x", True),
        ("sudo cpupower frequency-set -g performance", None, True),
        ("/usr/bin/python3 -m pip install matplotlib", None, True),
        ("Plug it in.", None, False),
        ("Use Linux 5.13 or later, or add --allow-weak-sandbox.", None, False),
        ("Move it away (`mv a b`) and add the models again.", None, False),
    ],
)
def test_a_remedy_that_is_a_command_can_be_copied(
    document: dict[str, Any], fix: str, shown: str | None, is_command: bool
) -> None:
    document["problems"] = [{"what": "Something.", "fix": fix}]
    (problem,) = machine_problems(document)
    assert problem.fix == (shown or fix)
    assert problem.is_command is is_command


@pytest.mark.parametrize("other", [None, [], {}, {"schema": "kdedge.doctor/2", "machine": {}}])
def test_a_document_of_another_kind_is_not_taken(other: object) -> None:
    assert not is_doctor_document(other)
