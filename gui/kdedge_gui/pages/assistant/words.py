"""Sentences of the assistant that several of its parts say."""

from kdedge_gui.engine.ask import Finished
from kdedge_gui.numbers import count_text, rate_text, seconds_text
from kdedge_gui.pages.assistant.conversation import TurnStats
from kdedge_gui.translate import tr


def stats_text(stats: TurnStats | Finished) -> str:
    """Return what an answer took, in one line."""
    parts = [
        tr("{count} tokens").format(count=count_text(stats.n_tokens)),
        tr("first token {time}").format(time=seconds_text(stats.ttft_s)),
    ]
    if stats.decode_tokens_per_s is not None:
        parts.append(rate_text(stats.decode_tokens_per_s))
    end = end_text(stats.finish_reason)
    return " · ".join([*parts, end] if end else parts)


def end_text(finish_reason: str) -> str:
    """Return why an answer is not whole; empty when it is."""
    words = {
        "length": tr("ended at the limit of tokens"),
        "context_full": tr("ended because the context is full"),
        "cancelled": tr("stopped by you"),
    }
    return words.get(finish_reason, "")
