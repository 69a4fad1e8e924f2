"""``kdedge quantize``: a smaller GGUF file, and before that what it would be."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from kdedge.cli.output import EventsOption, JsonOption, Output, open_output
from kdedge.core.errors import KdedgeError
from kdedge.core.events import Note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kdedge.quantize.candidates import Kitchen
    from kdedge.quantize.choice import Limits
    from kdedge.quantize.overrides import Override

_MIB = 1024**2
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) *([KMG]i?)?B?", re.IGNORECASE)
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "KI": 1024, "MI": 1024**2, "GI": 1024**3}


def command(
    source: Annotated[str, typer.Argument(help="A GGUF file or a name of `kdedge models`.")],
    target: Annotated[Path | None, typer.Argument(help="The file to write.")] = None,
    type_: Annotated[
        str | None, typer.Option("--type", help="For example Q8_0, Q4_K_M, Q4_0.")
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Write nothing: real sizes; of every type without one.")
    ] = False,
    show_all: Annotated[
        bool, typer.Option("--all", help="With --plan: also types that buy nothing.")
    ] = False,
    imatrix: Annotated[
        Path | None, typer.Option(help="Activation statistics of `kdedge imatrix`.")
    ] = None,
    calibration: Annotated[
        list[Path] | None,
        typer.Option("--calibration", help="Without --imatrix: gather one from this text first."),
    ] = None,
    override: Annotated[
        list[str] | None,
        typer.Option("--override", metavar="REGEX=TYPE", help="Another type; may be repeated."),
    ] = None,
    budget: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Choose: at most this, such as 90MB.")
    ] = None,
    max_kl: Annotated[
        float | None, typer.Option(min=0.0, help="Choose: mean KL from SOURCE, nats a token.")
    ] = None,
    min_decode_speed: Annotated[
        float | None, typer.Option(min=0.0, help="Choose: tokens/s on this machine.")
    ] = None,
    max_pass_drop: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Choose: pass@1 lost on --suite.")
    ] = None,
    suite: Annotated[str | None, typer.Option(help="The problems of --max-pass-drop.")] = None,
    candidates: Annotated[
        str | None, typer.Option(metavar="TYPE,...", help="Choose among these types only.")
    ] = None,
    mix: Annotated[
        bool, typer.Option("--mix", help="Also search a mix of types that fits --budget.")
    ] = False,
    text: Annotated[
        list[Path] | None,
        typer.Option("--text", help="Measure divergence on it. When choosing: Python code."),
    ] = None,
    chunks: Annotated[
        int, typer.Option(min=2, help="So many chunks of that text; more is surer.")
    ] = 16,
    chunk_tokens: Annotated[int, typer.Option(help="Tokens of a chunk.")] = 512,
    allow_requantize: Annotated[
        bool, typer.Option(help="Take a file that is already quantised; costs quality.")
    ] = False,
    json_target: JsonOption = None,
    events: EventsOption = False,
) -> None:
    """Write a GGUF file with smaller weights, through llama.cpp's quantiser.

    With a limit (--budget, --max-kl, --min-decode-speed, --max-pass-drop) the type is chosen:
    the smallest that meets limits on what is lost, or else what loses least.

    \b
    Examples:
      kdedge quantize model.BF16.gguf --plan
      kdedge quantize model.BF16.gguf model.Q4_K_M.gguf --type Q4_K_M --imatrix model.imatrix.gguf
      kdedge quantize model.BF16.gguf small.gguf --type Q4_0 --override 'ffn_down=Q8_0'
      kdedge quantize model.BF16.gguf small.gguf --max-kl 0.05 --imatrix model.imatrix.gguf
      kdedge quantize model.BF16.gguf small.gguf --budget 90MB --mix --imatrix model.imatrix.gguf
    """  # noqa: D301 - the backspace keeps the lines apart
    from kdedge.models.library import resolve_model
    from kdedge.quantize.choice import Limits
    from kdedge.quantize.overrides import parse_override

    overrides = tuple(parse_override(each) for each in override or [])
    limits = Limits(
        max_bytes=None if budget is None else _bytes(budget),
        max_kl=max_kl,
        min_decode_tokens_per_s=min_decode_speed,
        max_pass_drop=max_pass_drop,
    )
    _check_words(
        target, type_=type_, plan=plan, limits=limits, choosing=bool(candidates or mix or suite)
    )
    with open_output(json_target, events=events) as output:
        path = resolve_model(source)
        if plan:
            _show(
                output, path, type_=type_, overrides=overrides, imatrix=imatrix, show_all=show_all
            )
            return
        assert target is not None
        from kdedge.quantize.candidates import Kitchen
        from kdedge.quantize.quantize import check_paths

        check_paths(path, target, imatrix=imatrix, requantize=allow_requantize)
        texts = calibration or []
        kitchen = Kitchen(
            master=path,
            imatrix=_gathered(path, target, texts, output) if texts and not imatrix else imatrix,
            requantize=allow_requantize,
            folder=target.parent,
            sink=output.sink,
        )
        if type_ is not None and not text and limits == Limits():
            _write(kitchen, target, type_, overrides=overrides, output=output)
            return
        # Only now: measuring brings numpy, which writing a file does without.
        from kdedge.cli.quantize_choice import Wish, choose_and_write, write_and_measure
        from kdedge.quantize.calibration import held_out_text
        from kdedge.quantize.divergence import DivergenceOptions

        wish = Wish(
            limits=limits,
            types=tuple((type_ or candidates or "").split(",")) if type_ or candidates else (),
            overrides=overrides,
            mix=mix,
            suite=suite,
            text=held_out_text(text or []),
            divergence=DivergenceOptions(chunk_tokens=chunk_tokens, n_chunks=chunks),
            calibration=texts,
        )
        if limits == Limits():
            write_and_measure(kitchen, target, wish=wish, output=output)
        else:
            choose_and_write(kitchen, target, wish=wish, output=output)


def _write(
    kitchen: "Kitchen",
    target: Path,
    type_: str,
    *,
    overrides: "tuple[Override, ...]",
    output: Output,
) -> None:
    from kdedge.quantize.candidates import Recipe
    from kdedge.quantize.document import quantized_document

    made = kitchen.make(Recipe(name=type_, file_type=type_, overrides=overrides), target)
    output.document(quantized_document(made, source=kitchen.master, overrides=overrides))
    output.print(made.summary)


def _check_words(
    target: Path | None, *, type_: str | None, plan: bool, limits: "Limits", choosing: bool
) -> None:
    """Refuse options that do not go together.

    Raises:
        BadParameter: They do not.
    """
    limited = limits != type(limits)()
    if plan and (limited or choosing):
        raise typer.BadParameter("--plan writes and measures nothing: leave the limits out")
    if not plan and target is None:
        raise typer.BadParameter("name the file to write, or say --plan")
    if not plan and not limited and (type_ is None or choosing):
        raise typer.BadParameter("give --type, or a limit to choose by such as --max-kl 0.05")


def _bytes(text: str) -> int:
    """Return the bytes that ``90MB``, ``1.5GiB`` or a plain number mean.

    Raises:
        KdedgeError: It is no size.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise KdedgeError(f"--budget {text} is no size.", hint="For example 90MB or 1.2GiB.")
    return int(float(found[1]) * _UNITS[(found[2] or "").upper()])


