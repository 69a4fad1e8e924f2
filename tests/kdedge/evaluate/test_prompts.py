from dataclasses import replace

import pytest

from kdedge.core.errors import KdedgeError
from kdedge.evaluate.problem import Problem
from kdedge.evaluate.prompts import (
    EVALPLUS_BASE,
    EVALPLUS_CHAT,
    PRESETS,
    ChatPrompt,
    Preset,
    TextPrompt,
    default_preset,
    preset_named,
    prompt_for,
)
from kdedge.evaluate.suites import load_suite

ADD = Problem(
    task_id="Test/0",
    prompt='\n\ndef add(a, b):\n    """Add."""\n\n  ',
    entry_point="add",
    test="def check(candidate):\n    assert candidate(1, 2) == 3\n",
    canonical_solution="    return a + b\n",
)


def test_the_base_prompt_is_the_stripped_prompt_and_one_newline() -> None:
    prompt = prompt_for(EVALPLUS_BASE, ADD)
    assert prompt == TextPrompt(text='def add(a, b):\n    """Add."""\n')


def test_the_chat_prompt_is_evalplus_user_message_and_open_answer() -> None:
    prompt = prompt_for(EVALPLUS_CHAT, ADD)
    assert isinstance(prompt, ChatPrompt)
    assert prompt.user == (
        "Please provide a self-contained Python script that solves the following problem in a "
        'markdown code block:\n```\ndef add(a, b):\n    """Add."""\n```\n'
    )
    assert prompt.assistant_prefill == (
        "Below is a Python script with a self-contained function that solves the problem and "
        "passes corresponding tests:\n```python\n"
    )


def test_the_base_stops_are_those_of_evalplus() -> None:
    assert set(EVALPLUS_BASE.stop) == {
        "<|endoftext|>",
        "<|endofmask|>",
        "</s>",
        "\nif __name__",
        "\ndef main(",
        "\nprint(",
        "\ndef ",
        "\nclass ",
        "\nimport ",
        "\nfrom ",
        "\nassert ",
    }


def test_the_chat_stops_are_the_common_ones_and_the_closing_fence() -> None:
    assert set(EVALPLUS_CHAT.stop) == {
        "<|endoftext|>",
        "<|endofmask|>",
        "</s>",
        "\nif __name__",
        "\ndef main(",
        "\nprint(",
        "\n```\n",
    }


def test_both_presets_allow_768_new_tokens() -> None:
    assert {preset.max_tokens for preset in PRESETS.values()} == {768}


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_all_problems_share_the_text_that_is_said_to_be_shared(preset: Preset) -> None:
    texts = set()
    for problem in load_suite("humaneval").problems:
        prompt = prompt_for(preset, problem)
        text = prompt.user if isinstance(prompt, ChatPrompt) else prompt.text
        texts.add(text[: prompt.shared_prefix_chars])
        assert text[prompt.shared_prefix_chars :].startswith(problem.prompt.strip())
    assert len(texts) == 1


def test_a_changed_text_or_stop_changes_the_hash_and_nothing_else_does() -> None:
    assert replace(EVALPLUS_CHAT).sha256 == EVALPLUS_CHAT.sha256
    for changed in (
        replace(EVALPLUS_CHAT, before="Please: "),
        replace(EVALPLUS_CHAT, stop=EVALPLUS_CHAT.stop[1:]),
        replace(EVALPLUS_CHAT, assistant_prefill=""),
        replace(EVALPLUS_CHAT, max_tokens=512),
    ):
        assert changed.sha256 != EVALPLUS_CHAT.sha256


def test_the_hashes_of_version_1_stay_what_stored_results_say() -> None:
    assert EVALPLUS_BASE.sha256 == (
        "b2983108f15f76ed548527b1a0c578d755381d01b79b538ab31c3dce7f44ba3d"
    )
    assert EVALPLUS_CHAT.sha256 == (
        "043c4fe941c2a55968e207738cd4f2954583f48b782577c03ee5127b6e7b1251"
    )


def test_a_model_with_a_chat_template_is_asked_and_another_continues() -> None:
    assert default_preset(has_chat_template=True) is EVALPLUS_CHAT
    assert default_preset(has_chat_template=False) is EVALPLUS_BASE


def test_presets_are_found_under_their_own_names() -> None:
    assert all(preset_named(name).name == name for name in PRESETS)


def test_an_unknown_preset_is_refused_with_the_known_ones() -> None:
    with pytest.raises(KdedgeError, match="evalplus-chat/2") as caught:
        preset_named("evalplus-chat/2")
    assert "evalplus-base/1, evalplus-chat/1" in caught.value.hint
