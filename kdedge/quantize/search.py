"""The mix of types that loses least within a budget: probe, calculate, measure, look again.

Probes say what rounding each tensor costs, errors say what each type makes of it, the knapsack
finds the mix with the least sum, and that mix is measured as a real file. Then each kind of tensor
is probed once more with the very types it got, which corrects what the first probes got wrong,
and a second mix is calculated. What was measured to be best is the answer.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kdedge.core.errors import KdedgeError
from kdedge.core.events import Progress, Sink, ignore
from kdedge.quantize.knapsack import Budget, Choice, choose_types
from kdedge.quantize.probing import MeasureKl, Probe, Types, kind_of, probe_tensors, shared_losses
from kdedge.quantize.sensitivity import TensorErrors
from kdedge.quantize.type_speeds import decoded_weights

_MOST_TIGHTENINGS = 3
_TRUSTED = 8.0
"""Types whose error is more than so many times that of the probe are not used: what a tensor costs
is known near the types it was probed with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """How fast the mix has to be, and what is known of that."""

    seconds_per_weight: Mapping[str, float]
    """Of each type that may be used (``type_speeds``)."""
    most_seconds: float
    """For one decoded token."""
    decode_seconds: Callable[[Types], float]
    """Times a real file: predictions are checked by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchLimits:
    """What the mix may cost."""

    tensor_bytes: int
    """All weight matrices together."""
    speed: Speed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOptions:
    """How much work the search may make."""

    n_probes: int = 64
    """Files that are measured to learn what each tensor costs, about."""
    n_looks: int = 2
    """Mixes that are calculated and measured, each with what the ones before taught."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedMix:
    """A mix that was measured."""

    types: Types
    predicted_kl: float
    kl: float
    """Mean KL from the master on the text of the search."""
    tensor_bytes: int
    decode_seconds: float | None
    fits: bool
    """Whether it is within all limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMix:
    """The answer."""

    best: TriedMix
    tried: tuple[TriedMix, ...]
    """All that were measured, in that order."""
    probes: tuple[Probe, ...]


def search_mix(
    tensors: Sequence[TensorErrors],
    limits: SearchLimits,
    *,
    measure: MeasureKl,
    options: SearchOptions | None = None,
    sink: Sink = ignore,
) -> FoundMix:
    """Return the mix of least KL that was found within ``limits``.

    Args:
        tensors: All weight matrices with their candidate types.
        limits: Bytes, and time if it counts.
        measure: Returns the mean KL of real files of several mixes; the expensive step.
        options: How much work to put in.
        sink: Told of the progress.

    Raises:
        KdedgeError: No mix of these types fits the limits.
    """
    options = options or SearchOptions()
    search = _Search(tensors, limits, measure)
    search.refuse_the_impossible()
    search.probed = search.types_near_the_budget()
    probes = probe_tensors(
        tensors,
        search.probed,
        measure=measure,
        n_probes=options.n_probes,
        sink=sink,
    )
    search.costs = shared_losses(tensors, probes)
    for look in range(options.n_looks):
        sink(Progress(phase="mixing", done=look, total=options.n_looks, unit="mixes"))
        if not search.look(again=look + 1 < options.n_looks):
            break
    return FoundMix(best=search.best(), tried=tuple(search.tried), probes=probes)


class _Search:
    """What is known so far."""

    def __init__(
        self, tensors: Sequence[TensorErrors], limits: SearchLimits, measure: MeasureKl
    ) -> None:
        self._tensors = {each.name: each for each in tensors}
        self._limits = limits
        self._measure = measure
        self._weights = decoded_weights(tensors)
        self._most_seconds = math.inf if limits.speed is None else limits.speed.most_seconds
        self.costs: dict[str, float] = dict.fromkeys(self._tensors, 1.0)
        self.probed: dict[str, str] = {}
        self.tried: list[TriedMix] = []
        self._timed: dict[tuple[str, ...], float] = {}

    def refuse_the_impossible(self) -> None:
        """Refuse limits that no mix can meet, before anything is measured.

        Raises:
            KdedgeError: They are such limits.
        """
        least = sum(min(each.n_bytes.values()) for each in self._tensors.values())
        if least > self._limits.tensor_bytes:
            raise KdedgeError(
                f"The smallest mix has {least} bytes of weights, {self._limits.tensor_bytes} are"
                " allowed.",
                hint="Allow more bytes, or start from a smaller model.",
            )
        if self._solve() is None:
            raise KdedgeError(
                "No mix within the allowed bytes is as fast as wanted.",
                hint="Allow more bytes or a lower speed.",
            )

    def types_near_the_budget(self) -> dict[str, str]:
        """Return for each tensor the type whose bits are nearest to the budget's mean."""
        weights = sum(each.n_elements for each in self._tensors.values())
        wanted = self._limits.tensor_bytes / weights
        return {
            name: min(
                each.errors,
                key=lambda one: abs(each.n_bytes[one] / each.n_elements - wanted),
            )
            for name, each in self._tensors.items()
        }

    def look(self, *, again: bool) -> bool:
        """Calculate a mix and measure it; return whether there was a new one.

        Args:
            again: Also probe each kind with the types it got, so that the next look knows more.
        """
        mix = self._new_mix()
        if mix is None:
            return False
        kinds = self._by_kind(mix) if again else []
        kl, *of_kinds = self._measure([mix, *kinds])
        self._keep(mix, kl)
        for kind, measured in zip(kinds, of_kinds, strict=True):
            predicted = self._predicted(kind)
            if predicted > 0:
                for name in kind:
                    self.costs[name] *= max(measured, 0.0) / predicted
        return True

    def best(self) -> TriedMix:
        """Return the tried mix of least KL that is fast enough.

        Raises:
            KdedgeError: None is.
        """
        fitting = [each for each in self.tried if each.fits]
        if not fitting:
            fastest = min(self._timed.values())
            raise KdedgeError(
                f"The fastest mix that was measured decodes {1 / fastest:.1f} tokens/s.",
                hint="Allow more bytes or a lower speed.",
            )
        return min(fitting, key=lambda each: each.kl)

    def _new_mix(self) -> dict[str, str] | None:
        """Return a mix that was not measured yet and is fast enough, as far as timing says."""
        mix = None
        for _ in range(_MOST_TIGHTENINGS):
            mix = self._solve()
            if mix is None or any(mix == each.types for each in self.tried):
                return None
            seconds = self._seconds(mix)
            if seconds is None or seconds <= self._limit_s():
                return mix
            # Believed to be faster than it is: ask for as much more.
            self._most_seconds *= 0.995 * self._limit_s() / seconds
        return mix

    def _solve(self) -> dict[str, str] | None:
        budget = Budget(n_bytes=self._limits.tensor_bytes, seconds=self._most_seconds)
        chosen = choose_types(
            {name: self._trusted(each) for name, each in self._tensors.items()}, budget
        ) or choose_types(
            {name: self._choices(each) for name, each in self._tensors.items()}, budget
        )
        if chosen is None:
            return None
        return {name: each.quant_type for name, each in chosen.items()}

    def _trusted(self, tensor: TensorErrors) -> list[Choice]:
        every = self._choices(tensor)
        if not self.probed:
            return every
        most = _TRUSTED * tensor.errors[self.probed[tensor.name]]
        return [each for each in every if tensor.errors[each.quant_type] <= most] or every

    def _choices(self, tensor: TensorErrors) -> list[Choice]:
        speed = self._limits.speed
        return [
            Choice(
                quant_type=quant_type,
                loss=self.costs[tensor.name] * error,
                n_bytes=tensor.n_bytes[quant_type],
                seconds=0.0
                if speed is None
                else self._weights[tensor.name] * speed.seconds_per_weight[quant_type],
            )
            for quant_type, error in tensor.errors.items()
            if speed is None or quant_type in speed.seconds_per_weight
        ]

    def _by_kind(self, mix: Types) -> list[dict[str, str]]:
        kinds: dict[str, dict[str, str]] = {}
        for name, quant_type in mix.items():
            kinds.setdefault(kind_of(name), {})[name] = quant_type
        return list(kinds.values())

    def _keep(self, mix: Types, kl: float) -> None:
        seconds = self._seconds(mix)
        self.tried.append(
            TriedMix(
                types=mix,
                predicted_kl=self._predicted(mix),
                kl=kl,
                tensor_bytes=sum(self._tensors[name].n_bytes[mix[name]] for name in mix),
                decode_seconds=seconds,
                fits=seconds is None or seconds <= self._limit_s(),
            )
        )

    def _predicted(self, mix: Types) -> float:
        return sum(
            self.costs[name] * self._tensors[name].errors[quant_type]
            for name, quant_type in mix.items()
        )

    def _seconds(self, mix: Types) -> float | None:
        speed = self._limits.speed
        if speed is None:
            return None
        key = tuple(mix[name] for name in self._tensors)
        if key not in self._timed:
            self._timed[key] = speed.decode_seconds(mix)
        return self._timed[key]

    def _limit_s(self) -> float:
        return math.inf if self._limits.speed is None else self._limits.speed.most_seconds
