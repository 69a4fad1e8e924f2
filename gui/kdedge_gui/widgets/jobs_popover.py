"""What runs, waits and has run: one row a job, each with its own Cancel."""

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from kdedge_gui.jobs.job import Job, PhaseProgress
from kdedge_gui.jobs.job_list import JobList
from kdedge_gui.numbers import count_text, duration_text
from kdedge_gui.qt_override import override
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.translate import tr
from kdedge_gui.widgets.meter import Meter
from kdedge_gui.widgets.pill import Pill

_SHOWN_JOBS = 20
_EVERY_MS = 500
_LETTERS_WIDE = 64
_STATES = {
    "waiting": ("Waiting", "plain"),
    "running": ("Running", "info"),
    "stopping": ("Stopping", "warning"),
    "done": ("Done", "good"),
    "failed": ("Failed", "bad"),
    "cancelled": ("Cancelled", "plain"),
}


class JobsPopover(QFrame):
    """Opens above the button it belongs to; a click elsewhere or Escape closes it."""

    def __init__(self, jobs: JobList, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._jobs = jobs
        self._themes = themes
        self._rows: dict[Job, _JobRow] = {}
        self.setProperty("role", "card")
        self.setAccessibleName(self.tr("Jobs"))
        title = QLabel(self.tr("Jobs"), self)
        title.setProperty("role", "subtitle")
        self._nothing = QLabel(
            self.tr("Nothing runs. A benchmark, a conversion or a download shows up here."), self
        )
        self._nothing.setProperty("role", "caption")
        self._nothing.setWordWrap(True)
        holder = QWidget(self)
        self._column = QVBoxLayout(holder)
        self._column.setContentsMargins(0, 0, 8, 0)
        self._column.setSpacing(16)
        self._column.addStretch(1)
        self._area = QScrollArea(self)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidget(holder)
        for widget in (holder, self._area.viewport()):
            widget.setAutoFillBackground(False)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, 16, 8, 16)
        outer.setSpacing(12)
        outer.addWidget(title)
        outer.addWidget(self._nothing)
        outer.addWidget(self._area, 1)
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self._refresh)

    def open_above(self, anchor: QWidget) -> None:
        """Show it with its lower right corner at the upper right of ``anchor``."""
        self._sync()
        corner = anchor.mapToGlobal(QPoint(anchor.width(), 0))
        self.move(corner.x() - self.width(), corner.y() - self.height() - 8)
        self.show()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._jobs.changed.connect(self._sync)
        self._timer.start()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._jobs.changed.disconnect(self._sync)
        self._timer.stop()

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def _sync(self) -> None:
        shown = list(reversed(self._jobs.all()))[:_SHOWN_JOBS]
        shown.sort(key=lambda job: job.is_over)
        for job in [each for each in self._rows if each not in shown]:
            row = self._rows.pop(job)
            self._column.removeWidget(row)
            row.deleteLater()
        for at, job in enumerate(shown):
            if job not in self._rows:
                self._rows[job] = _JobRow(job, self._themes, self)
            self._column.removeWidget(self._rows[job])
            self._column.insertWidget(at, self._rows[job])
            self._rows[job].refresh()
        self._nothing.setVisible(not shown)
        self._area.setVisible(bool(shown))
        self._fit()

    def _refresh(self) -> None:
        for row in self._rows.values():
            row.refresh()

    def _fit(self) -> None:
        width = self.fontMetrics().averageCharWidth() * _LETTERS_WIDE
        rows = self._column.sizeHint().height() if self._rows else 0
        self._area.setMinimumHeight(min(rows, 360))
        self.setFixedWidth(width)
        self.adjustSize()


class _JobRow(QWidget):
    def __init__(self, job: Job, themes: ThemeManager, parent: QWidget) -> None:
        super().__init__(parent)
        self._job = job
        self._title = QLabel(job.spec.title, self)
        self._title.setWordWrap(True)
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._pill = Pill(themes, self)
        self._caption = QLabel(self)
        self._caption.setProperty("role", "caption")
        self._caption.setWordWrap(True)
        self._caption.setTextFormat(Qt.TextFormat.PlainText)
        self._meter = Meter(themes, self)
        self._meter.setAccessibleName(
            self.tr("Progress of {job}").replace("{job}", job.spec.title)
        )
        self._cancel = QPushButton(self.tr("Cancel"), self)
        self._cancel.setAccessibleName(self.tr("Cancel {job}").replace("{job}", job.spec.title))
        self._cancel.clicked.connect(job.cancel)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._title, 1)
        head.addWidget(self._pill, 0, Qt.AlignmentFlag.AlignTop)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self._meter)
        words.addWidget(self._caption)
        foot.addLayout(words, 1)
        foot.addWidget(self._cancel, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addLayout(foot)

    def refresh(self) -> None:
        """Show the job as it is now."""
        job = self._job
        words, kind = _STATES[job.state]
        self._pill.set(tr(words), kind)
        phase = list(job.phases.values())[-1] if job.phases else None
        is_running = job.state in {"running", "stopping"}
        self._meter.setVisible(is_running)
        if is_running:
            self._meter.set(phase.fraction if phase else None, "")
            self._meter.setAccessibleDescription(progress_words(phase))
        self._cancel.setVisible(not job.is_over)
        self._cancel.setEnabled(job.state != "stopping")
        caption = _caption(job, phase)
        self._caption.setText(caption)
        self._caption.setVisible(bool(caption))


def progress_words(phase: PhaseProgress | None) -> str:
    """Return how far a phase is: ``generating: 12 of 164 problems``."""
    if phase is None:
        return tr("starting")
    done = count_text(phase.done)
    if phase.total is not None:
        done = f"{done} {tr('of')} {count_text(phase.total)}"
    return " ".join(part for part in (f"{phase.phase}:", done, phase.unit) if part)


def _caption(job: Job, phase: PhaseProgress | None) -> str:
    if job.outcome is not None and job.outcome.error is not None:
        return job.outcome.error.problem
    if job.state == "waiting":
        return tr("Starts when the job before it has ended.")
    if job.is_over or job.started_at is None:
        if job.started_at is None or job.finished_at is None:
            return ""
        took = duration_text((job.finished_at - job.started_at).total_seconds())
        return tr("Took {time}").replace("{time}", took)
    return progress_words(phase)
