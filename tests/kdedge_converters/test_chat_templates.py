import json
from pathlib import Path
from typing import Any

import pytest

from kdedge_converters.chat_templates import read_chat_templates
from kdedge_converters.errors import ConversionError

KEY = "tokenizer.chat_template"


def read(directory: Path, config: dict[str, Any] | None = None) -> dict[str, Any]:
    return {each.key: each.value for each in read_chat_templates(directory, config or {})}


def test_a_checkpoint_may_have_none(tmp_path: Path) -> None:
    assert read(tmp_path) == {}


def test_the_configuration_goes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "chat_template.jinja").write_text("file")
    assert read(tmp_path) == {KEY: "file"}
    assert read(tmp_path, {"chat_template": "inside"}) == {KEY: "inside"}


def test_a_template_keeps_its_line_ends(tmp_path: Path) -> None:
    (tmp_path / "chat_template.jinja").write_bytes("{{ 'é' }}\r\n\n".encode())
    assert read(tmp_path) == {KEY: "{{ 'é' }}\r\n\n"}


def test_the_older_file_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "chat_template.json").write_text(json.dumps({"chat_template": "old"}))
    assert read(tmp_path) == {KEY: "old"}


def test_several_templates_have_names_in_order(tmp_path: Path) -> None:
    named = [{"name": n, "template": f"{n}!"} for n in ("tool use", "default", "rag")]
    wanted = {f"{KEY}.rag": "rag!", f"{KEY}.tool_use": "tool use!", f"{KEY}s": ["rag", "tool_use"], KEY: "default!"}  # fmt: skip
    assert read(tmp_path, {"chat_template": named}) == wanted


def test_additional_files_are_templates_too(tmp_path: Path) -> None:
    (tmp_path / "chat_template.jinja").write_text("main")
    (tmp_path / "additional_chat_templates").mkdir()
    (tmp_path / "additional_chat_templates" / "rag.jinja").write_text("more")
    assert read(tmp_path) == {f"{KEY}.rag": "more", f"{KEY}s": ["rag"], KEY: "main"}


@pytest.mark.parametrize(
    "template", [7, True, [7], [{"name": "x"}], [{"template": "x"}], [{"name": 1, "template": "x"}], "\ud800"]
)  # fmt: skip
def test_a_template_that_is_no_text_is_refused(template: Any, tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="chat template"):
        read(tmp_path, {"chat_template": template})


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "chat_template.jinja").write_bytes(b"\xff\xfe")
    with pytest.raises(ConversionError, match="UTF-8"):
        read(tmp_path)
