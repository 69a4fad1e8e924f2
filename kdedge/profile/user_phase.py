"""Requests as an assistant serves them, at several depths, measured in one fresh process."""

from dataclasses import asdict
from functools import partial

from kdedge.profile.bench import Bench
from kdedge.profile.code_prompt import code_prompt
from kdedge.profile.instruments import TimingProcess
from kdedge.profile.options import SAMPLING, Depth
from kdedge.profile.recorder import Value
from kdedge.profile.stopping import RepetitionRule

_CHARACTERS_A_TOKEN = 6
"""Code has fewer in every vocabulary, so that a text of this length is always long enough."""


def name_of(depth: Depth) -> str:
    """Return the name that the repetitions of ``depth`` are kept under."""
    return f"user/{depth.name}"


def rule_of(bench: Bench, depth: Depth) -> RepetitionRule:
    """Return how often ``depth`` is measured."""
    return bench.protocol.deep_rule if depth.n_cached else bench.protocol.user_rule


def measure_user(bench: Bench) -> None:
    """Measure what is missing of the depths; nothing is started when nothing is.

    Raises:
        KdedgeError: The model cannot be loaded, or the process died.
    """
    missing = [
        depth
        for depth in bench.protocol.depths
        if not bench.is_done(name_of(depth), rule_of(bench, depth))
    ]
    if not missing:
        return
    with bench.instruments.timing(bench.path) as child:
        bench.load(child)
        bench.open_context(child, bench.settings.context_tokens)
        for depth in missing:
            once = partial(request_once, child, prompt_for(child, depth), depth, bench)
            bench.repeat(name_of(depth), once, rule=rule_of(bench, depth))


def prompt_for(child: TimingProcess, depth: Depth) -> str:
    """Return a text of code that is as long as ``depth`` wants it, give or take a token.

    Raises:
        KdedgeError: The process died.
    """
    n_tokens = depth.n_cached + depth.n_prompt
    text = code_prompt(n_tokens * _CHARACTERS_A_TOKEN)
    prompt: str = child.ask({"op": "cut", "text": text, "n_tokens": n_tokens})["text"]
    return prompt


def request_once(child: TimingProcess, prompt: str, depth: Depth, bench: Bench) -> Value:
    """Return the stamps of one request.

    Raises:
        KdedgeError: It does not fit, or the process died.
    """
    answer = child.ask(
        {
            "op": "user",
            "text": prompt,
            "n_cached": depth.n_cached,
            "n_gen": depth.n_gen,
            "sampling": asdict(SAMPLING),
            "seed": bench.settings.seed,
        }
    )
    value = {key: each for key, each in answer.items() if key != "op"}
    return {**value, "ns": value["ttft_ns"] + sum(value["gaps_ns"])}
