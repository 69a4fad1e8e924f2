"""What holds for every model and suite: completions, temperature, k, seed, limits, problems."""

from dataclasses import replace

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from kdedge_gui.pages.benchmark.plan import USUAL_CONTEXT, USUAL_MAX_TOKENS, Settings, ks_text
from kdedge_gui.qt_override import override
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.flow_layout import FlowLayout

_MOST = 2**31 - 1
_MOST_SAMPLES, _MOST_CONTEXT = 1000, 131_072
_FIELD_LETTERS = 14


class OptionsForm(QWidget):
    """Fields with their names above them; they flow into as many lines as it takes."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._base = Settings()
        holder = QWidget(self)
        self._flow = FlowLayout(holder, spacing=16)
        self._fields: list[QWidget] = []
        self._samples = self._spin(
            self.tr("Completions (&n)"), 1, (1, _MOST_SAMPLES), tip=self.tr("Of each problem")
        )
        self._temperature = QDoubleSpinBox(self)
        self._temperature.setRange(0.0, 5.0)
        self._temperature.setSingleStep(0.1)
        self._temperature.setDecimals(2)
        self._temperature.setSpecialValueText(self.tr("0 (greedy)"))
        self._temperature.valueChanged.connect(self._on_changed)
        self._add(self.tr("&Temperature"), self._temperature, self.tr("0 is greedy"))
        self._ks = QLineEdit("1", self)
        self._ks.textChanged.connect(self._on_changed)
        self._add(
            self.tr("&k of pass@k"),
            self._ks,
            self.tr("Numbers separated by commas; none may be more than n"),
        )
        self._seed = self._spin(
            self.tr("S&eed"), 0, (0, _MOST), tip=self.tr("Equal seeds give equal completions")
        )
        self._max_tokens = self._spin(
            self.tr("&Longest completion"),
            0,
            (0, _MOST_CONTEXT),
            tip=self.tr("In tokens"),
            special=self.tr("{n} tokens (preset)").format(n=USUAL_MAX_TOKENS),
        )
        self._max_tokens.setSingleStep(64)
        self._context = self._spin(
            self.tr("C&ontext"),
            USUAL_CONTEXT,
            (256, _MOST_CONTEXT),
            tip=self.tr("Tokens of one completion, with its prompt"),
        )
        self._context.setSingleStep(256)
        self._problems = self._spin(
            self.tr("&Problems"),
            0,
            (0, 100_000),
            tip=self.tr("Only so many of each suite's first problems"),
            special=self.tr("all"),
        )
        self._note = QLabel(self)
        self._note.setWordWrap(True)
        self._note.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(holder)
        column.addWidget(self._note)
        self._fit_fields()

    def settings(self) -> Settings | None:
        """Return what is set; ``None`` while something cannot be (``problem`` says what)."""
        ks = _ks(self._ks.text())
        if self.problem:
            return None
        return replace(
            self._base,
            n_samples=self._samples.value(),
            temperature=round(self._temperature.value(), 4),
            ks=ks,
            seed=self._seed.value(),
            max_tokens=self._max_tokens.value() or None,
            context_tokens=self._context.value(),
            n_problems=self._problems.value() or None,
        )

    @property
    def problem(self) -> str:
        """Why the settings cannot be used; empty when they can."""
        ks = _ks(self._ks.text())
        if not ks:
            return self.tr("k is no list of numbers: for example 1, or 1,10.")
        if ks[-1] > self._samples.value():
            return self.tr(
                "pass@{k} needs at least {k} completions of each problem: raise n to {k}."
            ).format(k=ks[-1])
        if self._max_tokens.value() >= self._context.value():
            return self.tr("The longest completion does not fit into the context.")
        return ""

    def set_settings(self, settings: Settings) -> None:
        """Show ``settings``."""
        self._base = settings
        self._samples.setValue(settings.n_samples)
        self._temperature.setValue(settings.temperature)
        self._ks.setText(ks_text(settings.ks))
        self._seed.setValue(settings.seed)
        self._max_tokens.setValue(settings.max_tokens or 0)
        self._context.setValue(settings.context_tokens)
        self._problems.setValue(settings.n_problems or 0)

    def set_device(self, *, n_threads: int | None, n_gpu_layers: int) -> None:
        """Compute so from now on; the fields stay as they are."""
        self._base = replace(self._base, n_threads=n_threads, n_gpu_layers=n_gpu_layers)
        self.changed.emit()

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit_fields()

    def _on_changed(self) -> None:
        note = self.problem
        if not note and self._samples.value() > 1 and self._temperature.value() == 0:
            note = self.tr("With temperature 0 all completions of a problem are alike.")
        self._note.setText(note)
        self._note.setVisible(bool(note))
        self.changed.emit()

    def _spin(
        self, title: str, value: int, limits: tuple[int, int], *, tip: str, special: str = ""
    ) -> QSpinBox:
        field = QSpinBox(self)
        field.setRange(*limits)
        field.setValue(value)
        field.setGroupSeparatorShown(True)
        if special:
            field.setSpecialValueText(special)
        field.valueChanged.connect(self._on_changed)
        self._add(title, field, tip)
        return field

    def _add(self, title: str, field: QWidget, tip: str) -> None:
        box = QWidget(self)
        label = QLabel(title, box)
        label.setBuddy(field)
        mark(label, "role", "caption")
        field.setToolTip(tip)
        field.setAccessibleName(title.replace("&", ""))
        field.setAccessibleDescription(tip)
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(label)
        column.addWidget(field)
        self._flow.addWidget(box)
        self._fields.append(field)

    def _fit_fields(self) -> None:
        least = self.fontMetrics().averageCharWidth() * _FIELD_LETTERS
        width = max(least, *(field.sizeHint().width() for field in self._fields))
        for field in self._fields:
            field.setMinimumWidth(width)


def _ks(text: str) -> tuple[int, ...]:
    """Return the k in ``text``, sorted; none where it is no list of positive numbers."""
    try:
        ks = tuple(sorted({int(part) for part in text.split(",")}))
    except ValueError:
        return ()
    return ks if ks and ks[0] >= 1 else ()
