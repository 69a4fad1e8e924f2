import json
from pathlib import Path

from kdedge.convert.proof_layers import first_layers, layers_to_keep, shortened_config
from kdedge_converters.checkpoint import Checkpoint
from kdedge_converters.gguf_file import open_gguf
from tests.proof_cases import write_case, write_proof_file

PATTERN = ["sliding_attention"] * 5 + ["full_attention"]


def test_enough_layers_are_kept_to_see_each_kind() -> None:
    assert layers_to_keep({"num_hidden_layers": 18, "layer_types": PATTERN * 3}) == 6
    assert layers_to_keep({"num_hidden_layers": 30}) == 4
    assert layers_to_keep({"n_layer": 3}) == 3


def test_lists_with_an_entry_for_each_layer_are_cut_too() -> None:
    config = {"num_hidden_layers": 18, "layer_types": PATTERN * 3, "eos_token_id": [1, 2]}
    short = shortened_config(config, 6)
    assert short == {"num_hidden_layers": 6, "layer_types": PATTERN, "eos_token_id": [1, 2]}


def test_the_short_model_has_the_first_layers_unchanged(tmp_path: Path) -> None:
    checkpoint = write_case(tmp_path / "whole")
    whole = open_gguf(write_proof_file(checkpoint, tmp_path / "whole.gguf"))
    original = Checkpoint.open(checkpoint)
    with first_layers(checkpoint, 1, beside=tmp_path / "whole.gguf") as short:
        found = Checkpoint.open(short.checkpoint_dir)
        assert found.config["num_hidden_layers"] == 1
        assert {name for name in original.tensors if ".layers.1." not in name} == set(
            found.tensors
        )
        assert all((found.read(name) == original.read(name)).all() for name in found.tensors)
        shorter = open_gguf(short.gguf_path)
        assert len(shorter.tensors) < len(whole.tensors)
        for name, tensor in shorter.tensors.items():
            assert (tensor.stored == whole.tensors[name].stored).all()
    assert not short.checkpoint_dir.exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    assert json.loads((checkpoint / "config.json").read_text())["num_hidden_layers"] == 2
