"""A cost with its derivation, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass

CONVENTION = "https://github.com/pytorch/pytorch/blob/main/torch/utils/flop_counter.py"
"""Counts a multiply-add as 2 and leaves the bias out, as is done here."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one node costs in one inference.

    `amount` is in the unit of the function that made it (operations, bytes, elements), or None, and then
    `reason` says why. `formula` is in the letters of the operator's page, and `source` is that page, with
    a paper or tool behind a comma where one is needed. `sizes` are the shapes that went into the formula,
    by tensor name. `assumed` names the symbolic sizes that were assumed (`""` for one without a name).
    """

    amount: int | None
    formula: str = ""
    source: str = ""
    reason: str = ""
    sizes: tuple[tuple[str, tuple[int, ...]], ...] = ()
    assumed: tuple[str, ...] = ()


class Unknown(Exception):
    """Raised inside a formula; its text becomes `Cost.reason`."""
