"""``kdedge VERB ...``: finds the verb's module, runs it, and is the one place that shows errors.

Only the called verb's module is imported, so that ``kdedge --help`` starts at once.
Exit codes: 0 done, 1 the user's input or machine, 2 usage, 3 a gate was not met, 130 interrupted.
"""

import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from kdedge import __version__
from kdedge.core.errors import KdedgeError

if TYPE_CHECKING:
    from types import FrameType

    import typer


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One word after ``kdedge``."""

    name: str
    module: str
    """Has ``command`` (one command) or ``app`` (a group of them)."""
    summary: str
    """The line that ``kdedge --help`` shows."""


VERBS = (
    Verb(name="demo", module="demo", summary="See it all once: three variants of a small model."),
    Verb(name="doctor", module="doctor", summary="What this machine has and what is missing."),
    Verb(name="models", module="models", summary="List, add, pull, show, verify models."),
    Verb(name="profile", module="profile", summary="Measure speed and memory, pass@k on request."),
    Verb(name="evaluate", module="evaluate", summary="Measure pass@k by running the programs."),
    Verb(name="suites", module="suites", summary="List, show and check benchmark suites."),
    Verb(name="sandbox", module="sandbox", summary="Run one Python program closed in."),
    Verb(name="compare", module="compare", summary="Paired differences of runs, with intervals."),
    Verb(name="report", module="report", summary="One HTML, CSV, JSON or Markdown file of runs."),
    Verb(name="history", module="history", summary="The runs of this machine, newest first."),
    Verb(name="convert", module="convert", summary="A checkpoint to a proven GGUF file."),
    Verb(name="quantize", module="quantize", summary="Make a smaller GGUF file of another type."),
    Verb(name="imatrix", module="imatrix", summary="Gather activation statistics of a model."),
    Verb(name="divergence", module="divergence", summary="KL of quantised models to a master."),
    Verb(name="app", module="app", summary="The desktop app: a window for all of this."),
)

_USAGE_ERROR = 2
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave the process with its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = _take_flag(words, "--debug") or bool(os.environ.get("KDEDGE_DEBUG"))
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(_run_guarded(words, debug=debug))


def load_app(verb: Verb) -> "typer.Typer":
    """Return the typer application of ``verb``; imports its module."""
    import importlib

    import typer

    module = importlib.import_module(f"kdedge.cli.{verb.module}")
    app: typer.Typer | None = getattr(module, "app", None)
    if app is None:
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        app.command(no_args_is_help=False)(module.command)
    return app


def overview() -> str:
    """Return the text of ``kdedge --help``."""
    width = max(len(verb.name) for verb in VERBS)
    rows = "\n".join(f"  {verb.name:<{width}}  {verb.summary}" for verb in VERBS)
    return f"""Usage: kdedge VERB [OPTIONS] [ARGUMENTS]

Turn a large code model into a small one that runs on your own laptop,
and know exactly what it costs and what it can do.

Verbs:
{rows}

Options:
  --help     Show this text; `kdedge VERB --help` tells more about a verb.
  --version  Show the version.
  --debug    Show tracebacks and what llama.cpp logged when something fails.

Examples:
  kdedge demo                                profile a small model, three ways
  kdedge profile model.gguf --quick          speed and memory in a minute
  kdedge evaluate model.gguf --suite humaneval
  kdedge report RUN RUN -o report.html

KDEDGE_HOME moves everything that kdedge keeps."""


def _run_guarded(words: list[str], *, debug: bool) -> int:
    """Return the exit code of ``words``; every error ends here.

    Raises:
        KdedgeError: With ``debug``, so that Python shows the traceback.
    """
    try:
        return _dispatch(words)
    except KdedgeError as error:
        if debug:
            raise
        print(f"error: {error.problem}\nhint: {error.hint}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted; what was finished is kept", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`kdedge ... | head`): nothing to tell it any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _dispatch(words: list[str]) -> int:
    if not words or words[0] in {"--help", "-h", "help"}:
        print(overview())
        return 0
    if words[0] == "--version":
        print(f"kdedge {__version__}")
        return 0
    verb = next((known for known in VERBS if known.name == words[0]), None)
    if verb is None:
        return _unknown_verb(words[0])
    if words == ["app"]:
        from kdedge.cli.window import open_window  # no option: need not wait for typer

        return open_window()
    return _call(verb, words[1:])


def _call(verb: Verb, words: list[str]) -> int:
    import typer
    from typer.exceptions import TyperException

    try:
        result = load_app(verb)(args=words, prog_name=f"kdedge {verb.name}", standalone_mode=False)
    except TyperException as error:
        if not str(error):  # a group without a command: typer has shown its help
            return _USAGE_ERROR
        print(f"error: {error}", file=sys.stderr)
        print(f"hint: See `kdedge {verb.name} --help`.", file=sys.stderr)
        return _USAGE_ERROR
    except typer.Exit as leave:
        return int(leave.exit_code)
    if result == _INTERRUPTED:  # typer turns Ctrl-C into this number
        raise KeyboardInterrupt
    return result if isinstance(result, int) else 0


def _unknown_verb(word: str) -> int:
    import difflib

    near = difflib.get_close_matches(word, [verb.name for verb in VERBS], n=1)
    problem = "is not an option" if word.startswith("-") else "is not a verb"
    print(f"error: `{word}` {problem} of kdedge.", file=sys.stderr)
    remedy = f"Did you mean `kdedge {near[0]}`?" if near else "See `kdedge --help`."
    print(f"hint: {remedy}", file=sys.stderr)
    return _USAGE_ERROR


def _take_flag(words: list[str], flag: str) -> bool:
    if flag not in words:
        return False
    words.remove(flag)
    return True


def _stop(signum: int, frame: "FrameType | None") -> None:
    # SIGTERM is Ctrl-C from a program: the app's Cancel button sends it.
    raise KeyboardInterrupt
