"""A whole profile: load, raw, user, memory, and pass@k when a suite is named.

Every repetition is kept as it is made; a run that is killed goes on with ``resume`` where it was.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from kdedge.core.errors import InterruptedRunError, KdedgeError
from kdedge.core.events import Note, RunFinished, RunStarted, Sink
from kdedge.core.json_value import Json
from kdedge.core.store import Store
from kdedge.core.store_rows import RunRow
from kdedge.profile.bench import Bench
from kdedge.profile.document import profile_document
from kdedge.profile.energy import read_energy
from kdedge.profile.instruments import Instruments
from kdedge.profile.load_phase import measure_load
from kdedge.profile.measured import measured
from kdedge.profile.memory_phase import measure_memory
from kdedge.profile.noise import NoiseFacts, crowding
from kdedge.profile.noise_facts import BEFORE, listen
from kdedge.profile.opening import VERB, Request, open_run, request_for
from kdedge.profile.options import NEWEST, ProfileOptions, protocol_of
from kdedge.profile.pass_at_k import measure_pass_at_k
from kdedge.profile.raw_phase import measure_raw
from kdedge.profile.recorder import Recorder, Value
from kdedge.profile.user_phase import measure_user

_REAL = Instruments()


def profile_models(
    paths: Sequence[Path], *, options: ProfileOptions, store: Store, sink: Sink
) -> list[dict[str, Json]]:
    """Return the documents of several models, one run each, in order.

    With ``options.resume`` an interrupted list goes on where it was: leading models whose newest
    run of this kind is done are not measured again.

    Args:
        paths: GGUF files.
        options: What to measure of each.
        store: Where every repetition is kept.
        sink: Gets the progress.

    Raises:
        KdedgeError: As in ``profile_model``.
    """
    documents: list[dict[str, Json]] = []
    resuming = options.resume == NEWEST and len(paths) > 1
    for path in paths:
        finished = _finished(path, options=options, store=store, sink=sink) if resuming else None
        resuming = finished is not None
        documents.append(finished or profile_model(path, options=options, store=store, sink=sink))
    return documents


def profile_model(
    path: Path,
    *,
    options: ProfileOptions,
    store: Store,
    sink: Sink,
    instruments: Instruments = _REAL,
) -> dict[str, Json]:
    """Return the result document of a profile of the model at ``path``.

    Args:
        path: A GGUF file.
        options: What to measure.
        store: Where every repetition is kept.
        sink: Gets the progress.
        instruments: The processes to measure with.

    Raises:
        KdedgeError: The model cannot be loaded, a process died, or the run cannot be resumed.
        InterruptedRunError: The user stopped it; what was measured is kept.
    """
    before = _stamp(path)
    request = request_for(path, options=options, sink=sink)
    run, resumed = open_run(request, resume=options.resume, store=store)
    sink(RunStarted(verb=VERB, run=run.run_id, resumed=resumed))
    protocol = protocol_of(request.settings)

    def tell(name: str, repetition: int, value: Value) -> None:
        event = measured(run.run_id, name, repetition=repetition, value=value, protocol=protocol)
        if event is not None:
            sink(event)

    bench = Bench(
        path=path,
        settings=request.settings,
        protocol=protocol,
        recorder=Recorder(store, run.run_id, heard=tell),
        sink=sink,
        instruments=instruments,
    )
    try:
        _measure(bench, request=request)
        if options.suite is not None:
            measure_pass_at_k(bench, suite=options.suite, threads=options.n_threads, store=store)
        _check_unchanged(path, before)
        document = profile_document(
            run, settings=bench.settings, protocol=bench.protocol, recorder=bench.recorder
        )
        store.finish_run(run.run_id, status="done", document=document)
    except KeyboardInterrupt as error:
        _end(run, "interrupted", store=store, sink=sink)
        raise InterruptedRunError(
            f"Run {run.run_id} was interrupted; what was measured is kept.",
            hint="The same command with --resume goes on.",
        ) from error
    except BaseException:
        _end(run, "failed", store=store, sink=sink)
        raise
    sink(RunFinished(run=run.run_id, status="done"))
    return document


def _measure(bench: Bench, *, request: Request) -> None:
    machine = request.subject["machine"]
    assert isinstance(machine, dict)
    energy = read_energy()
    heard = listen(machine, listen_s=bench.instruments.listen_s)
    _warn_if_crowded(bench, heard, usable_cores=int(str(machine["usable_cores"])))
    bench.recorder.add(
        BEFORE, {**heard, "energy_reason": energy if isinstance(energy, str) else None}
    )
    measure_load(bench)
    measure_raw(bench)
    measure_user(bench)
    measure_memory(bench)


def _warn_if_crowded(bench: Bench, heard: Value, *, usable_cores: int) -> None:
    facts = NoiseFacts(usable_cores=usable_cores, n_threads=bench.settings.n_threads)
    cores = heard["watch"]["other_cores"]
    if cores is not None and crowding(facts, cores):
        told = f"Other programs keep {cores:.1f} of {usable_cores} cores busy"
        bench.sink(Note(text=f"{told}: timings will suffer; --threads leaves cores to them."))


def _finished(
    path: Path, *, options: ProfileOptions, store: Store, sink: Sink
) -> dict[str, Json] | None:
    key = request_for(path, options=replace(options, resume=None), sink=sink).key
    newest = next((run for run in store.runs(verb=VERB) if run.key == key), None)
    if newest is None or newest.status != "done" or newest.document is None:
        return None
    sink(RunStarted(verb=VERB, run=newest.run_id, resumed=True))
    sink(RunFinished(run=newest.run_id, status="done"))
    return dict(newest.document)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None  # reading its header says what is wrong
    return found.st_size, found.st_mtime_ns, found.st_ino


def _check_unchanged(path: Path, before: tuple[int, int, int] | None) -> None:
    if _stamp(path) != before:
        raise KdedgeError(
            f"{path} was changed while it was profiled.",
            hint="Leave the file alone and run again.",
        )


def _end(run: RunRow, status: str, *, store: Store, sink: Sink) -> None:
    with suppress(KdedgeError):  # a full disk is why it failed, and that has been said
        store.finish_run(run.run_id, status=status)
    sink(RunFinished(run=run.run_id, status=status))
