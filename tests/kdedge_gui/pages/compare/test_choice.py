from kdedge_gui.pages.compare.choice import DEFAULT_AXES, MOST, Choice, compare_words


def test_the_first_run_chosen_is_the_baseline() -> None:
    choice = Choice().toggled("a").toggled("b")
    assert choice.run_ids == ("a", "b")
    assert choice.baseline == "a"


def test_a_run_toggled_twice_is_out_again_and_the_next_one_is_the_baseline() -> None:
    assert Choice(("a", "b", "c")).toggled("a") == Choice(("b", "c"))


def test_a_seventh_run_does_not_fit() -> None:
    full = Choice(tuple("abcdef"))
    assert len(full.run_ids) == MOST
    assert full.is_full
    assert full.toggled("g") == full
    assert full.toggled("f") == Choice(tuple("abcde"))


def test_any_run_can_become_the_baseline() -> None:
    assert Choice(("a", "b", "c")).based_on("c") == Choice(("c", "a", "b"))
    assert Choice(("a",)).based_on("new") == Choice(("new", "a"))


def test_runs_that_are_gone_are_forgotten() -> None:
    assert Choice(("a", "b", "c")).kept({"c", "a"}) == Choice(("a", "c"))


def test_two_runs_are_enough_and_one_is_not() -> None:
    assert not Choice(("a",)).is_enough
    assert Choice(("a", "b")).is_enough


def test_the_command_line_says_what_the_page_shows() -> None:
    choice = Choice(("a", "b"))
    assert compare_words(choice) == ["kdedge", "compare", "a", "b"]
    assert compare_words(choice, axes=DEFAULT_AXES) == compare_words(choice)
    assert compare_words(choice, axes=("ttft", "pass@1"), unlike_allowed=True) == [
        *["kdedge", "compare", "a", "b"],
        *["--front", "ttft,pass@1", "--allow-unlike"],
    ]
