"""May shape inference propagate data? It makes an object for each element of every list computed with.

For shapes and axes that is what finds the target of a `Reshape`. For a list of 100,000,000 numbers, which a
file of 100 bytes can claim, it took over 6 GB and a minute (onnx 1.23.2).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from onnxviz.reading.graphs import bodies_of

if TYPE_CHECKING:
    import onnx

LONGEST = 100_000
"""Elements of a list; nobody computes shapes with one that long."""


def may_propagate(graph: onnx.GraphProto) -> bool:
    """Whether no list that the graph declares, in its bodies too, is too long."""
    return all(len(dims) != 1 or dims[0] <= LONGEST for dims in _shapes(graph))


def may_become_long(graph: onnx.GraphProto) -> bool:
    """Whether an input could be made a list that is too long, by a `Flatten` or `Reshape`."""
    weights = {tensor.name for tensor in graph.initializer}
    return any(math.prod(_dims(each)) > LONGEST for each in graph.input if each.name not in weights)


def _shapes(graph: onnx.GraphProto) -> Iterator[tuple[int, ...]]:
    graphs = [graph]
    while graphs:
        graph = graphs.pop()
        for info in (*graph.input, *graph.output, *graph.value_info):
            yield _dims(info)
        for tensor in graph.initializer:
            yield tuple(tensor.dims)
        for node in graph.node:
            graphs.extend(body for _, _, body in bodies_of(node))


def _dims(info: onnx.ValueInfoProto) -> tuple[int, ...]:
    """Sizes, 1 for one that is not known."""
    return tuple(dim.dim_value or 1 for dim in info.type.tensor_type.shape.dim)
