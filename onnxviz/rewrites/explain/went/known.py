"""What is the same in every run of the original, and what it comes from."""

from __future__ import annotations

from dataclasses import replace

from onnxviz.diff.table import NONE
from onnxviz.model import Dim, Graph, Model, Node
from onnxviz.rewrites.explain.origins import origins
from onnxviz.rewrites.explain.origins.causes import From
from onnxviz.rewrites.explain.went.ground import Ground

MOST_WALKED = 500


class Known:
    """Answers by node number of the original."""

    def __init__(self, ground: Ground, sizes: dict[str, int]) -> None:
        self._ground = ground
        model = _sized(ground.before, sizes | _fixed(ground))
        found = origins(model.graph, model.functions)
        self._static = []
        for node in ground.a.nodes:
            causes = {cause.kind for cause in found.causes(node.id)}
            # A size that inference did not find, though it follows from what is known, is the same each time.
            self._static.append(bool(node.outputs) and causes <= {From.UNKNOWN})

    def is_static(self, node: int) -> bool:
        """Whether all that a node makes is the same in every run, by what goes into it."""
        return self._static[node]

    def roots(self, node: int) -> tuple[list[str], list[str]]:
        """(names of constants, names of tensors whose sizes count) from which a static node computes."""
        table = self._ground.a
        constants: dict[str, None] = {}
        sizes: dict[str, None] = {}
        seen, waiting = {node}, [node]
        while waiting and len(seen) < MOST_WALKED:
            for tensor in self._ground.reads(waiting.pop()):
                maker = table.makers[tensor]
                if table.fixed[tensor] != NONE:
                    constants[table.names[tensor]] = None
                elif maker == NONE or not self._static[maker]:
                    value = table.value(tensor)
                    sizes[f"{value.name} {value.type_text}"] = None
                elif maker not in seen:
                    seen.add(maker)
                    waiting.append(maker)
        return list(constants), list(sizes)


def _fixed(ground: Ground) -> dict[str, int]:
    """Symbols that the result has numbers for, where its inputs are those of the original."""
    found: dict[str, int] = {}
    a, b = ground.before.graph, ground.after.graph
    for p, q in ground.inputs:
        # An input without a name has no value.
        mine, its = a.values.get(a.inputs[p]), b.values.get(b.inputs[q])
        if mine is None or its is None:
            continue
        pairs = zip(mine.shape or (), its.shape or (), strict=False)
        found |= {dim: size for dim, size in pairs if isinstance(dim, str) and isinstance(size, int)}
    return found


def _sized(model: Model, sizes: dict[str, int]) -> Model:
    """The model with numbers for these symbols, and without what only lends its type."""
    lends = any(node.op_type == "CastLike" for node in model.graph.walk())
    return replace(model, graph=_with_sizes(model.graph, sizes)) if sizes or lends else model


def _with_sizes(graph: Graph, sizes: dict[str, int]) -> Graph:
    def of(dim: Dim) -> Dim:
        return sizes.get(dim, dim) if isinstance(dim, str) else dim

    values = {
        name: replace(value, shape=tuple(map(of, value.shape))) if value.shape else value
        for name, value in graph.values.items()
    }

    def inner(node: Node) -> Node:
        if node.op_type == "CastLike":
            # https://onnx.ai/onnx/operators/onnx__CastLike.html: of its second input only the type counts.
            return replace(node, inputs=node.inputs[:1])
        bodies = tuple((name, _with_sizes(body, sizes)) for name, body in node.subgraphs)
        return replace(node, subgraphs=bodies) if bodies else node

    return replace(graph, values=values, nodes=tuple(map(inner, graph.nodes)))
