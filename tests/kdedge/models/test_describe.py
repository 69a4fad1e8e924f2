import hashlib
from pathlib import Path

import pytest

from kdedge.models.describe import describe_model
from tests.tiny_gguf import STRING, entry, tiny_llama


def test_the_facts_have_the_keys_of_result_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path / "home"))
    more = {
        "url": entry("general.source.url", STRING, "https://models.example/tiny"),
        "made": entry("kdedge.made_from_sha256", STRING, "ab"),
    }
    content = tiny_llama(more=more).to_bytes()
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    facts = describe_model(path).as_json()
    assert set(facts) >= {
        "path", "sha256", "architecture", "n_params", "file_bytes", "file_type", "bits_per_weight",
    }  # fmt: skip
    assert facts["sha256"] == hashlib.sha256(content).hexdigest()
    assert facts["file_bytes"] == len(content)
    assert facts["source"] == "https://models.example/tiny"
    assert facts["lineage"] == {"made_from_sha256": "ab"}
