"""What the user has chosen, in one INI file in kdedge's folder.

A value that does not fit what it is for (edited by hand, or from another version) counts as not
chosen. What cannot be written is kept until the app ends.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar, overload

from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

from kdedge.core.paths import home

_T = TypeVar("_T")
THEME_CHOICES = ("system", "light", "dark", "contrast")


@dataclass(frozen=True, slots=True)
class _Kind(Generic[_T]):
    """How a value is read from the file and written to it."""

    read: Callable[[object], _T]
    """Raises ``ValueError`` for what does not fit."""
    write: Callable[[_T], object] = lambda value: value


class _Preference(Generic[_T]):
    """One typed property of ``Preferences``."""

    def __init__(self, kind: _Kind[_T], default: _T, *, section: str) -> None:
        self._kind = kind
        self._default = default
        self._section = section
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> "_Preference[_T]": ...
    @overload
    def __get__(self, instance: "Preferences", owner: type) -> _T: ...
    def __get__(self, instance: "Preferences | None", owner: type) -> "_Preference[_T] | _T":
        if instance is None:
            return self
        stored = instance.settings.value(self._key)
        if stored is None:
            return self._default
        try:
            return self._kind.read(stored)
        except (ValueError, TypeError):
            return self._default

    def __set__(self, instance: "Preferences", value: _T) -> None:
        checked = self._kind.read(self._kind.write(value))
        if checked != self.__get__(instance, type(instance)):
            instance.settings.setValue(self._key, self._kind.write(checked))
            instance.changed.emit(self._name)

    @property
    def _key(self) -> str:
        return f"{self._section}/{self._name}"


def _choice(*allowed: str) -> _Kind[str]:
    def read(stored: object) -> str:
        if stored not in allowed:
            raise ValueError(f"{stored!r} is none of {', '.join(allowed)}")
        return str(stored)

    return _Kind(read)


def _whole(least: int, most: int) -> _Kind[int]:
    def read(stored: object) -> int:
        value = int(str(stored))
        if not least <= value <= most:
            raise ValueError(f"{value} is not between {least} and {most}")
        return value

    return _Kind(read)


def _flag() -> _Kind[bool]:
    def read(stored: object) -> bool:
        return {"true": True, "false": False}[str(stored).lower()]

    return _Kind(lambda stored: _known(read, stored))


def _known(read: Callable[[object], _T], stored: object) -> _T:
    try:
        return read(stored)
    except KeyError as error:
        raise ValueError(f"{stored!r} is neither true nor false") from error


def _paths() -> _Kind[tuple[Path, ...]]:
    def read(stored: object) -> tuple[Path, ...]:
        # An INI file gives a list of one back as a plain string.
        listed = stored if isinstance(stored, list | tuple) else [stored]
        return tuple(Path(str(each)) for each in listed if str(each))

    return _Kind(read, lambda paths: [str(each) for each in paths])


def _bytes() -> _Kind[QByteArray]:
    def read(stored: object) -> QByteArray:
        if not isinstance(stored, QByteArray):
            raise ValueError("it is not a byte array")
        return stored

    return _Kind(read)


_TEXT: _Kind[str] = _Kind(str)


class Preferences(QObject):
    """Typed properties; setting one writes it and emits ``changed`` with its name.

    Setting a value that does not fit raises ``ValueError``.
    """

    changed = Signal(str)

    theme = _Preference(_choice(*THEME_CHOICES), "system", section="look")
    text_percent = _Preference(_whole(80, 200), 100, section="look")
    font_family = _Preference(_TEXT, "", section="look")
    """Empty: the system's."""
    geometry = _Preference(_bytes(), QByteArray(), section="window")
    window_state = _Preference(_bytes(), QByteArray(), section="window")
    log_is_shown = _Preference(_flag(), False, section="window")
    last_page = _Preference(_TEXT, "home", section="window")
    folders: "_Preference[tuple[Path, ...]]" = _Preference(_paths(), (), section="models")
    """Where GGUF files are looked for, beside the places that kdedge knows."""
    threads = _Preference(_whole(0, 1024), 0, section="engine")
    """0: one a physical core."""
    gpu_layers = _Preference(_whole(-1, 10_000), 0, section="engine")
    """Layers on the GPU; -1 is all of them."""
    context_tokens = _Preference(_whole(256, 2**24), 4096, section="engine")
    sandbox_timeout_s = _Preference(_whole(1, 600), 10, section="sandbox")
    """How long a program that the user runs may take."""

    def __init__(self, parent: QObject | None = None, *, path: Path | None = None) -> None:
        """Open the file.

        Args:
            parent: Qt's parent.
            path: The file; without it, ``app.ini`` in kdedge's folder.
        """
        super().__init__(parent)
        self.path = home() / "app.ini" if path is None else path
        self.settings = QSettings(str(self.path), QSettings.Format.IniFormat)

    def is_saved(self) -> bool:
        """Write what waits to be written; return whether the file took it."""
        self.settings.sync()
        return self.settings.status() == QSettings.Status.NoError

    def reset(self) -> None:
        """Forget every choice."""
        self.settings.clear()
        for name, member in vars(type(self)).items():
            if isinstance(member, _Preference):
                self.changed.emit(name)
