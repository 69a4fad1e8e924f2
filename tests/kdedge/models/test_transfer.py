import pytest

from kdedge.core.events import Event, Note, Progress
from kdedge.models.transfer import TransferRate, paced

MIB = 1024**2


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_rate_and_time_left_are_those_of_the_last_seconds() -> None:
    clock = Clock()
    rate = TransferRate(total=1000 * MIB, clock=clock)
    assert rate.in_words(400 * MIB) == ""  # what an earlier call left counts as no speed
    for second in range(1, 11):
        clock.now += 1
        rate.in_words((400 + second) * MIB)
    assert rate.in_words(410 * MIB) == "1.0 MiB/s, 10 min left"
    for _ in range(20):
        clock.now += 1
        told = rate.in_words(500 * MIB)
    assert told == ""  # nothing came for a while


@pytest.mark.parametrize(("total", "left"), [(10, "9 s"), (1000, "17 min"), (100_000, "27.8 h")])
def test_time_left_is_told_in_the_unit_that_suits_it(total: int, left: str) -> None:
    clock = Clock()
    rate = TransferRate(total=total * MIB, clock=clock)
    rate.in_words(0)
    clock.now += 1
    assert rate.in_words(MIB) == f"1.0 MiB/s, {left} left"


def test_a_transfer_that_begins_again_is_measured_from_there() -> None:
    clock = Clock()
    rate = TransferRate(total=100 * MIB, clock=clock)
    rate.in_words(50 * MIB)
    clock.now += 1
    assert rate.in_words(0) == ""
    clock.now += 1
    assert rate.in_words(2 * MIB) == "2.0 MiB/s, 49 s left"


def test_progress_is_passed_on_ten_times_a_second_and_at_the_end() -> None:
    clock = Clock()
    passed: list[Event] = []
    sink = paced(passed.append, clock=clock)
    for done in range(1, 101):
        clock.now += 0.03
        sink(Progress(phase="downloading", done=done, total=100))
    done_values = [each.done for each in passed if isinstance(each, Progress)]
    assert done_values[0] == 1
    assert done_values[-1] == 100
    assert 20 < len(done_values) < 32


def test_everything_but_progress_is_passed_on_at_once() -> None:
    passed: list[Event] = []
    sink = paced(passed.append, clock=Clock())
    for _ in range(5):
        sink(Note(text="x"))
    assert len(passed) == 5
