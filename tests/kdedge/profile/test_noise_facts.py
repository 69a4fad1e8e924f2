from typing import Any

from kdedge.profile.noise_facts import Surroundings, noise_block, noise_facts

WHERE = Surroundings(usable_cores=2, n_threads=2, on_cpu=True)


def repetition(*, ns: int = 10**9, share: float = 1.0, other: float = 0.0) -> dict[str, Any]:
    watch = {
        "wall_s": ns / 1e9,
        "other_cores": other,
        "steal_cores": 0.0,
        "pressure_share": 0.0,
        "throttle_events": None,
        "quota_throttled_s": None,
    }
    return {"ns": ns, "cpu_ns": int(2 * ns * share), "watch": watch}


def test_a_quiet_run_is_clean() -> None:
    block = noise_block({"tg128": [repetition()] * 8}, before=[], where=WHERE)
    assert block["verdict"] == "clean"
    assert block["reasons"] == []


def test_a_busy_loop_beside_the_run_makes_it_unusable() -> None:
    values = [repetition(share=0.55, other=0.9)] * 6
    block = noise_block({"tg128": values}, before=[], where=WHERE)
    assert block["verdict"] == "unusable"


def test_others_are_averaged_over_time() -> None:
    values = [repetition(ns=9 * 10**9), repetition(ns=10**9, other=1.0)]
    facts = noise_facts({"pp512": values}, before=[], where=WHERE)
    assert facts.other_cores == 0.1
    assert facts.other_cores_worst == 1.0


def test_a_repetition_too_short_to_count_ticks_is_not_the_worst() -> None:
    values = [repetition(), repetition(ns=10**8, other=1.5)]
    facts = noise_facts({"pp512": values}, before=[], where=WHERE)
    assert facts.other_cores_worst == 0.0


def test_idle_threads_are_no_noise_where_a_gpu_computes() -> None:
    elsewhere = Surroundings(usable_cores=2, n_threads=2, on_cpu=False)
    facts = noise_facts({"tg128": [repetition(share=0.1)]}, before=[], where=elsewhere)
    assert facts.cpu_share is None


def test_battery_at_any_start_counts() -> None:
    before = [
        {"watch": repetition()["watch"], "load_average_1m": 0.1, "on_battery": power,
         "governor": None, "scaling_driver": None}
        for power in (False, True)
    ]  # fmt: skip
    assert noise_facts({}, before=before, where=WHERE).on_battery is True
