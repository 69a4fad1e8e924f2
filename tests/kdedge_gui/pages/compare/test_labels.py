from kdedge_gui.pages.compare.labels import short_labels


def test_labels_that_fit_stay() -> None:
    assert short_labels(["Q8_0", "x" * 24]) == {"Q8_0": "Q8_0", "x" * 24: "x" * 24}
    assert short_labels([]) == {}


def test_a_long_label_keeps_both_ends() -> None:
    (short,) = short_labels(["deepseek-coder-1.3b-instruct-distilled-kd Q4_1"]).values()
    assert len(short) <= 24
    assert short.startswith("deepseek")
    assert short.endswith("kd Q4_1")


def test_two_models_never_get_the_same_name() -> None:
    labels = ["Qwen2.5-Coder-0.5B-Instruct Q8_0", "Qwen2.5-Coder-1.5B-Instruct Q8_0"]
    shortened = short_labels(labels)
    assert shortened == {label: label for label in labels}


def test_labels_that_differ_only_in_the_middle_stay_whole() -> None:
    labels = [f"{'a' * 20}{middle}{'b' * 20}" for middle in "xy"]
    assert len(set(short_labels(labels).values())) == 2
