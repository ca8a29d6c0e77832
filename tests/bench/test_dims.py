from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnxviz.bench.dims import IMAGE_SIDE, SEQUENCE, Sizes, evaluate


@pytest.mark.parametrize(
    ("shape", "sizes"),
    [
        ((1, 3, 32, 32), (1, 3, 32, 32)),
        (("batch", 3, None, None), (1, 3, IMAGE_SIDE, IMAGE_SIDE)),
        (("batch_size", "sequence_length"), (1, SEQUENCE)),
        ((None, None), (1, SEQUENCE)),
        (("unk__6", "unk__7", "height", "width"), (1, 3, IMAGE_SIDE, IMAGE_SIDE)),
        (("s0", "s1", 64), (1, SEQUENCE, 64)),
        (("N", "d"), (1, SEQUENCE)),
        (("N", "features"), (1, 1)),
        ((0, 4), (0, 4)),
        ((), ()),
    ],
)
def test_sizes_that_nobody_gave_follow_from_name_and_place(
    shape: tuple[int | str | None, ...], sizes: tuple[int, ...]
) -> None:
    assert Sizes().shape(shape) == sizes


def test_given_sizes_win_and_a_name_has_one_size_everywhere() -> None:
    sizes = Sizes({"batch": 8, "n": 5})
    assert sizes.shape(("batch", "n")) == (8, 5)
    assert sizes.shape(("n", "n", "batch")) == (5, 5, 8)


def test_a_name_that_is_a_sum_follows_from_its_parts() -> None:
    assert Sizes({"past": 7, "s": 2}).shape(("batch", "past + s", "2*s + 1")) == (1, 9, 5)


@pytest.mark.parametrize(
    "text", ["2**99", "f(s)", "s.x", "s +", "1/0", "'a'*9", "(" * 5000, "", "\0", "True"]
)
def test_what_is_no_plain_arithmetic_has_no_value(text: str) -> None:
    assert evaluate(text, {"s": 3}) is None


@given(st.text(max_size=30), st.integers(0, 5), st.integers(0, 6))
def test_any_name_whatsoever_gets_a_size(name: str, axis: int, rank: int) -> None:
    sizes = Sizes()
    assert sizes.of(name, axis, rank) >= 0
    if name:
        assert sizes.of(name, axis, rank) == sizes.of(name, 0, 1)
