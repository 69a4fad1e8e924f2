"""Problems won and lost: models down, problems across, a sign for each outcome."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from kdedge_gui.models.text_table import Index
from kdedge_gui.numbers import count_text
from kdedge_gui.pages.compare.labels import short_labels
from kdedge_gui.qt_override import override
from kdedge_gui.translate import tr

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kdedge.report.compare import Comparison
    from kdedge.report.facts import Row
    from kdedge.report.problem_grid import Cell, Grid

_TEXT = int(Qt.ItemDataRole.DisplayRole)
_TIP = int(Qt.ItemDataRole.ToolTipRole)
_SPOKEN = int(Qt.ItemDataRole.AccessibleTextRole)
_ALIGNMENT = int(Qt.ItemDataRole.TextAlignmentRole)
_NO_INDEX = QModelIndex()
WON, LOST = "won", "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One problem under one model."""

    sign: str
    passed: bool
    change: str
    """``won`` or ``lost`` against the baseline; empty where nothing changed."""
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixLine:
    """One model."""

    label: str
    heading: str
    """Its label, cut short, with how many problems it won and lost."""
    run_id: str
    """Where its completions are; empty when that is not known."""
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """All problems of one suite."""

    suite: str
    task_ids: tuple[str, ...]
    numbers: tuple[str, ...]
    lines: tuple[MatrixLine, ...]
    legend: tuple[tuple[str, str], ...]
    """Sign and meaning of the verdicts that occur."""

    @property
    def changed(self) -> tuple[int, ...]:
        """The places of the problems that any model won or lost."""
        return tuple(
            place
            for place in range(len(self.task_ids))
            if any(line.outcomes[place].change for line in self.lines)
        )


def matrix_of(grid: "Grid", comparison: "Comparison") -> Matrix:
    """Return the outcomes of ``grid`` with what was won and lost against the baseline."""
    from kdedge.report.problem_grid import SIGNS, WORDS

    rows = {row.label: row for row in comparison.rows}
    changes = _changes(comparison)
    task_ids = tuple(task_id for block in grid.blocks for task_id in block.task_ids)
    labels = [label for label, _ in grid.blocks[0].lines] if grid.blocks else []
    short = short_labels(labels)
    lines = []
    for place, label in enumerate(labels):
        cells = [cell for block in grid.blocks for cell in block.lines[place][1]]
        lines.append(
            _line(rows[label], short[label], zip(task_ids, cells, strict=True), changes.get(label))
        )
    return Matrix(
        suite=grid.suite,
        task_ids=task_ids,
        numbers=tuple(number for block in grid.blocks for number in block.numbers),
        lines=tuple(lines),
        legend=tuple((SIGNS[verdict], tr(WORDS[verdict])) for verdict in grid.verdicts),
    )


def _changes(comparison: "Comparison") -> "dict[str, Mapping[str, str]]":
    return {
        pair.row.label: dict.fromkeys(pair.quality.won, WON)
        | dict.fromkeys(pair.quality.lost, LOST)
        for pair in comparison.pairs
        if pair.quality is not None
    }


def _line(
    row: "Row",
    short: str,
    problems: "Iterable[tuple[str, Cell]]",
    changes: "Mapping[str, str] | None",
) -> MatrixLine:
    outcomes = tuple(
        _outcome(cell, (changes or {}).get(task_id, "")) for task_id, cell in problems
    )
    heading = short
    if changes is not None:
        won, lost = (sum(each.change == word for each in outcomes) for word in (WON, LOST))
        heading = tr("{model}: won {won}, lost {lost}").format(
            model=heading, won=count_text(won), lost=count_text(lost)
        )
    return MatrixLine(
        label=row.label,
        heading=heading,
        run_id=row.evaluation.run if row.evaluation is not None else "",
        outcomes=outcomes,
    )


def _outcome(cell: "Cell", change: str) -> Outcome:
    words = {WON: tr("won against the baseline"), LOST: tr("lost against the baseline")}
    told = f"{cell.told} ({words[change]})" if change else cell.told
    return Outcome(sign=cell.sign, passed=cell.verdict == "passed", change=change, told=told)


class MatrixModel(QAbstractTableModel):
    """A ``Matrix`` for a view; all problems, or only those that were won or lost."""

    def __init__(self, matrix: Matrix, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._matrix = matrix
        self._places: tuple[int, ...] = tuple(range(len(matrix.task_ids)))

    @property
    def matrix(self) -> Matrix:
        """All of it."""
        return self._matrix

    def show_changed_only(self, wanted: bool) -> None:
        """Leave out the problems whose outcome is the same for every model, or bring them back."""
        self.beginResetModel()
        everything = tuple(range(len(self._matrix.task_ids)))
        self._places = self._matrix.changed if wanted else everything
        self.endResetModel()

    def outcome(self, index: Index) -> Outcome:
        """Return what ``index`` points to."""
        return self._matrix.lines[index.row()].outcomes[self._places[index.column()]]

    def task_id(self, index: Index) -> str:
        """Return the problem that ``index`` points to."""
        return self._matrix.task_ids[self._places[index.column()]]

    @override
    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._matrix.lines)

    @override
    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._places)

    @override
    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = _TEXT
    ) -> str | int | None:
        if orientation == Qt.Orientation.Vertical:
            line = self._matrix.lines[section]
            return {_TEXT: line.heading, _TIP: line.label}.get(role)
        place = self._places[section]
        if role == _TEXT:
            return self._matrix.numbers[place]
        if role in {_TIP, _SPOKEN}:
            return self._matrix.task_ids[place]
        return None

    @override
    def data(self, index: Index, role: int = _TEXT) -> str | int | None:
        if not index.isValid():
            return None
        outcome = self.outcome(index)
        if role == _TEXT:
            return outcome.sign
        if role == _TIP:
            return outcome.told
        if role == _SPOKEN:
            return f"{self._matrix.lines[index.row()].label}, {outcome.told}"
        if role == _ALIGNMENT:
            return int(Qt.AlignmentFlag.AlignCenter)
        return None
