"""The axes a Pareto front can have, by the names that the command line and the app share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from kdedge.core.errors import KdedgeError
from kdedge.report.columns import COLUMNS, Column
from kdedge.report.facts import Row
from kdedge.report.pareto_front import Better, pareto_front
from kdedge.report.reading import Quantity
from kdedge.report.units import listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One merit that a front can weigh."""

    name: str
    """How it is asked for: one lower-case word."""
    words: str
    """How a sentence names it."""
    column: Column
    """How tables read and show it."""

    @property
    def better(self) -> Better:
        """Which end is the good one."""
        return cast("Better", self.column.better)

    def quantity(self, row: Row) -> Quantity:
        """Return the number of ``row``, or why there is none."""
        return self.column.quantity(row)


def _axis(name: str, words: str, *, short: str) -> Axis:
    column = next(each for each in COLUMNS if each.short == short)
    return Axis(name=name, words=words, column=column)


AXES = (
    _axis("pass@1", "pass@1", short="pass@1"),
    _axis("decode", "decode speed", short="decode"),
    _axis("prefill", "prefill speed", short="prefill"),
    _axis("ttft", "time to first token", short="TTFT"),
    _axis("memory", "memory", short="needs"),
    _axis("energy", "energy", short="J/token"),
    _axis("size", "file size", short="file size"),
)
"""In the order in which they are offered."""


def axes_named(names: Sequence[str]) -> tuple[Axis, ...]:
    """Return the axes of ``names``, in their order.

    Raises:
        KdedgeError: There is no axis of a name, one is named twice, or fewer than two are.
    """
    known = {axis.name: axis for axis in AXES}
    for name in names:
        if name not in known:
            raise KdedgeError(f"There is no axis {name!r}.", hint=f"Choose of {', '.join(known)}.")
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise KdedgeError(
            f"A front needs two or more different axes, not {', '.join(names) or 'none'}.",
            hint=f"Choose of {', '.join(known)}.",
        )
    return tuple(known[name] for name in names)


DEFAULT_AXES = axes_named(("decode", "pass@1"))


def measured_on(rows: Sequence[Row], axes: Sequence[Axis]) -> tuple[Row, ...]:
    """Return those of ``rows`` that have a number on every one of ``axes``."""
    return tuple(row for row in rows if all(axis.quantity(row).value is not None for axis in axes))


def rows_on_front(rows: Sequence[Row], axes: Sequence[Axis]) -> tuple[Row, ...]:
    """Return the rows that none beats on all of ``axes`` at once, worst on the first axis first.

    Rows without a number on one of the axes take no part.
    """
    known = measured_on(rows, axes)
    values = [[cast("float", axis.quantity(row).value) for axis in axes] for row in known]
    places = pareto_front(values, better=[axis.better for axis in axes])
    return tuple(known[place] for place in places)


def front_sentence(rows: Sequence[Row], axes: Sequence[Axis]) -> str:
    """Return which rows are on the front, in words; nothing where fewer than two are known."""
    if len(measured_on(rows, axes)) < 2:
        return ""
    labels = [row.label for row in rows_on_front(rows, axes)]
    what = listed([axis.words for axis in axes])
    all_of = "both" if len(axes) == 2 else "all of"
    return f"Beaten by no other in {all_of} {what}: {', '.join(labels)}."
