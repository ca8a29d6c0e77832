"""How much rounding may move each tensor of a model: a tolerance that says why it is what it is.

Two computations of one function differ by their rounding errors. A sum of n terms, or a chain of n
operations, is off by at most about n u relative to the size of its terms, u being the unit roundoff (Higham,
Accuracy and Stability of Numerical Algorithms, 2nd ed., SIAM 2002, sections 2.2 and 3.1), and since the
errors have either sign, by λ √n u but for a probability of 2 n exp(-λ²/2) (Higham and Mary, "A new approach
to probabilistic rounding error analysis", SIAM J. Sci. Comput. 41(5), 2019, theorem 2.4). Along a path of
operators the variances n u² add up, so the tolerance of a tensor is 2 λ √(Σ n u²) over the longest path that
leads to it: twice, since both models round.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from onnxviz.bench.dims import Sizes
from onnxviz.bench.meanings import dims_of
from onnxviz.model import Dim
from onnxviz.rewrites.types import Tolerance

if TYPE_CHECKING:
    import onnx

Shape = tuple[int, ...] | None

LAMBDA = 4.0
"""With λ = 4 one operation in 1,500 (2 exp(-8)) leaves its bound; a path's sum does so far more rarely."""

SINGLE = 2.0**-24
"""Unit roundoff of float32 (IEEE 754-2019, binary32). ONNX Runtime's CPU kernels of narrower types sum in
float32 and round once at the end, so there a sum counts as one operation."""

UNITS = {
    1: SINGLE,
    10: 2.0**-11,
    11: 2.0**-53,
    16: 2.0**-8,
    17: 2.0**-4,
    18: 2.0**-4,
    19: 2.0**-3,
    20: 2.0**-3,
}
"""TensorProto.DataType -> unit roundoff 2^-p: FLOAT, FLOAT16, DOUBLE, BFLOAT16, FLOAT8E4M3FN and
-FNUZ, FLOAT8E5M2 and -FNUZ (https://onnx.ai/onnx/technical/float8.html)."""

UNKNOWN_TERMS = 64
"""Terms of a sum whose length the model does not tell."""

TRIPS = 16
"""Rounds that a loop is taken to make."""

_LAST_AXIS = frozenset(
    ("Softmax", "LogSoftmax", "LayerNormalization", "RMSNormalization", "CumSum", "Hardmax")
)
_PLANES = frozenset(("GlobalAveragePool", "InstanceNormalization", "GroupNormalization", "GlobalLpPool"))
_PRODUCTS = frozenset(("MatMul", "FusedMatMul", "Gemm", "FusedGemm"))
_RECURRENT = frozenset(("LSTM", "GRU", "RNN"))
_OTHER_SUMS = frozenset(("Einsum", "Attention", "AveragePool"))


@dataclass(frozen=True, slots=True)
class Depth:
    """The longest path to a tensor: `operators` on it, `roundings` in them, the `variance` that they add."""

    operators: int = 0
    roundings: int = 0
    variance: float = 0.0
    coarsest: float = SINGLE
    """The largest unit roundoff on the way."""

    def then(self, terms: int, unit: float) -> Depth:
        """After one more operator, which sums `terms` terms in a type of this unit roundoff (0: no reals)."""
        count = 0 if unit == 0 else terms if unit <= SINGLE else 1
        return Depth(
            self.operators + 1,
            self.roundings + count,
            self.variance + count * unit * unit,
            max(self.coarsest, unit) if self.roundings else unit or self.coarsest,
        )

    @property
    def tolerance(self) -> Tolerance:
        """What the path allows, and the sentence that says so."""
        variance = self.variance or SINGLE * SINGLE
        rtol = 2 * LAMBDA * math.sqrt(variance)
        return Tolerance(
            rtol,
            f"The longest path to it has {self.operators:,} operator{'s' if self.operators != 1 else ''} and "
            f"rounds {max(self.roundings, 1):,} times, each time by up to {self.coarsest:.2g} of the value; "
            f"such errors grow with the square root of their number: 8 × √(sum of squares) = {rtol:.2g}.",
        )


