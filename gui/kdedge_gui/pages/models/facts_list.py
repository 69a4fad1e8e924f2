"""Lines of a title and a text, under one another."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QLabel, QWidget

from kdedge_gui.pages.models.facts import Fact
from kdedge_gui.theme.style_sheet import mark


class FactsList(QWidget):
    """Shows facts; the texts can be selected."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setHorizontalSpacing(16)
        self._form.setVerticalSpacing(8)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._rows: list[tuple[QLabel, QLabel]] = []

    @property
    def text(self) -> str:
        """All that is shown, a line a fact."""
        return "\n".join(f"{title.text()}: {text.text()}" for title, text in self._rows)

    def show_facts(self, facts: Sequence[Fact]) -> None:
        """Show ``facts``; labels are used again, so that a new choice does not flicker."""
        while len(self._rows) < len(facts):
            self._add_row()
        while len(self._rows) > len(facts):
            self._rows.pop()
            self._form.removeRow(len(self._rows))
        for (title, text), fact in zip(self._rows, facts, strict=True):
            title.setText(fact.title)
            text.setText(fact.text)
            title.setToolTip(fact.tip)
            text.setToolTip(fact.tip)
            text.setAccessibleName(f"{fact.title}: {fact.text}")

    def _add_row(self) -> None:
        title, text = QLabel(self), QLabel(self)
        mark(title, "role", "caption")
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setWordWrap(True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._form.addRow(title, text)
        self._rows.append((title, text))
