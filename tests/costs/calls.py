"""Nodes with their values, from shapes alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from onnxviz.costs.types import Cost
from onnxviz.model import Attribute, Dim, Graph, Node, Value

Shaped = tuple[Dim, ...] | Value | None
"""A shape, a ready value (its name is replaced), or None for an optional input that is not given."""

Case = tuple[int, str, list[Shaped], list[Shaped], dict[str, Any]]
"""Operations as a person counts them, operator, inputs, outputs and attributes."""


def attribute(name: str, value: object) -> Attribute:
    kind = "ints" if isinstance(value, list) else "int" if isinstance(value, int) else "string"
    return Attribute(name, kind, str(value))


def call(
    op: str,
    inputs: Sequence[Shaped],
    outputs: Sequence[Shaped],
    domain: str = "",
    bodies: Sequence[tuple[str, Graph]] = (),
    **attributes: Any,
) -> tuple[Node, dict[str, Value]]:
    """A node whose inputs are `i0, i1, …` and whose outputs `o0, o1, …`, and their values."""
    values: dict[str, Value] = {}
    names: list[list[str]] = []
    for letter, shapes in (("i", inputs), ("o", outputs)):
        names.append([])
        for slot, shape in enumerate(shapes):
            name = f"{letter}{slot}" if shape is not None else ""
            names[-1].append(name)
            if isinstance(shape, Value):
                values[name] = Value(
                    name, shape.dtype, shape.shape, shape.nbytes, shape.preview, shape.is_constant
                )
            elif shape is not None:
                values[name] = Value(name, "float", shape)
    node = Node(
        "o0",
        op,
        domain,
        inputs=tuple(names[0]),
        outputs=tuple(names[1]),
        attributes=tuple(attribute(name, value) for name, value in attributes.items()),
        subgraphs=tuple(bodies),
    )
    return node, values


def numbers(*items: int) -> Value:
    """A constant of integers, with its preview as the reader writes it."""
    return Value("c", "int64", (len(items),), 8 * len(items), str(list(items)), True)


def known(cost: Cost) -> int:
    """The amount of a cost that must be known and say how it was derived."""
    assert cost.amount is not None, cost.reason
    assert cost.formula
    assert cost.source.startswith("https://")
    assert cost.reason == ""
    return cost.amount


def chain_of(op: str, shape: tuple[int, ...], names: Sequence[str]) -> Graph:
    """`x -> names[0] -> names[1] …`, all of one shape."""
    values = {name: Value(name, "float", shape) for name in ("x", *names)}
    nodes = tuple(
        Node(name, op, inputs=(before,), outputs=(name,))
        for before, name in zip(("x", *names), names, strict=False)
    )
    return Graph("g", nodes, values, ("x",), (names[-1],))
