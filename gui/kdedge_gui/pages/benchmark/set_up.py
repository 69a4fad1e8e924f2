"""Choosing what to measure: models, suites, settings; a forecast; and what was not finished."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from kdedge_gui.numbers import bytes_text
from kdedge_gui.pages.benchmark.choice_list import Choice, ChoiceList
from kdedge_gui.pages.benchmark.forecast import MemoryGuess, PlanGuess
from kdedge_gui.pages.benchmark.forecast_card import ForecastCard
from kdedge_gui.pages.benchmark.options_form import OptionsForm
from kdedge_gui.pages.benchmark.plan import ModelChoice, Plan, Settings, SuiteChoice
from kdedge_gui.pages.benchmark.runs_card import EarlierRunsCard, UnfinishedCard, unfinished
from kdedge_gui.qt_override import override
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.card import Card

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from kdedge.core.run_summaries import RunSummary
    from kdedge_gui.library import ModelEntry

_WIDE_LETTERS = 76
"""From here on models and suites stand beside each other."""


class SetUpView(QScrollArea):
    """Shows what there is to choose, and says what is chosen."""

    changed = Signal()
    """``plan`` is another."""
    started = Signal()
    resume_wanted = Signal(str)
    open_wanted = Signal(str)

    def __init__(self, themes: ThemeManager) -> None:
        super().__init__()
        self._entries: dict[str, ModelEntry] = {}
        self._suites: dict[str, SuiteChoice] = {}
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.unfinished = UnfinishedCard(themes)
        self.models = ChoiceList(
            themes, title=self.tr("&Models"), empty_text=self.tr("Looking for models…")
        )
        self.suites = ChoiceList(
            themes, title=self.tr("Suites"), empty_text=self.tr("Asking for the suites…")
        )
        self.profile = QCheckBox(self.tr("Speed and memory as well"))
        self.profile.setToolTip(
            self.tr("kdedge profile --quick: TTFT, prefill, decode, memory; a minute or more each")
        )
        self.options = OptionsForm()
        self.forecast = ForecastCard(themes)
        self.earlier = EarlierRunsCard(themes)
        self._choices = QGridLayout()
        self._lay_out(themes)
        self.models.changed.connect(self._on_changed)
        self.suites.changed.connect(self._on_changed)
        self.profile.toggled.connect(self._on_changed)
        self.options.changed.connect(self._on_changed)
        self.forecast.started.connect(self.started)
        self.unfinished.resume_wanted.connect(self.resume_wanted)
        self.unfinished.open_wanted.connect(self.open_wanted)
        self.earlier.open_wanted.connect(self.open_wanted)

    @property
    def problem(self) -> str:
        """Why the settings cannot be used; empty when they can."""
        return self.options.problem

    def plan(self) -> Plan:
        """Return what is chosen."""
        return Plan(
            models=tuple(_model(self._entries[key]) for key in self.models.chosen),
            suites=tuple(self._suites[key] for key in self.suites.chosen),
            settings=self.options.settings() or Settings(),
            with_profile=self.profile.isChecked(),
        )

    def show_models(self, entries: Sequence["ModelEntry"], *, is_scanning: bool = False) -> None:
        """Show the library; what cannot be read cannot be ticked, and says why."""
        self._entries = {str(entry.path): entry for entry in entries}
        self.models.set_empty_text(
            self.tr("Looking for models…")
            if is_scanning
            else self.tr("No models yet. Add a GGUF file on the Models page.")
        )
        self.models.show_choices(
            [
                Choice(
                    key=str(entry.path),
                    text=_model_text(entry),
                    problem=entry.problem,
                    tip=str(entry.path),
                )
                for entry in entries
            ]
        )

    def show_suites(self, suites: Sequence[SuiteChoice]) -> None:
        """Show the suites."""
        self._suites = {suite.name: suite for suite in suites}
        self.suites.show_choices(
            [
                Choice(
                    key=suite.name,
                    text=self.tr("{name}, {n} problems").format(
                        name=suite.name, n=suite.n_problems
                    ),
                )
                for suite in suites
            ]
        )

    def show_no_suites(self, text: str) -> None:
        """Say why there are no suites to choose."""
        self.suites.set_empty_text(text)

    def show_runs(
        self,
        runs: Sequence["RunSummary"],
        *,
        busy: frozenset[str] = frozenset(),
    ) -> None:
        """Show earlier runs, and offer those that were not finished.

        Args:
            runs: Newest first.
            busy: Ids of runs that this window works on.
        """
        self.unfinished.show_runs(unfinished(runs, busy=busy))
        self.earlier.show_runs(runs)

    def show_guess(self, time: PlanGuess, memory: MemoryGuess | None) -> None:
        """Show what the plan will take."""
        self.forecast.show_guess(time, memory)

    @override
    def resizeEvent(self, event: "QResizeEvent") -> None:
        super().resizeEvent(event)
        self._arrange()

    def _on_changed(self) -> None:
        self.forecast.show_plan(self.plan(), problem=self.problem)
        self.changed.emit()

    def _lay_out(self, themes: ThemeManager) -> None:
        inside = QWidget()
        mark(inside, "role", "page")
        what = Card("", themes)
        what.set_title(self.tr("What to measure"))
        suites = QWidget()
        column = QVBoxLayout(suites)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.suites)
        column.addWidget(self.profile)
        column.addStretch(1)
        self._beside = suites
        self._choices.setHorizontalSpacing(24)
        self._choices.setVerticalSpacing(16)
        what.content.addLayout(self._choices)
        how = Card("", themes)
        how.set_title(self.tr("How"))
        how.content.addWidget(self.options)
        page = QVBoxLayout(inside)
        page.setContentsMargins(0, 0, 8, 0)
        page.setSpacing(16)
        for card in (self.unfinished, what, how, self.forecast, self.earlier):
            page.addWidget(card)
        page.addStretch(1)
        self.setWidget(inside)
        self._arrange()

    def _arrange(self) -> None:
        is_wide = self.viewport().width() > _WIDE_LETTERS * self.fontMetrics().averageCharWidth()
        self._choices.addWidget(self.models, 0, 0)
        self._choices.addWidget(self._beside, *((0, 1) if is_wide else (1, 0)))
        self._choices.setColumnStretch(0, 3)
        self._choices.setColumnStretch(1, 2 if is_wide else 0)


def _model(entry: "ModelEntry") -> ModelChoice:
    return ModelChoice(
        argument=entry.argument,
        label=entry.name,
        path=str(entry.path),
        file_bytes=entry.file_bytes or 0,
    )


def _model_text(entry: "ModelEntry") -> str:
    parts = [entry.name]
    if entry.summary is not None:
        parts.append(entry.summary.file_type)
    if entry.file_bytes is not None:
        parts.append(bytes_text(entry.file_bytes))
    return ", ".join(parts)
