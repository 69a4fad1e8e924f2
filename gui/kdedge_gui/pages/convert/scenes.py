"""The states of Convert for its pictures, from recorded real data."""

from pathlib import Path
from typing import Any

from kdedge_gui.errors import ErrorInfo
from kdedge_gui.jobs.job import PhaseProgress
from kdedge_gui.pages.convert.page import ConvertPage
from kdedge_gui.pages.convert.plan import (
    ConvertWish,
    QuantizeWish,
    Step,
    convert_step,
    quantize_steps,
)
from kdedge_gui.pages.convert.source_work import MasterFacts
from kdedge_gui.shots.scene import Recorded, Scene

_FOLDER = Path("models")
_TYPES = ("Q8_0", "Q4_K_M", "Q4_0")
_SHARE_OF_EVENTS = 0.6


def _empty(page: ConvertPage, recorded: Recorded) -> None:
    page.show_nothing()


def _checkpoint(page: ConvertPage, recorded: Recorded) -> None:
    document = recorded.documents("convert")[0]
    page.show_checkpoint(_FOLDER / document["source"]["path"], document)
    page.plan_card.form.set_folder(_FOLDER)


def _plan(page: ConvertPage, recorded: Recorded) -> None:
    document = recorded.documents("quantize")[0]
    page.show_master(_facts(recorded))
    page.plan_card.form.set_folder(_FOLDER)
    page.show_types(document)
    page.plan_card.types.set_ticked(_TYPES)


def _busy(page: ConvertPage, recorded: Recorded) -> None:
    _plan(page, recorded)
    page.plan_card.show_all_types()
    steps = _steps()
    page.show_step(1, steps[1], total=len(steps))
    events = recorded.events("quantize")
    progress = events[round(len(events) * _SHARE_OF_EVENTS)]
    page.result_card.show_progress(_progress(progress))


def _error(page: ConvertPage, recorded: Recorded) -> None:
    failed = recorded.events("failed")[-1]
    error = ErrorInfo(problem=failed["problem"], hint=failed["hint"])
    page.show_refusal(_FOLDER / "checkpoint", error)


def _full(page: ConvertPage, recorded: Recorded) -> None:
    _plan(page, recorded)
    page.plan_card.show_all_types()
    wish = ConvertWish(checkpoint=_FOLDER, folder=_FOLDER, name="SmolLM2-135M")
    page.show_document(convert_step(wish), recorded.documents("convert")[1])
    documents = recorded.documents("quantize")[1:4]
    documents += recorded.documents("divergence")
    for step, document in zip(_steps(), documents, strict=True):
        page.show_document(step, document)


def _choice(page: ConvertPage, recorded: Recorded) -> None:
    _plan(page, recorded)
    page.plan_card.form.set_mode("choose")
    page.plan_card.form.set_limits(max_kl=0.05)
    page.show_document(
        Step(kind="choose", spec=_steps()[0].spec), recorded.documents("quantize")[4]
    )


def _facts(recorded: Recorded) -> MasterFacts:
    master = recorded.documents("divergence")[0]["master"]
    return MasterFacts(
        path=_FOLDER / master["path"],
        architecture=master["architecture"],
        file_type=master["file_type"],
        file_bytes=master["file_bytes"],
    )


def _steps() -> tuple[Step, ...]:
    master = _FOLDER / "SmolLM2-135M.BF16.gguf"
    wish = QuantizeWish(master=master, folder=_FOLDER, name="SmolLM2-135M", types=_TYPES)
    return quantize_steps(wish)


def _progress(event: dict[str, Any]) -> PhaseProgress:
    fields = ("phase", "done", "total", "unit", "detail")
    return PhaseProgress(**{name: event[name] for name in fields})


SCENES = (
    Scene(name="empty", arrange=_empty),
    Scene(name="checkpoint", arrange=_checkpoint),
    Scene(name="plan", arrange=_plan),
    Scene(name="busy", arrange=_busy),
    Scene(name="error", arrange=_error),
    Scene(name="full", arrange=_full),
    Scene(name="choice", arrange=_choice),
)
