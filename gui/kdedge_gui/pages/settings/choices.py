"""Cards of plain choices: how the app looks, how models run, how long programs may run."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QWidget

from kdedge_gui.numbers import count_text
from kdedge_gui.pages.settings.fields import ChoiceBox, Field, number_box
from kdedge_gui.preferences import Preferences
from kdedge_gui.theme.manager import LARGEST_PERCENT, SMALLEST_PERCENT, ThemeManager
from kdedge_gui.widgets.card import Card

_MOST_THREADS = 1024
_MOST_LAYERS = 10_000
_CONTEXT = (256, 2**24)
_TIMEOUT_S = (1, 600)


class LookCard(Card):
    """Theme and text size; both show at once."""

    def __init__(
        self, preferences: Preferences, themes: ThemeManager, parent: QWidget | None = None
    ) -> None:
        super().__init__("", themes, parent)
        self._preferences = preferences
        self.set_title(self.tr("Look"))
        self.theme = ChoiceBox(
            [
                ("system", self.tr("Like the system")),
                ("light", self.tr("Light")),
                ("dark", self.tr("Dark")),
                ("contrast", self.tr("High contrast")),
            ]
        )
        self.theme.currentIndexChanged.connect(self._set_theme)
        self.text_size = number_box((SMALLEST_PERCENT, LARGEST_PERCENT), step=10, suffix=" %")
        self.text_size.valueChanged.connect(self._set_text_size)
        self.content.addWidget(Field(self.tr("&Theme"), self.theme))
        self.content.addWidget(
            Field(
                self.tr("Te&xt size"),
                self.text_size,
                about=self.tr("Of the size that the desktop uses; Ctrl++ and Ctrl+- change it."),
            )
        )
        self.content.addStretch(1)
        self.show_choices()
        preferences.changed.connect(self.show_choices)

    def show_choices(self) -> None:
        """Show what is chosen, wherever it was chosen."""
        with QSignalBlocker(self.theme), QSignalBlocker(self.text_size):
            self.theme.set_value(self._preferences.theme)
            self.text_size.setValue(self._preferences.text_percent)

    def _set_theme(self) -> None:
        self._preferences.theme = str(self.theme.currentData())

    def _set_text_size(self, percent: int) -> None:
        self._preferences.text_percent = percent


class EngineCard(Card):
    """How a model that is loaded in the app runs."""

    def __init__(
        self, preferences: Preferences, themes: ThemeManager, parent: QWidget | None = None
    ) -> None:
        super().__init__("", themes, parent)
        self._preferences = preferences
        self.set_title(self.tr("Running models"))
        self.threads = number_box((0, _MOST_THREADS))
        self.threads.setSpecialValueText(self.tr("One a core"))
        self.threads.valueChanged.connect(self._set_threads)
        self.context = number_box(_CONTEXT, step=1024, suffix=self.tr(" tokens"))
        self.context.valueChanged.connect(self._set_context)
        self.gpu_layers = number_box((-1, _MOST_LAYERS))
        self.gpu_layers.setSpecialValueText(self.tr("All"))
        self.gpu_layers.valueChanged.connect(self._set_gpu_layers)
        self.gpu_field = Field(self.tr("Layers on the &GPU"), self.gpu_layers)
        self.gpu_field.hide()
        self.content.addWidget(Field(self.tr("T&hreads"), self.threads))
        self.content.addWidget(
            Field(
                self.tr("&Context of the assistant"),
                self.context,
                about=self.tr("More remembers more of a conversation and takes more memory."),
            )
        )
        self.content.addWidget(self.gpu_field)
        self.content.addStretch(1)
        self.show_choices()
        preferences.changed.connect(self.show_choices)

    def show_choices(self) -> None:
        """Show what is chosen."""
        fields = (self.threads, self.context, self.gpu_layers)
        blockers = [QSignalBlocker(each) for each in fields]
        self.threads.setValue(self._preferences.threads)
        self.context.setValue(self._preferences.context_tokens)
        self.gpu_layers.setValue(self._preferences.gpu_layers)
        for each in blockers:
            each.unblock()

    def show_doctor(self, document: Mapping[str, Any]) -> None:
        """Offer layers on the GPU where llama.cpp can use one."""
        self.gpu_field.setVisible(has_gpu(document))
        cores = document["machine"].get("physical_cores")
        if isinstance(cores, int):
            words = self.tr("One a core ({n})").format(n=count_text(cores))
            self.threads.setSpecialValueText(words)

    def _set_threads(self, count: int) -> None:
        self._preferences.threads = count

    def _set_context(self, count: int) -> None:
        self._preferences.context_tokens = count

    def _set_gpu_layers(self, count: int) -> None:
        self._preferences.gpu_layers = count


class SandboxCard(Card):
    """How long a program that the user runs may take."""

    def __init__(
        self, preferences: Preferences, themes: ThemeManager, parent: QWidget | None = None
    ) -> None:
        super().__init__("", themes, parent)
        self._preferences = preferences
        self.set_title(self.tr("Sandbox"))
        self.timeout = number_box(_TIMEOUT_S, suffix=self.tr(" s"))
        self.timeout.valueChanged.connect(self._set_timeout)
        about = self.tr(
            "Programs that models write run apart from everything else: without network, "
            "in a folder of their own, with little memory."
        )
        self.content.addWidget(Field(self.tr("Time &limit"), self.timeout, about=about))
        self.content.addStretch(1)
        self.show_choices()
        preferences.changed.connect(self.show_choices)

    def show_choices(self) -> None:
        """Show what is chosen."""
        with QSignalBlocker(self.timeout):
            self.timeout.setValue(self._preferences.sandbox_timeout_s)

    def _set_timeout(self, seconds: int) -> None:
        self._preferences.sandbox_timeout_s = seconds


def has_gpu(document: Mapping[str, Any]) -> bool:
    """Return whether the runtime of a doctor document knows a GPU."""
    runtime = document.get("runtime") or {}
    return any("gpu" in str(each.get("kind")) for each in runtime.get("devices", ()))
