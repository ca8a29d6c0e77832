"""Nodes that give what they get, by rule: from attributes, constants and types, with nothing run.

The rules are those of the operator pages (https://onnx.ai/onnx/operators/). What they do not tell is no
no-op.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from onnxviz.model import Node, Value
from onnxviz.rewrites.explain.origins import STANDARD, Origins, Tensor

if TYPE_CHECKING:
    from onnxviz.rewrites.explain.stayed.exact import Exact

FIRST_UNSET_DROPOUT = 7
"""Before opset 7 a Dropout without `is_test` trains (https://onnx.ai/onnx/operators/onnx__Dropout.html)."""


@dataclass(frozen=True, slots=True)
class NoOp:
    """`rule` says in a few words why it is none; `mask` are the causes without which that would be plain.

    `by_shape` is true where shapes prove it, `is_wide` where a unit is a tensor of several elements.
    """

    rule: str
    mask: int = 0
    by_shape: bool = False
    is_wide: bool = False


_UNITS = {"Add": 0, "Sub": 0, "Mul": 1, "Div": 1, "Pow": 1}
_COMMUTING = ("Add", "Mul")
_ONE_INPUT = ("Concat", "Sum", "Max", "Min", "Mean")
_SAME_SHAPE = ("Reshape", "Flatten", "Squeeze", "Expand")


def noop(node: Node, found: Origins, opset: int, exact: Exact) -> NoOp | None:
    """The rule by which the node gives what it gets; None where there is none."""
    reads, makes = found.reads(node.id), found.makes(node.id)
    if node.domain not in STANDARD or not reads or reads[0] is None or not makes or makes[0] is None:
        return None
    first, made = reads[0], makes[0]
    if node.op_type == "If":
        is_known = first.causes == 0
        return NoOp("its condition is constant") if is_known else None
    if any(tensor is not None for tensor in makes[1:]):
        return None
    rule = _rule(node, reads, first, made, opset, exact)
    if rule is None:
        return None
    by_shape = node.op_type in (*_SAME_SHAPE, "Slice", *_UNITS)
    # Its sizes are the same by name; an optimizer sees that once the target shape is constant.
    mask = 0
    if node.op_type in (*_SAME_SHAPE, "Slice"):
        mask = first.sizes
        for tensor in reads[1:]:
            mask |= tensor.causes if tensor is not None else 0
    is_wide = node.op_type in _UNITS and all(
        tensor is None or not tensor.value.is_constant or tensor.value.shape not in ((), (1,))
        for tensor in reads
    )
    return NoOp(rule, mask, by_shape, is_wide)


def _rule(
    node: Node, reads: tuple[Tensor | None, ...], first: Tensor, made: Tensor, opset: int, exact: Exact
) -> str | None:
    op = node.op_type
    if op == "Identity":
        return "Identity gives what it gets"
    if op in ("Cast", "CastLike"):
        return _cast(node, reads, first)
    if op == "Transpose":
        return "the axes stay in their order" if _keeps_order(node, first) else None
    if op in _ONE_INPUT:
        return f"{op} of one tensor" if len(reads) == 1 else None
    if op == "Split":
        return "Split into one part" if len(makes_of(node)) == 1 else None
    if op == "Dropout":
        return "Dropout does nothing in inference" if _is_inference(node, reads, opset) else None
    if op == "Clip":
        bounds = [*reads[1:], *[a for a in node.attributes if a.name in ("min", "max")]]
        return "Clip without bounds" if not any(bound is not None for bound in bounds) else None
    if op == "Tile":
        return "Tile once" if len(reads) == 2 and _all(reads[1], 1) else None
    if op == "Pad":
        return "Pad by nothing" if _pads_nothing(node, reads) else None
    if op in _UNITS and len(reads) == 2:
        return _unit(op, reads, made, exact)
    if op in _SAME_SHAPE:
        return f"{op} to the shape that it has" if same_shape(first.value, made.value) else None
    if op == "Slice":
        steps = reads[4] if len(reads) > 4 else None
        is_whole = same_shape(first.value, made.value) and (steps is None or _all(steps, 1))
        return "Slice of everything" if is_whole else None
    if op in ("MaxPool", "AveragePool"):
        return "a window of one" if _is_point(node) and same_shape(first.value, made.value) else None
    return None


def makes_of(node: Node) -> tuple[str, ...]:
    """The outputs that are there."""
    return tuple(name for name in node.outputs if name)


def same_shape(a: Value, b: Value) -> bool:
    """Whether two shapes are known to be the same, symbol by symbol."""
    return a.shape is not None and a.shape == b.shape and None not in a.shape


def attribute(node: Node, name: str) -> str:
    """The text of an attribute, empty where it is not given."""
    return next((each.text for each in node.attributes if each.name == name), "")


def _cast(node: Node, reads: tuple[Tensor | None, ...], first: Tensor) -> str | None:
    from onnxviz.reading.tensors import dtype_name

    if first.value.dtype is None:
        return None
    if node.op_type == "CastLike":
        other = reads[1] if len(reads) > 1 else None
        return (
            "a cast to the same type"
            if other is not None and other.value.dtype == first.value.dtype
            else None
        )
    code = attribute(node, "to")
    same = code.isdigit() and dtype_name(int(code)) == first.value.dtype
    return f"a cast from {first.value.dtype} to {first.value.dtype}" if same else None


def _keeps_order(node: Node, first: Tensor) -> bool:
    perm = _numbers(attribute(node, "perm"))
    if perm is None:
        return first.value.shape is not None and len(first.value.shape) <= 1
    return perm == list(range(len(perm)))


def _is_inference(node: Node, reads: tuple[Tensor | None, ...], opset: int) -> bool:
    if attribute(node, "is_test"):
        return attribute(node, "is_test") == "1"
    mode = reads[2] if len(reads) > 2 else None
    return opset >= FIRST_UNSET_DROPOUT and (mode is None or mode.value.preview == "False")


def _pads_nothing(node: Node, reads: tuple[Tensor | None, ...]) -> bool:
    if len(reads) > 1 and reads[1] is not None:
        return _all(reads[1], 0)
    pads = _numbers(attribute(node, "pads"))
    return pads is not None and not any(pads)


def _unit(op: str, reads: tuple[Tensor | None, ...], made: Tensor, exact: Exact) -> str | None:
    """One of both is all ones or zeros, and broadcasting does not widen the other."""
    for slot in (1, 0) if op in _COMMUTING else (1,):
        unit, other = reads[slot], reads[1 - slot]
        if unit is None or other is None or not unit.value.is_constant:
            continue
        if same_shape(other.value, made.value) and exact.is_all(unit, _UNITS[op]):
            return f"{op} of {_UNITS[op]}"
    return None


def _is_point(node: Node) -> bool:
    kernel, strides = _numbers(attribute(node, "kernel_shape")), _numbers(attribute(node, "strides"))
    pads = _numbers(attribute(node, "pads"))
    return bool(kernel) and set(kernel or ()) == {1} and set(strides or [1]) == {1} and not any(pads or ())


def _all(tensor: Tensor | None, number: int) -> bool:
    elements = tensor.elements if tensor is not None else None
    return elements is not None and all(element.number == number for element in elements)


def _numbers(text: str) -> list[int] | None:
    match = re.fullmatch(r"\[(-?\d+(?:, -?\d+)*)?\]", text)
    if match is None:
        return None
    return [int(part) for part in match[1].split(", ")] if match[1] else []
