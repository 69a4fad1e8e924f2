"""llama.cpp's own samplers, chained in one fixed order: top-k, top-p, min-p, temperature, draw.

Top-k comes first because everything after it then works on k tokens, not on the vocabulary.
"""

from typing import Any

import llama_cpp.llama_cpp as llama

from kdedge.runtime.context import Context
from kdedge.runtime.options import Sampling

_SEED_MASK = 0xFFFF_FFFE  # 0xFFFFFFFF would ask llama.cpp for a random seed


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
    links.append(llama.llama_sampler_init_dist(seed & _SEED_MASK))
    return links
