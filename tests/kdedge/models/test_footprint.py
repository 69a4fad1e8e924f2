from pathlib import Path

import pytest

from kdedge.core.errors import KdedgeError
from kdedge.models.footprint import ContextLayout, predict
from kdedge.models.header import Header, read_header
from kdedge.models.repacking import repacked_bytes
from kdedge.models.starter import starter_model
from tests.machines import a_machine
from tests.tiny_gguf import Q4_0_TENSOR, U32, Tensor, TinyGguf, entry, tiny_llama

LAYOUT = ContextLayout(n_ctx_per_sequence=1024, n_sequences=4, n_ubatch=512)
MIB = 1024**2


def header_of(tmp_path: Path, file: TinyGguf) -> Header:
    path = tmp_path / "model.gguf"
    path.write_bytes(file.to_bytes())
    return read_header(path)


def test_the_parts_add_up(tmp_path: Path) -> None:
    header = header_of(tmp_path, tiny_llama())
    found = predict(header, layout=LAYOUT, machine=a_machine(cpu_features=("avx2",)))
    assert found.anon_bytes == (
        found.kv_cache_bytes
        + found.compute_bytes
        + found.output_bytes
        + found.repacked_bytes
        + found.base_bytes
    )
    assert found.needs_bytes == found.anon_bytes + found.weights_bytes - found.repacked_bytes
    assert found.output_bytes == 4 * 64 * 4
    assert found.weights_bytes == header.weights_bytes


def test_more_context_sequences_and_rows_never_take_less(tmp_path: Path) -> None:
    header = header_of(tmp_path, tiny_llama())
    sizes = [
        predict(
            header,
            layout=ContextLayout(n_ctx_per_sequence=context, n_sequences=sequences, n_ubatch=rows),
            machine=a_machine(),
        ).anon_bytes
        for context, sequences, rows in (
            (256, 2, 128),
            (512, 2, 128),
            (512, 8, 128),
            (512, 8, 512),
        )
    ]
    assert sizes == sorted(sizes)


def test_fits_tight_and_short_follow_from_what_is_free(tmp_path: Path) -> None:
    header = header_of(tmp_path, tiny_llama())
    needs = predict(header, layout=LAYOUT, machine=a_machine()).needs_bytes
    needs_mib = needs // MIB
    found = {
        free: predict(header, layout=LAYOUT, machine=a_machine(free_mib=free))
        for free in (needs_mib + 500, needs_mib + 2, needs_mib - 2)
    }
    assert [each.fit for each in found.values()] == ["fits", "tight", "short"]
    short = found[needs_mib - 2]
    assert short.short_by_bytes == needs - (needs_mib - 2) * MIB
    assert found[needs_mib + 2].short_by_bytes == 0


def test_a_part_of_a_model_is_not_predicted(tmp_path: Path) -> None:
    header = header_of(tmp_path, tiny_llama(more={"x": entry("split.count", U32, 2)}))
    with pytest.raises(KdedgeError, match="one of 2 parts") as caught:
        predict(header, layout=LAYOUT, machine=a_machine())
    assert "llama-gguf-split" in caught.value.hint


def test_weights_are_copied_where_the_cpu_has_kernels_for_it(tmp_path: Path) -> None:
    header = header_of(tmp_path, tiny_llama(n_layers=2))
    q4_0_bytes = 2 * 64 * 64 // 32 * 18
    q8_0_bytes = 2 * 64 * 32 // 32 * 34 + 64 * 64 // 32 * 34  # the embedding is the output too
    assert repacked_bytes(header, cpu_features=()) == 0
    assert repacked_bytes(header, cpu_features=("avx2",)) == q4_0_bytes
    assert repacked_bytes(header, cpu_features=("asimddp",)) == q4_0_bytes + q8_0_bytes


def test_an_embedding_is_only_copied_when_it_is_the_output_too(tmp_path: Path) -> None:
    file = TinyGguf(tensors=[Tensor(name="token_embd.weight", shape=(32, 8), kind=Q4_0_TENSOR)])
    assert repacked_bytes(header_of(tmp_path, file), cpu_features=("avx2",)) == 8 * 18
    file.tensors.append(Tensor(name="output.weight", shape=(32, 16), kind=Q4_0_TENSOR))
    assert repacked_bytes(header_of(tmp_path, file), cpu_features=("avx2",)) == 16 * 18


def test_rows_that_do_not_divide_are_not_copied(tmp_path: Path) -> None:
    tensors = [
        Tensor(name="blk.0.ffn_up.weight", shape=(32, 12), kind=Q4_0_TENSOR),
        Tensor(name="blk.0.ffn_up.bias", shape=(32,), kind=Q4_0_TENSOR),
        Tensor(name="blk.0.ffn_up_exps.weight", shape=(32, 8, 4), kind=Q4_0_TENSOR),
    ]
    header = header_of(tmp_path, TinyGguf(tensors=tensors))
    assert repacked_bytes(header, cpu_features=("avx2",)) == 8 * 4 * 18


@pytest.mark.slow
def test_the_starter_takes_what_was_measured() -> None:
    found = predict(read_header(starter_model()), layout=LAYOUT, machine=a_machine())
    assert found.kv_cache_bytes == 90 * MIB
    # 133.3 MiB of anonymous memory: benchmarks/memory_prediction.py on a CPU with AVX2.
    assert found.anon_bytes == pytest.approx(133.3 * MIB, rel=0.1)
