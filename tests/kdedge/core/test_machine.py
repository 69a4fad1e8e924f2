import json
import platform

from kdedge.core.machine import machine_facts


def test_the_facts_are_json_and_in_their_bounds() -> None:
    facts = machine_facts()
    assert 1 <= facts.usable_cores <= facts.logical_cores
    assert 0 < facts.memory_available_bytes <= facts.memory_total_bytes
    assert json.loads(json.dumps(facts.as_json()))["cpu_model"] == facts.cpu_model


def test_the_name_of_the_machine_is_not_told() -> None:
    told = json.dumps(machine_facts().as_json()).lower()
    assert "hostname" not in told
    assert len(platform.node()) < 4 or platform.node().lower() not in told
