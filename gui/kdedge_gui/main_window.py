"""The window: navigation, the page in view, messages of the app itself, log and status line.

It knows pages by ``page_table`` only, makes each at its first visit, and closes with one question
at most.
"""

import importlib
from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QByteArray, Qt, QTimer
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QMessageBox,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from kdedge_gui.errors import ErrorInfo
from kdedge_gui.jobs.job import Job
from kdedge_gui.page import Page
from kdedge_gui.page_table import PageSpec, shown_pages
from kdedge_gui.qt_override import override
from kdedge_gui.state import AppState
from kdedge_gui.theme.icons import icon
from kdedge_gui.widgets.banner import Banner
from kdedge_gui.widgets.command_palette import CommandPalette
from kdedge_gui.widgets.log_dock import LogDock
from kdedge_gui.widgets.navigation import Navigation
from kdedge_gui.widgets.status_line import StatusLine

_SIZE = (1280, 800)
_LEAST_SIZE = (880, 600)
_BETWEEN_PAGES_MS = 60
_LETTERS_FOR_TITLES = 108
"""Narrower windows, counted in letters, show icons alone in the navigation."""


class MainWindow(QMainWindow):
    """Shows one page at a time."""

    def __init__(self, state: AppState, *, pages: Sequence[PageSpec] | None = None) -> None:
        """Make the window with its first page; nothing is started.

        Args:
            state: The services.
            pages: For tests; otherwise those that this kdedge has.
        """
        super().__init__()
        self.state = state
        self._specs = list(shown_pages() if pages is None else pages)
        self._pages: dict[str, Page] = {}
        self._current = ""
        self._is_closing = False
        self._question: QMessageBox | None = None
        self.setWindowTitle(self.tr("kdedge"))
        self.setMinimumSize(*_LEAST_SIZE)
        self.navigation = Navigation(self._specs, state.themes, self)
        self.banner = Banner(state.themes, self)
        self._stack = QStackedWidget(self)
        self.status = StatusLine(state, self)
        self.log = LogDock(state.themes, self)
        self.palette_ = CommandPalette(state.themes, self)
        self._prepare = QTimer(self)
        self._prepare.setSingleShot(True)
        self._prepare.setInterval(_BETWEEN_PAGES_MS)
        self._prepare.timeout.connect(self._prepare_next)
        self._lay_out()
        self._actions = self._make_actions()
        self._connect()
        self._restyle()
        self._restore()

    @property
    def current_page(self) -> Page:
        """The page in view."""
        return self._pages[self._current]

    def show_page(self, name: str, payload: object = None) -> None:
        """Bring a page into view, made if this is its first visit.

        Raises:
            ValueError: There is no such page.
        """
        if name == self._current:
            self.current_page.entered(payload)
            return
        page = self._page(name)
        if self._current:
            self.current_page.left()
        self._current = name
        self._stack.setCurrentIndex(list(self._pages).index(name))
        self.navigation.set_current(name)
        page.entered(payload)

    def prepare_pages(self) -> None:
        """Make the other pages one by one, so that the first visit is as quick as the next.

        Their modules are imported by a thread before, because that takes the most time.
        """
        modules = [spec.module for spec in self._specs]
        self.state.background.run(
            lambda: [importlib.import_module(module) for module in modules],
            owner=self,
            done=lambda _: self._prepare.start(),
        )

    def page_names(self) -> list[str]:
        """Return the names of the pages in the navigation."""
        return [spec.name for spec in self._specs]

    def actions_offered(self) -> list[QAction]:
        """Return what the command palette offers now."""
        own = self.current_page.page_actions()
        return [*own, *self._actions]

    def show_error(self, error: ErrorInfo) -> None:
        """Say on top of every page what went wrong in the app itself."""
        self.banner.show_error(error)

    def close_now(self) -> None:
        """Close without a question: the session ends, or a terminal's Ctrl-C."""
        self._is_closing = True
        self.close()

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        # What tells no progress is a look at something: nothing is lost with it.
        running = [job for job in self.state.jobs.running() if job.spec.supports_events]
        if running and not self._is_closing:
            event.ignore()
            self._ask_to_close(running)
            return
        self._is_closing = True
        self._prepare.stop()
        self._remember()
        self.hide()
        for page in self._pages.values():
            page.close_page()
        self.state.close()
        event.accept()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_navigation()

    def _page(self, name: str) -> Page:
        if name not in self._pages:
            spec = next((each for each in self._specs if each.name == name), None)
            if spec is None:
                raise ValueError(f"There is no page {name!r}.")
            page = spec.make(self.state)
            self._pages[name] = page
            self._stack.addWidget(_scrollable(page))
        return self._pages[name]

    def _prepare_next(self) -> None:
        waiting = [name for name in self.page_names() if name not in self._pages]
        if waiting and not self._is_closing:
            self._page(waiting[0])
            self._prepare.start()

    def _on_page_wanted(self, name: str, payload: object) -> None:
        if name in self.page_names():
            self.show_page(name, payload)

    def _ask_to_close(self, running: list[Job]) -> None:
        if self._question is not None:
            self._question.raise_()
            return
        question = QMessageBox(self)
        question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        question.setIcon(QMessageBox.Icon.Question)
        question.setWindowTitle(self.tr("Close kdedge?"))
        jobs = "\n".join(f"• {job.spec.title}" for job in running[:8])
        question.setText(self.tr("These jobs have not ended:") + f"\n\n{jobs}")
        question.setInformativeText(
            self.tr("What they have finished is kept, and a benchmark can be resumed.")
        )
        stop = question.addButton(
            self.tr("&Stop them and close"), QMessageBox.ButtonRole.DestructiveRole
        )
        stay = question.addButton(self.tr("&Keep working"), QMessageBox.ButtonRole.RejectRole)
        question.setDefaultButton(stay)
        question.setEscapeButton(stay)
        stop.clicked.connect(self.close_now)
        question.finished.connect(self._forget_question)
        self._question = question
        question.open()

    def _forget_question(self) -> None:
        self._question = None

    def _open_palette(self) -> None:
        self.palette_.open_with(self.actions_offered())

    def _toggle_log(self) -> None:
        self.log.setVisible(not self.log.isVisible())

    def _on_job(self, job: Job) -> None:
        title = job.spec.title
        job.log_line.connect(lambda text: self.log.append(title, text))

    def _make_actions(self) -> list[QAction]:
        made = [
            self._action(
                self.tr("Go to {page}").replace("{page}", self.tr(spec.title)),
                f"Ctrl+{at + 1}",
                partial(self.show_page, spec.name),
                icon_name=spec.icon,
            )
            for at, spec in enumerate(self._specs)
        ]
        return [
            *made,
            self._action(self.tr("Find an action"), "Ctrl+K", self._open_palette),
            self._action(
                self.tr("Show or hide the log"), "Ctrl+L", self._toggle_log, icon_name="log"
            ),
            *self._look_actions(),
            self._action(self.tr("Close kdedge"), QKeySequence.StandardKey.Quit, self.close),
        ]

    def _look_actions(self) -> list[QAction]:
        preferences = self.state.preferences

        def theme(choice: str) -> Callable[[], None]:
            return lambda: setattr(preferences, "theme", choice)

        def text(change: int) -> Callable[[], None]:
            def set_text() -> None:
                wanted = preferences.text_percent + change if change else 100
                preferences.text_percent = min(200, max(80, wanted))

            return set_text

        return [
            self._action(self.tr("Theme: like the system"), "", theme("system"), icon_name="sun"),
            self._action(self.tr("Theme: light"), "", theme("light"), icon_name="sun"),
            self._action(self.tr("Theme: dark"), "", theme("dark"), icon_name="moon"),
            self._action(self.tr("Theme: high contrast"), "", theme("contrast"), icon_name="sun"),
            self._action(self.tr("Larger text"), QKeySequence.StandardKey.ZoomIn, text(10)),
            self._action(self.tr("Smaller text"), QKeySequence.StandardKey.ZoomOut, text(-10)),
            self._action(self.tr("Text in its usual size"), "Ctrl+0", text(0)),
        ]

    def _action(
        self,
        text: str,
        keys: str | QKeySequence.StandardKey,
        act: Callable[[], object],
        *,
        icon_name: str = "",
    ) -> QAction:
        action = QAction(text, self)
        action.setData(icon_name)
        if isinstance(keys, QKeySequence.StandardKey):
            action.setShortcuts(keys)
        elif keys:
            action.setShortcut(QKeySequence(keys))
        action.triggered.connect(lambda _=False: act())
        self.addAction(action)
        return action

    def _connect(self) -> None:
        self.navigation.picked.connect(self.show_page)
        self.navigation.find_wanted.connect(self._open_palette)
        self.status.log_toggled.connect(self._toggle_log)
        self.status.model_clicked.connect(lambda: self._on_page_wanted("models", None))
        self.state.page_wanted.connect(self._on_page_wanted)
        self.state.jobs.added.connect(self._on_job)
        engine_name = self.tr("Loaded model")
        self.state.engine.log_line.connect(lambda text: self.log.append(engine_name, text))
        self.state.themes.changed.connect(self._restyle)

    def _restyle(self) -> None:
        theme = self.state.themes.theme
        for action in self._actions:
            if action.data():
                action.setIcon(icon(action.data(), theme))
        self._fit_navigation()

    def _fit_navigation(self) -> None:
        letters = self.width() / max(1, self.fontMetrics().averageCharWidth())
        self.navigation.set_compact(letters < _LETTERS_FOR_TITLES)

    def _restore(self) -> None:
        preferences = self.state.preferences
        self.resize(*_SIZE)
        if not preferences.geometry.isEmpty():
            self.restoreGeometry(preferences.geometry)
        self.log.setVisible(preferences.log_is_shown)
        last = preferences.last_page
        self.show_page(last if last in self.page_names() else self.page_names()[0])

    def _remember(self) -> None:
        preferences = self.state.preferences
        preferences.geometry = QByteArray(self.saveGeometry())
        preferences.log_is_shown = not self.log.isHidden()
        preferences.last_page = self._current
        preferences.is_saved()

    def _lay_out(self) -> None:
        right = QWidget(self)
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.banner.setContentsMargins(0, 0, 0, 0)
        holder = QVBoxLayout()
        holder.setContentsMargins(0, 0, 0, 0)
        holder.addWidget(self.banner)
        column.addLayout(holder)
        column.addWidget(self._stack, 1)
        content = QWidget(self)
        row = QHBoxLayout(content)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.navigation)
        row.addWidget(right, 1)
        self.setCentralWidget(content)
        self.setStatusBar(self.status)
        self.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self.log)
        self.log.hide()


def _scrollable(page: Page) -> QScrollArea:
    """Return ``page`` so that all of it can be reached in a window too small for it."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(page)
    return area
