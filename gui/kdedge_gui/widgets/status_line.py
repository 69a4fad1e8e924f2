"""The lower edge of the window: what is loaded, on what, memory, speed, jobs, and a notice.

What does not fit is left out from the least important on; nothing is ever cut.
"""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStatusBar, QToolButton, QWidget

from kdedge_gui.engine.ask import Finished, LiveStat, WorkerMemory
from kdedge_gui.machine_watch import MemorySample
from kdedge_gui.numbers import bytes_text, percent_text, rate_text
from kdedge_gui.qt_override import override
from kdedge_gui.state import AppState
from kdedge_gui.theme.icons import icon, pixmap
from kdedge_gui.widgets.elided_label import ElidedLabel
from kdedge_gui.widgets.jobs_popover import JobsPopover
from kdedge_gui.widgets.meter import Meter

_NOTICE_MS = 8000
_TIGHT = 0.85
_FULL = 0.95
_ICON_SIZE = 16
_SPACING = 12
_NOTICE_LETTERS = 40
_LONGEST_NAME_LETTERS = 34


class StatusLine(QStatusBar):
    """Reads the services' signals; holds no state but what it shows."""

    model_clicked = Signal()
    log_toggled = Signal()

    def __init__(self, state: AppState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._load_fraction: float | None = None
        self.setSizeGripEnabled(False)
        self._notice = ElidedLabel(self)
        self._clear_notice = QTimer(self)
        self._clear_notice.setSingleShot(True)
        self._clear_notice.setInterval(_NOTICE_MS)
        self._clear_notice.timeout.connect(lambda: self.show_notice(""))
        self.model_button = _button(self)
        self.model_button.clicked.connect(self.model_clicked)
        self._device = QLabel(self)
        self._device.setProperty("role", "caption")
        self._speed_icon = QLabel(self)
        self._speed = QLabel(self)
        self._memory_icon = QLabel(self)
        self.memory_meter = Meter(state.themes, self)
        self.memory_meter.setAccessibleName(self.tr("Memory in use"))
        self.jobs_button = _button(self)
        self.jobs_button.clicked.connect(self._open_jobs)
        self.log_button = _button(self)
        self.log_button.setText(self.tr("Log"))
        self.log_button.setToolTip(self.tr("Show or hide the log (Ctrl+L)"))
        self.log_button.clicked.connect(self.log_toggled)
        self._popover: JobsPopover | None = None
        self._speed_group = _group(self, self._speed_icon, self._speed)
        self._memory_group = _group(self, self._memory_icon, self.memory_meter)
        self.addWidget(self.model_button)
        self.addWidget(self._device)
        self.addWidget(self._notice, 1)
        for widget in (self._speed_group, self._memory_group, self.jobs_button, self.log_button):
            self.addPermanentWidget(widget)
        self._connect()
        self._restyle()
        self._show_engine()
        self._show_speed(None)
        self._show_memory(state.machine.sample)
        self._show_jobs()

    @property
    def notice(self) -> str:
        """The line shown now."""
        return self._notice.text()

    def show_notice(self, text: str) -> None:
        """Show one line for some seconds."""
        self._notice.show_text(" ".join(text.split()))
        if text:
            self._clear_notice.start()
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))
        self._fit()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _connect(self) -> None:
        engine = self._state.engine
        engine.state_changed.connect(self._show_engine)
        engine.load_progress.connect(self._on_load_progress)
        engine.stat.connect(self._on_stat)
        engine.completed.connect(self._on_completed)
        engine.memory.connect(self._on_worker_memory)
        self._state.machine.sampled.connect(self._show_memory)
        self._state.jobs.changed.connect(self._show_jobs)
        self._state.notice.connect(self.show_notice)
        self._state.themes.changed.connect(self._restyle)

    def _show_engine(self) -> None:
        engine = self._state.engine
        name = engine.model_path.stem if engine.model_path is not None else ""
        if engine.state != "loading":
            self._load_fraction = None
        loading = self.tr("Loading {model}").replace("{model}", name)
        if self._load_fraction is not None:
            loading = f"{loading} ({percent_text(self._load_fraction, decimals=0)})"
        words = {
            "empty": self.tr("No model loaded"),
            "starting": loading,
            "loading": loading,
            "failed": self.tr("{model} is not loaded").replace("{model}", name),
        }
        text = words.get(engine.state, name)
        metrics = self.model_button.fontMetrics()
        room = metrics.averageCharWidth() * _LONGEST_NAME_LETTERS
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, room)
        self.model_button.setText(shown)
        self.model_button.setToolTip(str(engine.model_path or text))
        self.model_button.setAccessibleName(self.tr("Model: {model}").replace("{model}", text))
        self._show_device()
        if engine.state in {"empty", "failed"}:
            self._show_speed(None)
            self._memory_group.setToolTip("")

    def _show_device(self) -> None:
        loaded = self._state.engine.loaded
        text = ""
        if loaded is not None:
            layers = self._state.preferences.gpu_layers
            text = self.tr("{n} threads").replace("{n}", str(loaded.n_threads))
            text = f"{self.tr('CPU')}, {text}" if not layers else text
        self._device.setText(text)
        self._fit()

    def _on_load_progress(self, fraction: float) -> None:
        self._load_fraction = fraction
        self._show_engine()

    def _on_stat(self, stat: LiveStat) -> None:
        self._show_speed(stat.tokens_per_s)

    def _on_completed(self, finished: Finished) -> None:
        self._show_speed(finished.decode_tokens_per_s)

    def _show_speed(self, tokens_per_s: float | None) -> None:
        self._speed.setText("" if tokens_per_s is None else rate_text(tokens_per_s))
        self._speed_group.setToolTip(self.tr("Decode speed of the newest completion"))
        self._fit()

    def _show_memory(self, sample: MemorySample | None) -> None:
        if sample is None:
            self.memory_meter.set(None, "")
            return
        used = sample.total_bytes - sample.available_bytes
        fraction = used / sample.total_bytes if sample.total_bytes else None
        kind = "info"
        if fraction is not None and fraction >= _TIGHT:
            kind = "bad" if fraction >= _FULL else "warning"
        of = self.tr("{used} of {total}").replace("{used}", bytes_text(used))
        self.memory_meter.set(
            fraction, of.replace("{total}", bytes_text(sample.total_bytes)), kind
        )
        self._fit()

    def _on_worker_memory(self, memory: WorkerMemory) -> None:
        words = self.tr("The loaded model's process takes {bytes}")
        self._memory_group.setToolTip(words.replace("{bytes}", bytes_text(memory.rss_bytes)))

    def _show_jobs(self) -> None:
        count = len(self._state.jobs.running())
        words = {0: self.tr("No jobs"), 1: self.tr("1 job")}
        text = words.get(count, self.tr("{n} jobs").replace("{n}", str(count)))
        self.jobs_button.setText(text)
        self.jobs_button.setToolTip(self.tr("Show what runs and waits"))
        self._fit()

    def _open_jobs(self) -> None:
        if self._popover is None:
            self._popover = JobsPopover(self._state.jobs, self._state.themes, self)
        self._popover.open_above(self.jobs_button)

    def _restyle(self) -> None:
        theme = self._state.themes.theme
        self.model_button.setIcon(icon("models", theme))
        self.jobs_button.setIcon(icon("clock", theme))
        self.log_button.setIcon(icon("log", theme))
        size = max(_ICON_SIZE, self.fontMetrics().height())
        self._speed_icon.setPixmap(pixmap("speed", theme.muted, size=size))
        self._memory_icon.setPixmap(pixmap("memory", theme.muted, size=size))
        self._show_engine()

    def _fit(self) -> None:
        """Show what fits: model, jobs and log always, then a notice, then the rest."""
        always = (self.model_button, self.jobs_button, self.log_button)
        room = self.width() - sum(each.sizeHint().width() + _SPACING for each in always)
        notice = self._notice.sizeHint().width() if self._notice.text() else 0
        room -= min(notice, self.fontMetrics().averageCharWidth() * _NOTICE_LETTERS)
        optional: list[tuple[QWidget, bool]] = [
            (self._memory_group, bool(self.memory_meter.text)),
            (self._speed_group, bool(self._speed.text())),
            (self._device, bool(self._device.text())),
        ]
        for widget, has_words in optional:
            width = widget.sizeHint().width() + _SPACING
            fits = has_words and width <= room
            widget.setVisible(fits)
            room -= width if fits else 0


def _button(parent: QWidget) -> QToolButton:
    button = QToolButton(parent)
    button.setProperty("kind", "quiet")
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def _group(parent: QWidget, *widgets: QWidget) -> QWidget:
    group = QWidget(parent)
    row = QHBoxLayout(group)
    row.setContentsMargins(8, 0, 8, 0)
    row.setSpacing(8)
    for widget in widgets:
        row.addWidget(widget)
    return group
