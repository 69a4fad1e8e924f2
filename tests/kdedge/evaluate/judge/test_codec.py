import json
import math
from collections import Counter, OrderedDict, defaultdict, namedtuple
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdedge.evaluate.judge.codec import MAX_DEPTH, NotPlainDataError, decode, encode

hashable = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3),
    max_leaves=5,
)
plain = st.recursive(
    hashable | st.complex_numbers(allow_nan=False),
    lambda inner: (
        st.lists(inner) | st.dictionaries(hashable, inner) | st.sets(hashable, max_size=3)
    ),
    max_leaves=20,
)


def same(a: object, b: object) -> bool:
    """Whether two plain values are equal in type as well, at every depth."""
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return all(map(same, a.items(), b.items()))
    return a == b


@given(plain)
def test_plain_data_comes_back_with_its_types(value: object) -> None:
    assert same(decode(encode(value)), value)


@pytest.mark.parametrize(
    "value",
    [
        -0.0,
        math.inf,
        -math.inf,
        2**53,
        -(2**53),
        2**64 + 1,
        -(2**2000),
        1e308,
        "\ud800",
        "\0",
        b"\0",
    ],
)
def test_values_that_json_lacks_come_back_exactly(value: object) -> None:
    assert repr(decode(encode(value))) == repr(value)


def test_nan_comes_back() -> None:
    assert math.isnan(decode(encode(math.nan)))


Pair = namedtuple("Pair", "a b")


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Counter("aab"), {"a": 2, "b": 1}),
        (OrderedDict(a=1), {"a": 1}),
        (defaultdict(int, a=1), {"a": 1}),
        (Pair(1, 2), (1, 2)),
        (bytearray(b"x"), b"x"),
        (np.int64(3), 3),
        (np.float64(0.5), 0.5),
        (np.bool_(True), True),
    ],
)
def test_subclasses_of_plain_types_become_the_plain_type(value: object, plain: object) -> None:
    assert same(decode(encode(value)), plain)


class Liar(list):
    def __iter__(self) -> Iterator[int]:
        return iter([4])

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None


def test_a_subclass_cannot_lie_about_what_it_holds() -> None:
    assert decode(encode(Liar([5]))) == [5]


@pytest.mark.parametrize(
    "value", [object(), iter([1]), range(3), print, type, lambda: 0, {}.keys()]
)
def test_other_types_are_refused_by_name(value: object) -> None:
    with pytest.raises(NotPlainDataError, match=type(value).__name__):
        encode([value])


def test_data_nested_too_deep_is_refused_both_ways() -> None:
    deep: list[object] = []
    for _ in range(MAX_DEPTH):
        deep = [deep]
    with pytest.raises(NotPlainDataError, match="deep"):
        encode(deep)
    for levels in (MAX_DEPTH + 2, 100_000):
        with pytest.raises(NotPlainDataError):
            decode(b'["l",' * levels + b'["l"]' + b"]" * levels)


def test_a_value_that_holds_itself_is_refused() -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(NotPlainDataError):
        encode(loop)


PLAIN = {
    type(None), bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict,
    NotPlainDataError,
}  # fmt: skip


def decoded(raw: bytes) -> object:
    """Return the value, or the refusal."""
    try:
        return decode(raw)
    except NotPlainDataError as refusal:
        return refusal


@given(st.binary(max_size=60))
def test_any_bytes_decode_or_are_refused(raw: bytes) -> None:
    assert type(decoded(raw)) in PLAIN


tags = st.sampled_from([*"iflcbtszd", "x", "", 1, None, [], {}])
trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | tags,
    lambda inner: st.builds(lambda tag, items: [tag, *items], tags, st.lists(inner, max_size=4)),
    max_leaves=20,
)


@given(trees)
def test_any_json_decodes_or_is_refused(tree: object) -> None:
    assert type(decoded(json.dumps(tree).encode())) in PLAIN
