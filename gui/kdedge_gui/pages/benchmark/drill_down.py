"""One problem of a run: what was asked, written and run, and why it failed."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from kdedge_gui.background import Background
from kdedge_gui.errors import ErrorInfo
from kdedge_gui.numbers import count_text, seconds_text
from kdedge_gui.pages.benchmark.cells import verdict_words
from kdedge_gui.pages.benchmark.drill_rows import SampleRows
from kdedge_gui.pages.benchmark.suites_work import ProblemText
from kdedge_gui.qt_override import override
from kdedge_gui.theme.icons import icon
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.translate import tr
from kdedge_gui.widgets.code_view import CodeView
from kdedge_gui.widgets.fitting_text import FittingText
from kdedge_gui.widgets.flow_layout import FlowLayout
from kdedge_gui.widgets.pill import Pill
from kdedge_gui.widgets.problem_cell import GENERATED, WAITING

_PILLS = {
    "passed": "good",
    "failed": "bad",
    "error": "bad",
    "timed_out": "warning",
    "truncated": "warning",
    "no_code": "warning",
    "harness_error": "info",
    GENERATED: "info",
    WAITING: "plain",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillView:
    """What is shown of one completion."""

    rows: SampleRows
    problem: ProblemText | None
    """``None`` while the suite's text is not known."""
    verdicts: Sequence[str]
    """Of each sample of the problem; an empty text is no verdict yet."""
    has_previous: bool
    has_next: bool
    """There are failing problems before and after."""


