"""Numbers as people type them."""

from __future__ import annotations

import pytest

from onnxviz.numbers import whole_number


@pytest.mark.parametrize(("text", "number"), [("0", 0), (" 12 ", 12), ("007", 7), ("9" * 18, 10**18 - 1)])
def test_digits_are_a_number(text: str, number: int) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize("text", ["", "²", "٣", "-1", "1.5", "1e3", "9" * 19, "1_000", "0x10"])
def test_anything_else_is_none(text: str) -> None:
    assert whole_number(text) is None
