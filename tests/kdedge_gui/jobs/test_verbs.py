import pytest

from kdedge_gui.jobs.verbs import verb_exists


def test_verbs_of_this_kdedge_exist() -> None:
    assert verb_exists("evaluate")
    assert verb_exists("convert")


@pytest.mark.parametrize("verb", ["fly", "", "../evil", "a.b"])
def test_what_is_no_verb_does_not_exist(verb: str) -> None:
    assert not verb_exists(verb)
