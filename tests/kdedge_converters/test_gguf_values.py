import pytest
from gguf import GGUFValueType as Kind

from kdedge_converters.gguf_values import KeyValue, array, boolean, encode, float32, text, uint32


def test_the_bytes_of_an_entry_are_those_of_the_format() -> None:
    assert encode(uint32("a", 258)) == b"\1\0\0\0\0\0\0\0a\4\0\0\0\2\1\0\0"
    assert encode(boolean("a", True)) == b"\1\0\0\0\0\0\0\0a\7\0\0\0\1"
    assert encode(text("a", "é")) == b"\1\0\0\0\0\0\0\0a\x08\0\0\0\2\0\0\0\0\0\0\0\xc3\xa9"
    assert encode(array("a", [1, -1], of=Kind.INT8)).endswith(
        b"\x09\0\0\0\1\0\0\0\2" + bytes(7) + b"\1\xff"
    )


@pytest.mark.parametrize(
    "entry",
    [
        uint32("a", -1),
        uint32("a", 2**32),
        uint32("a", True),
        uint32("a", 1.5),  # type: ignore[arg-type]
        float32("a", 1e39),
        text("a", 7),  # type: ignore[arg-type]
        boolean("a", 1),  # type: ignore[arg-type]
        text("a", "\ud800"),
        array("a", ["x", 1], of=Kind.STRING),
        KeyValue(key="a", value="xy", kind=Kind.ARRAY, element_kind=Kind.STRING),
        KeyValue(key="a", value=[1], kind=Kind.ARRAY),
    ],
)
def test_a_value_that_is_not_of_its_kind_is_a_fault_of_ours(entry: KeyValue) -> None:
    with pytest.raises(ValueError, match=r"a|surrogate"):
        encode(entry)
