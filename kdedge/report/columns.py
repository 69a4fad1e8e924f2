"""The columns of every table, in one place: what each is called and how its numbers are shown."""

from collections.abc import Callable
from dataclasses import dataclass

from kdedge.report.facts import Row
from kdedge.report.reading import UNKNOWN, Quantity
from kdedge.report.units import (
    UNKNOWN_TEXT,
    bytes_text,
    figures,
    percent_with_interval,
    rate_text,
    seconds_text,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One thing that is known of every model."""

    title: str
    short: str
    """Title where there is little room."""
    unit: str
    """Shown beside the title; empty when each cell has its own."""
    quantity: Callable[[Row], Quantity]
    show: Callable[[float], str]
    better: str
    """``higher`` or ``lower``; empty when it is a fact and no merit."""
    importance: int
    """0 is kept longest when a terminal is narrow."""
    interval: bool = False
    """Whether the cell shows the 95 % interval too."""
    timed: bool = False
    """Whether noise spoils it."""

    @property
    def heading(self) -> str:
        """The title with the unit, and with what the brackets hold."""
        extra = "95 % interval" if self.interval else self.unit
        return f"{self.title}, {extra}" if extra else self.title

    def text(self, row: Row) -> str:
        """Return the cell of ``row``."""
        quantity = self.quantity(row)
        if quantity.value is None:
            return UNKNOWN_TEXT
        if self.interval:
            return percent_with_interval(quantity)
        return self.show(quantity.value)

    def spoiled(self, row: Row) -> bool:
        """Return whether the number of ``row`` says nothing, because of noise."""
        return self.timed and row.noise.unusable

    def reason(self, row: Row) -> str:
        """Return why the cell of ``row`` is empty; nothing when it is not."""
        quantity = self.quantity(row)
        return quantity.reason if quantity.value is None else ""


COLUMNS = (
    Column(
        title="File size",
        short="file size",
        unit="",
        quantity=lambda row: row.model.file_bytes,
        show=bytes_text,
        better="lower",
        importance=2,
    ),
    Column(
        title="Bits per weight",
        short="bits/weight",
        unit="",
        quantity=lambda row: row.model.bits_per_weight,
        show=figures,
        better="",
        importance=5,
    ),
    Column(
        title="Load",
        short="load",
        unit="",
        quantity=lambda row: row.speed.load_s,
        show=seconds_text,
        better="lower",
        importance=6,
        timed=True,
    ),
    Column(
        title="First token (TTFT), median",
        short="TTFT",
        unit="",
        quantity=lambda row: row.speed.ttft_s,
        show=seconds_text,
        better="lower",
        importance=1,
        timed=True,
    ),
    Column(
        title="First token (TTFT), p95",
        short="TTFT p95",
        unit="",
        quantity=lambda row: row.speed.ttft_p95_s,
        show=seconds_text,
        better="lower",
        importance=7,
        timed=True,
    ),
    Column(
        title="Prefill",
        short="prefill",
        unit="tokens/s",
        quantity=lambda row: row.speed.prefill_tokens_per_s,
        show=rate_text,
        better="higher",
        importance=1,
        timed=True,
    ),
    Column(
        title="Decode",
        short="decode",
        unit="tokens/s",
        quantity=lambda row: row.speed.decode_tokens_per_s,
        show=rate_text,
        better="higher",
        importance=0,
        timed=True,
    ),
    Column(
        title="Between tokens (ITL), p50",
        short="ITL p50",
        unit="",
        quantity=lambda row: row.speed.itl_p50_s,
        show=seconds_text,
        better="lower",
        importance=4,
        timed=True,
    ),
    Column(
        title="Between tokens (ITL), p95",
        short="ITL p95",
        unit="",
        quantity=lambda row: row.speed.itl_p95_s,
        show=seconds_text,
        better="lower",
        importance=7,
        timed=True,
    ),
    Column(
        title="Between tokens (ITL), p99",
        short="ITL p99",
        unit="",
        quantity=lambda row: row.speed.itl_p99_s,
        show=seconds_text,
        better="lower",
        importance=8,
        timed=True,
    ),
    Column(
        title="Peak memory (RSS)",
        short="peak RSS",
        unit="",
        quantity=lambda row: row.memory.peak_rss_bytes,
        show=bytes_text,
        better="lower",
        importance=4,
    ),
    Column(
        title="of it anonymous",
        short="anonymous",
        unit="",
        quantity=lambda row: row.memory.anon_bytes,
        show=bytes_text,
        better="lower",
        importance=6,
    ),
    Column(
        title="Needs (file + anonymous)",
        short="needs",
        unit="",
        quantity=lambda row: row.memory.needs_bytes,
        show=bytes_text,
        better="lower",
        importance=0,
    ),
    Column(
        title="Energy",
        short="J/token",
        unit="J/token",
        quantity=lambda row: row.profile.energy_joules_per_token if row.profile else UNKNOWN,
        show=figures,
        better="lower",
        importance=9,
    ),
    Column(
        title="pass@1",
        short="pass@1",
        unit="",
        quantity=lambda row: row.pass_at_1,
        show=figures,
        better="higher",
        importance=0,
        interval=True,
    ),
)
"""In the order in which tables show them."""


def columns_known(rows: tuple[Row, ...]) -> tuple[Column, ...]:
    """Return the columns that at least one of ``rows`` has a number for."""
    return tuple(
        column for column in COLUMNS if any(column.quantity(row).value is not None for row in rows)
    )


def reasons_of(rows: tuple[Row, ...]) -> tuple[str, ...]:
    """Return a sentence for each reason why numbers are missing, naming the columns it empties."""
    empty: dict[tuple[str, str], list[str]] = {}
    for column in COLUMNS:
        for row in rows:
            if reason := column.reason(row):
                empty.setdefault((row.label, reason), []).append(column.title)
    everything = len(COLUMNS)
    return tuple(
        f"{label}, {', '.join(titles) if len(titles) < everything else 'everything'}: {reason}"
        for (label, reason), titles in empty.items()
    )


def noise_text(row: Row) -> str:
    """Return the noise verdict as the tables show it."""
    return row.noise.verdict or UNKNOWN_TEXT
