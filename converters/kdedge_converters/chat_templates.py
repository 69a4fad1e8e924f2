"""The chat templates that come with a checkpoint, as metadata entries."""

from collections.abc import Mapping
from pathlib import Path
from string import ascii_letters, digits
from typing import Any

from gguf import GGUFValueType

from kdedge_converters.errors import ConversionError
from kdedge_converters.gguf_values import KeyValue, array, text
from kdedge_converters.json_file import read_bounded, read_json_object

_MAX_BYTES = 4 * 1024**2
_KEY = "tokenizer.chat_template"


def read_chat_templates(directory: Path, tokenizer_config: Mapping[str, Any]) -> list[KeyValue]:
    """Return the entries for the templates of the checkpoint in ``directory``; none is fine.

    The one inside ``tokenizer_config.json`` comes first, as transformers and llama.cpp have it;
    then ``chat_template.jinja`` with ``additional_chat_templates/``; then ``chat_template.json``.

    Raises:
        ConversionError: A template is no text, or its file cannot be read.
    """
    stated = tokenizer_config.get("chat_template")
    named = _named(stated) if stated is not None else _from_files(directory)
    default = named.pop("default", None)
    entries = [text(f"{_KEY}.{name}", template) for name, template in sorted(named.items())]
    if named:
        entries.append(array(f"{_KEY}s", sorted(named), of=GGUFValueType.STRING))
    if default is not None:
        entries.append(text(_KEY, default))
    return entries


def _from_files(directory: Path) -> dict[str, str]:
    jinja = directory / "chat_template.jinja"
    if jinja.is_file():
        others = sorted((directory / "additional_chat_templates").glob("*.jinja"))
        named = {_safe_name(path.stem): _read(path) for path in others}
        return named | {"default": _read(jinja)}
    as_json = directory / "chat_template.json"
    if as_json.is_file():
        return _named(read_json_object(as_json).get("chat_template") or {})
    return {}


def _named(stated: object) -> dict[str, str]:
    if isinstance(stated, str):
        return {"default": _checked(stated)}
    if isinstance(stated, dict):
        stated = [{"name": name, "template": template} for name, template in stated.items()]
    if not isinstance(stated, list):
        _checked(None)
    named = {}
    for entry in stated if isinstance(stated, list) else ():
        is_named = isinstance(entry, dict) and isinstance(entry.get("name"), str)
        name = _safe_name(entry["name"]) if is_named else ""
        if not name:
            _checked(None)
        named[name] = _checked(entry.get("template"))
    return named


def _safe_name(name: str) -> str:
    return "".join(each if each in ascii_letters + digits else "_" for each in name)


def _read(path: Path) -> str:
    try:
        return read_bounded(path, max_bytes=_MAX_BYTES).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConversionError(f"{path} is no text in UTF-8.", hint="Save it again.") from error


def _checked(template: object) -> str:
    if not isinstance(template, str):
        raise ConversionError(
            "A chat template of the checkpoint is no text with a name.",
            hint="Repair chat_template in tokenizer_config.json, or remove it.",
        )
    try:
        template.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ConversionError(
            "A chat template is no valid Unicode.", hint="Save it again, in UTF-8."
        ) from error
    return template
