"""Amounts as people write them: three digits, a prefix, a unit."""

from __future__ import annotations

_LARGE = ("", "k", "M", "G", "T", "P", "E")
_SMALL = ("", "m", "µ", "n")

LARGEST = 10**300
"""Amounts are cut off here: hostile shapes make integers that no float can hold."""


def quantity(value: float, unit: str) -> str:
    """`1.23 GFLOP`, `4.7 MB`, `2.36 M` (no unit), `11.7 ms`, `1 node`: prefixes are powers of 1000.

    `unit` is `"FLOP"`, `"B"`, `"s"`, `"nodes"` or empty.
    """
    value = float(min(value, LARGEST))
    if unit == "nodes":
        return counted(round(value), "node")
    scaled, prefix = _scaled(abs(value), unit == "s")
    sign = "-" if value < 0 else ""
    return f"{sign}{scaled} {prefix}{unit}".rstrip()


def _scaled(value: float, divisible: bool) -> tuple[str, str]:
    """Digits and prefix; only a divisible unit goes below one."""
    if value == 0:
        return "0", ""
    step = 0
    if value < 1 and divisible:
        while step < len(_SMALL) - 1 and _rounded(value) < 1:
            value, step = value * 1000, step + 1
        return f"{_rounded(value):g}", _SMALL[step]
    while step < len(_LARGE) - 1 and _rounded(value) >= 1000:
        value, step = value / 1000, step + 1
    return f"{_rounded(value):g}", _LARGE[step]


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


def percent(share: float) -> str:
    """`12 %`, `1.2 %`, `< 0.1 %`."""
    hundredths = 100 * share
    if hundredths >= 9.95:
        return f"{hundredths:.0f} %"
    if hundredths >= 0.1 or hundredths <= 0:
        return f"{hundredths:.1f} %"
    return "< 0.1 %"


def counted(number: int, what: str) -> str:
    """`1 node`, `1,746 nodes`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
