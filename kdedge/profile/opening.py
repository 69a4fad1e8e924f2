"""What a run is about, and the run itself: a new one, or an unfinished one of the same kind."""

from dataclasses import asdict, dataclass
from pathlib import Path

from kdedge.core.errors import KdedgeError
from kdedge.core.events import Note, Sink
from kdedge.core.json_value import Json
from kdedge.core.machine import MachineFacts, machine_facts
from kdedge.core.software import software_versions
from kdedge.core.store import Store
from kdedge.core.store_rows import RunRow
from kdedge.models.describe import describe_model
from kdedge.models.footprint import ContextLayout, predict
from kdedge.models.header import Header, read_header
from kdedge.profile.options import (
    NEWEST,
    ProfileOptions,
    Settings,
    protocol_of,
    run_key,
    settings_of,
)
from kdedge.runtime.devices import machine_document
from kdedge.runtime.thread_rule import default_threads

VERB = "profile"
_MIB = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One profile, with everything that was left open decided."""

    settings: Settings
    subject: dict[str, Json]
    """What the run says it is about."""
    key: str
    """Equal for runs that may resume one another."""


def request_for(path: Path, *, options: ProfileOptions, sink: Sink) -> Request:
    """Return what profiling ``path`` comes to; nothing is loaded, but the file is read once.

    Args:
        path: A GGUF file.
        options: What to measure.
        sink: Gets the progress, and a note when memory will be short.

    Raises:
        KdedgeError: The file is no usable model, or the context is too small.
    """
    header = read_header(path)
    settings = settings_of(
        options, n_ctx_train=header.context_length, default_threads=default_threads()
    )
    machine = machine_facts()
    model = describe_model(path, sink=sink)
    software = software_versions()
    return Request(
        settings=settings,
        subject={
            "model": model.as_json(),
            "machine": machine_document(machine),
            "software": software,
            "settings": asdict(settings),
            "protocol": protocol_of(settings).as_json(),
            "suite": options.suite,
            "predicted": _predicted(header, settings=settings, machine=machine, sink=sink),
        },
        key=run_key(
            model_sha256=model.sha256, settings=settings, suite=options.suite, software=software
        ),
    )


def open_run(request: Request, *, resume: str | None, store: Store) -> tuple[RunRow, bool]:
    """Return the run to work on, claimed by this process, and whether it was there before.

    Args:
        request: What is asked.
        resume: ``newest``, a run id, or nothing.
        store: Where runs are kept.

    Raises:
        KdedgeError: The run cannot be resumed.
    """
    found = _resumable(request, resume=resume, store=store)
    if found is None:
        return store.begin_run(verb=VERB, key=request.key, subject=request.subject), False
    store.claim(found.run_id)
    return found, True


def _resumable(request: Request, *, resume: str | None, store: Store) -> RunRow | None:
    if resume is None:
        return None
    if resume == NEWEST:
        return store.unfinished_run(verb=VERB, key=request.key)
    found = store.run(resume)
    if found.verb != VERB or found.key != request.key:
        raise KdedgeError(
            f"Run {found.run_id} was made with another model, other settings or other software.",
            hint="Give the same model and options as that run, or leave --resume out.",
        )
    return found


def _predicted(header: Header, *, settings: Settings, machine: MachineFacts, sink: Sink) -> Json:
    layout = ContextLayout(
        n_ctx_per_sequence=settings.context_tokens,
        n_ubatch=settings.n_ubatch,
        full_window=False,
    )
    try:
        footprint = predict(header, layout=layout, machine=machine)
    except KdedgeError as error:
        return {"anon_bytes": None, "needs_bytes": None, "reason": error.problem}
    if footprint.fit == "short":
        short = f"{footprint.short_by_bytes / _MIB:.0f} MiB"
        sink(Note(text=f"Memory will be {short} short; a smaller --context needs less."))
    elif footprint.fit == "tight":
        sink(Note(text="Memory will be tight; a smaller --context needs less."))
    return footprint.as_json()
