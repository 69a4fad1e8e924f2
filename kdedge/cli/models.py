"""``kdedge models``: the models on this machine, by name."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from kdedge.cli.output import EventsOption, JsonOption, open_output
from kdedge.core.errors import GateError
from kdedge.core.json_value import Json
from kdedge.models.found import LibraryEntry
from kdedge.models.library import add_model, list_models, remove_model, resolve_model
from kdedge.models.summary import ModelSummary, summarize

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="List, add, pull, show, verify and remove GGUF models.",
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
    events: EventsOption = False,
) -> None:
    """Give a GGUF file a name; its sha256 is kept for `kdedge models verify`.

    \b
    Examples:
      kdedge models add ~/Downloads/coder-1.5b-q4_k_m.gguf --name coder
    """  # noqa: D301
    with open_output(json_target, events=events) as output:
        entry = add_model(path.expanduser(), name=name, sink=output.sink)
        output.print(Text(f"{entry.name} is {entry.path}."))
        output.document({"schema": "kdedge.models.add/1", "model": _entry_json(entry)})


@app.command("pull")
def pull_command(
    model: Annotated[
        str, typer.Argument(metavar="hf:ORG/REPO[:FILE]", help="FILE may be a part of its name.")
    ],
    json_target: JsonOption = None,
    events: EventsOption = False,
) -> None:
    """Download one GGUF file from the Hugging Face hub into its cache, and check its sha256.

    Stopped with Ctrl-C or cut off, the same command goes on where it was. HF_ENDPOINT, HF_HOME,
    HF_TOKEN and HF_HUB_OFFLINE mean what they mean to every program that uses the hub.

    \b
    Examples:
      kdedge models pull hf:Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF:q4_k_m
      kdedge models pull hf:ORG/REPO:model.Q8_0.gguf
    """  # noqa: D301
    from kdedge.models.library import entry_of
    from kdedge.models.pull import pull_model

    with open_output(json_target, events=events) as output:
        pulled = pull_model(model, sink=output.sink)
        entry = entry_of(pulled.path)
        name = str(pulled.path) if entry is None else entry.name
        output.print(Text(f"{name} is {pulled.path}; its sha256 is the one on the hub."))
        output.document(
            {
                "schema": "kdedge.models.pull/1",
                "model": None if entry is None else _entry_json(entry),
                "path": str(pulled.path),
                "repo": pulled.file.repo,
                "file": pulled.file.name,
                "commit": pulled.file.commit,
                "sha256": pulled.sha256,
                "file_bytes": pulled.file.n_bytes,
                "downloaded_bytes": pulled.downloaded_bytes,
                "resumed_bytes": pulled.resumed_bytes,
            }
        )


@app.command("verify")
def verify_command(
    model: _NameArgument, json_target: JsonOption = None, events: EventsOption = False
) -> None:
    """Check that a model's file is whole and has the sha256 on record. Exit code 3 if it differs.

    On record is what it had when it was added or downloaded; a file without a record gets one.

    \b
    Examples:
      kdedge models verify coder
      kdedge models verify starter --json -
    """  # noqa: D301, DOC501 - this text is the command's help
    from kdedge.models.verify import verify_model

    with open_output(json_target, events=events) as output:
        found = verify_model(resolve_model(model), sink=output.sink)
        output.document(found.as_json())
        if found.verdict == "differs":
            raise GateError(
                f"{found.name} is not the file it was: sha256 {found.sha256}, {found.recorded}"
                f" {found.recorded_sha256}.",
                hint="Download or convert it again. If you replaced it on purpose, add it again.",
            )
        told = "is on record from now on" if found.recorded is None else f"as {found.recorded}"
        output.print(
            Text(
                f"{found.name} is whole: {found.n_tensors} tensors; sha256 {found.sha256}, {told}."
            )
        )


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
