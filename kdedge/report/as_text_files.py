"""The report as CSV, JSON and Markdown."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import asdict

from kdedge.report.columns import columns_known, noise_text, reasons_of
from kdedge.report.facts import ReportModel, Row
from kdedge.report.reading import Quantity

SCHEMA = "kdedge.report/1"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def report_as_csv(report: ReportModel) -> str:
    """Return one line a model: text first, then numbers with their unit in the name.

    A text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    names = [*_TEXTS, *_NUMBERS]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for row in report.rows:
        texts = [harmless(read(row)) for read in _TEXTS.values()]
        writer.writerow([*texts, *(_number(read(row)) for read in _NUMBERS.values())])
    return out.getvalue()


def report_as_json(report: ReportModel) -> str:
    """Return everything the report knows, as JSON."""
    return json.dumps(report_document(report), indent=2, ensure_ascii=False) + "\n"


def report_document(report: ReportModel) -> dict[str, object]:
    """Return everything the report knows, under ``kdedge.report/1``."""
    return {"schema": SCHEMA, **asdict(report)}


def report_as_markdown(report: ReportModel) -> str:
    """Return a table for a README, a line a thing measured, with the recommendation above it."""
    rows = report.rows
    lines = [f"**{plain(report.recommendation.sentence)}**", ""]
    lines.append(_table_line("", *(row.label for row in rows)))
    lines.append("|---|" + "---:|" * len(rows))
    lines.extend(
        _table_line(column.heading, *(column.text(row) for row in rows))
        for column in columns_known(rows)
    )
    lines.append(_table_line("Noise", *(noise_text(row) for row in rows)))
    lines.append("")
    lines.extend(f"{plain(sentence)}  " for sentence in report.summary[:1])
    remarks = [*report.recommendation.because, *report.cautions, *reasons_of(rows)]
    remarks += [f"{row.label}: {note}" for row in rows for note in row.model.notes]
    lines.extend(f"- {plain(remark)}" for remark in dict.fromkeys(remarks))
    return "\n".join(lines) + "\n"


def _table_line(*cells: str) -> str:
    return f"| {' | '.join(plain(cell) for cell in cells)} |"


def plain(text: str) -> str:
    """Return ``text`` with everything that Markdown or HTML would take for more than text."""
    for mark in "\\`*_[]<>|#~":
        text = text.replace(mark, f"\\{mark}" if mark not in "<>" else _ENTITIES[mark])
    return text


_ENTITIES = {"<": "&lt;", ">": "&gt;"}


def harmless(text: str) -> str:
    """Return ``text`` so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if value == int(value) else f"{value:.10g}"


_TEXTS: dict[str, Callable[[Row], str]] = {
    "label": lambda row: row.label,
    "model_filename": lambda row: row.model.file_name,
    "model_type": lambda row: row.model.file_type,
    "model_sha256": lambda row: row.model.sha256,
    "architecture": lambda row: row.model.architecture,
    "cpu_info": lambda row: row.machine.facts.get("cpu model", ""),
    "suite": lambda row: row.evaluation.suite if row.evaluation else "",
    "preset": lambda row: row.evaluation.preset if row.evaluation else "",
    "noise_verdict": lambda row: row.noise.verdict,
    "noise_reasons": lambda row: "; ".join(row.noise.reasons),
    "runs": lambda row: " ".join(row.runs),
}


def _value(read: Callable[[Row], Quantity]) -> Callable[[Row], float | None]:
    return lambda row: read(row).value


def _low(read: Callable[[Row], Quantity]) -> Callable[[Row], float | None]:
    return lambda row: read(row).low


def _high(read: Callable[[Row], Quantity]) -> Callable[[Row], float | None]:
    return lambda row: read(row).high


_NUMBERS: dict[str, Callable[[Row], float | None]] = {
    "model_size_bytes": _value(lambda row: row.model.file_bytes),
    "model_n_params": _value(lambda row: row.model.n_params),
    "bits_per_weight": _value(lambda row: row.model.bits_per_weight),
    "load_s": _value(lambda row: row.speed.load_s),
    "ttft_median_s": _value(lambda row: row.speed.ttft_s),
    "ttft_p95_s": _value(lambda row: row.speed.ttft_p95_s),
    "itl_p50_s": _value(lambda row: row.speed.itl_p50_s),
    "itl_p95_s": _value(lambda row: row.speed.itl_p95_s),
    "itl_p99_s": _value(lambda row: row.speed.itl_p99_s),
    "prefill_tokens_per_s": _value(lambda row: row.speed.prefill_tokens_per_s),
    "prefill_tokens_per_s_low95": _low(lambda row: row.speed.prefill_tokens_per_s),
    "prefill_tokens_per_s_high95": _high(lambda row: row.speed.prefill_tokens_per_s),
    "decode_tokens_per_s": _value(lambda row: row.speed.decode_tokens_per_s),
    "decode_tokens_per_s_low95": _low(lambda row: row.speed.decode_tokens_per_s),
    "decode_tokens_per_s_high95": _high(lambda row: row.speed.decode_tokens_per_s),
    "peak_rss_bytes": _value(lambda row: row.memory.peak_rss_bytes),
    "anon_bytes": _value(lambda row: row.memory.anon_bytes),
    "weights_resident_bytes": _value(lambda row: row.memory.weights_resident_bytes),
    "kv_cache_bytes": _value(lambda row: row.memory.kv_cache_bytes),
    "needs_bytes": _value(lambda row: row.memory.needs_bytes),
    "predicted_anon_bytes": _value(lambda row: row.memory.predicted_anon_bytes),
    "predicted_needs_bytes": _value(lambda row: row.memory.predicted_needs_bytes),
    "pass_at_1": _value(lambda row: row.pass_at_1),
    "pass_at_1_low95": _low(lambda row: row.pass_at_1),
    "pass_at_1_high95": _high(lambda row: row.pass_at_1),
    "n_problems": lambda row: row.evaluation.n_problems if row.evaluation else None,
    "n_samples": lambda row: row.evaluation.n_samples if row.evaluation else None,
}
