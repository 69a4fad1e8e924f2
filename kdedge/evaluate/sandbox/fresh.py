"""A fresh Python with nothing of the user's in it: no environment, no installed packages.

Judges are started this way and not forked, since the process that evaluates may hold a model and
threads. Without installed packages a verdict does not depend on what happens to be installed.
"""

import importlib.util
import os
import sys
from functools import cache
from pathlib import Path

import kdedge

# -I would do, but it also ignores PYTHONHASHSEED, and a verdict must not depend on chance.
_ISOLATED = ("-s", "-S", "-P")
_NEEDED_TO_START = ("LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE")
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); name = sys.argv[2]; del sys.argv[1:3]; "
    "import importlib; importlib.import_module(name).main()"
)


def fresh_python(module: str, *arguments: str) -> list[str]:
    """Return the command that runs ``main`` of ``module``, a module of kdedge."""
    folder = Path(kdedge.__file__).resolve().parents[1]
    return [sys.executable, *_ISOLATED, "-c", _START, str(folder), module, *arguments]


def fresh_environment() -> dict[str, str]:
    """Return the environment of such a Python: the same everywhere, and nothing secret.

    Only what the interpreter needs to start at all is taken over from this process.
    """
    kept = {name: os.environ[name] for name in _NEEDED_TO_START if name in os.environ}
    return {
        **kept,
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "OPENBLAS_NUM_THREADS": "1",  # threads are denied
    }


@cache
def folder_of_numpy() -> Path | None:
    """Return the folder that numpy is imported from, the one package a program may use."""
    found = importlib.util.find_spec("numpy")
    return Path(found.origin).resolve().parents[1] if found and found.origin else None
