"""What the two-minute check found, in words and in numbers with their intervals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kdedge_gui.jobs.job import JobSpec
from kdedge_gui.numbers import (
    bytes_text,
    interval_text,
    percent_text,
    rate_text,
    seconds_text,
)
from kdedge_gui.translate import tr

SUITE = "humaneval-mini"
SCHEMA = "kdedge.profile/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One measured value."""

    title: str
    tip: str
    value: str
    interval: str
    """95 %; empty where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The outcome of a check."""

    run: str
    sentence: str
    numbers: tuple[Number, ...]
    trust: str
    """``good``, ``warning`` or ``bad``."""
    trust_text: str
    """How far the timings can be trusted, and the first reason."""
    trust_reasons: str
    """All reasons."""


def check_spec() -> JobSpec:
    """Return the job that is the two-minute check."""
    return JobSpec(
        verb="profile",
        arguments=("starter", "--quick", "--suite", SUITE),
        title=tr("Two-minute check of the starter model"),
        resume_arguments=("--resume",),
    )


def is_check_document(document: object) -> bool:
    """Return whether ``document`` is a profile that measured a user's requests."""
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        return False
    latency = document.get("latency")
    return isinstance(latency, dict) and bool(latency.get("decode_tokens_per_s"))


def check_result(document: Mapping[str, Any]) -> CheckResult:
    """Return what a ``kdedge.profile/1`` document says, for people."""
    latency = document["latency"]
    passed = (document.get("pass_at_k") or {}).get("1") or {}
    numbers = [
        _number(
            tr("Decode"),
            tr("Tokens written per second, after the first"),
            latency["decode_tokens_per_s"],
            shown=rate_text,
        ),
        _number(
            tr("First token"),
            tr("TTFT: from sending a prompt of {n} tokens until the first token is there").format(
                n=latency["n_prompt"]
            ),
            latency["ttft_s"],
            shown=seconds_text,
        ),
        _number(
            tr("Prefill"),
            tr("Tokens of the prompt read per second"),
            latency["prefill_tokens_per_s"],
            shown=rate_text,
        ),
        Number(
            title=tr("Memory"),
            tip=tr("Most memory of the process, the mapped weights among it"),
            value=bytes_text(document["memory"]["peak_rss_bytes"]),
            interval="",
        ),
    ]
    if passed.get("value") is not None:
        numbers.append(
            Number(
                title=tr("pass@1"),
                tip=tr("Share of the problems of {suite} solved at the first attempt").format(
                    suite=SUITE
                ),
                value=percent_text(passed["value"]),
                interval=interval_text(*passed["ci95"]),
            )
        )
    noise = document.get("noise") or {}
    reasons = [_as_sentence(str(each)) for each in noise.get("reasons", ())]
    trust, trust_text = _trust(noise.get("verdict"), reasons)
    return CheckResult(
        run=str(document["run"]),
        sentence=_sentence(document, passed),
        numbers=tuple(numbers),
        trust=trust,
        trust_text=trust_text,
        trust_reasons="\n".join(reasons),
    )


def _number(
    title: str, tip: str, block: Mapping[str, Any], *, shown: Callable[[float | None], str]
) -> Number:
    low, high = block.get("ci95") or (None, None)
    interval = "" if low is None else interval_text(low, high, shown=shown)
    return Number(title=title, tip=tip, value=shown(block["median"]), interval=interval)


def _sentence(document: Mapping[str, Any], passed: Mapping[str, Any]) -> str:
    latency = document["latency"]
    fast = tr("The starter model writes {speed}; the first token comes after {wait}.").format(
        speed=rate_text(latency["decode_tokens_per_s"]["median"]),
        wait=seconds_text(latency["ttft_s"]["median"]),
    )
    solved = _solved(document, passed)
    return " ".join(part for part in (fast, solved) if part)


def _solved(document: Mapping[str, Any], passed: Mapping[str, Any]) -> str:
    n_problems = ((document.get("evaluation") or {}).get("suite") or {}).get("n_problems")
    if passed.get("value") is None or not n_problems:
        return ""
    return tr("It solved {n} of {all} problems.").format(
        n=round(passed["value"] * n_problems), all=n_problems
    )


def _trust(verdict: object, reasons: list[str]) -> tuple[str, str]:
    if verdict == "clean":
        return "good", tr("The machine was quiet: the times can be trusted.")
    first = " ".join(reasons[:1])
    if verdict == "suspect":
        return "warning", f"{tr('Take the times with care.')} {first}".strip()
    return "bad", f"{tr('The times mean little.')} {first}".strip()


def _as_sentence(reason: str) -> str:
    return reason[:1].upper() + reason[1:].rstrip(".") + "."
