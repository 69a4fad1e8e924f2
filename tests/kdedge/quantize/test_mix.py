import re

from kdedge.quantize.mix import file_type_of, overrides_of, shares


def test_blocks_of_one_kind_and_type_share_an_override() -> None:
    types = {
        "token_embd.weight": "Q5_1",
        "blk.0.ffn_up.weight": "Q5_0",
        "blk.1.ffn_up.weight": "Q8_0",
        "blk.10.ffn_up.weight": "Q5_0",
    }
    assert [(each.pattern, each.quant_type) for each in overrides_of(types)] == [
        (r"^token_embd\.weight$", "Q5_1"),
        (r"^blk\.(0|10)\.ffn_up\.weight$", "Q5_0"),
        (r"^blk\.(1)\.ffn_up\.weight$", "Q8_0"),
    ]


def test_each_tensor_is_matched_by_the_override_of_its_own_type_only() -> None:
    types = {
        f"blk.{block}.{kind}.weight": f"T{(block * 7 + len(kind)) % 3}"
        for block in range(24)
        for kind in ("attn_q", "attn_output", "ffn_up")
    } | {"output.weight": "T1", "token_embd.weight": "T2"}
    overrides = overrides_of(types)
    for name, quant_type in types.items():
        matching = [each.quant_type for each in overrides if re.search(each.pattern, name)]
        assert matching == [quant_type]


def test_a_mix_is_called_after_the_type_that_most_bytes_have() -> None:
    types = {"a": "Q5_1", "b": "Q6_K", "c": "Q8_0"}
    assert file_type_of(types, n_bytes={"a": 5, "b": 9, "c": 3}) == "Q6_K"
    assert file_type_of(types, n_bytes={"a": 10, "b": 9, "c": 3}) == "Q5_1"


def test_a_mix_with_a_type_whose_steps_need_padding_is_never_called_one_that_needs_none() -> None:
    assert file_type_of({"a": "Q8_0", "b": "Q4_K"}, n_bytes={"a": 99, "b": 1}) == "Q4_K_M"
    assert file_type_of({"a": "Q8_0", "b": "Q4_0"}, n_bytes={"a": 99, "b": 1}) == "Q8_0"
    assert file_type_of({"a": "Q8_0", "b": "Q4_0"}, n_bytes={"a": 1, "b": 99}) == "Q4_0"


def test_shares_of_bytes_add_up_to_one_largest_first() -> None:
    found = shares({"a": "Q5_1", "b": "Q8_0", "c": "Q5_1"}, n_bytes={"a": 1, "b": 6, "c": 3})
    assert found == {"Q8_0": 0.6, "Q5_1": 0.4}
    assert list(found) == ["Q8_0", "Q5_1"]
