"""What rounding each tensor costs in divergence, from measuring groups of them.

Small rounding errors of different tensors hardly influence each other: their divergences add up.
So a group of tensors is rounded while the rest stays exact, its divergence is measured, and its
members share it in proportion to their relative errors. Groups are tensors of one kind in
neighbouring blocks; while probes are left, those that cost most and are least alike are cut in two
and measured again. A tensor whose error stands out (a few huge activations rule it) comes out
first: for such the relative error says little.
"""

import heapq
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from kdedge.core.events import Progress, Sink, ignore
from kdedge.quantize.sensitivity import TensorErrors

_BLOCK = re.compile(r"\bblk\.\d+\.")
_PARTS = 4
"""Groups of each kind that are measured at first: a quarter of the depth each."""
_STANDS_OUT = math.log(1.4)
"""A relative error this far from the middle of its group is another case."""
Types = Mapping[str, str]
"""Tensor -> type; tensors that are not in it stay as exact as the master."""
MeasureKl = Callable[[Sequence[Types]], Sequence[float]]
"""Returns the mean KL of each of several files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One measured group."""

    names: tuple[str, ...]
    quant_types: tuple[str, ...]
    """What each of them was rounded to."""
    kl: float


def kind_of(name: str) -> str:
    """Return what ``name`` is in any block: ``ffn_down.weight`` for ``blk.3.ffn_down.weight``."""
    return _BLOCK.sub("", name)


def probe_tensors(
    tensors: Sequence[TensorErrors],
    probe_types: Types,
    *,
    measure: MeasureKl,
    n_probes: int,
    sink: Sink = ignore,
) -> tuple[Probe, ...]:
    """Return groups that hold every tensor once, each with what rounding it alone costs.

    Args:
        tensors: In the order of the file: neighbours in a kind are neighbours in depth.
        probe_types: What each tensor is rounded to: about what it may get in the end.
        measure: The expensive step; it is given several files at a time.
        n_probes: How many files are measured, about; every kind is measured four times at least.
        sink: Told of the progress.
    """
    errors = {each.name: each.errors[probe_types[each.name]] for each in tensors}
    waiting = [part for kind in _by_kind(tensors) for part in _parts(kind, _PARTS)]
    total = max(n_probes, len(waiting))
    kept: list[tuple[float, int, Probe]] = []  # a heap, dearest first; the number breaks ties
    whole: list[Probe] = []
    done = 0
    while waiting:
        costs = measure([{name: probe_types[name] for name in names} for names in waiting])
        for names, cost in zip(waiting, costs, strict=True):
            probe = Probe(
                names=names, quant_types=tuple(probe_types[name] for name in names), kl=cost
            )
            done += 1
            if len(names) > 1:
                heapq.heappush(kept, (-cost * _unlike(names, errors), done, probe))
            else:
                whole.append(probe)
        sink(Progress(phase="probing", done=done, total=total, unit="probes"))
        waiting = []
        while kept and done + len(waiting) + 2 <= n_probes and len(waiting) < _at_once(n_probes):
            _, _, dearest = heapq.heappop(kept)
            waiting += _cut(dearest.names, errors)
    return (*whole, *(probe for _, _, probe in kept))


def shared_losses(tensors: Sequence[TensorErrors], probes: Sequence[Probe]) -> dict[str, float]:
    """Return for each tensor the divergence that one unit of its relative error costs."""
    errors = {each.name: each.errors for each in tensors}
    costs: dict[str, float] = {}
    for probe in probes:
        pairs = zip(probe.names, probe.quant_types, strict=True)
        whole = sum(errors[name][quant_type] for name, quant_type in pairs)
        for name in probe.names:
            costs[name] = max(probe.kl, 0.0) / whole if whole else 0.0
    return costs


def _by_kind(tensors: Sequence[TensorErrors]) -> list[tuple[str, ...]]:
    kinds: dict[tuple[str, int], list[str]] = {}
    for each in tensors:
        kinds.setdefault((kind_of(each.name), each.shape[0]), []).append(each.name)
    return [tuple(sorted(names, key=_depth)) for names in kinds.values()]


def _depth(name: str) -> int:
    found = re.search(r"\bblk\.(\d+)\.", name)
    return int(found[1]) if found else -1


def _parts(names: tuple[str, ...], count: int) -> list[tuple[str, ...]]:
    count = min(count, len(names))
    edges = [place * len(names) // count for place in range(count + 1)]
    return [names[begin:end] for begin, end in pairwise(edges)]


def _cut(names: tuple[str, ...], errors: Mapping[str, float]) -> list[tuple[str, ...]]:
    """Return ``names`` in two parts: the one that stands out and the others, or two halves."""
    middle = _logs(names, errors)[len(names) // 2]
    away = {name: abs(_log(errors[name]) - middle) for name in names}
    odd = max(names, key=lambda name: away[name])
    if away[odd] < _STANDS_OUT:
        return _parts(names, 2)
    return [(odd,), tuple(name for name in names if name != odd)]


def _unlike(names: tuple[str, ...], errors: Mapping[str, float]) -> float:
    """Return how much there is to learn from cutting a group."""
    logs = _logs(names, errors)
    return 0.2 + logs[-1] - logs[0]


def _logs(names: tuple[str, ...], errors: Mapping[str, float]) -> list[float]:
    return sorted(_log(errors[name]) for name in names)


def _log(error: float) -> float:
    return math.log(max(error, 1e-12))


def _at_once(n_probes: int) -> int:
    """Return how many groups are measured before the next are chosen: few, so that it adapts."""
    return max(2, min(8, n_probes // 8))
