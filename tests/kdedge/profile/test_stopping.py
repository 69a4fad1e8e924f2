from kdedge.profile.stopping import RepetitionRule, is_warm, standing

RULE = RepetitionRule(least=5, cap_s=10.0, most=20)


def test_equal_repetitions_are_enough_after_the_least_number() -> None:
    assert not standing([1.0] * 4, RULE).enough
    state = standing([1.0] * 5, RULE)
    assert state.enough
    assert state.converged


def test_wild_repetitions_go_on_until_the_time_is_up_and_are_said_not_to_converge() -> None:
    wild = [1.0, 2.0, 0.5, 1.5, 3.0]
    assert not standing(wild, RULE).enough
    state = standing([*wild, 2.5], RULE)
    assert state.enough
    assert not state.converged


def test_wild_short_repetitions_stop_at_the_largest_number() -> None:
    state = standing([0.001, 0.002] * 10, RULE)
    assert state.enough
    assert not state.converged


def test_a_repetition_longer_than_the_cap_is_made_three_times() -> None:
    assert not standing([60.0, 60.0], RULE).enough
    assert standing([60.0, 60.0, 60.0], RULE).enough


def test_the_same_samples_always_stand_the_same() -> None:
    samples = [1.0, 1.02, 0.99, 1.01, 1.05, 0.97]
    assert standing(samples, RULE) == standing(list(samples), RULE)


def test_warm_up_ends_when_the_last_runs_are_alike() -> None:
    assert not is_warm([2.0, 1.0, 1.01], last=3, cap=8)
    assert is_warm([2.0, 1.0, 1.01, 1.02], last=3, cap=8)


def test_warm_up_that_never_settles_ends_at_its_cap() -> None:
    assert not is_warm([1.0, 2.0] * 3, last=3, cap=8)
    assert is_warm([1.0, 2.0] * 4, last=3, cap=8)
