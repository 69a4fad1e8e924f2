from dataclasses import replace

import pytest

from kdedge_gui.pages.models.facts import header_facts, lineage_facts, origin_text, tensor_facts
from tests.kdedge_gui.models.cases import SUMMARY, entry


def _told(**changes: object) -> dict[str, str]:
    facts = header_facts(entry(summary=replace(SUMMARY, **changes)))
    return {fact.title: fact.text.replace("\u00a0", " ") for fact in facts}


def test_a_header_tells_what_the_model_is_and_can(qapp: object) -> None:
    told = _told()
    assert told["Parameters"] == "1.54 B"
    assert told["Type"] == "Q4_K_M, 4.85 bits a weight"
    assert told["KV cache"] == "28.0 KiB a token"
    assert told["Chat template"] == "yes"
    assert told["Fill-in-the-middle"] == "yes"


def test_what_a_header_does_not_state_is_said_to_be_unknown(qapp: object) -> None:
    told = _told(
        name=None, context_length=None, kv_bytes_per_token=None, unpredictable="It is a mamba.",
        has_fim=False,
    )  # fmt: skip
    assert told["Calls itself"] == "nothing"
    assert told["Context"] == "not stated"
    assert told["KV cache"] == "It is a mamba."
    assert told["Fill-in-the-middle"] == "no"


def test_a_model_that_could_not_be_read_still_says_where_it_was_found(qapp: object) -> None:
    (fact,) = header_facts(entry(summary=None, origin="ollama"))
    assert fact.text == "Ollama"


def test_a_known_hash_is_shortened_and_whole_in_its_tip(qapp: object) -> None:
    fact = header_facts(entry(), sha256="ab" * 32)[-1]
    assert fact.text == "abababababab…"
    assert fact.tip == "ab" * 32


def test_tensors_are_told_by_type_with_their_share(qapp: object) -> None:
    first, second = tensor_facts(SUMMARY)
    assert (first.title, second.title) == ("Q4_K", "F32")
    assert "75.0" in first.text
    assert "168 tensors" in first.text


def test_a_file_without_lineage_has_none(qapp: object) -> None:
    assert lineage_facts({"general.architecture": "llama"}) == ()


def test_lineage_tells_the_source_the_recipe_and_the_statistics(qapp: object) -> None:
    facts = lineage_facts(
        {
            "general.base_model.0.name": "Coder",
            "general.base_model.0.organization": "Makers",
            "kdedge.source.file": "coder-bf16.gguf",
            "kdedge.source.file_type": "BF16",
            "kdedge.source.sha256": "ab" * 32,
            "kdedge.quantize.type": "Q4_K_M",
            "quantize.imatrix.file": "coder.imatrix.gguf",
            "quantize.imatrix.dataset": "python",
            "kdedge.proof.status": "met",
            "kdedge.proof.top1_agreement": 0.998,
        }
    )
    told = {fact.title: fact.text.replace("\u202f", " ") for fact in facts}
    assert told == {
        "Base model": "Coder of Makers",
        "Made from": "coder-bf16.gguf (BF16)",
        "Recipe": "quantised to Q4_K_M by kdedge",
        "Activation statistics": "coder.imatrix.gguf of python",
        "Proof of the conversion": "met: at least 99.8 % of next tokens alike",
    }
    assert facts[1].tip == "ab" * 32


def test_a_recipe_that_was_cut_into_pieces_is_told_whole(qapp: object) -> None:
    facts = lineage_facts(
        {
            "kdedge.quantize.type": "Q4_K_M",
            "kdedge.quantize.overrides.0": "output=Q6_K ",
            "kdedge.quantize.overrides.1": "embd=Q8_0",
        }
    )
    assert facts[0].text == "quantised to Q4_K_M by kdedge, output=Q6_K embd=Q8_0"


def test_a_file_that_was_quantised_twice_carries_a_warning(qapp: object) -> None:
    words = "from Q4_1: costs quality twice"
    (fact,) = lineage_facts({"kdedge.quantised_twice": words})
    assert (fact.title, fact.text) == ("Warning", words)


@pytest.mark.parametrize(
    "origin",
    ["added", "starter", "kdedge", "folder", "huggingface", "lmstudio", "ollama"],
)
def test_every_origin_has_words(qapp: object, origin: str) -> None:
    assert origin_text(origin) != origin