class Depths:
    """The depth of every tensor of one model's main graph, as far as shape inference tells."""

    def __init__(self, model: onnx.ModelProto, dims: Mapping[str, int] | None = None) -> None:
        self._sizes = Sizes(dims)
        self._functions = {(f.domain, f.name): f for f in model.functions}
        self._called: dict[tuple[str, str], Depth] = {}
        graph = _inferred(model)
        self._types = {value.name: value.type.tensor_type for value in _values(graph)}
        self._weights = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
        self._depths: dict[str, Depth] = {}
        self._walk(graph.node, self._depths)

    def of(self, name: str) -> Depth:
        """The depth of a tensor; that of a weight or an input is zero."""
        return self._depths.get(name, Depth())

    def nbytes(self, name: str) -> int:
        """About how large the tensor is; 0 where that is not known."""
        shape = self._shape(name)
        return 4 * math.prod(shape) if shape is not None else 0

    def _walk(self, nodes: Iterable[onnx.NodeProto], depths: dict[str, Depth]) -> Depth:
        """Fill `depths`; returns the greatest of these nodes."""
        deepest = Depth()
        for node in nodes:
            known = (depths.get(name, Depth()) for name in node.input)
            start = max(known, key=lambda depth: depth.variance, default=Depth())
            inner = self._inside(node)
            for name in node.output:
                unit = UNITS.get(self._types[name].elem_type, 0.0) if name in self._types else SINGLE
                here = start.then(self._terms(node), unit) if inner is None else _joined(start, inner)
                depths[name] = here
                deepest = max(deepest, here, key=lambda depth: depth.variance)
        return deepest

    def _inside(self, node: onnx.NodeProto) -> Depth | None:
        """The depth of a node's bodies or of the function that it calls; None where it has neither."""
        key = (node.domain, node.op_type)
        if key in self._functions:
            if key not in self._called:
                # Known before it is walked, so that a function that calls itself comes to an end.
                self._called[key] = Depth()
                self._called[key] = self._walk(self._functions[key].node, {})
            return self._called[key]
        bodies = [a.g for a in node.attribute if a.HasField("g")]
        if not bodies:
            return None
        deepest = max((self._walk(body.node, {}) for body in bodies), key=lambda depth: depth.variance)
        rounds = TRIPS if node.op_type in ("Loop", "Scan") else 1
        return Depth(
            deepest.operators * rounds,
            deepest.roundings * rounds,
            deepest.variance * rounds,
            deepest.coarsest,
        )

    def _terms(self, node: onnx.NodeProto) -> int:
        """How many terms the longest sum of this operator has, 1 at least."""
        shapes = [self._shape(name) for name in node.input]
        out = self._shape(node.output[0]) if node.output else None
        return max(1, _terms(node, shapes, out))

    def _shape(self, name: str) -> Shape:
        if name in self._weights:
            return self._weights[name]
        kind = self._types.get(name)
        if kind is None or not kind.HasField("shape"):
            return None
        dims: tuple[Dim, ...] = dims_of(kind)
        return self._sizes.shape(dims)


def _joined(outside: Depth, inside: Depth) -> Depth:
    return Depth(
        outside.operators + inside.operators,
        outside.roundings + inside.roundings,
        outside.variance + inside.variance,
        max(outside.coarsest, inside.coarsest),
    )


def _terms(node: onnx.NodeProto, shapes: list[Shape], out: Shape) -> int:
    first: Shape = shapes[0] if shapes else None
    second: Shape = shapes[1] if len(shapes) > 1 else None
    op = node.op_type
    if op in ("Conv", "FusedConv"):
        return math.prod(second[1:]) if second else UNKNOWN_TERMS
    if op == "ConvTranspose":
        return math.prod(second[2:]) * second[0] if second else UNKNOWN_TERMS
    if op in _PRODUCTS:
        return _inner(node, first, second)
    if op in _LAST_AXIS:
        return first[-1] if first else UNKNOWN_TERMS
    if op in _PLANES:
        return math.prod(first[2:]) if first else UNKNOWN_TERMS
    if op in _RECURRENT:
        # Each time step sums over the input and the state before it.
        return first[0] * (first[-1] + second[-2]) if first and second and len(second) > 1 else UNKNOWN_TERMS
    if op.startswith("Reduce") and first is not None and out is not None:
        return math.prod(first) // max(math.prod(out), 1)
    return UNKNOWN_TERMS if op.startswith("Reduce") or op in _OTHER_SUMS else 1


def _inner(node: onnx.NodeProto, first: Shape, second: Shape) -> int:
    """The length of a matrix product's sums: the last axis of the first matrix, unless it is transposed."""
    turned = any(a.name == "transA" and a.i for a in node.attribute)
    if first:
        return first[0 if turned else -1]
    return second[0] if second else UNKNOWN_TERMS


def _values(graph: onnx.GraphProto) -> Iterable[onnx.ValueInfoProto]:
    values = (*graph.value_info, *graph.output, *graph.input)
    return [value for value in values if value.type.HasField("tensor_type")]


def _inferred(model: onnx.ModelProto) -> onnx.GraphProto:
    from onnxviz.reading.inference import infer, strip

    blank = type(model)()
    blank.CopyFrom(model)
    strip(blank)
    graph, _ = infer(blank)
    return graph if graph is not None else blank.graph
