"""Models by name: those the user added, and those found on this machine."""

import difflib
import json
from contextlib import suppress
from pathlib import Path

from kdedge.core.errors import KdedgeError
from kdedge.core.events import Sink, ignore
from kdedge.core.files import write_text
from kdedge.core.paths import home, writable_home
from kdedge.models.found import LibraryEntry, found_models
from kdedge.models.header import read_header
from kdedge.models.identity import sha256_of
from kdedge.models.starter import starter_model

_SCHEMA = "kdedge.library/1"


def list_models() -> list[LibraryEntry]:
    """Return every model that has a name: added ones first, each file and each name once.

    Raises:
        KdedgeError: The list of added models is damaged.
    """
    entries: dict[str, LibraryEntry] = {}
    files: set[Path] = set()
    for entry in [*_added(), *found_models()]:
        file = entry.path.resolve()
        if entry.name not in entries and file not in files:
            entries[entry.name] = entry
            files.add(file)
    return list(entries.values())


def resolve_model(text: str) -> Path:
    """Return the GGUF file that ``text`` means: a path, a name, or a part of just one name.

    Raises:
        KdedgeError: It means nothing, more than one model, or a file that is gone.
    """
    with suppress(OSError, ValueError):  # too long or with a null byte: no path then
        path = Path(text).expanduser()
        if path.is_file():
            return path.absolute()
        if text and path.is_dir():
            raise KdedgeError(
                f"{path} is a folder, not a GGUF file.", hint="Name the .gguf file inside it."
            )
    if text == "starter":
        return starter_model()
    entry = _named(text)
    if entry.file_bytes is None:
        raise KdedgeError(
            f"The file of {entry.name} is gone: {entry.path}.",
            hint=f"Forget it with `kdedge models remove {entry.name}`, or put the file back.",
        )
    return entry.path


def entry_of(path: Path) -> LibraryEntry | None:
    """Return the entry of the model at ``path``, if it has a name.

    Raises:
        KdedgeError: The list of added models is damaged.
    """
    file = path.resolve()
    return next((each for each in list_models() if each.path.resolve() == file), None)


def add_model(path: Path, *, name: str | None = None, sink: Sink = ignore) -> LibraryEntry:
    """Give the GGUF file at ``path`` a name; the file stays where it is.

    Its sha256 is kept with the name, so that it can be verified later.

    Args:
        path: A GGUF file; it is read once.
        name: What to call it; without it, the file's own name.
        sink: Told how much has been read.

    Raises:
        KdedgeError: It is no usable GGUF file, the name is taken, or the list cannot be written.
    """
    read_header(path)
    chosen = path.stem if name is None else name
    added = _added()
    if not chosen.isprintable() or not chosen.strip() or chosen == "starter":
        raise KdedgeError(f"{chosen!r} cannot be a name.", hint="Give another with --name.")
    for other in added:
        if other.name == chosen and other.path != path.absolute():
            raise KdedgeError(
                f"The name {chosen} is taken by {other.path}.", hint="Give another with --name."
            )
    entry = LibraryEntry(
        name=chosen, path=path.absolute(), origin="added", sha256=sha256_of(path, sink=sink)
    )
    _write([each for each in _added() if each.name != chosen] + [entry])
    return entry


def remove_model(name: str, *, delete_file: bool = False) -> LibraryEntry:
    """Forget the model called ``name``, and return it.

    Args:
        name: Its whole name.
        delete_file: Delete the file as well, for good.

    Raises:
        KdedgeError: There is no such model, it is another program's, or its file cannot go.
    """
    entry = next((each for each in list_models() if each.name == name), None)
    if entry is None:
        _named(name)
        raise KdedgeError(
            f"{name!r} is only a part of a name.", hint="Give the whole name to remove it."
        )
    deletable = entry.origin == "kdedge" and delete_file
    if entry.origin != "added" and not deletable:
        raise KdedgeError(
            f"{name} was not added by you: it was found at {entry.path} ({entry.origin}).",
            hint="Remove it with the program it belongs to."
            if entry.origin != "kdedge"
            else "Add --delete-file to delete the file.",
        )
    if delete_file:
        try:
            entry.path.unlink(missing_ok=True)
        except OSError as error:
            raise KdedgeError(
                f"{entry.path} was not deleted: {error.strerror or error}.",
                hint="Delete it yourself, then forget it without --delete-file.",
            ) from error
    if entry.origin == "added":
        _write([each for each in _added() if each.name != name])
    return entry


def _named(text: str) -> LibraryEntry:
    entries = {entry.name: entry for entry in list_models()}
    if text in entries:
        return entries[text]
    wanted = text.casefold()
    parts = [entry for name, entry in entries.items() if wanted and wanted in name.casefold()]
    same = [entry for entry in parts if entry.name.casefold() == wanted]
    if len(same or parts) == 1:
        return (same or parts)[0]
    if parts:
        names = ", ".join(entry.name for entry in parts[:6])
        raise KdedgeError(
            f"{text!r} means {len(parts)} models: {names}.", hint="Give more of the name."
        )
    if text.endswith(".gguf") or "/" in text or "\\" in text:
        raise KdedgeError(
            f"There is no file {text}.", hint="Check the path, or see `kdedge models list`."
        )
    near = difflib.get_close_matches(text, entries, n=3, cutoff=0.4)
    raise KdedgeError(
        f"There is no model {text!r}.",
        hint=f"Did you mean {' or '.join(near)}?"
        if near
        else "Give the path of a .gguf file, or see `kdedge models list`.",
    )


def _added() -> list[LibraryEntry]:
    path = _library_path()
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))["models"]
        return [
            LibraryEntry(
                name=str(each["name"]),
                path=Path(each["path"]),
                origin="added",
                sha256=str(each["sha256"]) if "sha256" in each else None,
            )
            for each in listed
        ]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise KdedgeError(
            f"The list of added models {path} cannot be read.",
            hint=f"Move it away (`mv {path} {path}.old`) and add the models again.",
            detail=repr(error),
        ) from error


def _write(entries: list[LibraryEntry]) -> None:
    writable_home()
    models = [
        {"name": entry.name, "path": str(entry.path)}
        | ({"sha256": entry.sha256} if entry.sha256 else {})
        for entry in entries
    ]
    write_text(_library_path(), json.dumps({"schema": _SCHEMA, "models": models}, indent=1))


def _library_path() -> Path:
    return home() / "library.json"
