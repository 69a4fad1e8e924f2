"""Texts that models are run over: the user's files, or code of this Python's standard library.

The library's code is read where it lies. One fixed list of modules is for calibration, another for
judging, and no module is in both: what was calibrated on says little about what it costs.
"""

import hashlib
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kdedge.core.errors import KdedgeError

CALIBRATION_MODULES = (
    "argparse", "ast", "asyncio/base_events", "base64", "calendar", "cmd", "codecs",
    "collections/__init__", "concurrent/futures/thread", "configparser", "contextlib", "copy",
    "csv", "dataclasses", "datetime", "difflib", "doctest", "email/message", "enum", "filecmp",
    "fractions", "ftplib", "functools", "getopt", "gettext", "glob", "gzip", "heapq",
    "html/parser", "http/client", "imaplib", "inspect", "ipaddress", "json/decoder",
    "logging/__init__", "mailbox",
)  # fmt: skip
"""Path inside the standard library, without ``.py``."""
HELD_OUT_MODULES = (
    "mimetypes", "multiprocessing/pool", "numbers", "optparse", "os", "pdb", "plistlib", "pprint",
    "queue", "random", "sched", "shutil", "smtplib", "socketserver", "statistics", "string",
    "subprocess", "tarfile", "tempfile", "textwrap", "threading", "timeit", "traceback",
    "unittest/case", "urllib/request", "uuid", "weakref", "xmlrpc/client",
)  # fmt: skip
_CALIBRATION_CHARACTERS = 7000
_HELD_OUT_CHARACTERS = 3000
_MOST_BYTES = 256 * 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Something to run a model over."""

    name: str
    """A file's name, or what stands in for one."""
    text: str

    @property
    def sha256(self) -> str:
        """Return the hash of the text in UTF-8."""
        return hashlib.sha256(self.text.encode("utf-8", "replace")).hexdigest()


def calibration_text(files: Sequence[Path]) -> Text:
    """Return the text of ``files``, or the built-in one for calibrating when there are none.

    Raises:
        KdedgeError: A file cannot be read, or there is no standard library to read.
    """
    if files:
        return read_texts(files)
    return _library_text(
        CALIBRATION_MODULES,
        name="python-library-calibration",
        n_characters=_CALIBRATION_CHARACTERS,
    )


def held_out_text(files: Sequence[Path]) -> Text:
    """Return the text of ``files``, or the built-in one for judging when there are none.

    Raises:
        KdedgeError: A file cannot be read, or there is no standard library to read.
    """
    if files:
        return read_texts(files)
    return _library_text(
        HELD_OUT_MODULES, name="python-library-held-out", n_characters=_HELD_OUT_CHARACTERS
    )


def read_texts(files: Sequence[Path]) -> Text:
    """Return the texts of ``files``, one after another with an empty line between.

    One line end at the end of a file is left out, as llama.cpp's tools do.

    Raises:
        KdedgeError: A file cannot be read, is too large, or is not UTF-8.
    """
    texts = [_read(file).removesuffix("\n") for file in files]
    return Text(name=", ".join(file.name for file in files), text="\n\n".join(texts))


def _read(file: Path) -> str:
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise KdedgeError(
                f"{file} has more than {_MOST_BYTES // 1024**2} MiB.",
                hint="A few MiB of typical text are plenty: use a part of it.",
            )
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise KdedgeError(
            f"{file} is no UTF-8 text (byte {error.start}).", hint="Save it as UTF-8."
        ) from error
    except OSError as error:
        raise KdedgeError(
            f"{file} cannot be read: {error.strerror or error}.",
            hint="Check path and permissions.",
        ) from error


def _library_text(modules: Sequence[str], *, name: str, n_characters: int) -> Text:
    folder = Path(sysconfig.get_paths()["stdlib"])
    found = [folder / f"{module}.py" for module in modules]
    texts = [_middle(_read(path), n_characters) for path in found if path.is_file()]
    if not texts:
        raise KdedgeError(
            "This Python comes without the sources of its standard library.",
            hint="Give a text of your own with --text.",
        )
    return Text(name=name, text="\n\n".join(texts))


def _middle(text: str, n_characters: int) -> str:
    """Return whole lines from the middle of ``text``: code, not the licence at its top."""
    start = max(0, (len(text) - n_characters) // 2)
    cut = text[start : start + n_characters]
    if start:
        cut = cut[cut.find("\n") + 1 :]
    return cut[: cut.rfind("\n") + 1] or cut
