"""A model that is only numbers: what each tensor costs is known, so a search can be judged."""

from collections.abc import Mapping, Sequence

from kdedge.quantize.probing import Types
from kdedge.quantize.sensitivity import TensorErrors

BYTES = {"Q4_0": 18, "Q5_0": 22, "Q5_1": 24, "Q6_K": 26, "Q8_0": 34}
ERROR = {"Q4_0": 8e-3, "Q5_0": 2e-3, "Q5_1": 1.4e-3, "Q6_K": 6e-4, "Q8_0": 3e-5}
SPEED = {"Q4_0": 1.0, "Q5_0": 1.1, "Q5_1": 1.5, "Q6_K": 1.2, "Q8_0": 1.3}


class SyntheticModel:
    """Tensors of two kinds and an output matrix; the true cost rises with depth, unevenly."""

    def __init__(self, n_blocks: int = 8, *, dear: Mapping[str, float] | None = None) -> None:
        names = [f"blk.{block}.{kind}" for block in range(n_blocks) for kind in ("up.w", "down.w")]
        self.tensors = [
            self._tensor(name, width=256 if "down" in name else 96, rows=64) for name in names
        ]
        self.tensors.append(self._tensor("token_embd.weight", width=96, rows=1024))
        self.cost = {
            each.name: 1.0 + 0.3 * place for place, each in enumerate(self.tensors)
        } | dict(dear or {})
        self.measured: list[Types] = []

    def true_kl(self, types: Types) -> float:
        errors = {each.name: each.errors for each in self.tensors}
        return sum(self.cost[name] * errors[name][kind] for name, kind in types.items())

    def measure(self, mixes: Sequence[Types]) -> list[float]:
        self.measured += mixes
        return [self.true_kl(mix) for mix in mixes]

    def decode_seconds(self, types: Types) -> float:
        weights = {each.name: each.n_elements for each in self.tensors}
        return sum(weights[name] * SPEED[kind] for name, kind in types.items()) * 1e-9

    def bytes_of(self, types: Types) -> int:
        sizes = {each.name: each.n_bytes for each in self.tensors}
        return sum(sizes[name][kind] for name, kind in types.items())

    def _tensor(self, name: str, *, width: int, rows: int) -> TensorErrors:
        fitting = [each for each in BYTES if width % 256 == 0 or each != "Q6_K"]
        return TensorErrors(
            name=name,
            shape=(width, rows),
            errors={each: ERROR[each] for each in fitting},
            n_bytes={each: BYTES[each] * width // 32 * rows for each in fitting},
        )
