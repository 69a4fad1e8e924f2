"""How far two models' logits are apart, and how far they may be; docs/conversion.md tells why.

Arithmetic only: arrays of shape (n_rows, n_vocab) come in pieces, three numbers go out.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ACTIVATION_KEYS = ("hidden_activation", "hidden_act", "activation_function")
_GELU_BY_DEFAULT = ("gpt2", "gpt_bigcode", "starcoder2", "gemma3", "gemma3_text")
_TIE = 1e-3
"""Tokens whose logits are this close, in standard deviations of the row, are equally likely."""
_LEAST_BOUND = 1e-15
_SLICE_BYTES = 8 * 1024**2
"""What one step of the comparison holds in double precision."""

Status = Literal["met", "not met", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """How far apart two models may be."""

    nmse: float
    """Over all positions."""
    max_nmse: float
    """At any one position."""


EXACT = Gate(nmse=1e-8, max_nmse=1e-6)
"""For models whose every operation llama.cpp computes in single precision."""
TABULATED = Gate(nmse=1e-5, max_nmse=1e-3)
"""For models with a GELU: llama.cpp looks it up in a table with numbers of 16 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """How far the logits of one model are from those of another."""

    nmse: float
    """Squared difference over the variance of the reference, all positions together."""
    max_nmse: float
    """The same of the worst position."""
    top1_agreement: float
    """Share of positions at which both prefer the same token; a tie of the reference counts."""
    n_positions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was compared and what came out; ``None`` where nothing was."""

    status: Status
    reason: str
    """Why it was skipped or not met, or which part of the model it covers; empty otherwise."""
    nmse: float | None = None
    max_nmse: float | None = None
    top1_agreement: float | None = None
    token_parity: float | None = None
    """Share of texts that both tokenizers read as the same ids."""
    n_positions: int = 0
    n_texts: int = 0
    n_layers: int = 0
    """Layers that took part, from the first on."""
    longest_tokens: int = 0
    """Length of the longest text."""
    gate_nmse: float = EXACT.nmse
    gate_max_nmse: float = EXACT.max_nmse
    reference: str = ""
    """What computed the logits that are held to be right."""


class DistanceMeter:
    """Adds up the distance piece by piece; memory does not grow with the number of positions."""

    def __init__(self) -> None:
        self._error = 0.0
        self._variance = 0.0
        self._worst = 0.0
        self._agreeing = 0
        self._n_positions = 0

    def add(self, logits: "NDArray[np.float32]", reference: "NDArray[np.float32]") -> None:
        """Add some positions; both of shape (n_rows, n_vocab).

        Raises:
            ValueError: The shapes differ.
        """
        if logits.shape != reference.shape:
            raise ValueError(f"shapes {logits.shape} and {reference.shape} differ")
        step = max(1, _SLICE_BYTES // (8 * logits.shape[1]))
        for at in range(0, len(logits), step):
            self._add_slice(logits[at : at + step], reference[at : at + step])

    def distance(self) -> Distance:
        """Return the distance over all positions so far; infinite if a logit was no number.

        Raises:
            ValueError: There was no position.
        """
        if not self._n_positions:
            raise ValueError("no position was compared")
        return Distance(
            nmse=_ratio(self._error, self._variance),
            max_nmse=self._worst,
            top1_agreement=self._agreeing / self._n_positions,
            n_positions=self._n_positions,
        )

    def _add_slice(self, logits: "NDArray[np.float32]", reference: "NDArray[np.float32]") -> None:
        import numpy as np

        exact = reference.astype(np.float64)
        exact -= exact.mean(axis=1, keepdims=True)
        variance = np.square(exact).sum(axis=1)
        with np.errstate(invalid="ignore", over="ignore"):
            error = np.square(logits.astype(np.float64) - reference).sum(axis=1)
        error[~np.isfinite(error)] = math.inf
        rows = np.arange(len(exact))
        tie = _TIE * np.sqrt(variance / exact.shape[1])
        chosen = exact[rows, logits.argmax(axis=1)]
        self._agreeing += int((chosen >= exact.max(axis=1) - tie).sum())
        self._error += float(error.sum())
        self._variance += float(variance.sum())
        self._worst = max(
            self._worst, *(_ratio(*pair) for pair in zip(error, variance, strict=True))
        )
        self._n_positions += len(exact)


def gate_of(config: Mapping[str, Any]) -> Gate:
    """Return the gate for the model that ``config.json`` describes."""
    activation = next((config[key] for key in _ACTIVATION_KEYS if config.get(key)), None)
    if activation is None:
        return TABULATED if config.get("model_type") in _GELU_BY_DEFAULT else EXACT
    return TABULATED if "gelu" in str(activation) else EXACT


def why_not_met(distance: Distance, *, gate: Gate, token_parity: float) -> str:
    """Return in words what was not met; empty when all was."""
    found = []
    if not distance.nmse <= gate.nmse:
        found.append(f"the logits are {distance.nmse:.1e} (NMSE) from the checkpoint's")
    if not distance.max_nmse <= gate.max_nmse:
        found.append(f"at one position they are {distance.max_nmse:.1e} from them")
    if distance.top1_agreement < 1:
        share = 1 - distance.top1_agreement
        found.append(f"another token is likeliest at {share:.2%} of the positions")
    if token_parity < 1:
        found.append(f"{1 - token_parity:.2%} of the texts become other token ids")
    return "; ".join(found)


def nmse_bound(nmse: float) -> float:
    """Return the next power of ten: what a file may say of its proof and stay the same bytes.

    The last digits of a measured distance depend on the machine and the number of threads.
    """
    return float(10.0 ** math.ceil(math.log10(max(nmse, _LEAST_BOUND))))


def _ratio(error: float, variance: float) -> float:
    if not math.isfinite(error) or not math.isfinite(variance):
        return math.inf
    return float(error / variance) if variance else (0.0 if error == 0 else math.inf)
