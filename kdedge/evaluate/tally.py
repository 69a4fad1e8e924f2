"""Verdicts counted as they come, and pass@k of those so far for whoever watches."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from time import perf_counter

from kdedge.core.events import Score, Sink
from kdedge.core.json_value import Json
from kdedge.evaluate.pass_at_k import pass_at_k_block
from kdedge.evaluate.verdicts import Verdict

_LEAST_INTERVAL_S = 0.25
_LARGEST_SHARE = 0.02
"""Of the time that may go into scores: a bootstrap over many problems waits for longer."""


class Tally:
    """For each problem (n, c): completions judged, completions passed."""

    def __init__(self, verdicts: Iterable[tuple[str, str]] = ()) -> None:
        """Count ``verdicts``, pairs of task id and verdict."""
        self.counts: dict[str, tuple[int, int]] = {}
        for task_id, verdict in verdicts:
            self.add(task_id, verdict)

    def add(self, task_id: str, verdict: str) -> None:
        """Count one more; a failure of the judge leaves its problem as it was."""
        n, c = self.counts.get(task_id, (0, 0))
        if Verdict(verdict).counts:
            n, c = n + 1, c + (verdict == Verdict.PASSED)
        self.counts[task_id] = (n, c)

    @property
    def n_problems(self) -> int:
        """Problems with a completion that counts."""
        return sum(n > 0 for n, _ in self.counts.values())

    def pass_at_k(self, ks: Iterable[int]) -> dict[str, Json]:
        """Return the ``pass_at_k`` object of what has been counted."""
        return pass_at_k_block(self.counts, ks)


class Scoreboard:
    """Tells the score while a run is judged: now and then, and at the end."""

    def __init__(
        self,
        run: str,
        *,
        tally: Tally,
        ks: Sequence[int],
        sink: Sink,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        """Make the scoreboard of a run.

        Args:
            run: Id of the run.
            tally: What has been judged before; it is counted on.
            ks: The k of pass@k.
            sink: Gets the scores.
            clock: Seconds.
        """
        self._run = run
        self._ks = ks
        self._sink = sink
        self._clock = clock
        self._tally = tally
        self._next_s = clock()
        self._is_told = not tally.counts
        self.text = ""
        """The score as it was last told, in short."""

    def add(self, task_id: str, verdict: str) -> None:
        """Count one more verdict, and tell the score if the last one was a while ago."""
        self._tally.add(task_id, verdict)
        self._is_told = False
        if self._clock() >= self._next_s:
            self.tell()

    def tell(self) -> None:
        """Tell the score, if there is one that was not told."""
        if self._is_told:
            return
        start = self._clock()
        score = self._tally.pass_at_k(self._ks)
        end = self._clock()
        self._next_s = end + max(_LEAST_INTERVAL_S, (end - start) / _LARGEST_SHARE)
        self._is_told = True
        n_problems = self._tally.n_problems
        self.text = _text(min(self._ks), score)
        self._sink(Score(run=self._run, n_problems=n_problems, pass_at_k=score))


def _text(k: int, score: Mapping[str, Json]) -> str:
    entry = score[str(k)]
    assert isinstance(entry, Mapping)
    value = entry["value"]
    return f"pass@{k} {value:.1%}" if isinstance(value, float) else ""
