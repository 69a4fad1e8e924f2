"""``kdedge models``: the models on this machine, by name."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from kdedge.cli.output import JsonOption, open_output
from kdedge.core.json_value import Json
from kdedge.models.found import LibraryEntry
from kdedge.models.library import add_model, list_models, remove_model, resolve_model
from kdedge.models.summary import ModelSummary, summarize

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="List, add, show and remove GGUF models.",
)

_MIB = 1024**2
_NameArgument = Annotated[
    str, typer.Argument(metavar="MODEL", help="A path, a name, or a part of just one name.")
]


@app.command("list")
def list_command(json_target: JsonOption = None) -> None:
    """List the models that have a name: added ones, the starter, and those of other programs.

    Hugging Face's cache, LM Studio and Ollama are looked through; nothing is copied.

    \b
    Examples:
      kdedge models list
      kdedge models list --json -
    """  # noqa: D301 - the backspace keeps the lines apart
    with open_output(json_target, events=False) as output:
        entries = list_models()
        table = Table("name", "MiB", "origin", "file", box=None)
        table.columns[1].justify = "right"
        table.columns[3].overflow = "fold"
        for entry in entries:
            size = entry.file_bytes
            shown = "gone" if size is None else f"{size / _MIB:,.1f}"
            table.add_row(_plain(entry.name), shown, entry.origin, _plain(str(entry.path)))
        nothing = "No models yet: `kdedge models add FILE.gguf`, or install the starter."
        output.print(table if entries else Text(nothing))
        output.document(
            {"schema": "kdedge.models.list/1", "models": [_entry_json(each) for each in entries]}
        )


@app.command("add")
def add_command(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A GGUF file; it stays there.")],
    name: Annotated[str | None, typer.Option(help="Its name; else the file's own.")] = None,
    json_target: JsonOption = None,
) -> None:
    """Give a GGUF file a name.

    \b
    Examples:
      kdedge models add ~/Downloads/coder-1.5b-q4_k_m.gguf --name coder
    """  # noqa: D301
    with open_output(json_target, events=False) as output:
        entry = add_model(path.expanduser(), name=name)
        output.print(Text(f"{entry.name} is {entry.path}."))
        output.document({"schema": "kdedge.models.add/1", "model": _entry_json(entry)})


@app.command("remove")
def remove_command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The whole name.")],
    delete_file: Annotated[
        bool, typer.Option("--delete-file", help="Delete the file as well, for good.")
    ] = False,
    json_target: JsonOption = None,
) -> None:
    """Forget a model; its file stays unless you ask for more.

    \b
    Examples:
      kdedge models remove coder
      kdedge models remove coder --delete-file
    """  # noqa: D301
    with open_output(json_target, events=False) as output:
        entry = remove_model(name, delete_file=delete_file)
        rest = "its file is deleted" if delete_file else f"{entry.path} stays"
        output.print(Text(f"{entry.name} is forgotten; {rest}."))
        output.document({"schema": "kdedge.models.remove/1", "model": _entry_json(entry)})


@app.command("show")
def show_command(
    model: _NameArgument,
    context: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=2**24, help="Tokens of one sequence to predict for."),
    ] = None,
    sequences: Annotated[
        int, typer.Option(metavar="N", min=1, max=256, help="Completions side by side.")
    ] = 1,
    json_target: JsonOption = None,
) -> None:
    """Show what a GGUF file is and whether it fits in memory; reads its header only.

    \b
    Examples:
      kdedge models show starter
      kdedge models show coder --context 16384 --sequences 4
    """  # noqa: D301
    from kdedge.core.machine import machine_facts

    with open_output(json_target, events=False) as output:
        path = resolve_model(model)
        summary = summarize(path, machine=machine_facts(), n_ctx=context, n_sequences=sequences)
        output.print(_summary_table(summary))
        output.document(summary.as_json())


def _summary_table(summary: ModelSummary) -> Table:
    table = Table(show_header=False, box=None, title=_plain(Path(summary.path).name))
    table.title_justify = "left"
    tensors = ", ".join(
        f"{group.n_tensors} {group.quant_type} ({group.n_bytes / _MIB:,.1f} MiB)"
        for group in summary.tensors
    )
    rows: list[tuple[str, str | Text]] = [
        ("name", summary.name or "not stated"),
        ("architecture", summary.architecture),
        ("parameters", f"{summary.n_params / 1e6:,.1f} M"),
        ("file", f"{summary.file_bytes / _MIB:,.1f} MiB, {summary.file_type}"),
        ("bits per weight", f"{summary.bits_per_weight:.2f}"),
        ("tensors", tensors or "none"),
        ("context", _tokens(summary.context_length)),
        ("vocabulary", _tokens(summary.n_vocab)),
        ("chat template", "yes" if summary.has_chat_template else "no"),
        ("fill-in-the-middle", "yes" if summary.has_fim else "no"),
    ]
    for label, shown in [*rows, *_memory_rows(summary)]:
        table.add_row(label, shown if isinstance(shown, Text) else _plain(shown))
    return table


def _memory_rows(summary: ModelSummary) -> list[tuple[str, str | Text]]:
    predicted = summary.prediction
    if predicted is None or summary.kv_bytes_per_token is None:
        return [("memory", summary.unpredictable or "unknown")]
    layout = summary.layout
    many = "" if layout.n_sequences == 1 else f" x {layout.n_sequences} sequences"
    verdicts = {
        "fits": Text("fits", "green"),
        "tight": Text("tight: close other programs first", "yellow"),
        "short": Text(f"short by {predicted.short_by_bytes / _MIB:,.0f} MiB", "red"),
    }
    parts = (
        f"{_mib(predicted.weights_bytes)} weights"
        f" + {_mib(predicted.repacked_bytes)} repacked"
        f" + {_mib(predicted.kv_cache_bytes)} KV cache"
        f" + {_mib(predicted.compute_bytes + predicted.output_bytes)} compute"
        f" + {_mib(predicted.base_bytes)} program"
    )
    return [
        ("KV cache", f"{summary.kv_bytes_per_token / 1024:,.1f} KiB a token (F16)"),
        (f"at {layout.n_ctx_per_sequence:,} tokens{many}", parts),
        (
            "needs",
            f"{_mib(predicted.needs_bytes)} MiB of {_mib(predicted.available_bytes)} MiB free",
        ),
        ("verdict", verdicts[predicted.fit]),
    ]


def _entry_json(entry: LibraryEntry) -> dict[str, Json]:
    return {
        "name": entry.name,
        "path": str(entry.path),
        "origin": entry.origin,
        "file_bytes": entry.file_bytes,
    }


def _mib(size: int) -> str:
    return f"{size / _MIB:,.0f}"


def _tokens(count: int | None) -> str:
    return "not stated" if count is None else f"{count:,} tokens"


def _plain(text: str) -> Text:
    # A file's own words may hold terminal codes; what cannot be printed is shown as an escape.
    shown = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
    return Text(shown[:500])
