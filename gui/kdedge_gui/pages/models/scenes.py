"""The states of Models for its pictures, from recorded real data."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from kdedge.core.run_summaries import RunSummary
from kdedge.models.footprint import ContextLayout, Footprint
from kdedge.models.summary import ModelSummary, TensorGroup
from kdedge_gui.errors import ErrorInfo
from kdedge_gui.library import ModelEntry
from kdedge_gui.models.known_results import KnownResults, newest_results
from kdedge_gui.models.library_table import Room, RowMaker
from kdedge_gui.pages.models.download_work import DownloadView
from kdedge_gui.pages.models.load_row import LoadView
from kdedge_gui.pages.models.measured import measured_memory
from kdedge_gui.pages.models.page import ModelsPage
from kdedge_gui.shots.scene import Recorded, Scene

_MADE_HERE, _LARGEST = "SmolLM2-135M-Q4_K_M", "qwen2.5-coder-1.5b"
_LOADED_SHARE = 0.4


def _empty(page: ModelsPage, recorded: Recorded) -> None:
    page.show_rows(())


def _busy(page: ModelsPage, recorded: Recorded) -> None:
    _show(page, recorded, _LARGEST, n_read=3, is_scanning=True)
    page.details.load.show_view(LoadView(state="loading", fraction=_LOADED_SHARE))


def _error(page: ModelsPage, recorded: Recorded) -> None:
    failed = recorded.events("failed")[-1]
    _show(page, recorded, "coder-7b")
    page.show_error(ErrorInfo(problem=failed["problem"], hint=failed["hint"]))


def _full(page: ModelsPage, recorded: Recorded) -> None:
    _show(page, recorded, "starter")
    page.details.show_metadata({"general.license": "apache-2.0"})
    page.details.memory.show_measured(measured_memory(recorded.documents("profile")[0]))


def _lineage(page: ModelsPage, recorded: Recorded) -> None:
    _show(page, recorded, _MADE_HERE)
    page.details.show_metadata(json.loads(recorded.file("metadata.json").read_text("utf-8")))
    page.details.memory.show_measured(measured_memory(recorded.documents("profile")[1]))


def _short(page: ModelsPage, recorded: Recorded) -> None:
    _show(page, recorded, _LARGEST)
    summary = _summary(recorded.documents("short")[0])
    assert summary.prediction is not None
    page.details.show_metadata({})
    page.details.memory.show_measured(None)
    page.details.memory.set_wanted(
        summary.layout.n_ctx_per_sequence, n_sequences=summary.layout.n_sequences
    )
    page.show_forecast(summary.prediction)


def _downloads(page: ModelsPage, recorded: Recorded) -> None:
    _full(page, recorded)
    paused = DownloadView(reference="hf:org/coder-GGUF").after(recorded.events("pull-paused"))
    page.downloads.add_view(replace(paused, state="paused", rate=""))
    loading = DownloadView(reference="hf:org/coder-GGUF").after(recorded.events("pull-done")[:-1])
    page.downloads.add_view(loading)


def _show(
    page: ModelsPage,
    recorded: Recorded,
    name: str,
    *,
    n_read: int = 99,
    is_scanning: bool = False,
) -> None:
    """Show the recorded library, the model called ``name`` chosen, and read no file for it."""
    entries = _entries(recorded, n_read=n_read)
    results = _results(recorded)
    (chosen,) = [entry for entry in entries if entry.name == name]
    rows = RowMaker().rows(entries, results=results, room=_room(entries))
    blocked = page.list.blockSignals(True)
    page.show_rows(rows, is_scanning=is_scanning)
    page.list.choose(str(chosen.path))
    page.list.blockSignals(blocked)
    page.show_chosen(chosen, results.get(str(chosen.path)))


def _entries(recorded: Recorded, *, n_read: int) -> list[ModelEntry]:
    summaries = {each["path"]: _summary(each) for each in recorded.documents("show")}
    problem = recorded.events("failed")[-1]["problem"]
    return [
        ModelEntry(
            name=each["name"],
            path=Path(each["path"]),
            origin=each["origin"],
            file_bytes=each["file_bytes"],
            summary=summaries.get(each["path"])
            if at < n_read or each["name"] == _LARGEST
            else None,
            problem=problem if at < n_read and each["path"] not in summaries else "",
        )
        for at, each in enumerate(recorded.documents("list")[0]["models"])
    ]


def _summary(raw: dict[str, Any]) -> ModelSummary:
    fields = {key: value for key, value in raw.items() if key != "schema"}
    return ModelSummary(
        **{
            **fields,
            "tensors": tuple(TensorGroup(**each) for each in raw["tensors"]),
            "layout": ContextLayout(**raw["layout"]),
            "prediction": Footprint(**raw["prediction"]),
        }
    )


def _room(entries: list[ModelEntry]) -> Room:
    free = max(
        each.summary.prediction.available_bytes
        for each in entries
        if each.summary is not None and each.summary.prediction is not None
    )
    return Room(available_bytes=free, total_bytes=free)


def _results(recorded: Recorded) -> dict[str, KnownResults]:
    runs = [
        RunSummary(**{**raw, "pass_at_1_ci95": tuple(raw["pass_at_1_ci95"] or ()) or None})
        for raw in recorded.events("runs")
    ]
    return newest_results(runs, written_at=lambda _: 0.0)


SCENES = (
    Scene(name="empty", arrange=_empty),
    Scene(name="busy", arrange=_busy),
    Scene(name="error", arrange=_error),
    Scene(name="full", arrange=_full),
    Scene(name="downloads", arrange=_downloads),
    Scene(name="lineage", arrange=_lineage),
    Scene(name="short", arrange=_short),
)
