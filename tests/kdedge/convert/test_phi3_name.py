"""llama.cpp treats spaces beside special tokens as Phi-3 does only in files of that name."""

from pathlib import Path

import pytest

from kdedge.convert.token_parity import measure_token_parity
from kdedge_converters.conversion import plan_conversion, write_conversion
from kdedge_converters.errors import ConversionError
from tests.proof_cases import write_case


def test_a_phi3_tokenizer_gives_the_same_ids_without_a_name(tmp_path: Path) -> None:
    checkpoint = write_case(tmp_path / "phi", "phi3", style="phi3")
    plan = plan_conversion(checkpoint, dtype="auto", name=None)
    write_conversion(plan, tmp_path / "phi.gguf", progress=lambda *_: None)
    assert measure_token_parity(checkpoint, tmp_path / "phi.gguf").share == 1


@pytest.mark.parametrize("name", ["My-Phi-3-mini", "phi3 small"])
def test_a_name_with_phi3_in_it_is_kept(tmp_path: Path, name: str) -> None:
    checkpoint = write_case(tmp_path / "phi", "phi3", style="phi3")
    assert plan_conversion(checkpoint, dtype="auto", name=name).name == name


def test_a_name_that_would_split_texts_otherwise_is_refused(tmp_path: Path) -> None:
    checkpoint = write_case(tmp_path / "phi", "phi3", style="phi3")
    with pytest.raises(ConversionError, match="a file named Student") as caught:
        plan_conversion(checkpoint, dtype="auto", name="Student")
    assert "Phi-3" in caught.value.hint
