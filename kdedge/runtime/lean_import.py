"""llama.cpp's bindings without the rest of llama-cpp-python, for processes that are measured.

Importing ``llama_cpp`` brings numpy, jinja2 and the high-level API: 13 MiB of anonymous memory
that a profile would have to explain. The bindings in ``llama_cpp.llama_cpp`` need none of it.
"""

import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType


def import_bindings_only() -> None:
    """Make ``import llama_cpp.llama_cpp`` skip the package's own start-up code.

    For a process that needs nothing else of llama-cpp-python, before its first import of it. Does
    nothing when the package is imported already or lies somewhere other than in a plain folder.
    """
    if "llama_cpp" in sys.modules:
        return
    found = find_spec("llama_cpp")
    if found is None or not found.submodule_search_locations:
        return  # the usual import fails with the usual words
    package = ModuleType("llama_cpp")
    package.__path__ = list(found.submodule_search_locations)
    package.__spec__ = ModuleSpec("llama_cpp", loader=None, is_package=True)
    package.__spec__.submodule_search_locations = package.__path__
    sys.modules["llama_cpp"] = package
