"""How far one run is: its state, the phase under way, the time left, and what can be done."""

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from kdedge_gui.numbers import count_text, duration_text
from kdedge_gui.pages.benchmark.live import PhaseView
from kdedge_gui.theme.icons import icon
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.card import Card
from kdedge_gui.widgets.flow_layout import FlowLayout
from kdedge_gui.widgets.pill import Pill

_BAR_STEPS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """What is shown of a run beside its numbers."""

    title: str
    facts: str
    """Settings and where the run comes from, in one line."""
    state: str
    """``waiting``, ``running``, ``stopping``, ``paused``, ``done``, ``failed``, ``cancelled``."""
    can_pause: bool = False
    can_stop: bool = False
    can_go_on: bool = False
    waits_for_others: bool = False
    """Its job is there and another heavy one runs."""


class ProgressCard(Card):
    """Emits what the buttons ask for; knows no job."""

    paused = Signal()
    stopped = Signal()
    gone_on = Signal()
    compare_wanted = Signal()

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__("", themes, parent)
        self._pill = Pill(themes, self)
        self.add_header_widget(self._pill)
        self._facts = _caption(self)
        self._phase = QLabel(self)
        self._phase.setWordWrap(True)
        self._left = _caption(self)
        self._bar = QProgressBar(self)
        self._bar.setRange(0, _BAR_STEPS)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(8)
        self._bar.setAccessibleName(self.tr("Progress of the phase"))
        self._note = _caption(self)
        self._pause = QPushButton(self.tr("P&ause"), self)
        self._pause.setToolTip(self.tr("Stops where it can be gone on with, also after a restart"))
        self._stop = QPushButton(self.tr("S&top"), self)
        self._stop.setToolTip(self.tr("Stops, and leaves out the jobs that wait; all is kept"))
        self._go_on = QPushButton(self.tr("&Go on"), self)
        mark(self._go_on, "kind", "primary")
        self._compare = QPushButton(self.tr("Co&mpare"), self)
        self._compare.setToolTip(self.tr("Set this run beside others"))
        self._pause.clicked.connect(self.paused)
        self._stop.clicked.connect(self.stopped)
        self._go_on.clicked.connect(self.gone_on)
        self._compare.clicked.connect(self.compare_wanted)
        self._lay_out()
        themes.changed.connect(self._restyle)
        self._restyle()

    def show_state(self, state: RunState) -> None:
        """Show what the run is and what can be done with it."""
        self.set_title(state.title)
        self._facts.setText(state.facts)
        self._facts.setVisible(bool(state.facts))
        words, kind = self._state_words(state)
        self._pill.set(words, kind)
        self._pause.setVisible(state.can_pause)
        self._stop.setVisible(state.can_stop)
        self._go_on.setVisible(state.can_go_on)
        is_failed = state.state == "failed"
        self._go_on.setText(self.tr("Run a&gain") if is_failed else self.tr("&Go on"))
        self._compare.setVisible(state.state == "done")
        self._buttons.setVisible(
            state.can_pause or state.can_stop or state.can_go_on or state.state == "done"
        )
        is_busy = state.state in {"running", "stopping", "waiting"}
        for widget in (self._bar, self._phase, self._left):
            widget.setVisible(is_busy)
        if state.waits_for_others:
            self._phase.setText(
                self.tr("Waits for another job, so that they do not disturb each other.")
            )

    def show_phase(self, phase: PhaseView | None, *, note: str) -> None:
        """Show how far the phase under way is."""
        self._note.setText(note)
        self._note.setVisible(bool(note))
        if phase is None:
            self._bar.setValue(0)
            self._phase.setText(self.tr("Starting…"))
            self._left.setText("")
            return
        words = self._phase_words(phase)
        self._phase.setText(words)
        self._bar.setAccessibleDescription(words)
        fraction = phase.done / phase.total if phase.total else 0.0
        self._bar.setValue(round(_BAR_STEPS * min(1.0, fraction)))
        self._left.setText(
            self.tr("about {time} left").format(time=duration_text(phase.left_s))
            if phase.left_s is not None
            else ""
        )

    def _phase_words(self, phase: PhaseView) -> str:
        name = {
            "loading": self.tr("Loading the model"),
            "generating": self.tr("Generating"),
            "judging": self.tr("Judging"),
        }.get(phase.name, phase.name)
        if phase.total is None or phase.unit == "%":
            return " ".join(part for part in (name, phase.detail) if part)
        text = self.tr("{phase}: {done} of {all} {unit}").format(
            phase=name,
            done=count_text(phase.done),
            all=count_text(phase.total),
            unit=phase.unit,
        )
        return f"{text}, {phase.detail}" if phase.detail else text

    def _state_words(self, state: RunState) -> tuple[str, str]:
        return {
            "waiting": (self.tr("waits"), "plain"),
            "running": (self.tr("running"), "info"),
            "stopping": (self.tr("stopping…"), "warning"),
            "paused": (self.tr("paused"), "warning"),
            "done": (self.tr("done"), "good"),
            "failed": (self.tr("failed"), "bad"),
            "cancelled": (self.tr("stopped"), "warning"),
        }[state.state]

    def _lay_out(self) -> None:
        self._buttons = QWidget(self)
        flow = FlowLayout(self._buttons, spacing=8)
        for button in (self._go_on, self._pause, self._stop, self._compare):
            flow.addWidget(button)
        words = QHBoxLayout()
        words.setSpacing(16)
        words.addWidget(self._phase, 1)
        words.addWidget(self._left, 0, Qt.AlignmentFlag.AlignBottom)
        self.content.addWidget(self._facts)
        self.content.addLayout(words)
        self.content.addWidget(self._bar)
        self.content.addWidget(self._note)
        self.content.addWidget(self._buttons)

    def _restyle(self) -> None:
        theme = self._themes.theme
        self._pause.setIcon(icon("pause", theme))
        self._stop.setIcon(icon("stop", theme))
        self._compare.setIcon(icon("compare", theme))


def _caption(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    mark(label, "role", "caption")
    return label