def _gathered(source: Path, target: Path, texts: "Sequence[Path]", output: Output) -> Path:
    """Return a new imatrix of ``texts``, kept beside the target."""
    from kdedge.quantize.calibration import calibration_text
    from kdedge.quantize.imatrix import gather_imatrix

    path = target.with_name(f"{target.stem}.imatrix.gguf")
    gather_imatrix(source, calibration_text(texts), path, sink=output.sink)
    output.sink(Note(text=f"{path} holds the activation statistics; --imatrix uses it again."))
    return path


def _show(
    output: Output,
    path: Path,
    *,
    type_: str | None,
    overrides: "Sequence[Override]",
    imatrix: Path | None,
    show_all: bool,
) -> None:
    if type_ is None:
        _show_types(output, path, imatrix=imatrix, show_all=show_all)
    else:
        _show_plan(output, path, type_, overrides=overrides, imatrix=imatrix)


def _show_types(output: Output, path: Path, *, imatrix: Path | None, show_all: bool) -> None:
    from kdedge.quantize.document import types_document
    from kdedge.quantize.type_table import plan_table

    rows = plan_table(path, imatrix=imatrix)
    output.document(types_document(rows, source=path))
    table = Table("type", "MiB", "bits a weight", "fallbacks", "")
    for row in rows:
        if row.hidden is None or show_all:
            needs = "needs an imatrix" if row.needs_imatrix and imatrix is None else ""
            note = "; ".join(each for each in (needs, row.hidden) if each)
            size, bits = f"{row.file_bytes / _MIB:.1f}", f"{row.bits_per_weight:.2f}"
            table.add_row(row.file_type, size, bits, str(row.n_fallback), note)
    output.print(table)
    n_hidden = sum(row.hidden is not None for row in rows)
    if n_hidden and not show_all:
        output.print(f"{n_hidden} types that buy nothing are hidden; --all shows them and why.")


def _show_plan(
    output: Output,
    path: Path,
    file_type: str,
    *,
    overrides: "Sequence[Override]",
    imatrix: Path | None,
) -> None:
    from rich.text import Text

    from kdedge.quantize.document import plan_document
    from kdedge.quantize.plan import plan_quantization

    plan = plan_quantization(path, file_type=file_type, overrides=overrides, imatrix=imatrix)
    output.document(plan_document(plan, source=path, overrides=overrides))
    table = Table("tensor", "from", "to", "KiB", "")
    for row in plan.rows:
        note = "fallback" if row.fallback else ""
        size = f"{row.n_bytes / 1024:.1f}"
        table.add_row(Text(row.tensor), row.from_type, row.to_type, size, note)
    output.print(table)
    output.print(
        f"{plan.file_type}: {plan.file_bytes / _MIB:.1f} MiB, {plan.bits_per_weight:.2f} bits a "
        f"weight, {plan.n_fallback} of {len(plan.rows)} tensors fall back to another type"
    )
    if plan.needing_imatrix and imatrix is None:
        output.print(f"{len(plan.needing_imatrix)} tensors need an imatrix to be made so.")
