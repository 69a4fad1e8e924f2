"""What linters cannot see: start-up imports, file sizes, and documents that tell the truth."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = {"torch", "transformers", "llama_cpp", "numpy", "PySide6", "matplotlib"}


@pytest.mark.parametrize("module", ["kdedge.cli.main", "kdedge_converters", "kdedge.core.store"])
def test_start_up_imports_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print(*{{m.split('.')[0] for m in sys.modules}})"
    found = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert HEAVY.isdisjoint(found.stdout.split())


def test_no_file_is_longer_than_500_lines() -> None:
    sources = [p for top in ("kdedge", "gui", "converters") for p in (ROOT / top).rglob("*.py")]
    assert sources
    assert [p for p in sources if len(p.read_text().splitlines()) > 500] == []


def test_packaging_is_no_python_package() -> None:
    assert not (ROOT / "packaging" / "__init__.py").exists()


def test_every_verb_explains_itself() -> None:
    reference = (ROOT / "docs" / "cli.md").read_text()
    found = subprocess.run(
        [sys.executable, "-m", "kdedge.cli.reference"], check=True, capture_output=True, text=True
    )
    assert reference == found.stdout, "run `make docs`"


def test_a_verb_that_does_not_exist_is_refused_with_the_nearest_one() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "kdedge", "evaluat"], check=False, capture_output=True, text=True
    )
    assert found.returncode == 2
    assert "Did you mean `kdedge evaluate`?" in found.stderr
