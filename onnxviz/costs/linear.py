"""Convolutions and products of matrices: sums of products, 2 operations for each term.

A sum of K products is K multiplications and K - 1 additions, and with a bias K additions: 2 · K stands for
both, so that a bias costs nothing more. Factors such as `alpha` of Gemm, and the scales and zero points of
quantized products, are lower orders and left out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from onnxviz.costs.call import Call
from onnxviz.costs.dims import Shape
from onnxviz.costs.rules import Count, Rule, each
from onnxviz.costs.types import Unknown


def conv(weight: int = 1) -> Count:
    """A convolution whose weight (M, C/g, k…) is the input at `weight`."""

    def count(call: Call) -> int:
        return 2 * call.out() * math.prod(call.shape(weight)[1:])

    return count


def product(a: int = 0, b: int = 1) -> Count:
    """`A @ B` as numpy has it: broadcast over the leading axes; inputs at `a` and `b`."""

    def count(call: Call) -> int:
        left, right = call.shape(a), call.shape(b)
        if not left or not right:
            raise Unknown("a scalar has no matrix product")
        return 2 * _product_out(left, right) * left[-1]

    return count


def _product_out(left: Shape, right: Shape) -> int:
    """Elements of the output, from the inputs: a shape that was inferred for Y may be missing."""
    rows = left[-2] if len(left) > 1 else 1
    columns = right[-1] if len(right) > 1 else 1
    return math.prod(broadcast(left[:-2], right[:-2])) * rows * columns


def broadcast(*shapes: Shape) -> Shape:
    """The shape that all broadcast to (https://onnx.ai/onnx/repo-docs/Broadcasting.html)."""
    rank = max(map(len, shapes), default=0)
    padded = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    return tuple(next((s for s in sizes if s != 1), 1) for sizes in zip(*padded, strict=True))


def gemm(a: int = 0, b: int = 1) -> Count:
    """`A' · B'` for two matrices, each transposed where `transA`, `transB` say so."""

    def count(call: Call) -> int:
        left, right = call.shape(a), call.shape(b)
        if len(left) != 2 or len(right) != 2:
            raise Unknown("A and B are no matrices")
        n = right[0] if call.whole("transB", 0) else right[1]
        return 2 * math.prod(left) * n

    return count


def _transposed(call: Call) -> int:
    return 2 * call.count(0) * math.prod(call.shape(1)[1:])


def _deformed(call: Call) -> int:
    """The convolution, and a linear interpolation of 2^r neighbours for each value that it reads."""
    image, weight, out = call.shape(0), call.shape(1), call.out_shape()
    if len(image) < 3 or len(out) != len(image):
        raise Unknown("X and Y are no images")
    read = math.prod(image[:2]) * math.prod(weight[2:]) * math.prod(out[2:])
    mask = 1 if call.has(4) else 0
    return 2 * call.out() * math.prod(weight[1:]) + read * (2 * int(2 ** (len(image) - 2)) + mask)


def _causal(call: Call) -> int:
    activated = call.word("activation") not in ("", "none")
    return call.same() * (2 * call.axis(call.shape(1), -1) + int(activated))


def _folded(call: Call) -> int:
    return call.count(0)


_TERM = re.compile(r"[A-Za-z]*(\.\.\.)?[A-Za-z]*")


def _einsum(call: Call) -> int:
    left, arrow, right = call.word("equation").replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(call.node.inputs) or not all(_TERM.fullmatch(t) for t in (*terms, right)):
        raise Unknown("its equation is not understood")
    sizes = _indices(terms, [call.shape(slot) for slot in range(len(terms))])
    if not arrow:
        right = "..." + "".join(i for i in sizes if i.isalpha() and left.count(i) == 1)
    summed = any(i not in right for i in sizes if i.isalpha())
    return math.prod(sizes.values()) * (len(terms) - 1 + summed)


def _indices(terms: Sequence[str], shapes: Sequence[Shape]) -> dict[str, int]:
    """Index -> size; the axes of an ellipsis are `.0`, `.1`, … counted from the back."""
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        head, dots, tail = term.partition("...")
        hidden = len(shape) - len(head) - len(tail)
        if hidden < 0 or (hidden and not dots):
            raise Unknown("its equation does not fit the ranks of its inputs")
        names = (*head, *(f".{hidden - 1 - place}" for place in range(hidden)), *tail)
        for name, size in zip(names, shape, strict=True):
            if sizes.get(name, 1) == 1:
                sizes[name] = size
    return sizes


CONV = Rule(conv(), "2 · N · M · outH · outW · C/g · kH · kW")
CONV_TEXT_Q = "2 · N · M · outH · outW · C/g · kH · kW, on integers"
MATMUL = Rule(product(), "2 · batch · M · N · K")

RULES: dict[str, Rule] = {
    **each("Conv ConvInteger", CONV),
    "QLinearConv": Rule(conv(3), CONV_TEXT_Q),
    "ConvTranspose": Rule(_transposed, "2 · N · C · inH · inW · M/g · kH · kW"),
    "DeformConv": Rule(
        _deformed,
        "2 · N · M · outH · outW · C/g · kH · kW + N · C · kH · kW · outH · outW · (2 · 2^r + mask), "
        "r axes of linear interpolation",
        "https://arxiv.org/abs/1811.11168",
    ),
    "CausalConvWithState": Rule(_causal, "elements(Y) · (2 · k + activation)"),
    "Col2Im": Rule(_folded, "elements(X): overlapping blocks are added"),
    **each("MatMul MatMulInteger", MATMUL),
    "QLinearMatMul": Rule(product(0, 3), "2 · batch · M · N · K, on integers"),
    "Gemm": Rule(gemm(), "2 · M · N · K"),
    "Einsum": Rule(
        _einsum,
        "product of all indices · (inputs - 1 + 1 if an index is summed), as one loop over all of them",
        "https://numpy.org/doc/stable/reference/generated/numpy.einsum.html",
    ),
}
