"""Convert: a source, a plan with real sizes, then jobs one after another and what came out."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QAction, QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QScrollArea, QVBoxLayout, QWidget

from kdedge.core.paths import home
from kdedge_gui.numbers import bytes_text, count_text
from kdedge_gui.page import Page
from kdedge_gui.pages.convert.handing_on import HandingOn
from kdedge_gui.pages.convert.outcomes import (
    Made,
    checkpoint_text,
    made_of,
    proof_words,
    type_rows,
    with_divergences,
)
from kdedge_gui.pages.convert.plan import (
    ConvertWish,
    QuantizeWish,
    Step,
    convert_step,
    quantize_steps,
    usual_name,
)
from kdedge_gui.pages.convert.plan_card import PlanCard
from kdedge_gui.pages.convert.result_card import ResultCard
from kdedge_gui.pages.convert.runner import Runner
from kdedge_gui.pages.convert.source_card import SourceCard
from kdedge_gui.pages.convert.source_work import MASTER_TYPES, MasterFacts, SourceWork
from kdedge_gui.qt_override import override
from kdedge_gui.wanted import ModelWanted

if TYPE_CHECKING:
    from kdedge_gui.errors import ErrorInfo
    from kdedge_gui.state import AppState


class ConvertPage(Page):
    """Three cards below one another; the second and third appear when there is something."""

    name: ClassVar[str] = "convert"
    title: ClassVar[str] = "Convert"

    def __init__(self, state: "AppState", parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.setAcceptDrops(True)
        self.source: Path | None = None
        self._checkpoint: dict[str, Any] | None = None
        """The plan, while the source is a folder."""
        self._is_planned = False
        self._sizes: dict[str, int] = {}
        self._steps: tuple[Step, ...] = ()
        self._running_wish: QuantizeWish | None = None
        self._made: tuple[Made, ...] = ()
        self._choice: dict[str, Any] | None = None
        self.source_card = SourceCard(state.themes, self)
        self.plan_card = PlanCard(state.themes, self)
        self.result_card = ResultCard(state.themes, self)
        self.work = SourceWork(state, self)
        self.runner = Runner(state.jobs, self)
        self.handing_on = HandingOn(state, self)
        self._lay_out()
        self._connect()
        self.show_nothing()
        self.show_masters()

    # Values that are shown

    def show_nothing(self) -> None:
        """Begin anew: no source."""
        self.source, self._checkpoint, self._is_planned = None, None, False
        self.source_card.show_nothing()
        self.plan_card.hide()
        self.result_card.hide()
        self._tell()

    def show_checkpoint(self, path: Path, document: dict[str, Any]) -> None:
        """Show what a folder is and would become."""
        self.source, self._checkpoint, self._is_planned = path, document, True
        self.source_card.show_checkpoint(path, checkpoint_text(document))
        self.plan_card.show_for(checkpoint=True)
        self._show_plan(path)

    def show_master(self, facts: MasterFacts) -> None:
        """Show a master; its types are not known yet."""
        self.source, self._checkpoint, self._is_planned = facts.path, None, False
        words = self.tr("A master: {architecture}, {type}, {size}").format(
            architecture=facts.architecture,
            type=facts.file_type,
            size=bytes_text(facts.file_bytes),
        )
        self.source_card.show_master(facts.path, words)
        self.plan_card.form.forget_imatrix()
        self.plan_card.types.clear_rows()
        self.plan_card.show_for(checkpoint=False)
        self._show_plan(facts.path)

    def show_types(self, document: dict[str, Any]) -> None:
        """Show what each type makes of the master."""
        rows = type_rows(document)
        self._is_planned = True
        self._sizes = {row.file_type: row.file_bytes for row in rows}
        self.plan_card.types.show_rows(rows)
        self._tell()

    def show_refusal(self, path: Path, error: "ErrorInfo") -> None:
        """Show why nothing can be made of the source."""
        self.source, self._checkpoint, self._is_planned = None, None, False
        self.source_card.show_refusal(path, error.problem)
        self.plan_card.hide()
        self.show_error(error)
        self._tell()

    def show_step(self, at: int, step: Step, *, total: int) -> None:
        """Show that a job runs, one of ``total``."""
        self.result_card.show()
        self.result_card.show_step(at, total, title=step.spec.title)
        self._set_busy(busy=True)

    def show_document(self, step: Step, document: dict[str, Any]) -> None:
        """Show what a job left."""
        self.result_card.show()
        if step.kind == "convert":
            self.result_card.show_proof(proof_words(document))
        elif step.kind == "quantize":
            self._made = (*self._made, *made_of(document))
        elif step.kind == "choose":
            self._made, self._choice = made_of(document), document
        elif step.kind == "divergence":
            self._made = with_divergences(self._made, document)
        has_choice = self._choice is not None
        self.result_card.show_made(self._made, has_choice=has_choice)

    def show_idle(self) -> None:
        """Show that nothing runs any more."""
        self.result_card.show_ended()
        self._set_busy(busy=False)
        self._tell()

    def show_masters(self) -> None:
        """Offer the masters of the library."""
        self.source_card.show_masters(
            [
                (str(each.path), f"{each.name}  ({bytes_text(each.file_bytes)})")
                for each in self.state.library.entries
                if each.summary is not None and each.summary.file_type in MASTER_TYPES
            ]
        )

    # What fetches and makes them

    def set_source(self, path: Path) -> None:
        """Look at ``path`` and plan with it."""
        if self.runner.is_running:
            self.state.notice.emit(self.tr("Wait for the jobs of this page, or stop them."))
            return
        self.banner.clear()
        self.source = None
        self.plan_card.hide()
        self.plan_card.show_summary("", can_start=False)
        self.source_card.show_looking(path)
        self._tell()
        self.work.look(path, dtype=self.source_card.dtype)

    def start(self) -> None:
        """Make what is planned."""
        steps = self._planned_steps()
        if not steps or self.runner.is_running:
            return
        self.banner.clear()
        self._steps, self._made, self._choice = steps, (), None
        self._running_wish = None if self._checkpoint is not None else self._quantize_wish()
        self.result_card.clear()
        self.runner.start(steps)
        self.scroll_to_result()

    def scroll_to_result(self) -> None:
        """Bring the third step into view."""
        self._area.ensureWidgetVisible(self.result_card, 0, 0)

    @override
    def entered(self, payload: object = None) -> None:
        self.show_masters()
        if isinstance(payload, ModelWanted):
            self.set_source(payload.path)

    @override
    def close_page(self) -> None:
        self.work.forget()

    @override
    def page_actions(self) -> list[QAction]:
        wanted = [
            (self.tr("Convert a checkpoint folder…"), self._choose_checkpoint),
            (self.tr("Quantise a GGUF file…"), self._choose_master),
        ]
        actions = []
        for words, act in wanted:
            action = QAction(words, self)
            action.triggered.connect(act)
            actions.append(action)
        return actions

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _source_in(event.mimeData()) is not None:
            event.acceptProposedAction()
            self.banner.show_note(self.tr("Drop it to see what it can become."))

    @override
    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.banner.clear()

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        source = _source_in(event.mimeData())
        if source is not None:
            event.acceptProposedAction()
            self.set_source(source)

    def _show_plan(self, path: Path) -> None:
        self.plan_card.form.set_target(_writable_folder(path.parent), usual_name(path))
        self.plan_card.show()
        self._tell()

    def _on_master(self, facts: MasterFacts) -> None:
        self.show_master(facts)
        self.work.plan_types(facts.path, imatrix=None)

    def _on_checkpoint_options(self) -> None:
        if self.source is not None and self._checkpoint is not None:
            self.work.look(self.source, dtype=self.source_card.dtype)
        self._tell()

    def _on_imatrix(self) -> None:
        form = self.plan_card.form
        has_imatrix = form.gathers or form.imatrix_file is not None
        self.plan_card.types.set_has_imatrix(has_imatrix)
        if self.source is not None and self._checkpoint is None:
            self.work.plan_types(self.source, imatrix=form.imatrix_file)
        self._tell()

    def _on_failed(self, path: Path, error: "ErrorInfo") -> None:
        is_imatrix = self.source == path and self.plan_card.form.imatrix_file is not None
        if is_imatrix:
            self.plan_card.form.forget_imatrix()
            self.show_error(error)
            self._on_imatrix()
        else:
            self.show_refusal(path, error)

    def _on_step_document(self, step: Step, document: dict[str, Any]) -> None:
        self.show_document(step, document)
        wish = self._running_wish
        if step.kind == "choose" and wish is not None:
            text = json.dumps(document, indent=1) + "\n"
            self.handing_on.keep(wish.choice_path, text)

    def _on_ended(self) -> None:
        last = self._steps[-1]
        self.show_idle()
        if last.kind == "convert" and last.target is not None and last.target.is_file():
            self.set_source(last.target)

    def _on_job_failed(self, error: "ErrorInfo") -> None:
        self.show_idle()
        self.show_error(error, retry=self.start)

    def _stop(self) -> None:
        self.result_card.show_stopping()
        self.runner.cancel()

    def _set_busy(self, *, busy: bool) -> None:
        self.source_card.set_busy(busy)
        self.plan_card.set_busy(busy)

    def _planned_steps(self) -> tuple[Step, ...]:
        if self.source is None or not self._is_planned:
            return ()
        if self._checkpoint is not None:
            return (convert_step(self._convert_wish()),)
        return quantize_steps(self._quantize_wish())

    def _convert_wish(self) -> ConvertWish:
        assert self.source is not None
        assert self._checkpoint is not None
        return ConvertWish(
            checkpoint=self.source,
            folder=self.plan_card.form.folder,
            name=self.plan_card.form.name or usual_name(self.source),
            dtype=self.source_card.dtype,
            file_type=str(self._checkpoint["dtype"]),
            verify=self.source_card.verify,
        )

    def _quantize_wish(self) -> QuantizeWish:
        assert self.source is not None
        form = self.plan_card.form
        return QuantizeWish(
            master=self.source,
            folder=form.folder,
            name=form.name,
            types=self.plan_card.types.ticked,
            limits=form.limits,
            imatrix=form.imatrix_file,
            gather=form.gathers,
            measure=form.measures,
        )

    def _tell(self) -> None:
        """Say what starting would do, in words and as command lines."""
        if self.runner.is_running:
            return
        steps = self._planned_steps()
        commands = [self._words_of(step) for step in steps]
        self.set_command(commands[0] if len(commands) == 1 else None)
        self.plan_card.commands.set_commands(commands)
        if self.source is not None and not self.plan_card.isHidden():
            self.plan_card.show_summary(self._summary(), can_start=bool(steps))

    def _words_of(self, step: Step) -> list[str]:
        words = step.spec.words()
        if step.kind == "choose":
            words += ["--json", str(self._quantize_wish().choice_path)]
        return words

    def _summary(self) -> str:
        if not self._is_planned:
            return self.tr("Reading what each type makes of it…")
        if self._checkpoint is not None:
            targets: tuple[Path, ...] = (self._convert_wish().target,)
            words = self.tr("Writes {name}.").format(name=targets[0].name)
        else:
            wish = self._quantize_wish()
            if wish.problem:
                return wish.problem
            targets = wish.targets
            words = self._quantize_words(wish)
        there = [each.name for each in targets if each.exists()]
        if there:
            replaced = self.tr("Replaces {names}.").format(names=", ".join(there))
            words = f"{words} {replaced}"
        return words

    def _quantize_words(self, wish: QuantizeWish) -> str:
        if wish.limits is not None:
            return self.tr("Tries types, measures each, and writes {name}.").format(
                name=wish.targets[0].name
            )
        size = sum(self._sizes.get(each, 0) for each in wish.types)
        return self.tr("Writes {n} files, {size} together.").format(
            n=count_text(len(wish.types)), size=bytes_text(size)
        )

    def _benchmark(self) -> None:
        self.handing_on.benchmark([each.path for each in self._made if each.path is not None])

    def _report(self) -> None:
        if self._running_wish is not None:
            choice = self._running_wish.choice_path
            self.handing_on.report(choice, choice.with_suffix(".html"))

    def _choose_checkpoint(self) -> None:
        dialog = self._dialog(self.tr("Choose a checkpoint's folder"), is_folder=True)
        dialog.fileSelected.connect(lambda chosen: self.set_source(Path(chosen)))
        dialog.open()

    def _choose_master(self) -> None:
        dialog = self._dialog(self.tr("Choose a GGUF master"), is_folder=False)
        dialog.fileSelected.connect(lambda chosen: self.set_source(Path(chosen)))
        dialog.open()

    def _choose_imatrix(self) -> None:
        form = self.plan_card.form
        dialog = self._dialog(self.tr("Choose an imatrix"), is_folder=False)
        dialog.fileSelected.connect(lambda chosen: form.set_imatrix_file(Path(chosen)))
        dialog.rejected.connect(form.forget_imatrix_choice)
        dialog.open()

    def _choose_folder(self) -> None:
        dialog = self._dialog(self.tr("Choose where files go"), is_folder=True)
        form = self.plan_card.form
        dialog.setDirectory(str(form.folder))
        dialog.fileSelected.connect(lambda chosen: form.set_folder(Path(chosen)))
        dialog.open()

    def _dialog(self, title: str, *, is_folder: bool) -> QFileDialog:
        dialog = QFileDialog(self, title)
        if is_folder:
            dialog.setFileMode(QFileDialog.FileMode.Directory)
            dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        else:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
            dialog.setNameFilters([self.tr("GGUF files (*.gguf)"), self.tr("All files (*)")])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return dialog

    def _connect(self) -> None:
        card, form = self.source_card, self.plan_card.form
        card.folder_wanted.connect(self._choose_checkpoint)
        card.file_wanted.connect(self._choose_master)
        card.master_picked.connect(lambda path: self.set_source(Path(path)))
        card.options_changed.connect(self._on_checkpoint_options)
        form.changed.connect(self._tell)
        form.imatrix_changed.connect(self._on_imatrix)
        form.imatrix_file_wanted.connect(self._choose_imatrix)
        form.folder_wanted.connect(self._choose_folder)
        self.plan_card.types.changed.connect(self._tell)
        self.plan_card.start_wanted.connect(self.start)
        self.result_card.stop_wanted.connect(self._stop)
        self.result_card.benchmark_wanted.connect(self._benchmark)
        self.result_card.report_wanted.connect(self._report)
        self.work.checkpoint_found.connect(self.show_checkpoint)
        self.work.master_found.connect(self._on_master)
        self.work.types_found.connect(self.show_types)
        self.work.failed.connect(self._on_failed)
        self.runner.began.connect(
            lambda at, step: self.show_step(at, step, total=len(self._steps))
        )
        self.runner.progressed.connect(self.result_card.show_progress)
        self.runner.stepped.connect(self._on_step_document)
        self.runner.ended.connect(self._on_ended)
        self.runner.failed.connect(self._on_job_failed)
        self.handing_on.failed.connect(self.show_error)
        self.handing_on.noted.connect(lambda text: self.banner.show_note(text, "good"))
        self.state.library.changed.connect(self.show_masters)

    def _lay_out(self) -> None:
        inside = QWidget(self)
        inside.setProperty("role", "page")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        for widget in (self.source_card, self.plan_card, self.result_card):
            column.addWidget(widget)
        column.addStretch(1)
        self._area = QScrollArea(self)
        self._area.setWidgetResizable(True)
        self._area.setWidget(inside)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.body.addWidget(self._area, 1)


def _source_in(data: QMimeData) -> Path | None:
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    fitting = [path for path in paths if path.suffix.lower() == ".gguf" or path.is_dir()]
    return fitting[0] if fitting else None


def _writable_folder(folder: Path) -> Path:
    """Return ``folder``, or where kdedge keeps models if nothing can be written there."""
    return folder if os.access(folder, os.W_OK | os.X_OK) else home() / "models"
