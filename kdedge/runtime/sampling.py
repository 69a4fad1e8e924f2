"""llama.cpp's own samplers, chained in one fixed order: top-k, top-p, min-p, temperature, draw.

Top-k comes first because everything after it then works on k tokens, not on the vocabulary.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import llama_cpp.llama_cpp as llama

from kdedge.runtime.context import Context
from kdedge.runtime.options import Sampling

_LEAST_ROWS_A_THREAD = 4
_RANDOM_SEED = 0xFFFF_FFFF  # llama.cpp reads it as "take any"


class Sampler:
    """A chain of C samplers with its own random state; one for each completion."""

    def __init__(self, sampling: Sampling, *, seed: int) -> None:
        self._chain: Any = llama.llama_sampler_chain_init(
            llama.llama_sampler_chain_default_params()
        )
        for link in _links(sampling, seed):
            llama.llama_sampler_chain_add(self._chain, link)

    def draw(self, context: Context, row: int) -> int:
        """Return the next token from the logits of ``row``; -1 is the last row."""
        token: int = llama.llama_sampler_sample(self._chain, context.handle, row)
        return token

    def close(self) -> None:
        """Free the chain; a second call does nothing."""
        if self._chain:
            llama.llama_sampler_free(self._chain)
            self._chain = None


class Drawing:
    """Draws for all rows of a decode step, on as many threads as the step was decoded with.

    Without top-k, a draw runs through the whole vocabulary: a tenth of the time of a step of 32
    rows. The C calls let go of the interpreter's lock, so threads share that work.
    """

    def __init__(self, *, n_threads: int) -> None:
        self._n_threads = n_threads
        self._pool = ThreadPoolExecutor(max_workers=n_threads)

    def draw(self, context: Context, samplers: Sequence[Sampler]) -> list[int]:
        """Return the next token of each row; ``samplers`` stand in the order of the rows."""
        n_parts = min(self._n_threads, len(samplers) // _LEAST_ROWS_A_THREAD)
        if n_parts < 2:
            return [sampler.draw(context, row) for row, sampler in enumerate(samplers)]
        # The first look at the logits may put them in order: let it be over before threads look.
        llama.llama_get_logits_ith(context.handle, 0)
        parts = [range(part, len(samplers), n_parts) for part in range(n_parts)]
        drawn = self._pool.map(
            lambda rows: [(row, samplers[row].draw(context, row)) for row in rows], parts
        )
        by_row = dict(pair for part in drawn for pair in part)
        return [by_row[row] for row in range(len(samplers))]

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()


def _links(sampling: Sampling, seed: int) -> list[Any]:
    if sampling.temperature == 0:
        return [llama.llama_sampler_init_greedy()]
    links = []
    if sampling.top_k:
        links.append(llama.llama_sampler_init_top_k(sampling.top_k))
    if sampling.top_p < 1:
        links.append(llama.llama_sampler_init_top_p(sampling.top_p, 1))
    if sampling.min_p > 0:
        links.append(llama.llama_sampler_init_min_p(sampling.min_p, 1))
    links.append(llama.llama_sampler_init_temp(sampling.temperature))
    links.append(llama.llama_sampler_init_dist(seed % _RANDOM_SEED))
    return links
