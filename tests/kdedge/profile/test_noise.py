from dataclasses import replace

import pytest

from kdedge.profile.noise import NoiseFacts, Trust, judge

QUIET = NoiseFacts(
    usable_cores=4,
    n_threads=4,
    other_cores_before=0.02,
    other_cores=0.03,
    other_cores_worst=0.1,
    steal_cores=0.0,
    cpu_share=0.99,
    load_average_1m=3.5,
    throttle_events=0,
    quota_throttled_share=0.0,
    on_battery=False,
    governor="performance",
    spreads={"pp512": 0.004, "tg128": 0.01},
    drifts={"pp512": 0.01, "tg128": -0.02},
)


def test_a_quiet_machine_is_clean_whatever_ran_before() -> None:
    verdict = judge(QUIET)
    assert verdict.trust is Trust.CLEAN
    assert verdict.reasons == ()
    assert judge(replace(QUIET, other_cores_before=3.0)).trust is Trust.CLEAN


def test_nothing_known_is_nothing_held_against_it() -> None:
    assert judge(NoiseFacts(usable_cores=2, n_threads=2)).trust is Trust.CLEAN


@pytest.mark.parametrize(
    ("change", "trust", "words"),
    [
        ({"other_cores": 1.0}, Trust.UNUSABLE, "1.0 of 4 cores busy during the measurement"),
        ({"other_cores": 0.3}, Trust.SUSPECT, "0.3 of 4 cores"),
        ({"other_cores_worst": 2.0}, Trust.SUSPECT, "worst repetition"),
        ({"other_cores": None, "other_cores_before": 2.0}, Trust.SUSPECT, "before the start"),
        ({"steal_cores": 0.2}, Trust.SUSPECT, "hypervisor took 5%"),
        ({"steal_cores": 1.0}, Trust.UNUSABLE, "hypervisor took 25%"),
        ({"cpu_share": 0.9}, Trust.SUSPECT, "90% of the CPU time"),
        ({"cpu_share": 0.5}, Trust.UNUSABLE, "50% of the CPU time"),
        ({"throttle_events": 3}, Trust.SUSPECT, "3 times from heat"),
        ({"quota_throttled_share": 0.01}, Trust.SUSPECT, "quota"),
        ({"quota_throttled_share": 0.3}, Trust.UNUSABLE, "quota"),
        ({"on_battery": True}, Trust.SUSPECT, "battery"),
        ({"governor": "powersave"}, Trust.SUSPECT, "powersave"),
        ({"spreads": {"tg128": 0.05}}, Trust.SUSPECT, "tg128 lie 5% from their median"),
        ({"spreads": {"tg128": 0.5}}, Trust.UNUSABLE, "tg128 lie 50%"),
        ({"drifts": {"tg128": 0.08}}, Trust.SUSPECT, "tg128 became 8% slower"),
        ({"drifts": {"tg128": -0.3}}, Trust.UNUSABLE, "tg128 became 30% faster"),
    ],
)
def test_each_kind_of_noise_is_named(change: dict[str, object], trust: Trust, words: str) -> None:
    verdict = judge(replace(QUIET, **change))
    assert verdict.trust is trust
    (reason,) = verdict.reasons
    assert words in reason


def test_others_may_use_the_cores_that_are_left_over() -> None:
    assert judge(replace(QUIET, n_threads=2, other_cores=1.9)).trust is Trust.CLEAN


def test_powersave_is_the_normal_governor_of_drivers_that_scale_themselves() -> None:
    facts = replace(QUIET, governor="powersave", scaling_driver="intel_pstate")
    assert judge(facts).trust is Trust.CLEAN


def test_the_load_average_counts_only_where_nothing_better_is_known() -> None:
    blind = replace(QUIET, other_cores=None, other_cores_before=None, other_cores_worst=None)
    assert judge(blind).trust is Trust.SUSPECT
    assert judge(replace(blind, load_average_1m=0.2)).trust is Trust.CLEAN


def test_the_worst_finding_decides_and_stands_first() -> None:
    verdict = judge(replace(QUIET, on_battery=True, cpu_share=0.3))
    assert verdict.trust is Trust.UNUSABLE
    assert "CPU time" in verdict.reasons[0]
    assert "battery" in verdict.reasons[1]
