"""Bytes that a node puts out, and elements of the constants that it reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from onnxviz.costs.dims import Shape, Sizes
from onnxviz.costs.types import Cost, Unknown
from onnxviz.costs.walk import Values
from onnxviz.model import Node, Value
from onnxviz.reading.tensors import BITS
from onnxviz.scene.text import shorten

PROTO = "https://github.com/onnx/onnx/blob/v1.23.2/onnx/onnx.proto"
IR = "https://onnx.ai/onnx/repo-docs/IR.html"


def output_bytes(
    node: Node,
    values: Mapping[str, Value],
    *,
    dims: Mapping[str, int] | None = None,
    assume: int | None = None,
) -> Cost:
    """Bytes of all outputs of `node`, each once, whatever a runtime reuses. Arguments as for `flops_of`."""
    sizes = Sizes(dims, assume)
    text = "elements · bits / 8, summed over the outputs"
    try:
        amount = own_bytes(node, values, sizes)
    except Unknown as e:
        return Cost(None, text, PROTO, str(e))
    seen = tuple((name, sizes.shape(values[name])[0]) for name in node.outputs if name)
    return Cost(amount, text, PROTO, "", seen, tuple(sizes.assumed))


def own_bytes(node: Node, values: Values, sizes: Sizes) -> int:
    """As `output_bytes`, without derivation. Raises `Unknown`."""
    total = 0
    for name in node.outputs:
        if not name:
            continue
        value = values.get(name)
        if value is None:
            raise Unknown(f"the type of {shorten(name, 60)} is not known")
        bits = BITS.get(value.dtype or "")
        if bits is None:
            raise Unknown(_no_width(value))
        total += -(-sizes.shape(value)[1] * bits // 8)
    return total


def _no_width(value: Value) -> str:
    name = shorten(value.name, 60)
    if value.dtype is None:
        return f"the type of {name} is not known"
    return f"{name} is of type {shorten(value.dtype, 60)}, which has no fixed size"


def parameters_of(node: Node, values: Mapping[str, Value]) -> Cost:
    """Elements of all constants that `node` reads: initializers and outputs of `Constant` nodes.

    A constant that it reads twice counts once; one that others read too counts here as well.
    """
    text = "elements of its constant inputs, each once"
    sizes = Sizes()
    try:
        found = [(value.name, *sizes.shape(value)) for value in constants_of(node, values)]
    except Unknown as e:
        return Cost(None, text, IR, str(e))
    seen: tuple[tuple[str, Shape], ...] = tuple((name, shape) for name, shape, _ in found)
    return Cost(sum(count for _, _, count in found), text, IR, "", seen)


def constants_of(node: Node, values: Values) -> Iterator[Value]:
    """The constants among the inputs of `node`, each once."""
    for name in dict.fromkeys(node.inputs):
        value = values.get(name) if name else None
        if value is not None and value.is_constant:
            yield value
