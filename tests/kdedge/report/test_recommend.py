from kdedge.report.recommend import recommend
from tests.kdedge.report import examples
from tests.kdedge.report.reports import rows


def test_a_clear_winner_in_solved_problems_is_taken_however_slow() -> None:
    found = recommend(
        rows(
            examples.profile("Q8_0", decode=50),
            examples.evaluation("Q8_0", solved=set(range(30))),
            examples.profile("Q4_0", decode=200),
            examples.evaluation("Q4_0", solved=set(range(4))),
        )
    )
    assert found.choice == "Q8_0"
    assert "solves the most problems" in found.sentence
    assert any(line.startswith("Q4_0") and "fewer" in line for line in found.because)


def test_the_fastest_of_those_that_cannot_be_told_from_the_best_is_taken() -> None:
    found = recommend(rows(*examples.three_models()))
    assert found.choice == "Q4_0"
    assert "cannot be told from the best (Q8_0" in found.sentence
    assert "decodes fastest, 163 tokens/s" in found.sentence
    assert any("go unseen" in line for line in found.because)


def test_a_loss_that_the_interval_allows_is_said() -> None:
    found = recommend(rows(*examples.three_models()))
    assert "is not ruled out" in found.sentence


def test_all_within_noise_goes_by_memory() -> None:
    found = recommend(
        rows(
            examples.profile("Q8_0", decode=100),
            examples.evaluation("Q8_0", solved={1, 2}),
            examples.profile("Q4_1", decode=100.2),
            examples.evaluation("Q4_1", solved={1, 2}),
        )
    )
    assert found.choice == "Q4_1"
    assert "needs least" in found.sentence
    assert any("cannot be told apart" in line for line in found.because)


def test_a_model_as_good_as_the_best_is_not_called_worse() -> None:
    found = recommend(
        rows(
            examples.profile("Q8_0"),
            examples.evaluation("Q8_0", solved={1, 2}),
            examples.profile("Q4_0"),
            examples.evaluation("Q4_0", solved={2, 3}),
        )
    )
    assert found.choice == "Q4_0"
    assert "none solves more" in found.sentence
    assert "ruled out" not in found.sentence


def test_what_nothing_separates_is_left_to_the_reader() -> None:
    found = recommend(
        rows(
            examples.profile("Q8_0", run="a"),
            examples.evaluation("Q8_0", run="b"),
            examples.profile("Q8_0", name="twin", run="c"),
            examples.evaluation("Q8_0", name="twin", run="d"),
        )
    )
    assert found.choice is None
    assert "Nothing measured here separates" in found.sentence


def test_without_pass_at_k_speed_decides_and_the_gap_is_named() -> None:
    found = recommend(rows(examples.profile("Q8_0"), examples.profile("Q4_0")))
    assert found.choice == "Q4_0"
    assert any("pass@1 was not measured" in line for line in found.because)


def test_a_model_whose_pass_at_1_is_missing_is_never_taken_over_a_measured_one() -> None:
    found = recommend(
        rows(
            examples.profile("Q8_0"),
            examples.evaluation("Q8_0"),
            examples.profile("Q4_0", decode=900),
        )
    )
    assert found.choice == "Q8_0"
    assert any(line.startswith("Q4_0 is left out") for line in found.because)


def test_a_single_model_is_told_and_not_recommended() -> None:
    found = recommend(rows(examples.profile("Q8_0"), examples.evaluation("Q8_0")))
    assert found.choice is None
    assert "nothing to choose between" in found.sentence
    assert "140 tokens/s" in found.sentence


def test_unusable_timings_decide_nothing() -> None:
    found = recommend(
        rows(
            examples.profile("Q8_0"),
            examples.profile("Q4_1", decode=900, noise="unusable"),
        )
    )
    assert found.choice == "Q4_1"
    assert "needs least" in found.sentence
    assert "fastest" not in found.sentence
    assert any("unusable (load average 3.1" in line for line in found.because)


def test_a_single_model_with_unusable_timings_shows_no_speed() -> None:
    found = recommend(rows(examples.profile("Q8_0", noise="unusable")))
    assert "tokens/s" not in found.sentence


def test_suspect_timings_are_used_and_said() -> None:
    found = recommend(rows(examples.profile("Q8_0"), examples.profile("Q4_0", noise="suspect")))
    assert found.choice == "Q4_0"
    assert any("suspect" in line for line in found.because)


def test_speeds_of_other_settings_are_not_compared() -> None:
    four_threads = examples.profile("Q4_0")
    four_threads["settings"]["n_threads"] = 4
    found = recommend(rows(examples.profile("Q8_0"), four_threads))
    assert "fastest" not in found.sentence
    assert any("n threads: 2 / 4" in line for line in found.because)


def test_pass_at_1_of_other_presets_leads_to_no_recommendation() -> None:
    other = examples.evaluation("Q4_0") | {"preset": "evalplus-base/1"}
    found = recommend(rows(examples.evaluation("Q8_0"), other))
    assert found.choice is None
    assert found.sentence.startswith("No recommendation")
    assert any("preset" in line for line in found.because)


def test_a_model_that_solved_nothing_is_not_taken_for_its_speed() -> None:
    found = recommend(
        rows(
            examples.profile("Q8_0", decode=50),
            examples.evaluation("Q8_0", solved={1, 2}),
            examples.profile("Q4_0", decode=200),
            examples.evaluation("Q4_0", solved=set()),
        )
    )
    assert found.choice == "Q8_0"
    assert any("Q4_0 solved no problem at all" in line for line in found.because)
