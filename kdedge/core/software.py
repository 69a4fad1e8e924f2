"""Versions of what makes a result what it is."""

import platform
from importlib.metadata import PackageNotFoundError, version

from kdedge import __version__
from kdedge.core.json_value import Json


def software_versions() -> dict[str, Json]:
    """Return the versions of kdedge, llama-cpp-python and Python, for result documents."""
    try:
        runtime: str | None = version("llama-cpp-python")
    except PackageNotFoundError:
        runtime = None
    return {
        "kdedge": __version__,
        "llama_cpp_python": runtime,
        "python": platform.python_version(),
    }
