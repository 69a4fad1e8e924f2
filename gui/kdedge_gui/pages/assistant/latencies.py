"""What the last completions took, the newest first."""

from collections import deque

from PySide6.QtWidgets import QVBoxLayout, QWidget

from kdedge_gui.engine.ask import Finished
from kdedge_gui.models.text_table import Cell, TextColumn, TextRow, TextTable
from kdedge_gui.numbers import count_text, rate_text, seconds_text
from kdedge_gui.pages.assistant.words import end_text
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.widgets.text_table_view import TextTableView

_KEPT = 50


class Latencies(QWidget):
    """A table; hidden until there is something in it."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: deque[TextRow] = deque(maxlen=_KEPT)
        self._n_completions = 0
        self._n_shown = 4
        columns = (
            TextColumn(title=self.tr("No."), is_number=True),
            TextColumn(title=self.tr("Prompt"), tip=self.tr("Tokens read"), is_number=True),
            TextColumn(
                title=self.tr("First token"),
                tip=self.tr("From the question to the first token (TTFT)"),
                is_number=True,
            ),
            TextColumn(
                title=self.tr("Whole"),
                tip=self.tr("From the question to the last token"),
                is_number=True,
            ),
            TextColumn(title=self.tr("Tokens"), is_number=True),
            TextColumn(title=self.tr("Speed"), is_number=True),
            TextColumn(title=self.tr("End")),
        )
        self._table: TextTable[TextRow] = TextTable(columns, self)
        self._view = TextTableView(self._table, themes, self)
        self._view.setAccessibleName(self.tr("What the last completions took"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._view)
        themes.changed.connect(self._fit)
        self.hide()

    @property
    def n_rows(self) -> int:
        """How many completions are listed."""
        return len(self._rows)

    def add(self, finished: Finished) -> None:
        """Put one more completion at the top."""
        self._n_completions += 1
        number = self._n_completions
        texts = (
            count_text(number),
            count_text(finished.n_prompt_tokens),
            seconds_text(finished.ttft_s),
            seconds_text(finished.ttft_s + finished.decode_s),
            count_text(finished.n_tokens),
            rate_text(finished.decode_tokens_per_s),
            end_text(finished.finish_reason) or self.tr("complete"),
        )
        cells = tuple(Cell(text) for text in texts)
        self._rows.appendleft(TextRow(key=str(number), cells=cells, haystack=""))
        self._table.set_rows(tuple(self._rows))
        self._fit()

    def show_rows(self, n_rows: int) -> None:
        """Take the room of ``n_rows``; with none, be hidden."""
        self._n_shown = n_rows
        self._fit()

    def _fit(self) -> None:
        self.setVisible(bool(self._rows) and self._n_shown > 0)
        row = self._view.verticalHeader().defaultSectionSize()
        head = self._view.horizontalHeader().sizeHint().height()
        rows = min(self._n_shown, len(self._rows))
        self.setFixedHeight(head + rows * row + 2 * self._view.frameWidth() + 4)
