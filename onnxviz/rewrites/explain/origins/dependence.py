"""What the value and the sizes of a node's outputs depend on, operator by operator.

From the operator pages (https://onnx.ai/onnx/operators/). An operator that is not named here computes from
the values of all its inputs, and the sizes of its outputs follow from those of its inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from onnxviz.model import Node, Value
from onnxviz.rewrites.explain.origins.elements import Element

_FROM_SIZES = frozenset({"Shape", "Size", "EyeLike"})
"""They read sizes and no element."""

_TYPE_ALONE = {"CastLike": 1}
"""Operator -> the input of which it reads the type, and neither an element nor a size
(https://onnx.ai/onnx/operators/onnx__CastLike.html)."""

RANDOM = frozenset(
    {
        "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli",
    }
)  # fmt: skip

_DECIDING = {
    "Reshape": (1,), "Expand": (1,), "ConstantOfShape": (0,), "Range": (0, 1, 2), "Tile": (1, 2),
    "Slice": (1, 2, 3, 4), "Pad": (1, 3), "Resize": (1, 2, 3), "Upsample": (1,), "TopK": (1,), "OneHot": (1,),
    "Unsqueeze": (1,), "Squeeze": (1,), "Split": (1,), "SplitToSequence": (1,), "CenterCropPad": (1,),
    "Compress": (1,), "NonZero": (0,), "Unique": (0,), "NonMaxSuppression": (0, 1, 2, 3, 4),
    "MaxUnpool": (2,), "SequenceAt": (1,), "SequenceErase": (1,), "DFT": (1, 2), "STFT": (1, 3),
    "HannWindow": (0,), "HammingWindow": (0,), "BlackmanWindow": (0,), "MelWeightMatrix": (0, 1),
    "Col2Im": (1, 2), "AffineGrid": (1,), "StringSplit": (0,), "TfIdfVectorizer": (), "ImageDecoder": (0,),
    "ReduceSum": (1,), "ReduceMean": (1,), "ReduceMax": (1,), "ReduceMin": (1,), "ReduceProd": (1,),
    "ReduceL1": (1,), "ReduceL2": (1,), "ReduceLogSum": (1,), "ReduceLogSumExp": (1,),
    "ReduceSumSquare": (1,), "If": (0,), "Loop": (0, 1),
}  # fmt: skip
"""Operator -> inputs whose values, and not only sizes, decide on the sizes of its outputs."""

_STANDARD = ("", "ai.onnx")

_T = TypeVar("_T")


class Known(Protocol):
    """What is read of `origins.Tensor`."""

    value: Value
    causes: int
    axes: tuple[int, ...] | None
    elements: tuple[Element, ...] | None

    @property
    def sizes(self) -> int: ...


def reads_sizes(node: Node) -> bool:
    """Whether its output is made of the sizes of its input."""
    return node.op_type in ("Shape", "Size") and node.domain in _STANDARD


def takes_sizes(node: Node) -> bool:
    """Whether it reads no element of its input, only the sizes."""
    return node.op_type in _FROM_SIZES and node.domain in _STANDARD


def beyond_type(node: Node, reads: Sequence[_T | None]) -> Sequence[_T | None]:
    """What it reads, None in the place of an input of which it reads the type alone."""
    left_out = _TYPE_ALONE.get(node.op_type)
    if left_out is None or node.domain not in _STANDARD:
        return reads
    return [None if slot == left_out else tensor for slot, tensor in enumerate(reads)]


def value_causes(node: Node, reads: Sequence[Known | None]) -> int:
    """Why the values of its outputs are not known."""
    found = 0
    from_sizes = takes_sizes(node)
    for tensor in beyond_type(node, reads):
        if tensor is not None:
            found |= tensor.sizes if from_sizes else tensor.causes
    return found


def size_causes(node: Node, reads: Sequence[Known | None]) -> int:
    """Why the sizes of its outputs are not known, as far as the operator alone tells."""
    found = 0
    deciding = _DECIDING.get(node.op_type, ()) if node.domain in _STANDARD else ()
    for slot, tensor in enumerate(beyond_type(node, reads)):
        if tensor is not None:
            found |= tensor.sizes
            found |= tensor.causes if slot in deciding else 0
    return found


def axis_causes(node: Node, reads: Sequence[Known | None], rank: int) -> tuple[int, ...] | None:
    """The same for each axis of the first output, where the operator tells them apart; 0 for "look up"."""
    if node.domain not in _STANDARD or not reads or reads[0] is None:
        return None
    op = node.op_type
    if op in _TARGETS and len(reads) > _TARGETS[op]:
        return _reshaped(op, reads[0], reads[_TARGETS[op]], rank)
    source = reads[0].axes
    if source is None:
        return None
    if op == "Transpose" and len(source) == rank:
        return tuple(source[axis] for axis in _permutation(node, rank))
    if op in _RECURRENT and len(source) == 3:
        return _recurrent(source, rank)
    if op in _SPATIAL and len(source) == rank:
        return source
    axes = [tensor.axes for tensor in reads if tensor is not None]
    if op in _BROADCAST and all(each is not None for each in axes):
        return _broadcast([each for each in axes if each is not None], rank)
    return None


def _reshaped(op: str, source: Known, target: Known | None, rank: int) -> tuple[int, ...] | None:
    """https://onnx.ai/onnx/operators/onnx__Reshape.html: 0 copies a size, -1 follows from all others."""
    if target is None or target.elements is None or len(target.elements) != rank:
        return None
    found = []
    for axis, element in enumerate(target.elements):
        is_copy = element.number == 0 and op == "Reshape"
        if is_copy and source.axes and axis < len(source.axes):
            found.append(source.axes[axis])
        else:
            found.append(element.mask)
    return tuple(found)


def _permutation(node: Node, rank: int) -> tuple[int, ...]:
    """Without `perm` the axes are reversed: https://onnx.ai/onnx/operators/onnx__Transpose.html."""
    text = next((attribute.text for attribute in node.attributes if attribute.name == "perm"), "")
    perm = tuple(int(part) for part in text.strip("[]").split(",") if part.strip().isdigit())
    return perm if sorted(perm) == list(range(rank)) else tuple(reversed(range(rank)))


def _recurrent(source: tuple[int, ...], rank: int) -> tuple[int, ...] | None:
    """Steps and batch are those of the input: https://onnx.ai/onnx/operators/onnx__LSTM.html (layout 0)."""
    return (source[0], 0, source[1], 0) if rank == 4 else None


def _broadcast(axes: Sequence[tuple[int, ...]], rank: int) -> tuple[int, ...] | None:
    """https://onnx.ai/onnx/repo-docs/Broadcasting.html: axes are aligned from the last one on."""
    if max(map(len, axes)) != rank:
        return None
    found = [0] * rank
    for each in axes:
        for back, mask in enumerate(reversed(each)):
            found[rank - 1 - back] |= mask
    return tuple(found)


_TARGETS = {"Reshape": 1, "ConstantOfShape": 0}
_RECURRENT = frozenset({"LSTM", "GRU", "RNN"})
_SPATIAL = frozenset(
    {
        "Conv", "ConvTranspose", "MaxPool", "AveragePool", "LpPool", "GlobalAveragePool", "GlobalMaxPool",
        "BatchNormalization", "LayerNormalization", "InstanceNormalization", "GroupNormalization", "LRN",
        "Softmax", "LogSoftmax", "Clip", "Dropout",
    }
)  # fmt: skip
"""The size of each axis of the output follows from the same axis of the first input."""

_BROADCAST = frozenset(
    {
        "Add", "Sub", "Mul", "Div", "Pow", "Mod", "Min", "Max", "Sum", "Mean", "And", "Or", "Xor", "Equal",
        "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Where", "PRelu", "Relu", "Neg", "Abs", "Sqrt",
        "Exp", "Log", "Erf", "Tanh", "Sigmoid", "Gelu", "Cast", "Identity", "Not", "Sin", "Cos", "Reciprocal",
        "LeakyRelu", "Elu", "HardSwish", "HardSigmoid", "Mish", "Softplus", "Floor", "Ceil", "Round", "Sign",
    }
)  # fmt: skip


def is_random(node: Node, reads: Sequence[Known]) -> bool:
    """Whether two runs on the same input may differ."""
    if node.domain not in _STANDARD:
        return False
    if node.op_type == "Dropout":
        # https://onnx.ai/onnx/operators/onnx__Dropout.html: training is off where it is not asked for.
        return len(node.inputs) > 2 and bool(node.inputs[2]) and reads[-1].value.preview != "False"
    return node.op_type in RANDOM
