from collections.abc import Mapping
from pathlib import Path

from kdedge.models.header import Header, read_header
from kdedge.quantize.lineage import ImatrixFacts, SourceFacts, lineage_of, read_text
from kdedge.quantize.overrides import Override
from tests.tiny_gguf import STRING, U32, TinyGguf, entry

SHA = "ab" * 32


def header_of(tmp_path: Path, *, file_type: int = 32, **texts: str) -> Header:
    path = tmp_path / "source.gguf"
    entries = [entry("general.architecture", STRING, "llama"), entry("general.file_type", U32, file_type)]  # fmt: skip
    entries += [entry(key.replace("__", "."), STRING, value) for key, value in texts.items()]
    path.write_bytes(TinyGguf(entries=entries).to_bytes())
    return read_header(path)


def source(header: Header, *, file_name: str = "source.gguf") -> SourceFacts:
    return SourceFacts(file_name=file_name, sha256=SHA, header=header)


def texts_fit(told: Mapping[str, str | int]) -> bool:
    return all(len(v.encode()) <= 127 for v in told.values() if isinstance(v, str))


def test_the_file_says_what_it_was_made_from_and_how(tmp_path: Path) -> None:
    told = lineage_of(source(header_of(tmp_path)), file_type="Q4_K_M")
    assert told == {
        "kdedge.source.file": "source.gguf",
        "kdedge.source.file_type": "BF16",
        "kdedge.source.sha256": SHA,
        "kdedge.quantize.type": "Q4_K_M",
    }


def test_a_recipe_too_long_for_one_key_is_whole_in_its_parts(tmp_path: Path) -> None:
    overrides = [Override(pattern=rf"blk\.{number}\.ffn_é", quant_type="Q6_K") for number in range(60)]  # fmt: skip
    told = lineage_of(source(header_of(tmp_path)), file_type="Q4_K_M", overrides=overrides)
    assert texts_fit(told)
    recipe = read_text(told, "kdedge.quantize.overrides")
    assert recipe == " ".join(f"{each.pattern}={each.quant_type}" for each in overrides)


def test_a_file_name_of_any_bytes_and_length_is_told(tmp_path: Path) -> None:
    name = "模" * 80 + "\udcff.gguf"
    told = lineage_of(source(header_of(tmp_path), file_name=name), file_type="Q8_0")
    assert texts_fit(told)
    assert read_text(told, "kdedge.source.file") == "模" * 80 + "?.gguf"


def test_a_source_that_names_itself_becomes_the_base_model(tmp_path: Path) -> None:
    header = header_of(tmp_path, general__name="Tiny Coder", general__organization="us", general__repo_url="https://x/" + "y" * 200)  # fmt: skip
    told = lineage_of(source(header), file_type="Q8_0")
    assert told["general.base_model.count"] == 1
    assert told["general.base_model.0.name"] == "Tiny Coder"
    assert told["general.base_model.0.organization"] == "us"
    assert "general.base_model.0.repo_url" not in told, "half a URL is a wrong URL"


def test_the_base_model_that_a_source_names_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "with_base.gguf"
    entries = [
        entry("general.architecture", STRING, "llama"),
        entry("general.name", STRING, "Student"),
        entry("general.base_model.count", U32, 1),
        entry("general.base_model.0.name", STRING, "Teacher"),
    ]
    path.write_bytes(TinyGguf(entries=entries).to_bytes())
    told = lineage_of(source(read_header(path)), file_type="Q8_0")
    assert not [key for key in told if key.startswith("general.base_model")]


def test_an_imatrix_is_told_with_llama_cpps_own_keys_and_its_hash(tmp_path: Path) -> None:
    facts = ImatrixFacts(file_name="code.gguf", sha256="cd" * 32, n_entries=210, dataset="code.txt", n_chunks=40)  # fmt: skip
    told = lineage_of(source(header_of(tmp_path)), file_type="Q4_K_M", imatrix=facts)
    assert told["quantize.imatrix.file"] == "code.gguf"
    assert told["quantize.imatrix.dataset"] == "code.txt"
    assert told["quantize.imatrix.entries_count"] == 210
    assert told["quantize.imatrix.chunks_count"] == 40
    assert told["kdedge.imatrix.sha256"] == "cd" * 32


def test_quantising_twice_is_told_and_what_the_first_time_said_is_emptied(tmp_path: Path) -> None:
    texts = {"kdedge__quantize__overrides.0": "old=Q8_0", "kdedge__imatrix__sha256": "old"}
    header = header_of(tmp_path, file_type=7, **texts)
    told = lineage_of(source(header), file_type="Q4_0")
    assert told["kdedge.quantised_twice"] == "from Q8_0: costs quality twice"
    assert told["kdedge.imatrix.sha256"] == ""
    assert read_text(told, "kdedge.quantize.overrides") is None


def test_the_same_work_is_told_in_the_same_words(tmp_path: Path) -> None:
    header = header_of(tmp_path, general__name="Tiny")
    first, again = (lineage_of(source(header), file_type="Q4_0") for _ in range(2))
    assert list(first.items()) == list(again.items())
