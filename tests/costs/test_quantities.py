"""Amounts in the words of a person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnxviz.costs.quantities import counted, percent, quantity


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "FLOP", "0 FLOP"),
        (999, "FLOP", "999 FLOP"),
        (999.6, "FLOP", "1 kFLOP"),
        (1_234_000_000, "FLOP", "1.23 GFLOP"),
        (999_999, "B", "1 MB"),
        (4_700_000, "B", "4.7 MB"),
        (2_360_000, "", "2.36 M"),
        (512, "", "512"),
        (0.0117, "s", "11.7 ms"),
        (2.5e-7, "s", "250 ns"),
        (1e-12, "s", "0.001 ns"),
        (75, "s", "75 s"),
        (1, "nodes", "1 node"),
        (1746, "nodes", "1,746 nodes"),
        (-1500, "B", "-1.5 kB"),
        (10**400, "FLOP", "1e+282 EFLOP"),
    ],
)
def test_an_amount_has_three_digits_a_prefix_and_a_unit(value: float, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (1, "100 %"), (0.123, "12 %"), (0.0123, "1.2 %"), (0.0996, "10 %"), (0.001, "0.1 %"),
        (1e-9, "< 0.1 %"), (0, "0.0 %"),
    ],
)  # fmt: skip
def test_a_share_has_two_digits(share: float, text: str) -> None:
    assert percent(share) == text


def test_a_number_of_things_has_its_plural() -> None:
    assert counted(1, "loop") == "1 loop"
    assert counted(13_000, "node") == "13,000 nodes"


@given(st.floats(1e-9, 1e18), st.sampled_from(("FLOP", "B", "", "s")))
def test_what_is_written_is_within_half_a_percent(value: float, unit: str) -> None:
    digits, _, rest = quantity(value, unit).partition(" ")
    prefix = rest[: len(rest) - len(unit)] if unit else rest
    scale = {
        "": 1,
        "k": 1e3,
        "M": 1e6,
        "G": 1e9,
        "T": 1e12,
        "P": 1e15,
        "E": 1e18,
        "m": 1e-3,
        "µ": 1e-6,
        "n": 1e-9,
    }
    assert float(digits) * scale[prefix] == pytest.approx(value, rel=0.0051)
