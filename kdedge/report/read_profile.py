"""A ``profile`` document, read."""

from collections.abc import Sequence

from kdedge.core.json_value import Json
from kdedge.report.documents import ResultDocument
from kdedge.report.facts import Memory, Noise, ProfileFacts, RawSpeed, Speed
from kdedge.report.read_subject import readable
from kdedge.report.reading import (
    Quantity,
    as_number,
    at,
    count_at,
    list_at,
    mapping_at,
    number_at,
    quantity_at,
    text_at,
    texts_at,
    why,
)


def read_profile(document: ResultDocument) -> ProfileFacts:
    """Return what ``document`` says; what it leaves out is unknown, with its reason if given."""
    content = document.content
    return ProfileFacts(
        run=document.run,
        created_at=text_at(content, "created_at"),
        speed=_speed(content),
        memory=_memory(content),
        noise=Noise(
            verdict=text_at(content, "noise", "verdict"),
            reasons=texts_at(content, "noise", "reasons"),
        ),
        energy_joules_per_token=quantity_at(content, "energy", "joules_per_token"),
        energy_source=text_at(content, "energy", "source"),
        settings=readable(mapping_at(content, "settings")),
        protocol=_protocol(content),
    )


def _protocol(content: Json) -> dict[str, str]:
    """Return what was repeated and how it was summed up, without when each repetition ends."""
    shown = readable(mapping_at(content, "protocol"))
    return {name: text for name, text in shown.items() if " rule " not in name}


def _speed(content: Json) -> Speed:
    ttft = quantity_at(content, "latency", "ttft_s")
    raw = tuple(_raw_speed(row) for row in list_at(content, "raw"))
    return Speed(
        load_s=quantity_at(content, "latency", "load_s"),
        ttft_s=ttft,
        ttft_p95_s=quantity_at(content, "latency", "ttft_s", "p95"),
        itl_p50_s=quantity_at(content, "latency", "itl_s", "p50"),
        itl_p95_s=quantity_at(content, "latency", "itl_s", "p95"),
        itl_p99_s=quantity_at(content, "latency", "itl_s", "p99"),
        prefill_tokens_per_s=_rate(content, "prefill_tokens_per_s", raw),
        decode_tokens_per_s=_rate(content, "decode_tokens_per_s", raw),
        prefill_samples=_samples(content, "prefill_tokens_per_s", raw),
        decode_samples=_samples(content, "decode_tokens_per_s", raw),
        raw=raw,
    )


def _rate(content: Json, name: str, raw: Sequence[RawSpeed]) -> Quantity:
    found = quantity_at(content, "latency", name)
    if found.value is not None:
        return found
    row = _raw_row(name, raw)  # a profile in raw mode alone has nothing else
    return found if row is None else row.tokens_per_s


def _samples(content: Json, name: str, raw: Sequence[RawSpeed]) -> tuple[float, ...]:
    """Return the repetitions behind a rate: its own, and where there are none the raw ones."""
    own = _numbers(list_at(content, "latency", name, "samples"))
    own = own or _numbers(list_at(content, "samples", name))
    row = _raw_row(name, raw)
    return own or (row.samples if row is not None else ())


def _raw_row(name: str, raw: Sequence[RawSpeed]) -> RawSpeed | None:
    """Return the first row that measures prefill alone, or decoding alone."""
    prefill = name.startswith("prefill")
    alone = (row for row in raw if (row.n_prompt > 0) == prefill and (row.n_gen > 0) != prefill)
    return next((row for row in alone if row.tokens_per_s.value), None)


def _raw_speed(row: Json) -> RawSpeed:
    return RawSpeed(
        n_prompt=count_at(row, "n_prompt") or 0,
        n_gen=count_at(row, "n_gen") or 0,
        n_depth=count_at(row, "n_depth") or 0,
        tokens_per_s=_raw_rate(row),
        stddev_tokens_per_s=number_at(row, "stddev_ts"),
        samples=_numbers(list_at(row, "samples_ts")),
    )


def _raw_rate(row: Json) -> Quantity:
    middle = number_at(row, "median_ts")
    if middle is None:
        return quantity_at(row, "avg_ts")  # llama-bench itself has the mean alone
    ends = _numbers(list_at(row, "ci95_ts"))
    low, high = ends if len(ends) == 2 else (None, None)
    return Quantity(value=middle, low=low, high=high)


def _numbers(values: Sequence[Json]) -> tuple[float, ...]:
    return tuple(number for value in values if (number := as_number(value)) is not None)


def _memory(content: Json) -> Memory:
    anon = quantity_at(content, "memory", "anon_bytes")
    return Memory(
        peak_rss_bytes=quantity_at(content, "memory", "peak_rss_bytes"),
        anon_bytes=anon,
        weights_resident_bytes=quantity_at(content, "memory", "weights_resident_bytes"),
        kv_cache_bytes=quantity_at(content, "memory", "kv_cache_bytes"),
        needs_bytes=_needs(content, anon),
        predicted_anon_bytes=quantity_at(content, "memory", "predicted", "anon_bytes"),
        predicted_kv_cache_bytes=quantity_at(content, "memory", "predicted", "kv_cache_bytes"),
        predicted_needs_bytes=_predicted_needs(content),
    )


def _needs(content: Json, anon: Quantity) -> Quantity:
    if at(content, "memory", "needs_bytes") is not None:
        return quantity_at(content, "memory", "needs_bytes")
    file_bytes = number_at(content, "model", "file_bytes")
    if anon.value is None or file_bytes is None:
        return Quantity(value=None, reason=anon.reason or why(content, "memory", "needs_bytes"))
    return Quantity(value=anon.value + file_bytes)


def _predicted_needs(content: Json) -> Quantity:
    found = quantity_at(content, "memory", "predicted", "needs_bytes")
    anon = number_at(content, "memory", "predicted", "anon_bytes")
    weights = number_at(content, "model", "file_bytes")
    if found.value is not None or anon is None or weights is None:
        return found
    return Quantity(value=anon + weights)
