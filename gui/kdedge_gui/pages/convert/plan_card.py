"""Step 2: which types, with their real sizes, before anything is written."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QLabel, QPushButton, QWidget

from kdedge_gui.pages.benchmark.command_lines import CommandLines
from kdedge_gui.pages.convert.target_form import TargetForm
from kdedge_gui.pages.convert.type_list import TypeList
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.card import Card


class PlanCard(Card):
    """The list of types, the form, and the button that starts."""

    start_wanted = Signal()

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__("", themes, parent)
        self.set_title(self.tr("2  Plan"))
        self.types = TypeList(themes)
        self.form = TargetForm(themes, self)
        self._all = QCheckBox(self.tr("Sho&w types that buy nothing too"), self)
        self._all.toggled.connect(self.types.set_shows_all)
        self._summary = QLabel(self)
        self._summary.setWordWrap(True)
        self._summary.setTextFormat(Qt.TextFormat.PlainText)
        self.commands = CommandLines(themes, self)
        self.start_button = QPushButton(self.tr("&Start"), self)
        mark(self.start_button, "kind", "primary")
        self.start_button.clicked.connect(self.start_wanted)
        for widget in (self.types, self._all, self.form, self._summary):
            self.content.addWidget(widget)
        self.content.addWidget(self.start_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.content.addWidget(self.commands)

    @property
    def summary(self) -> str:
        """What starting would write, or why it cannot be started."""
        return self._summary.text()

    def show_summary(self, text: str, *, can_start: bool) -> None:
        """Say what would be written, or what is missing."""
        self._summary.setText(text)
        self.start_button.setEnabled(can_start)

    def show_all_types(self) -> None:
        """Show the types that buy nothing as well."""
        self._all.setChecked(True)

    def show_for(self, *, checkpoint: bool) -> None:
        """Ask for what a checkpoint needs (a name), or a master (types and more)."""
        for widget in (self.types, self._all):
            widget.setVisible(not checkpoint)
        self.form.show_options(not checkpoint)
        words = self.tr("Con&vert") if checkpoint else self.tr("&Start")
        self.start_button.setText(words)

    def set_busy(self, busy: bool) -> None:
        """Change nothing while jobs run."""
        for widget in (self.types, self.form, self._all, self.start_button):
            widget.setEnabled(not busy)
