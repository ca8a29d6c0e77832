"""Models written differently: every tensor and node renamed at random, nodes in another order."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence

import onnx
from onnx import GraphProto, ModelProto, NodeProto


def rewritten(model: ModelProto, seed: int) -> tuple[ModelProto, dict[str, str]]:
    """The same function in other words, and the new name of each name of the main graph.

    Inputs and outputs of graphs and functions keep their positions, as these are part of what they mean.
    """
    copy = ModelProto()
    copy.CopyFrom(model)
    names = _Names(random.Random(seed))
    renamed = names.graph(copy.graph, {})
    for function in copy.functions:
        names.function(function)
    return copy, renamed


def bodies(node: NodeProto) -> Iterator[GraphProto]:
    """The subgraphs of a node, in attribute order."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def reads(node: NodeProto) -> set[str]:
    """What a node and its bodies read of the graph around it."""
    found = set(filter(None, node.input))
    for body in bodies(node):
        own = {info.name for info in body.input} | {one.name for one in body.initializer}
        own |= {name for inner in body.node for name in inner.output}
        inside = {name for inner in body.node for name in reads(inner)} | {o.name for o in body.output}
        found |= inside - own
    return found


class _Names:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.count = 0

    def _fresh(self) -> str:
        self.count += 1
        return f"{self.rng.randrange(16**8):08x}_{self.count}"

    def graph(self, graph: GraphProto, outer: Mapping[str, str]) -> dict[str, str]:
        """Rename in place; returns the names that hold here."""
        own = [info.name for info in graph.input]
        own += [one.name for one in graph.initializer]
        own += [one.values.name for one in graph.sparse_initializer]
        names = dict(outer) | {name: self._fresh() for name in own}
        names |= self._made(graph.node)
        graph.name = self._fresh()
        for tensor in graph.initializer:
            tensor.name = names[tensor.name]
        for sparse in graph.sparse_initializer:
            sparse.values.name = names[sparse.values.name]
        for info in (*graph.input, *graph.output, *graph.value_info):
            info.name = names.get(info.name, info.name)
        self._nodes(graph.node, names)
        self._shuffle(graph.node)
        self._shuffle_any(graph.initializer)
        return names

    def function(self, function: onnx.FunctionProto) -> None:
        """Rename in place, the formal parameters too."""
        names = {name: self._fresh() for name in function.input}
        names |= self._made(function.node)
        for parameters in (function.input, function.output):
            parameters[:] = [names.get(name, name) for name in parameters]
        for info in function.value_info:
            info.name = names.get(info.name, info.name)
        self._nodes(function.node, names)
        self._shuffle(function.node)

    def _made(self, nodes: Iterable[NodeProto]) -> dict[str, str]:
        return {name: self._fresh() for node in nodes for name in node.output if name}

    def _nodes(self, nodes: Sequence[NodeProto], names: Mapping[str, str]) -> None:
        for node in nodes:
            node.name = self._fresh()
            node.input[:] = [names.get(name, name) for name in node.input]
            node.output[:] = [names.get(name, name) for name in node.output]
            for body in bodies(node):
                self.graph(body, names)

    def _shuffle(self, nodes: Sequence[NodeProto]) -> None:
        """Any topological order; needs unique names, as after renaming."""
        copies = []
        for node in nodes:
            copy = NodeProto()
            copy.CopyFrom(node)
            copies.append(copy)
        makers = {name: at for at, node in enumerate(copies) for name in node.output if name}
        missing = [{makers[name] for name in reads(node) if name in makers} for node in copies]
        readers: list[list[int]] = [[] for _ in copies]
        for at, found in enumerate(missing):
            for maker in found:
                readers[maker].append(at)
        counts = list(map(len, missing))
        ready = [at for at, count in enumerate(counts) if not count]
        order = []
        while ready:
            place = self.rng.randrange(len(ready))
            ready[place], ready[-1] = ready[-1], ready[place]
            at = ready.pop()
            order.append(copies[at])
            for reader in readers[at]:
                counts[reader] -= 1
                if not counts[reader]:
                    ready.append(reader)
        assert len(order) == len(copies)
        del nodes[:]  # type: ignore[attr-defined]
        nodes.extend(order)  # type: ignore[attr-defined]

    def _shuffle_any(self, messages: Sequence[onnx.TensorProto]) -> None:
        copies = []
        for message in messages:
            copy = onnx.TensorProto()
            copy.CopyFrom(message)
            copies.append(copy)
        self.rng.shuffle(copies)
        del messages[:]  # type: ignore[attr-defined]
        messages.extend(copies)  # type: ignore[attr-defined]
