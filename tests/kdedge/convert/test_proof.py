"""The proof finds what a converter can get silently wrong. Runs tiny models of all families."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kdedge.convert import proof_reference
from kdedge.convert.proof import prove
from kdedge.convert.proof_gate import Proof
from kdedge.core.errors import KdedgeError
from kdedge.core.events import Event, Progress, ignore
from kdedge_converters.tensor_operations import Add, PermuteHeads
from tests.family_cases import GOLDEN, config_of
from tests.proof_cases import weights, write_case, write_proof_file, write_weights

pytest.importorskip("torch", reason="the extra `distill` is not installed")
pytest.importorskip("transformers", reason="the extra `distill` is not installed")

STYLE = {"gemma3": "gemma3", "qwen2": "qwen2"}
PLENTY = 2**40


def proven(folder: Path, case: str = "llama", *, style: str | None = None) -> Proof:
    checkpoint = write_case(folder / "checkpoint", case, style=style or STYLE.get(case, "smollm"))
    return prove(
        checkpoint,
        write_proof_file(checkpoint, folder / "proof.gguf"),
        sink=ignore,
        available_bytes=PLENTY,
    )


QUICK = ("llama", "gemma3", "phi3-longrope", "gpt2")


@pytest.mark.parametrize("case", QUICK)
def test_a_right_conversion_is_proven(case: str, tmp_path: Path) -> None:
    proof = proven(tmp_path, case)
    assert (proof.status, proof.reason) == ("met", "")
    assert proof.nmse is not None
    assert proof.nmse < proof.gate_nmse
    assert (proof.top1_agreement, proof.token_parity) == (1, 1)
    assert proof.n_layers == config_of(case).get(
        "num_hidden_layers", config_of(case).get("n_layer")
    )
    assert proof.n_positions > 500


@pytest.mark.slow
@pytest.mark.parametrize("case", sorted(GOLDEN.keys() - set(QUICK)))
def test_every_family_is_proven(case: str, tmp_path: Path) -> None:
    assert (proven(tmp_path, case).status, case) == ("met", case)


def _unmoved(self: PermuteHeads, sources: Sequence[Any]) -> Any:
    return sources[0]


def _not_added(self: Add, numbers: Any) -> Any:
    return numbers


@pytest.mark.parametrize(
    ("case", "target", "fault"),
    [("llama", PermuteHeads, _unmoved), ("gemma3", Add, _not_added)],
    ids=["rows of q and k not reordered", "1 not added to norms"],
)
def test_a_tensor_operation_left_out_is_found(
    case: str,
    target: type,
    fault: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(target, "apply", fault)
    proof = proven(tmp_path, case)
    assert proof.status == "not met"
    assert "NMSE" in proof.reason


@pytest.mark.parametrize(
    "changed",
    [
        {"rms_norm_eps": 1e-3},
        {"rope_parameters": {"rope_type": "default", "rope_theta": 10_100.0}},
        {"rope_parameters": {"rope_type": "linear", "rope_theta": 10_000.0, "factor": 2.0}},
        {"hidden_act": "gelu"},
    ],
    ids=lambda changed: str(changed)[:40],
)
def test_a_setting_read_wrongly_is_found(changed: dict[str, Any], tmp_path: Path) -> None:
    file = write_proof_file(write_case(tmp_path / "as_converted"), tmp_path / "proof.gguf")
    checkpoint = write_case(tmp_path / "as_trained", **changed)
    proof = prove(checkpoint, file, sink=ignore, available_bytes=PLENTY)
    assert proof.status == "not met"
    assert proof.nmse is not None
    assert proof.nmse > 10 * proof.gate_nmse


def test_one_changed_number_is_found(tmp_path: Path) -> None:
    checkpoint = write_case(tmp_path / "checkpoint")
    file = write_proof_file(checkpoint, tmp_path / "proof.gguf")
    stored = {name: weights(name, shape.shape) for name, shape in _shapes(checkpoint).items()}
    stored["model.layers.0.mlp.down_proj.weight"][5, 7] = 0x4000  # 2.0
    write_weights(checkpoint, stored)
    proof = prove(checkpoint, file, sink=ignore, available_bytes=PLENTY)
    assert proof.status == "not met"


def test_numbers_that_are_not_finite_are_told_without_infinities(tmp_path: Path) -> None:
    checkpoint = write_case(tmp_path / "checkpoint")
    file = write_proof_file(checkpoint, tmp_path / "proof.gguf")
    stored = {name: weights(name, each.shape) for name, each in _shapes(checkpoint).items()}
    stored["model.layers.1.mlp.down_proj.weight"][0, 0] = 0x7FC0  # NaN
    write_weights(checkpoint, stored)
    proof = prove(checkpoint, file, sink=ignore, available_bytes=PLENTY)
    assert (proof.status, proof.nmse, proof.max_nmse) == ("not met", None, None)


def test_another_tokenizer_is_found(tmp_path: Path) -> None:
    file = write_proof_file(write_case(tmp_path / "one"), tmp_path / "proof.gguf")
    other = write_case(tmp_path / "other")
    found = json.loads((other / "tokenizer.json").read_text())
    found["model"]["merges"] = found["model"]["merges"][1:]
    (other / "tokenizer.json").write_text(json.dumps(found))
    proof = prove(other, file, sink=ignore, available_bytes=PLENTY)
    assert proof.status == "not met"
    assert "token ids" in proof.reason
    assert proof.token_parity is not None
    assert proof.token_parity < 1


def test_with_little_memory_the_first_layers_are_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kdedge.convert.proof.layers_to_keep", lambda _: 1)
    monkeypatch.setattr("kdedge.convert.proof._ROOM_BYTES", 0)
    checkpoint = write_case(tmp_path / "checkpoint")
    file = write_proof_file(checkpoint, tmp_path / "proof.gguf")
    n_bytes = file.stat().st_size
    proof = prove(checkpoint, file, sink=ignore, available_bytes=int(1.9 * n_bytes))
    assert (proof.status, proof.n_layers) == ("met", 1)
    assert "first 1 of 2 layers" in proof.reason
    skipped = prove(checkpoint, file, sink=ignore, available_bytes=n_bytes // 2)
    assert skipped.status == "skipped"
    assert "memory" in skipped.reason


def test_progress_is_told_text_by_text(tmp_path: Path) -> None:
    checkpoint = write_case(tmp_path / "checkpoint")
    events: list[Event] = []
    proof = prove(
        checkpoint,
        write_proof_file(checkpoint, tmp_path / "proof.gguf"),
        sink=events.append,
        available_bytes=PLENTY,
    )
    told = [each for each in events if isinstance(each, Progress) and each.total is not None]
    assert [each.done for each in told] == list(range(proof.n_texts + 1))
    assert {"python", "unicode", "long"} <= {each.detail for each in told}


def test_a_missing_library_is_told_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(proof_reference.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(KdedgeError, match="torch and transformers") as caught:
        proof_reference.require_reference()
    assert "kdedge-toolkit[distill]" in caught.value.hint


def test_a_folder_that_transformers_cannot_load_is_told_in_a_sentence(tmp_path: Path) -> None:
    checkpoint = write_case(tmp_path / "checkpoint")
    file = write_proof_file(checkpoint, tmp_path / "proof.gguf")
    (checkpoint / "model.safetensors").write_bytes(b"no")
    with pytest.raises(KdedgeError, match="cannot load"):
        prove(checkpoint, file, sink=ignore, available_bytes=PLENTY)


def _shapes(checkpoint: Path) -> Any:
    from kdedge_converters.checkpoint import Checkpoint

    return Checkpoint.open(checkpoint).tensors


def test_logits_come_in_pieces_whatever_the_size_of_the_vocabulary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = proof_reference.Reference(write_case(tmp_path / "checkpoint"))
    tokens = list(range(40))
    whole = np.concatenate(list(reference.logits(tokens)))
    monkeypatch.setattr(proof_reference, "_PIECE_BYTES", 4 * reference.n_vocab * 7)
    pieces = [piece.copy() for piece in reference.logits(tokens)]
    assert [len(piece) for piece in pieces] == [7] * 5 + [5]
    assert np.allclose(np.concatenate(pieces), whole, atol=1e-5)
