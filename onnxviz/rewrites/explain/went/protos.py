"""A piece of a model, cut out so that it computes some tensors and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from onnxviz.diff.table import MAIN, NONE, Table, crossings
from onnxviz.errors import RewriteFailed
from onnxviz.reading.graphs import bodies_of
from onnxviz.reading.tensors import text_of

if TYPE_CHECKING:
    import onnx


class Cutter:
    """Cuts pieces out of one model, whose `table` numbers its nodes and tensors."""

    def __init__(self, proto: onnx.ModelProto, table: Table) -> None:
        self.proto = proto
        self._table = table
        self._nodes: list[onnx.NodeProto] = []
        self._weights: dict[tuple[int, str], onnx.TensorProto] = {}
        self._sparse: dict[str, onnx.SparseTensorProto] = {}
        self._graphs = 0
        self._walk(proto.graph)
        self._inputs = {text_of(one.name): one for one in proto.graph.input}

    def name(self, tensor: int) -> str:
        """What a tensor is called in a piece: by its name, unless that may mean another one there."""
        name = self._table.names[tensor]
        return name if self._table.tensor_homes[tensor] == MAIN else f"{name}@{tensor}"

    def constant(self, tensor: int) -> onnx.TensorProto | None:
        """The initializer that a tensor is, or None."""
        return self._weights.get((self._table.tensor_homes[tensor], self._table.names[tensor]))

    def is_given(self, tensor: int) -> bool:
        """Whether it is an input of the model."""
        table = self._table
        is_main = table.tensor_homes[tensor] == MAIN and table.makers[tensor] == NONE
        return is_main and table.names[tensor] in self._inputs and self.constant(tensor) is None

    def node(self, node: int) -> onnx.NodeProto:
        """A node as the file has it."""
        return self._nodes[node]

    def needs(self, tensors: Iterable[int]) -> tuple[list[int], set[int]] | None:
        """(nodes in order, tensors that none of them makes) for `tensors`; None where they cannot be had."""
        table = self._table
        nodes: set[int] = set()
        leaves: set[int] = set()
        waiting = list(tensors)
        while waiting:
            tensor = waiting.pop()
            maker = table.makers[tensor]
            if maker == NONE:
                known = self.constant(tensor) is not None or table.names[tensor] in self._sparse
                if not known and not self.is_given(tensor):
                    # A body's input, or a name that nothing makes.
                    return None
                leaves.add(tensor)
            elif maker not in nodes:
                if table.bodies[maker] and table.home_of[maker] != MAIN:
                    return None
                nodes.add(maker)
                waiting.extend(source for source in table.sources[maker] if source != NONE)
                inner = crossings(table).get(maker, ()) if table.bodies[maker] else ()
                waiting.extend(source for _, _, source in inner if table.tensor_homes[source] == MAIN)
        places = {node: place for place, node in enumerate(table.order)}
        return sorted(nodes, key=places.__getitem__), leaves

    def piece(self, tensors: list[int]) -> onnx.ModelProto:
        """A model that computes `tensors`, in this order. Raises RewriteFailed where none can."""
        found = self.needs(tensors)
        if found is None:
            raise RewriteFailed("A tensor in a body", "is computed from what differs from turn to turn")
        nodes, leaves = found
        piece = type(self.proto)()
        piece.ir_version = self.proto.ir_version
        piece.opset_import.extend(self.proto.opset_import)
        piece.functions.extend(self.proto.functions)
        graph = piece.graph
        graph.name = "piece"
        for node in nodes:
            self._add(graph, node)
        for leaf in sorted(leaves):
            self._add_leaf(graph, leaf)
        for tensor in tensors:
            graph.output.add().name = self.name(tensor)
        return piece

    def _add(self, graph: onnx.GraphProto, node: int) -> None:
        copy = graph.node.add()
        copy.CopyFrom(self._nodes[node])
        del copy.metadata_props[:]
        if self._table.home_of[node] == MAIN:
            return
        for names, tensors in (
            (copy.input, self._table.sources[node]),
            (copy.output, self._table.made[node]),
        ):
            for slot, tensor in enumerate(tensors):
                if tensor != NONE:
                    names[slot] = self.name(tensor)

    def _add_leaf(self, graph: onnx.GraphProto, tensor: int) -> None:
        weight, name = self.constant(tensor), self._table.names[tensor]
        if weight is not None:
            copy = graph.initializer.add()
            copy.CopyFrom(weight)
            copy.name = self.name(tensor)
            if self.proto.ir_version >= 4:
                return
            value = graph.input.add()
            value.name = copy.name
            value.type.tensor_type.elem_type = weight.data_type
            for size in weight.dims:
                value.type.tensor_type.shape.dim.add().dim_value = size
        elif name in self._sparse:
            graph.sparse_initializer.add().CopyFrom(self._sparse[name])
        else:
            graph.input.add().CopyFrom(self._inputs[name])

    def _walk(self, graph: onnx.GraphProto) -> None:
        """Number nodes and graphs as `diff.table.tabulate` does: a node, then its bodies."""
        home, self._graphs = self._graphs, self._graphs + 1
        for tensor in graph.initializer:
            self._weights[home, text_of(tensor.name)] = tensor
        if home == MAIN:
            self._sparse = {text_of(one.values.name): one for one in graph.sparse_initializer}
        for node in graph.node:
            self._nodes.append(node)
            for _, _, body in bodies_of(node):
                self._walk(body)
