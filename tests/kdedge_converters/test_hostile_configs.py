"""Thousands of mutated configurations: an error in a sentence or a plan, never anything else."""

import copy
import math
import random
from typing import Any

import pytest

from kdedge_converters.checkpoint import StoredTensor
from kdedge_converters.errors import ConversionError
from kdedge_converters.families import find_family
from tests.family_cases import GOLDEN, arrays_of, stored_of

N_MUTATIONS = 200
"""Of each case."""
JUNK: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 3, 2**31, 2**64, 10**400, 0.5, -0.0, 1e300, math.nan, math.inf,
    "", "silu", "x" * 10_000, "\ud800", [], [1], [[]], {}, {"rope_type": {}}, {"a": None},
)  # fmt: skip


def mutated(config: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    changed = copy.deepcopy(config)
    for _ in range(chance.randint(1, 3)):
        place = changed
        sections = [each for each in changed.values() if isinstance(each, dict) and each]
        if sections and chance.random() < 0.5:
            place = chance.choice(sections)
        key = chance.choice([*place, "rope_scaling", "layer_types", "unknown"])
        if chance.random() < 0.2:
            place.pop(key, None)
        else:
            place[key] = copy.deepcopy(chance.choice(JUNK))
    return changed


def refusal(config: dict[str, Any], tensors: dict[str, StoredTensor]) -> ConversionError | None:
    try:
        family = find_family(config)
        family.metadata(config)
        family.tensors(config, tensors)
    except ConversionError as error:
        return error
    return None


@pytest.mark.parametrize("case", GOLDEN)
def test_a_mutated_configuration_is_refused_or_planned(case: str) -> None:
    chance = random.Random(case)
    tensors = stored_of(arrays_of(case))
    configs = [mutated(GOLDEN[case]["config"], chance) for _ in range(N_MUTATIONS)]
    refusals = [told for each in configs if (told := refusal(each, tensors)) is not None]
    assert len(refusals) > N_MUTATIONS / 4
    assert all(len(told.problem) < 1000 and told.hint for told in refusals)
