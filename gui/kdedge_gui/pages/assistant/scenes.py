"""The states of the assistant for its pictures, from a conversation that was recorded."""

from pathlib import Path
from typing import Any

from kdedge_gui.engine.ask import Finished, LoadedFacts
from kdedge_gui.errors import ErrorInfo
from kdedge_gui.pages.assistant.conversation import Conversation, from_json_lines
from kdedge_gui.pages.assistant.live_row import LiveNumbers
from kdedge_gui.pages.assistant.model_view import Forecast, ModelChoice, ModelView
from kdedge_gui.pages.assistant.page import AssistantPage
from kdedge_gui.pages.assistant.run_code import RunOutput
from kdedge_gui.pages.assistant.run_result import read_run
from kdedge_gui.shots.scene import Recorded, Scene

_FRACTION = 0.62
"""The picture of a load is taken there."""


def _empty(page: AssistantPage, recorded: Recorded) -> None:
    live = recorded.events("live")[0]
    page.desk.pick(_path(live))
    page.show_model(_model(live, state="empty"))


def _loading(page: AssistantPage, recorded: Recorded) -> None:
    live = recorded.events("live")[0]
    progress = recorded.events("live")[1]["progress"]
    fractions = [each for each in progress if each >= _FRACTION]
    engine = page.state.engine
    engine.state, engine.model_path = "loading", _path(live)
    engine.state_changed.emit("loading")
    page.show_model(_model(live, state="loading", fraction=min(fractions)))


def _busy(page: AssistantPage, recorded: Recorded) -> None:
    half = recorded.events("half")[0]
    _have_model(page, recorded, state="generating")
    page.chat.show_conversation(_conversation(recorded))
    page.chat.show_writing(half["question"], model=_name(recorded), written=half["written"])
    page.refresh()


def _error(page: AssistantPage, recorded: Recorded) -> None:
    half, failed = recorded.events("half")[0], recorded.events("failed")[0]
    live = recorded.events("live")[0]
    engine = page.state.engine
    engine.state, engine.model_path = "failed", _path(live)
    engine.state_changed.emit("failed")
    page.show_model(_model(live, state="failed"))
    page.chat.show_conversation(_conversation(recorded).with_question(half["question"]))
    page.show_error(ErrorInfo(**failed), retry=page.desk.load_again)


def _full(page: AssistantPage, recorded: Recorded) -> None:
    _have_model(page, recorded)
    page.chat.show_conversation(_conversation(recorded))
    code = next(
        each
        for answer in page.chat.transcript.answers
        for each in answer.code_views
        if each.language == "python"
    )
    output = RunOutput(page.state.themes, code)
    output.show_result(read_run(recorded.documents("sandbox")[0]))
    code.set_footer(output)
    page.refresh()


def _fill(page: AssistantPage, recorded: Recorded) -> None:
    _have_model(page, recorded)
    page.choose_mode("fill")
    found = recorded.events("fill")
    page.fill.editor.setPlainText(found[-1]["before"])
    page.fill.after.setPlainText(found[-1]["after"])
    for each in found:
        page.fill.show_suggestion(each["middle"], Finished(**each["finished"]))
    page.numbers.show_numbers(_numbers(recorded, Finished(**found[-1]["finished"])))


def _completion(page: AssistantPage, recorded: Recorded) -> None:
    _have_model(page, recorded)
    page.choose_mode("completion")
    found = recorded.events("completion")[-1]
    page.completion.editor.setPlainText(found["before"])
    page.completion.show_suggestion(found["middle"], Finished(**found["finished"]))
    page.numbers.show_numbers(_numbers(recorded, Finished(**found["finished"])))


def _parameters(page: AssistantPage, recorded: Recorded) -> None:
    _full(page, recorded)
    page.tools.parameters.setChecked(True)


def _have_model(page: AssistantPage, recorded: Recorded, *, state: str = "ready") -> None:
    """Let the page take the recorded model for loaded."""
    live = recorded.events("live")[0]
    engine = page.state.engine
    engine.state, engine.model_path = state, _path(live)
    engine.loaded = LoadedFacts(**live["loaded"])
    engine.state_changed.emit(state)
    page.show_model(_model(live, state=state))
    page.numbers.show_numbers(_numbers(recorded, None))


def _numbers(recorded: Recorded, finished: Finished | None) -> LiveNumbers:
    live = recorded.events("live")[0]
    if finished is not None:
        return LiveNumbers(
            context_used_tokens=finished.n_prompt_tokens + finished.n_tokens,
            ttft_s=finished.ttft_s,
            tokens_per_s=finished.decode_tokens_per_s,
            rss_bytes=live["rss_bytes"],
        )
    return LiveNumbers(
        context_used_tokens=live["context_used_tokens"],
        ttft_s=live["ttft_s"],
        tokens_per_s=live["tokens_per_s"],
        rss_bytes=live["rss_bytes"],
    )


def _model(live: dict[str, Any], *, state: str, fraction: float | None = None) -> ModelView:
    choice = ModelChoice(name=live["model"], path=_path(live), file_bytes=live["file_bytes"])
    return ModelView(
        state=state,
        choices=(choice,),
        picked=choice.path,
        loaded=choice.path if state != "empty" else None,
        fraction=fraction,
        forecast=Forecast(**live["forecast"]),
    )


def _path(live: dict[str, Any]) -> Path:
    return Path(live["model"] + ".gguf")


def _name(recorded: Recorded) -> str:
    return str(recorded.events("live")[0]["model"])


def _conversation(recorded: Recorded) -> Conversation:
    return from_json_lines(recorded.file("conversation.jsonl").read_text(encoding="utf-8"))


SCENES = (
    Scene(name="empty", arrange=_empty),
    Scene(name="loading", arrange=_loading),
    Scene(name="busy", arrange=_busy),
    Scene(name="error", arrange=_error),
    Scene(name="full", arrange=_full),
    Scene(name="fill", arrange=_fill),
    Scene(name="completion", arrange=_completion),
    Scene(name="parameters", arrange=_parameters),
)
