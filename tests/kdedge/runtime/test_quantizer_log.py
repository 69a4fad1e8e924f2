from kdedge.runtime.quantizer_log import QuantizerLog, TensorLine

PIECES = (
    "llama_model_loader: - type  f32:   61 tensors\n",
    "warning: blk.0.attn_k.weight                  - ncols    576 not divisible by 256 (required for type    q4_K) ",
    "-> falling back to    q5_0\n",
    "[   1/   3] output_norm.weight                   - [  576,     1,     1,     1], type =    f32, ",
    "size =    0.002 MiB\n",
    "[   2/   3] blk.0.attn_k.weight                  - [  576,   192,     1,     1], type =   bf16, ",
    "size =     0.21 MiB ->     0.07 MiB (q5_0)\n",
    "[   3/   3] blk.0.a_name_that_is_longer_than_thirty_six.weight - [  256,    64,     4,     1], type =    f16, ",
    "size =     0.12 MiB ->     0.02 MiB (iq2_xxs)\n",
)


def test_every_tensor_of_a_dry_run_is_told_with_both_types() -> None:
    log = QuantizerLog(lambda number, total, name: None)
    for piece in PIECES:
        log.feed(piece)
    norm, key, longest = log.tensors
    assert norm == TensorLine(name="output_norm.weight", shape=(576, 1, 1, 1), from_type="F32", to_type="F32")  # fmt: skip
    assert (key.from_type, key.to_type) == ("BF16", "Q5_0")
    assert longest.name == "blk.0.a_name_that_is_longer_than_thirty_six.weight"
    assert (longest.shape, longest.to_type) == ((256, 64, 4, 1), "IQ2_XXS")


def test_a_tensor_that_falls_back_is_named() -> None:
    log = QuantizerLog(lambda number, total, name: None)
    for piece in PIECES:
        log.feed(piece)
    assert log.fallbacks == {"blk.0.attn_k.weight"}


def test_a_tensors_turn_is_told_before_its_line_is_complete() -> None:
    turns: list[tuple[int, int, str]] = []
    log = QuantizerLog(lambda number, total, name: turns.append((number, total, name)))
    log.feed(PIECES[3])
    assert turns == [(1, 3, "output_norm.weight")]
    assert log.tensors == []


def test_the_reason_for_giving_up_is_kept_with_what_was_said_before() -> None:
    log = QuantizerLog(lambda number, total, name: None)
    log.feed("loading\nllama_model_quantize: failed to quantize: tensor 'x' has invalid data\n")
    assert log.complaint == "tensor 'x' has invalid data"
    assert log.last_words().startswith("loading\n")


def test_a_log_without_end_is_not_kept_whole() -> None:
    log = QuantizerLog(lambda number, total, name: None)
    for number in range(1000):
        log.feed(f"line {number}\n")
    assert "line 999" in log.last_words()
    assert len(log.last_words().splitlines()) <= 50


def test_a_reason_in_the_middle_of_a_tensors_line_is_found() -> None:
    log = QuantizerLog(lambda number, total, name: None)
    log.feed(PIECES[5])
    log.feed("llama_model_quantize: failed to quantize: tensor 'x' has invalid data\n")
    assert log.complaint == "tensor 'x' has invalid data"
