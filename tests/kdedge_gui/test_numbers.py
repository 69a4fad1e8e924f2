from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QLocale

from kdedge_gui import numbers

SPACE = "\u00a0"
NARROW = "\u202f"


@pytest.fixture(autouse=True)
def english() -> None:
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1023, "1,023 bytes"),
        (1024, "1.00 KiB"),
        (105_454_432, "101 MiB"),
        (1_524_000_000, "1.42 GiB"),
        (9_000 * 1024**4, "9,000 TiB"),
    ],
)
def test_sizes_have_the_largest_unit_that_leaves_one(size: int, text: str) -> None:
    assert numbers.bytes_text(size) == text.replace(" ", SPACE)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (0.00084, "840 µs"), (0.0123, "12.3 ms"), (1.239, "1.24 s"), (125, "125 s")],
)
def test_measured_times_have_their_natural_unit(seconds: float, text: str) -> None:
    assert numbers.seconds_text(seconds) == text.replace(" ", SPACE)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "0 s"),
        (8.4, "8 s"),
        (250, "4 min 10 s"),
        (1800, "30 min"),
        (7500, "2 h 05 min"),
        (200_000, "2 days 7 h"),
    ],
)
def test_durations_are_rough(seconds: float, text: str) -> None:
    assert numbers.duration_text(seconds).replace(SPACE, " ") == text


def test_an_interval_names_its_unit_once() -> None:
    assert numbers.interval_text(0.24, 0.449).replace(SPACE, " ") == f"24.0 – 44.9{NARROW}%"
    shown = numbers.interval_text(20.0, 24.5, shown=numbers.rate_text)
    assert shown.replace(SPACE, " ") == "20.0 – 24.5 tokens/s"
    mixed = numbers.interval_text(0.5, 1.5, shown=numbers.seconds_text)
    assert mixed.replace(SPACE, " ") == "500 ms – 1.50 s"


def test_what_was_not_measured_is_a_dash_and_never_zero() -> None:
    for formatter in (
        numbers.bytes_text,
        numbers.rate_text,
        numbers.seconds_text,
        numbers.percent_text,
        numbers.count_text,
        numbers.duration_text,
        numbers.when_text,
    ):
        assert formatter(None) == numbers.NOT_MEASURED
    assert numbers.interval_text(None, 1.0) == numbers.NOT_MEASURED


def test_counts_have_separators() -> None:
    assert numbers.count_text(1_234_567) == "1,234,567"


def test_numbers_follow_the_users_locale() -> None:
    QLocale.setDefault(QLocale(QLocale.Language.German, QLocale.Country.Germany))
    assert numbers.percent_text(0.341) == f"34,1{NARROW}%"
    assert numbers.count_text(1234) == "1.234"


def test_moments_are_said_as_people_say_them() -> None:
    now = datetime.now(UTC).astimezone().replace(hour=12, minute=0, second=0, microsecond=0)
    assert numbers.when_text(now, now=now) == "today 12:00"
    assert numbers.when_text(now - timedelta(days=1), now=now) == "yesterday 12:00"
    old = datetime(2024, 3, 5, 14, 3).astimezone()
    assert numbers.when_text(old, now=now) == "5 Mar 2024, 14:03"


def test_text_without_a_zone_is_utc() -> None:
    now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    assert numbers.when_text("2026-11-24T12:00:00", now=now) == numbers.when_text(now, now=now)
