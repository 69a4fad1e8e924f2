"""What is told while a model works, and how often."""

from typing import Any, cast

import pytest

from kdedge.runtime.live import LoadProgress, MemoryWatch, Stream, tokens_per_s
from kdedge.runtime.options import Prompt, Request, Sampling
from kdedge.runtime.sequence import Sequence

MS = 1_000_000


def running(request_id: str = "x") -> Sequence:
    """Return a sequence that began at 0, with nothing in it that needs a model."""
    request = Request(request_id=request_id, prompt=Prompt(text="a"), sampling=Sampling())
    return Sequence(
        request=request,
        n_prompt_tokens=10,
        context_tokens=100,
        started_ns=0,
        sampler=cast("Any", None),
        text=cast("Any", None),
    )


def told_of(gaps_ms: list[int], *, text: str = "") -> list[dict[str, Any]]:
    """Return what a stream says of tokens that come after ``gaps_ms``."""
    heard: list[dict[str, Any]] = []
    stream, sequence, now = Stream(heard.append), running(), 0
    for gap in gaps_ms:
        now += gap * MS
        sequence.times_ns.append(now)
        stream.hear(sequence, text)
    return heard


def test_speed_is_told_four_times_a_second_however_fast_the_tokens_come() -> None:
    live = told_of([500] + [1] * 1000)
    assert len(live) == 4
    assert {each["op"] for each in live} == {"live"}


def test_speed_is_told_at_every_token_of_a_slow_model_but_the_first() -> None:
    assert [each["n_tokens"] for each in told_of([5000, 400, 400])] == [2, 3]


def test_the_speed_told_is_that_of_the_gaps_and_the_first_token_is_told_apart() -> None:
    last = told_of([700] + [50] * 20)[-1]
    assert last["tokens_per_s"] == pytest.approx(20)
    assert last["ttft_s"] == pytest.approx(0.7)
    assert last["context_used_tokens"] == 10 + last["n_tokens"]


def test_speed_follows_a_model_that_becomes_slower() -> None:
    fast_then_slow = [tick * 10 * MS for tick in range(100)]
    fast_then_slow += [fast_then_slow[-1] + tick * 500 * MS for tick in range(1, 9)]
    assert tokens_per_s(fast_then_slow) == pytest.approx(2)


def test_a_single_long_gap_is_a_speed_too() -> None:
    assert tokens_per_s([0, 10_000 * MS]) == pytest.approx(0.1)


def test_a_token_without_certain_text_says_nothing() -> None:
    assert told_of([10, 10]) == []
    assert [each["n"] for each in told_of([10, 10], text="a")] == [1, 2]


def test_a_load_is_told_at_its_end_and_only_forwards() -> None:
    heard: list[dict[str, Any]] = []
    progress = LoadProgress(heard.append, go_on=lambda: True)
    for step in range(1001):
        assert progress.hear(step / 1000)
    progress.hear(1.0)
    fractions = [each["fraction"] for each in heard]
    assert fractions == sorted(set(fractions))
    assert fractions[-1] == 1
    assert len(fractions) < 100


def test_a_load_that_is_not_wanted_hears_so_at_once() -> None:
    progress = LoadProgress(lambda _: None, go_on=lambda: False)
    assert not progress.hear(0.1)


def test_a_memory_watch_says_nothing_after_it_was_closed() -> None:
    heard: list[dict[str, Any]] = []
    watch = MemoryWatch(heard.append, interval_s=0.001)
    while len(heard) < 3:
        pass
    watch.close()
    n = len(heard)
    assert {each["op"] for each in heard} == {"memory"}
    assert heard[-1]["rss_bytes"] > 0
    assert len(heard) == n
