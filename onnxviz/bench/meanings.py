"""What an input's numbers mean, where the graph tells cheaply: indices, sizes, axes, lengths.

A random number is fine for a picture, but a random index reads past a table, a random size asks for
a terabyte, and an integer division by zero kills the process. So the graph is followed from each
input, through operators that pass values on, to the operators that give them a meaning; each rule below
is that operator's page (https://onnx.ai/onnx/operators/).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from onnxviz.model import Dim

if TYPE_CHECKING:
    import onnx

Shapes = dict[str, tuple[Dim, ...]]


@dataclass(frozen=True, slots=True)
class Meaning:
    """How to fill an input.

    `uniform`: between `low` and `high`, both included; where `size` is set, `high` is that dimension
    less 1. `count`: 0, 1, 2, …. `rest`: -1, then ones (a Reshape that always fits). `whole`: `size`
    first, then zeros (a Split that always adds up).
    """

    pattern: Literal["uniform", "count", "rest", "whole"] = "uniform"
    low: float = 0
    high: float = 1
    size: Dim = None


Rule = Callable[["onnx.NodeProto", Shapes], Meaning | None]


def exactly(value: float) -> Rule:
    """Always `value`."""
    return lambda node, shapes: Meaning(low=value, high=value)


def between(low: float, high: float) -> Rule:
    """Between two numbers, both included."""
    return lambda node, shapes: Meaning(low=low, high=high)


def pattern(kind: Literal["count", "rest"]) -> Rule:
    """One of the patterns that need no size."""
    return lambda node, shapes: Meaning(kind)


def row(data: int, attribute: str | None = "axis", axis: int = 0) -> Rule:
    """An index into input `data` along the axis that the attribute names."""

    def rule(node: onnx.NodeProto, shapes: Shapes) -> Meaning | None:
        size = _dim(node, shapes, data, _int(node, attribute, axis))
        return Meaning(size=size) if size is not None else None

    return rule


def length(data: int, attribute: str | None = None, axis: int = 0) -> Rule:
    """The full length of input `data` along an axis, for each item."""

    def rule(node: onnx.NodeProto, shapes: Shapes) -> Meaning | None:
        size = _dim(node, shapes, data, _int(node, attribute, axis))
        return Meaning(low=size, high=size) if isinstance(size, int) else Meaning(low=1, high=1)

    return rule


def parts(node: onnx.NodeProto, shapes: Shapes) -> Meaning | None:
    """Sizes of parts that add up to input 0 along the axis."""
    size = _dim(node, shapes, 0, _int(node, "axis", 0))
    return Meaning("whole", size=size) if size is not None else None


_REDUCTIONS = (
    "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin",
    "ReduceProd", "ReduceSum", "ReduceSumSquare",
)  # fmt: skip

RULES: dict[tuple[str, int], Rule] = {
    ("Gather", 1): row(0), ("GatherElements", 1): row(0), ("GatherND", 1): exactly(0),
    ("ScatterElements", 1): row(0), ("Scatter", 1): row(0), ("ScatterND", 1): exactly(0),
    ("EmbedLayerNormalization", 0): row(2, None), ("EmbedLayerNormalization", 1): row(4, None),
    ("OneHot", 0): between(0, 3), ("OneHot", 1): exactly(4), ("SequenceAt", 1): exactly(0),
    ("NegativeLogLikelihoodLoss", 1): row(0, None, 1), ("SoftmaxCrossEntropyLoss", 1): row(0, None, 1),
    ("MaxUnpool", 1): exactly(0), ("RoiAlign", 2): exactly(0), ("Compress", 1): exactly(1),
    ("Reshape", 1): pattern("rest"), ("Expand", 1): exactly(1), ("Tile", 1): exactly(1),
    ("ConstantOfShape", 0): exactly(1), ("CenterCropPad", 1): exactly(1), ("Pad", 1): exactly(0),
    ("Slice", 1): exactly(0), ("Slice", 2): exactly(2**31 - 1), ("Slice", 4): exactly(1),
    ("Split", 1): parts, ("SplitToSequence", 1): parts,
    ("Resize", 1): exactly(0), ("Resize", 2): exactly(1), ("Resize", 3): exactly(1),
    ("Upsample", 1): exactly(1),
    ("Range", 0): exactly(0), ("Range", 1): exactly(8), ("Range", 2): exactly(1),
    ("TopK", 1): exactly(1), ("CumSum", 1): exactly(0), ("Trilu", 1): exactly(0),
    ("Loop", 0): exactly(2), ("Loop", 1): exactly(1), ("NonMaxSuppression", 2): exactly(10),
    ("Dropout", 1): between(0, 0.5), ("Dropout", 2): exactly(0),
    ("Div", 1): between(1, 9), ("Mod", 1): between(1, 9), ("BitShift", 1): between(0, 3),
    ("Pow", 1): between(0, 3),
    ("BatchNormalization", 4): between(0.5, 1.5),
    ("QuantizeLinear", 1): between(0.5, 1), ("DequantizeLinear", 1): between(0.5, 1),
    ("RNN", 4): length(0), ("GRU", 4): length(0), ("LSTM", 4): length(0),
    ("ReverseSequence", 1): length(0, "time_axis"),
    ("Slice", 3): pattern("count"), ("Pad", 3): pattern("count"),
    ("Squeeze", 1): pattern("count"), ("Unsqueeze", 1): pattern("count"),
    **{(op, 1): pattern("count") for op in _REDUCTIONS},
}  # fmt: skip
"""(operator, index of its input) -> the meaning of that input."""

CARRIERS = frozenset(
    ("Identity", "Cast", "Reshape", "Squeeze", "Unsqueeze", "Transpose", "Flatten", "Expand", "Slice",
     "Concat", "Split", "Tile")
)  # fmt: skip
"""Operators whose outputs hold values of their inputs, none of them changed."""

ARITHMETIC = frozenset(
    ("Add", "Sub", "Mul", "Neg", "Abs", "Min", "Max", "Where", "Clip", "Sum", "ReduceSum", "ReduceMax",
     "CumSum")
)  # fmt: skip
"""Operators after which a bound is only likely: small values are the safest guess."""


def meanings(graph: onnx.GraphProto, names: Iterable[str]) -> dict[str, Meaning]:
    """What the inputs called `names` mean; those that nothing is known of are left out."""
    readers: dict[str, list[tuple[onnx.NodeProto, int]]] = {}
    for node in _nodes(graph):
        for index, name in enumerate(node.input):
            readers.setdefault(name, []).append((node, index))
    shapes = _shapes(graph)
    found = {name: narrowest(_read(name, readers, shapes)) for name in names}
    return {name: meaning for name, meaning in found.items() if meaning is not None}


def _read(
    name: str, readers: dict[str, list[tuple[onnx.NodeProto, int]]], shapes: Shapes
) -> Iterator[Meaning]:
    """The meanings that one value gets along every way on."""
    waiting, seen = [(name, True)], {(name, True)}
    while waiting:
        value, is_exact = waiting.pop()
        for node, index in readers.get(value, ()):
            rule = RULES.get((node.op_type, index))
            meaning = rule(node, shapes) if rule else None
            if meaning is not None:
                yield meaning if is_exact else Meaning(low=meaning.low, high=max(meaning.low, 1))
            if meaning is None and node.op_type in CARRIERS | ARITHMETIC:
                following = [(out, is_exact and node.op_type in CARRIERS) for out in node.output if out]
                waiting.extend(item for item in following if item not in seen)
                seen.update(following)


def narrowest(all_of_it: Iterable[Meaning]) -> Meaning | None:
    """One meaning that suits every reader: a pattern if there is one, else the smallest range."""
    found = list(all_of_it)
    if not found:
        return None
    for meaning in found:
        if meaning.pattern != "uniform":
            return meaning
    low = max(meaning.low for meaning in found)
    sized = [meaning.size for meaning in found if meaning.size is not None]
    highs = [meaning.high for meaning in found if meaning.size is None]
    numbers = [size for size in sized if isinstance(size, int)]
    highs.extend(max(size - 1, 0) for size in numbers)
    if not highs:
        return Meaning(low=low, size=sized[0])
    return Meaning(low=low, high=max(low, min(highs)))


def _nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """Every node, those of bodies included: a body reads outer values by name, and may not hide one."""
    waiting = [graph]
    while waiting:
        for node in waiting.pop().node:
            yield node
            for attribute in node.attribute:
                waiting.extend([attribute.g] if attribute.HasField("g") else [])
                waiting.extend(attribute.graphs)


def _shapes(graph: onnx.GraphProto) -> Shapes:
    shapes: Shapes = {
        value.name: dims_of(value.type.tensor_type)
        for value in (*graph.value_info, *graph.output, *graph.input)
        if value.type.HasField("tensor_type") and value.type.tensor_type.HasField("shape")
    }
    shapes.update((tensor.name, tuple(tensor.dims)) for tensor in graph.initializer)
    for node in graph.node:
        for attribute in node.attribute:
            if node.op_type == "Constant" and attribute.HasField("t") and node.output:
                shapes[node.output[0]] = tuple(attribute.t.dims)
    return shapes


def dims_of(tensor: onnx.TypeProto.Tensor) -> tuple[Dim, ...]:
    """The dimensions of a tensor type that has a shape; a negative size counts as unknown."""
    return tuple(
        d.dim_value if d.HasField("dim_value") and d.dim_value >= 0 else (d.dim_param or None)
        for d in tensor.shape.dim
    )


def _int(node: onnx.NodeProto, name: str | None, default: int) -> int:
    return next((int(a.i) for a in node.attribute if a.name == name), default)


def _dim(node: onnx.NodeProto, shapes: Shapes, data: int, axis: int) -> Dim:
    """The size of a node's input `data` along `axis`; None when it is not known."""
    shape = shapes.get(node.input[data]) if data < len(node.input) else None
    return shape[axis] if shape is not None and -len(shape) <= axis < len(shape) else None
