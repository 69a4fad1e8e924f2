"""The card "Diagnostics": what a report would hold, shown before a file is written."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from kdedge_gui.diagnostics import Bundle
from kdedge_gui.numbers import bytes_text
from kdedge_gui.pages.settings.fields import WheelFilter, sentence
from kdedge_gui.theme.icons import coloured_icon
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.card import Card
from kdedge_gui.widgets.flow_layout import FlowLayout

_LINES = 12


class DiagnosticsCard(Card):
    """First "Look at it", then "Save"."""

    wanted = Signal()
    """Collect what the file would hold."""
    save_wanted = Signal()

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__("", themes, parent)
        self.set_title(self.tr("Diagnostics"))
        self.bundle: Bundle | None = None
        self.content.addWidget(
            sentence(
                self.tr(
                    "A file to attach to a report. You see all of it before it is written; it "
                    "holds no prompt and no completion, and your home folder is written as ~. "
                    "It is sent nowhere."
                )
            )
        )
        self._contents = self._make_contents()
        self.collect_button = QPushButton(self.tr("Sho&w what it holds"), self)
        self.collect_button.clicked.connect(self.wanted)
        self.save_button = QPushButton(self.tr("&Save the file…"), self)
        mark(self.save_button, "kind", "primary")
        self.save_button.clicked.connect(self.save_wanted)
        self.save_button.hide()
        buttons = QWidget(self)
        row = FlowLayout(buttons)
        row.addWidget(self.save_button)
        row.addWidget(self.collect_button)
        self.content.addWidget(self._contents)
        self.content.addWidget(buttons)
        self.content.addStretch(1)
        themes.changed.connect(self._restyle)
        self._restyle()

    @property
    def list_text(self) -> str:
        """The list of what is inside."""
        return self._list.text()

    def show_busy(self) -> None:
        """Say that it is being collected."""
        self.collect_button.setEnabled(False)

    def show_idle(self) -> None:
        """Offer to collect it, again after something went wrong."""
        self.collect_button.setEnabled(True)

    def show_bundle(self, bundle: Bundle) -> None:
        """Show what would be written."""
        self.bundle = bundle
        lines = [
            f"•  {part.name}, {bytes_text(part.n_bytes)}: {part.about}" for part in bundle.parts
        ]
        self._list.setText("\n".join(lines))
        self._which.clear()
        for part in bundle.parts:
            self._which.addItem(part.name)
        self._contents.show()
        self.save_button.show()
        self.collect_button.setText(self.tr("Collect it aga&in"))
        self.show_idle()

    def _show_part(self, at: int) -> None:
        if self.bundle is not None and 0 <= at < len(self.bundle.parts):
            self._text.setPlainText(self.bundle.parts[at].text)

    def _make_contents(self) -> QWidget:
        holder = QWidget(self)
        self._list = QLabel(holder)
        self._list.setTextFormat(Qt.TextFormat.PlainText)
        self._list.setWordWrap(True)
        self._which = QComboBox(holder)
        self._which.setAccessibleName(self.tr("Part that is shown"))
        self._which.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._which.installEventFilter(WheelFilter(self._which))
        self._which.currentIndexChanged.connect(self._show_part)
        self._text = QPlainTextEdit(holder)
        self._text.setReadOnly(True)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setAccessibleName(self.tr("Text of this part"))
        mark(self._text, "role", "code")
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._list)
        column.addWidget(self._which, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._text)
        holder.hide()
        return holder

    def _restyle(self) -> None:
        self.save_button.setIcon(coloured_icon("save", self._themes.theme.on_accent))
        self._text.setFixedHeight(self._text.fontMetrics().lineSpacing() * _LINES)
