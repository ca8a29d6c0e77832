"""Lists of sizes, followed element by element: which of them are known, and what the others wait for.

`Gather(Shape(x), 1)` depends on one size of `x`, not on all of them. What cannot be followed is None: then
the whole tensor has the causes of all that it is computed from.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import NamedTuple, Protocol

from onnxviz.model import Node, Value

MOST = 64
"""Elements that are followed: more than any tensor has axes."""

_INTS = re.compile(r"\[?\s*(-?\d{1,19}(?:\s*,\s*-?\d{1,19})*)?\s*\]?")

_WHOLE = frozenset({"int64", "int32", "int16", "int8", "uint8", "uint16", "uint32", "uint64"})

_SAME = frozenset({"Identity", "Unsqueeze", "Squeeze", "Reshape", "Flatten"})
"""They keep the elements and their order."""


class Element(NamedTuple):
    """One whole number, or None and the causes why it is not known; `dim` is its symbol if it has one."""

    number: int | None
    mask: int = 0
    dim: str = ""


Elements = tuple[Element, ...]


class Known(Protocol):
    """What is read of `origins.Tensor`."""

    value: Value
    causes: int
    axes: tuple[int, ...] | None
    elements: Elements | None


Reads = Sequence[Known | None]


def of_constant(value: Value) -> Elements | None:
    """Those of a short constant of whole numbers."""
    if value.preview is None or value.dtype not in _WHOLE or len(value.shape or ()) > 1:
        return None
    match = _INTS.fullmatch(value.preview)
    if match is None:
        return None
    return tuple(Element(int(part)) for part in match[1].split(",")) if match[1] else ()


def elements_of(node: Node, reads: Reads) -> Elements | None:
    """Those of the first output of a node; None where they cannot be followed."""
    if node.domain not in ("", "ai.onnx") or not reads or reads[0] is None:
        return None
    found = _found(node, reads)
    return found if found is not None and len(found) <= MOST else None


def _found(node: Node, reads: Reads) -> Elements | None:
    op = node.op_type
    first = reads[0]
    assert first is not None
    if op == "Shape":
        return _shape(node, first)
    lists = [tensor.elements if tensor is not None else None for tensor in reads]
    if lists[0] is None:
        return None
    if op in _SAME or (op == "Cast" and _attribute(node, "to") in ("6", "7")):
        # The axes or the target shape must be known too, else where an element goes is not.
        others = [tensor.causes for tensor in reads[1:] if tensor is not None]
        return lists[0] if not any(others) else None
    if op == "Concat":
        return _concat(lists)
    if any(found is None for found in lists[1:2]):
        return None
    if op == "Gather":
        return _gather(node, lists[0], lists[1])
    if op == "Slice":
        return _slice(node, lists)
    if op in _BINARY and len(lists) == 2 and lists[1] is not None:
        return _binary(_BINARY[op], lists[0], lists[1])
    return None


def _shape(node: Node, source: Known) -> Elements | None:
    if source.axes is None or source.value.shape is None:
        return None
    found = [
        Element(dim if isinstance(dim, int) else None, mask, dim if isinstance(dim, str) else "")
        for dim, mask in zip(source.value.shape, source.axes, strict=True)
    ]
    start, end = _attribute(node, "start"), _attribute(node, "end")
    return tuple(found[int(start) if start else None : int(end) if end else None])


def _concat(lists: Sequence[Elements | None]) -> Elements | None:
    found: list[Element] = []
    for each in lists:
        if each is None:
            return None
        found += each
    return tuple(found)


def _gather(node: Node, source: Elements, wanted: Elements | None) -> Elements | None:
    if wanted is None or _attribute(node, "axis") not in ("", "0", "-1"):
        return None
    places = [element.number for element in wanted]
    if any(at is None or not -len(source) <= at < len(source) for at in places):
        return None
    return tuple(source[at] for at in places if at is not None)


def _slice(node: Node, lists: Sequence[Elements | None]) -> Elements | None:
    """https://onnx.ai/onnx/operators/onnx__Slice.html; of opset 10 on, where the bounds are inputs."""
    source, *bounds = lists
    numbers = [[element.number for element in bound] if bound is not None else [] for bound in bounds]
    if source is None or len(bounds) < 2 or any(len(found) > 1 or None in found for found in numbers):
        return None
    start, end, axis, step = (found[0] if found else None for found in (*numbers, [], [])[:4])
    if start is None or end is None or axis not in (None, 0, -1) or step == 0:
        return None
    if step is not None and step < 0 and end < -len(source):
        end = None
    return tuple(source[start:end:step])


def _binary(verb: Callable[[int, int], int], a: Elements, b: Elements) -> Elements | None:
    if len(a) != len(b) and 1 not in (len(a), len(b)):
        return None
    if len(a) == 1 and len(b) != 1:
        a = a * len(b)
    if len(b) == 1 and len(a) != 1:
        b = b * len(a)
    return tuple(_pair(verb, x, y) for x, y in zip_longest(a, b, fillvalue=Element(None)))


def _pair(verb: Callable[[int, int], int], x: Element, y: Element) -> Element:
    if x.number is None or y.number is None:
        return Element(None, x.mask | y.mask)
    try:
        return Element(verb(x.number, y.number))
    except ZeroDivisionError:
        return Element(None)


def _divided(a: int, b: int) -> int:
    """C's division, which rounds towards zero."""
    found = abs(a) // abs(b)
    return found if (a < 0) == (b < 0) else -found


_BINARY: dict[str, Callable[[int, int], int]] = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mul": operator.mul,
    "Div": _divided,
    "Min": min,
    "Max": max,
}


def _attribute(node: Node, name: str) -> str:
    return next((attribute.text for attribute in node.attributes if attribute.name == name), "")


def product(elements: Elements) -> int | None:
    """Of all of them, None where one is not known."""
    numbers = [element.number for element in elements]
    return None if None in numbers else math.prod(number for number in numbers if number is not None)
