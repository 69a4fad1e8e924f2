"""What the benchmark will take, before it starts: time, memory, and what the guess stands on."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from kdedge_gui.numbers import NOT_MEASURED, bytes_text, duration_text
from kdedge_gui.pages.benchmark.command_lines import CommandLines
from kdedge_gui.pages.benchmark.forecast import MemoryGuess, PlanGuess
from kdedge_gui.pages.benchmark.plan import Plan, steps_of
from kdedge_gui.theme.icons import coloured_icon
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.card import Card
from kdedge_gui.widgets.pill import Pill

_MOST_BASES = 6


class ForecastCard(Card):
    """Time and memory of a plan, and its command lines; the page places ``start_button``."""

    started = Signal()

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__("", themes, parent)
        self.set_title(self.tr("Before it starts"))
        self._plan = Plan()
        self._problem = ""
        self._time = _Fact(self.tr("Time"), self)
        self._memory = _Fact(self.tr("Memory"), self)
        self._fit = Pill(themes, self)
        self._fit.hide()
        self._bases = QLabel(self)
        self._bases.setWordWrap(True)
        self._bases.setTextFormat(Qt.TextFormat.PlainText)
        mark(self._bases, "role", "caption")
        self.start_button = QPushButton(self)
        mark(self.start_button, "kind", "primary")
        self.start_button.clicked.connect(self.started)
        self._hint = QLabel(self)
        self._hint.setWordWrap(True)
        mark(self._hint, "role", "caption")
        self.commands = CommandLines(themes, self)
        self._lay_out()
        themes.changed.connect(self._restyle)
        self._restyle()
        self.show_plan(Plan(), problem="")

    def show_plan(self, plan: Plan, *, problem: str) -> None:
        """Show what will be started; ``problem`` is why it cannot be."""
        self._plan, self._problem = plan, problem
        n_steps = plan.n_steps
        self.commands.set_commands([step.spec.words() for step in steps_of(plan)])
        can_start = bool(n_steps) and not problem
        self.start_button.setEnabled(can_start)
        self.start_button.setText(
            self.tr("&Start {n} jobs").format(n=n_steps) if n_steps > 1 else self.tr("&Start")
        )
        hint = problem or ("" if n_steps else self._what_is_missing())
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        self.start_button.setToolTip(hint)
        self._restyle()

    def show_guess(self, time: PlanGuess, memory: MemoryGuess | None) -> None:
        """Show how long it takes and what it needs."""
        self._time.show_text(self._time_text(time))
        self._memory.show_text(self._memory_text(memory))
        self._show_fit(memory)
        bases = list(time.bases[:_MOST_BASES])
        if len(time.bases) > _MOST_BASES:
            bases.append(self.tr("… and {n} more").format(n=len(time.bases) - _MOST_BASES))
        if memory is not None and memory.basis:
            bases.append(memory.basis)
        head = self.tr("This is a guess. ") if time.seconds is not None else ""
        self._bases.setText(head + "\n".join(bases) if bases else "")
        self._bases.setVisible(bool(bases))

    def _time_text(self, guess: PlanGuess) -> str:
        if not self._plan.n_steps:
            return NOT_MEASURED
        if guess.seconds is None:
            return self.tr("not known yet")
        text = self.tr("about {time}").format(time=duration_text(guess.seconds))
        if guess.n_unknown:
            text = self.tr("{time}, and {n} jobs not known yet").format(
                time=text, n=guess.n_unknown
            )
        return text

    def _memory_text(self, guess: MemoryGuess | None) -> str:
        if not self._plan.n_steps:
            return NOT_MEASURED
        if guess is None or guess.needs_bytes is None:
            return self.tr("not known yet")
        if guess.available_bytes is None:
            return self.tr("about {size}").format(size=bytes_text(guess.needs_bytes))
        return self.tr("about {size} of {free} that are free").format(
            size=bytes_text(guess.needs_bytes), free=bytes_text(guess.available_bytes)
        )

    def _show_fit(self, guess: MemoryGuess | None) -> None:
        self._fit.setVisible(guess is not None and bool(guess.fit))
        if guess is None or not guess.fit:
            return
        words = {
            "fits": (self.tr("fits"), "good"),
            "tight": (self.tr("tight"), "warning"),
            "short": (
                self.tr("short of {size}").format(size=bytes_text(guess.short_by_bytes)),
                "bad",
            ),
        }
        self._fit.set(*words[guess.fit])

    def _what_is_missing(self) -> str:
        if not self._plan.models:
            return self.tr("Choose a model.")
        return self.tr("Choose a suite, or speed and memory.")

    def _lay_out(self) -> None:
        memory = QHBoxLayout()
        memory.setSpacing(8)
        memory.addWidget(self._memory, 1)
        memory.addWidget(self._fit, 0, Qt.AlignmentFlag.AlignBottom)
        facts = QHBoxLayout()
        facts.setSpacing(24)
        facts.addWidget(self._time, 1)
        facts.addLayout(memory, 1)
        self.content.setSpacing(12)
        self.content.addLayout(facts)
        self.content.addWidget(self._bases)
        self.content.addWidget(self._hint)
        self.content.addWidget(self.commands)

    def _restyle(self) -> None:
        theme = self._themes.theme
        colour = theme.on_accent if self.start_button.isEnabled() else theme.muted
        self.start_button.setIcon(coloured_icon("play", colour))


class _Fact(QWidget):
    """A small name above a value."""

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        name = QLabel(title, self)
        mark(name, "role", "caption")
        self._title = title
        self._value = QLabel(self)
        self._value.setWordWrap(True)
        self._value.setStyleSheet("font-weight: 600;")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(name)
        column.addWidget(self._value)
        self.show_text(NOT_MEASURED)

    def show_text(self, text: str) -> None:
        """Show ``text``."""
        self._value.setText(text)
        self.setAccessibleName(f"{self._title}: {text}")