class DrillDown(QWidget):
    """Emits where to go; knows neither store nor run."""

    closed = Signal()
    previous_wanted = Signal()
    next_wanted = Signal()
    sample_wanted = Signal(int)
    failed = Signal(object)
    """An ``ErrorInfo``."""

    def __init__(self, themes: ThemeManager, background: Background) -> None:
        super().__init__()
        self._themes = themes
        self._title = QLabel(self)
        mark(self._title, "role", "subtitle")
        self._title.setWordWrap(True)
        self._pill = Pill(themes, self)
        self._close = QToolButton(self)
        mark(self._close, "kind", "quiet")
        self._close.setToolTip(self.tr("Close (Esc)"))
        self._close.setAccessibleName(self.tr("Close the problem"))
        self._close.clicked.connect(self.closed)
        self._previous = QPushButton(self.tr("Pre&vious failing"), self)
        self._next = QPushButton(self.tr("Ne&xt failing"), self)
        self._previous.clicked.connect(self.previous_wanted)
        self._next.clicked.connect(self.next_wanted)
        self._samples = QComboBox(self)
        self._samples.setAccessibleName(self.tr("Completion"))
        self._samples.activated.connect(self.sample_wanted)
        self._facts = QLabel(self)
        self._facts.setWordWrap(True)
        mark(self._facts, "role", "caption")
        self._detail = FittingText(self, wraps=True)
        mark(self._detail, "role", "mono")
        self._sections = {
            name: CodeView(themes, background, self, language=language)
            for name, language in (
                ("program", "python"),
                ("completion", ""),
                ("prompt", "python"),
                ("tests", "python"),
            )
        }
        for view in self._sections.values():
            view.failed.connect(self.failed)
        self._headings: dict[str, QLabel] = {}
        self._coming: list[tuple[str, str]] = []
        self._come = QTimer(self, interval=0)
        self._come.timeout.connect(self._show_next_section)
        self._waiting = QLabel(self)
        self._waiting.setWordWrap(True)
        mark(self._waiting, "role", "caption")
        self._lay_out()
        self.setFocusProxy(self._scroll)
        themes.changed.connect(self._restyle)
        self._restyle()

    @property
    def task_id(self) -> str:
        """The problem that is shown."""
        return self._title.text()

    @property
    def detail(self) -> str:
        """Why it failed, as it is shown."""
        return self._detail.shown_text if not self._detail.isHidden() else ""

    def section_text(self, name: str) -> str:
        """Return the text of ``program``, ``completion``, ``prompt`` or ``tests``."""
        view = self._sections[name]
        return view.text if not view.isHidden() else ""

    def show_waiting(self, task_id: str) -> None:
        """Say that ``task_id`` is being read."""
        self._title.setText(task_id)
        self._waiting.setText(self.tr("Reading the store…"))
        self._waiting.show()

    def show_problem(self, error: ErrorInfo) -> None:
        """Say why there is nothing to show."""
        self._waiting.setText(f"{error.problem} {error.hint}")
        self._waiting.show()

    def show_view(self, view: DrillView) -> None:
        """Show one completion."""
        rows = view.rows
        kind = rows.verdict or (WAITING if rows.completion is None else GENERATED)
        self._waiting.hide()
        self._title.setText(rows.task_id)
        self._pill.set(verdict_words(kind), _PILLS.get(kind, "plain"))
        self._facts.setText(facts_text(rows))
        self._facts.setVisible(bool(self._facts.text()))
        self._previous.setEnabled(view.has_previous)
        self._next.setEnabled(view.has_next)
        self._show_samples(view)
        detail = rows.detail if rows.verdict != "passed" else ""
        self._detail.set_text(detail)
        for widget in (self._headings["detail"], self._detail):
            widget.setVisible(bool(detail))
        problem = view.problem
        self._show_sections(
            {
                "program": rows.program,
                "completion": rows.completion or "",
                "prompt": problem.prompt if problem else "",
                "tests": problem.tests if problem else "",
            }
        )
        self._scroll.verticalScrollBar().setValue(0)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def _show_samples(self, view: DrillView) -> None:
        verdicts = view.verdicts
        self._samples.setVisible(len(verdicts) > 1)
        self._samples.clear()
        for at, verdict in enumerate(verdicts):
            words = verdict_words(verdict or GENERATED)
            self._samples.addItem(self.tr("{n}: {verdict}").format(n=at + 1, verdict=words))
        self._samples.setCurrentIndex(view.rows.sample)

    def _show_sections(self, texts: dict[str, str]) -> None:
        """Show texts one after another: laying out long code takes a while each."""
        for name in texts:
            for widget in (self._sections[name], self._headings[name]):
                widget.hide()
        self._coming = [(name, text.strip("\n")) for name, text in texts.items() if text.strip()]
        self._come.start()

    def _show_next_section(self) -> None:
        if not self._coming:
            self._come.stop()
            return
        name, text = self._coming.pop(0)
        view = self._sections[name]
        if text != view.text:
            view.set_code(text, language=view.language)
        for widget in (view, self._headings[name]):
            widget.show()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._title, 1)
        head.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        buttons = QWidget(self)
        flow = FlowLayout(buttons, spacing=8)
        for widget in (self._pill, self._samples, self._previous, self._next):
            flow.addWidget(widget)
        inside = QWidget()
        mark(inside, "role", "page")
        page = QVBoxLayout(inside)
        page.setContentsMargins(0, 0, 8, 0)
        page.setSpacing(8)
        page.addWidget(self._facts)
        page.addSpacing(8)
        page.addWidget(self._heading("detail", self.tr("Why it failed")))
        page.addWidget(self._detail)
        titles = {
            "program": self.tr("Program that was run"),
            "completion": self.tr("Completion"),
            "prompt": self.tr("Prompt of the problem"),
            "tests": self.tr("Tests"),
        }
        for name, title in titles.items():
            page.addSpacing(8)
            page.addWidget(self._heading(name, title))
            page.addWidget(self._sections[name])
        page.addStretch(1)
        self._scroll = QScrollArea(self)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inside)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addLayout(head)
        column.addWidget(buttons)
        column.addWidget(self._waiting)
        column.addWidget(self._scroll, 1)

    def _heading(self, name: str, title: str) -> QLabel:
        label = QLabel(title, self)
        label.setStyleSheet("font-weight: 600;")
        self._headings[name] = label
        return label

    def _restyle(self) -> None:
        theme = self._themes.theme
        self._close.setIcon(icon("close", theme))


def facts_text(rows: SampleRows) -> str:
    """Return the numbers of one completion in a line."""
    parts = []
    if rows.n_tokens is not None:
        parts.append(tr("{n} tokens").format(n=count_text(rows.n_tokens)))
    if rows.n_prompt_tokens is not None:
        parts.append(tr("prompt of {n} tokens").format(n=count_text(rows.n_prompt_tokens)))
    if rows.ttft_s is not None:
        parts.append(tr("TTFT {time}").format(time=seconds_text(rows.ttft_s)))
    if rows.decode_s is not None:
        parts.append(tr("written in {time}").format(time=seconds_text(rows.decode_s)))
    if rows.wall_s is not None and rows.program:
        parts.append(tr("ran {time}").format(time=seconds_text(rows.wall_s)))
    if "waited" in rows.flags.split(","):
        parts.append(tr("stopped by the clock: the machine was busy"))
    ends = {"length": tr("cut at the token limit"), "stop": tr("ended by itself")}
    if rows.finish_reason:
        parts.append(ends.get(rows.finish_reason, rows.finish_reason))
    return " · ".join(parts)
