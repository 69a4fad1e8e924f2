"""The card of the two-minute check: what it will do, how far it is, what came out."""

from enum import Enum

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from kdedge_gui.numbers import duration_text
from kdedge_gui.pages.home.check_progress import CheckProgress, Step
from kdedge_gui.pages.home.check_words import CheckResult, Number
from kdedge_gui.theme.icons import icon, pixmap
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.card import Card
from kdedge_gui.widgets.pill import Pill


class Stage(Enum):
    """What the card shows."""

    IDLE = "idle"
    UNAVAILABLE = "unavailable"
    WAITING = "waiting"
    RUNNING = "running"
    STOPPING = "stopping"
    RESULT = "result"


class CheckCard(Card):
    """Emits ``started``, ``stopped`` and ``opened``; knows no job."""

    started = Signal()
    stopped = Signal()
    opened = Signal(str)
    """The id of the run whose details are wanted."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__("", themes, parent)
        self.set_title(self.tr("Two-minute check"))
        self.stage = Stage.IDLE
        self._run = ""
        self._text = _wrapped(self)
        self._trust = Pill(themes, self)
        self._trust_text = _wrapped(self)
        mark(self._trust_text, "role", "caption")
        self._numbers = QGridLayout()
        self._numbers.setHorizontalSpacing(16)
        self._numbers.setVerticalSpacing(8)
        self._numbers.setColumnStretch(2, 1)
        self._steps = [_StepRow(themes, self) for _ in CheckProgress().steps()]
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(8)
        self._bar.setRange(0, 1000)
        self._bar.setAccessibleName(self.tr("Progress of the check"))
        self._start = QPushButton(self)
        mark(self._start, "kind", "primary")
        self._start.clicked.connect(self.started)
        self._stop = QPushButton(self.tr("&Stop"), self)
        self._stop.clicked.connect(self.stopped)
        self._open = QPushButton(self.tr("Open the ru&n"), self)
        self._open.clicked.connect(lambda: self.opened.emit(self._run))
        self.setFocusProxy(self._start)
        self._lay_out()
        themes.changed.connect(self._restyle)
        self._restyle()
        self.show_idle()

    @property
    def text(self) -> str:
        """The sentence shown."""
        return self._text.text()

    def show_idle(self, *, can_resume: bool = False) -> None:
        """Offer the check, or to go on with one that was stopped."""
        self._set_stage(Stage.IDLE)
        self._text.setText(
            self.tr(
                "Measures how fast the starter model answers on this machine and how much memory"
                " it takes, and lets it solve 40 small problems. About two minutes on a recent"
                " laptop, four on two slow cores."
            )
        )
        self._start.setText(
            self.tr("&Go on with the check")
            if can_resume
            else self.tr("&Run the two-minute check")
        )

    def show_unavailable(self, why: str) -> None:
        """Say why there is no check: without a button that could not work."""
        self._set_stage(Stage.UNAVAILABLE)
        self._text.setText(why)

    def show_waiting(self) -> None:
        """Say that another job has to end first."""
        self._set_stage(Stage.WAITING)
        self._text.setText(
            self.tr("Waits for another job, so that they do not disturb each other.")
        )

    def show_progress(self, progress: CheckProgress) -> None:
        """Show how far it is."""
        if self.stage is not Stage.STOPPING:
            self._set_stage(Stage.RUNNING)
            self._text.setText(self._left(progress.left_s))
        self._bar.setValue(round(1000 * progress.fraction))
        for row, step in zip(self._steps, progress.steps(), strict=True):
            row.show_step(step)

    def _left(self, left_s: float | None) -> str:
        advice = self.tr("Leave the machine alone meanwhile: the times are better.")
        if left_s is None:
            return advice
        left = self.tr("About {time} left.").format(time=duration_text(left_s))
        return f"{left} {advice}"

    def show_stopping(self) -> None:
        """Say that it ends where it can go on later."""
        self._set_stage(Stage.STOPPING)
        self._text.setText(self.tr("Stops where it can go on later…"))

    def show_result(self, result: CheckResult) -> None:
        """Show what came out."""
        self._run = result.run
        self._set_stage(Stage.RESULT)
        self._text.setText(result.sentence)
        words = {
            "good": self.tr("quiet machine"),
            "warning": self.tr("some noise"),
            "bad": self.tr("disturbed machine"),
        }
        self._trust.set(words[result.trust], kind=result.trust)
        self._trust_text.setText(result.trust_text)
        self._trust_text.setToolTip(result.trust_reasons)
        self._show_numbers(result.numbers)
        self._start.setText(self.tr("&Run it again"))

    def _show_numbers(self, numbers: tuple[Number, ...]) -> None:
        while (item := self._numbers.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for at, number in enumerate(numbers):
            title = QLabel(number.title, self)
            mark(title, "role", "caption")
            value = QLabel(number.value, self)
            value.setStyleSheet("font-weight: 600;")
            interval = QLabel(number.interval, self)
            mark(interval, "role", "caption")
            if number.interval:
                interval.setToolTip(self.tr("95 % interval"))
                interval.setAccessibleName(
                    self.tr("95 % interval {interval}").format(interval=number.interval)
                )
            for column, label in enumerate((title, value, interval)):
                if not label.toolTip():
                    label.setToolTip(number.tip)
                self._numbers.addWidget(label, at, column)

    def _set_stage(self, stage: Stage) -> None:
        self.stage = stage
        is_result = stage is Stage.RESULT
        is_busy = stage in {Stage.WAITING, Stage.RUNNING, Stage.STOPPING}
        shows_steps = stage in {Stage.RUNNING, Stage.STOPPING}
        if not is_result:
            self._show_numbers(())
        outcome: tuple[QWidget, ...] = (self._trust, self._trust_text, self._open)
        for widget in outcome:
            widget.setVisible(is_result)
        for widget in (self._bar, *self._steps):
            widget.setVisible(shows_steps)
        self._stop.setVisible(is_busy)
        self._stop.setEnabled(stage is not Stage.STOPPING)
        self._start.setVisible(stage in {Stage.IDLE, Stage.RESULT})
        mark(self._start, "kind", "" if is_result else "primary")

    def _lay_out(self) -> None:
        trust = QHBoxLayout()
        trust.setSpacing(8)
        trust.addWidget(self._trust, 0, Qt.AlignmentFlag.AlignTop)
        trust.addStretch(1)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self._start, self._stop, self._open):
            buttons.addWidget(button)
        buttons.addStretch(1)
        steps = QVBoxLayout()
        steps.setSpacing(8)
        for row in self._steps:
            steps.addWidget(row)
        self.content.setSpacing(12)
        self.content.addWidget(self._text)
        self.content.addLayout(self._numbers)
        self.content.addLayout(trust)
        self.content.addWidget(self._trust_text)
        self.content.addWidget(self._bar)
        self.content.addLayout(steps)
        self.content.addLayout(buttons)
        self.content.addStretch(1)

    def _restyle(self) -> None:
        theme = self._themes.theme
        self._stop.setIcon(icon("stop", theme))
        for row in self._steps:
            row.restyle()


class _StepRow(QWidget):
    """A symbol, a title, and how far the step is."""

    def __init__(self, themes: ThemeManager, parent: QWidget) -> None:
        super().__init__(parent)
        self._themes = themes
        self._step = Step(title="", state="waiting", text="")
        self._symbol = QLabel(self)
        self._title = _wrapped(self)
        self._text = _wrapped(self)
        mark(self._text, "role", "caption")
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._title)
        words.addWidget(self._text)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._symbol, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)

    def show_step(self, step: Step) -> None:
        """Show ``step``."""
        if step == self._step:
            return
        self._step = step
        self._title.setText(step.title)
        self._text.setText(step.text)
        self._text.setVisible(bool(step.text))
        spoken = {
            "waiting": self.tr("waits"),
            "running": self.tr("under way"),
            "done": self.tr("done"),
        }[step.state]
        self.setAccessibleName(f"{step.title}: {spoken} {step.text}".strip())
        self.restyle()

    def restyle(self) -> None:
        """Use the theme's colours."""
        theme = self._themes.theme
        symbol, colour = {
            "waiting": ("dot", theme.muted),
            "running": ("play", theme.accent),
            "done": ("check", theme.good),
        }[self._step.state]
        size = self.fontMetrics().height()
        self._symbol.setFixedWidth(size + 4)
        self._symbol.setPixmap(pixmap(symbol, colour, size=size))
        self._title.setEnabled(self._step.state != "waiting")


def _wrapped(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label
