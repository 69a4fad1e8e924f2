"""Which runs are compared, in which order; values that know nothing of widgets."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

MOST = 6
DEFAULT_AXES = ("decode", "pass@1")
"""What the front weighs unless another axis is chosen; the command line's default too."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Run ids in the order they were chosen; the first is the baseline."""

    run_ids: tuple[str, ...] = ()

    @property
    def baseline(self) -> str:
        """The run that the others are compared with; empty when there is none yet."""
        return self.run_ids[0] if self.run_ids else ""

    @property
    def is_enough(self) -> bool:
        """Whether there is something to compare."""
        return len(self.run_ids) >= 2

    @property
    def is_full(self) -> bool:
        """Whether no further run fits."""
        return len(self.run_ids) >= MOST

    def toggled(self, run_id: str) -> "Choice":
        """Return the choice with ``run_id`` in or out; a full one takes no more."""
        if run_id in self.run_ids:
            return Choice(tuple(each for each in self.run_ids if each != run_id))
        return self if self.is_full else Choice((*self.run_ids, run_id))

    def based_on(self, *run_ids: str) -> "Choice":
        """Return the choice with ``run_ids`` in front; runs that were not chosen are added."""
        others = tuple(each for each in self.run_ids if each not in run_ids)
        return Choice((*run_ids, *others)[:MOST])

    def kept(self, known: Collection[str]) -> "Choice":
        """Return the choice without the runs that are not ``known`` any more."""
        return Choice(tuple(each for each in self.run_ids if each in known))


def compare_words(
    choice: Choice, *, axes: Sequence[str] = DEFAULT_AXES, unlike_allowed: bool = False
) -> list[str]:
    """Return the command line that compares ``choice``.

    Args:
        choice: At least two runs.
        axes: What the front weighs.
        unlike_allowed: Whether runs that were not measured alike are compared.
    """
    words = ["kdedge", "compare", *choice.run_ids]
    if tuple(axes) != DEFAULT_AXES:
        words += ["--front", ",".join(axes)]
    if unlike_allowed:
        words.append("--allow-unlike")
    return words
