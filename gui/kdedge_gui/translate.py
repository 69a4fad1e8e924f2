"""Words shown to users outside of a ``QObject``; inside of one, use ``self.tr``."""

from PySide6.QtCore import QCoreApplication

_CONTEXT = "kdedge"


def tr(text: str) -> str:
    """Return ``text`` in the user's language; in English where there is no translation."""
    return QCoreApplication.translate(_CONTEXT, text)
