"""How a formula is written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from onnxviz.costs.call import Call

Count = Callable[[Call], int]
"""Operations of one call. Raises `Unknown`."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A formula, its text, and what it rests on beside the operator's page."""

    count: Count
    text: str
    also: str = ""


def each(ops: str, rule: Rule) -> dict[str, Rule]:
    """The same rule for every operator of a list that is separated by spaces."""
    return dict.fromkeys(ops.split(), rule)


def per_output(operations: int, why: str) -> Rule:
    """So many operations for each element of the output, which has the shape of the first input."""
    return Rule(lambda call: operations * call.same(), f"{operations} · elements(Y): {why}")


def nothing(why: str) -> Rule:
    """No operation at all, whatever the shapes."""
    return Rule(lambda call: 0, f"0: {why}")
