"""All pictures of a report, in the order in which it shows them."""

from kdedge.report.facts import ReportModel, Row
from kdedge.report.plots.bars import Bars, bar_plot
from kdedge.report.plots.latency import itl_plot, ttft_plot
from kdedge.report.plots.memory import memory_plot
from kdedge.report.plots.pareto import pareto_plot
from kdedge.report.plots.svg import Plot, style
from kdedge.report.reading import Quantity
from kdedge.report.units import percent_with_interval, rate_text


def report_plots(report: ReportModel) -> tuple[Plot, ...]:
    """Return the pictures that the report has numbers for; needs matplotlib."""
    choice = report.recommendation.choice
    rows = report.rows
    timed = tuple(row for row in rows if not row.noise.unusable)
    with style():
        plots = (
            pareto_plot(timed, choice=choice),
            bar_plot(timed, _DECODE, choice=choice),
            bar_plot(timed, _PREFILL, choice=choice),
            ttft_plot(timed, choice=choice),
            itl_plot(timed, choice=choice),
            memory_plot(rows),
            bar_plot(rows, _PASS_AT_1, choice=choice),
        )
        return tuple(plot for plot in plots if plot is not None)


def _rate(quantity: Quantity) -> str:
    return "" if quantity.value is None else rate_text(quantity.value)


def _decode(row: Row) -> Quantity:
    return row.speed.decode_tokens_per_s


def _prefill(row: Row) -> Quantity:
    return row.speed.prefill_tokens_per_s


def _pass_at_1(row: Row) -> Quantity:
    return row.pass_at_1


_DECODE = Bars(
    key="decode",
    title="Speed of writing (decode)",
    axis="tokens/s, line: 95 % interval",
    quantity=_decode,
    show=_rate,
)
_PREFILL = Bars(
    key="prefill",
    title="Speed of reading the prompt (prefill)",
    axis="tokens/s, line: 95 % interval",
    quantity=_prefill,
    show=_rate,
)
_PASS_AT_1 = Bars(
    key="pass-at-1",
    title="Problems solved at the first attempt (pass@1)",
    axis="%, band: 95 % interval",
    quantity=_pass_at_1,
    show=percent_with_interval,
    dots=True,
    scale=100.0,
)
