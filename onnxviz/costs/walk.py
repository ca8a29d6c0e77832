"""Every node with the values that it sees and the number of times that it runs."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from onnxviz.costs.call import Call
from onnxviz.costs.dims import Sizes
from onnxviz.costs.types import Unknown
from onnxviz.model import Graph, Node, Value

STANDARD = ("", "ai.onnx")

MOST_TRIPS = 2**31 - 1
"""A trip count from here on stands for "until the condition fails": exporters write the largest int64."""

Values = Mapping[str, Value]


def visible(graphs: Sequence[Graph]) -> Values:
    """Values by name as a node in `graphs[0]` sees them; the graphs around it follow, innermost first."""
    return ChainMap(*(graph.values for graph in graphs))


@dataclass(slots=True)
class Body:
    """A graph within a graph; the outermost is one too, and its own `around`.

    `nodes` leaves out `Constant` nodes, which are lines on their readers. `around` is the place of the
    surrounding body in the list, `owner` the node it belongs to (any node for the outermost).
    `runs` is the product of the trip counts around it that are known before a run, and a loop whose count
    is not known (`endless`) stands for one iteration.
    """

    nodes: tuple[Node, ...]
    values: Values
    owner: Node
    around: int = 0
    runs: int = 1
    endless: bool = False


def bodies_of(graph: Graph, sizes: Sizes) -> list[Body]:
    """The graph and all bodies in it, each after the one around it, those of a node side by side."""
    found = [Body(_shown(graph), graph.values, Node("", ""))]
    for place, body in enumerate(found):
        for node in body.nodes:
            if not node.subgraphs:
                continue
            times = trips(node, body.values, sizes)
            for _, inner in node.subgraphs:
                seen = inside(inner, body.values)
                runs = body.runs * (1 if times is None else times)
                found.append(Body(_shown(inner), seen, node, place, runs, times is None))
    return found


def _shown(graph: Graph) -> tuple[Node, ...]:
    return tuple(node for node in graph.nodes if node.op_type != "Constant" or node.domain not in STANDARD)


def inside(body: Graph, around: Values) -> Values:
    """Values as a node in `body` sees them."""
    maps = around.maps if isinstance(around, ChainMap) else [around]
    return ChainMap(body.values, *cast("list[dict[str, Value]]", maps))


def trips(node: Node, values: Values, sizes: Sizes) -> int | None:
    """How often the body of a loop runs: the largest number possible, or None when a run decides.

    `Loop`: its trip count M, when constant (https://onnx.ai/onnx/operators/onnx__Loop.html). `Scan`: the
    length of what is scanned (https://onnx.ai/onnx/operators/onnx__Scan.html). 1 for a node that is no loop.
    """
    if node.domain not in STANDARD or node.op_type not in ("Loop", "Scan", "SequenceMap"):
        return 1
    call = Call(node, values, sizes)
    try:
        if node.op_type == "Loop":
            found = call.constant(0)
            return found[0] if found and 0 <= found[0] < MOST_TRIPS else None
        return _scanned(call) if node.op_type == "Scan" else None
    except Unknown:
        return None


def _scanned(call: Call) -> int | None:
    scanned = call.whole("num_scan_inputs", 0)
    slot = len(call.node.inputs) - scanned
    if scanned < 1 or slot < 0:
        return None
    return call.axis(call.shape(slot), (call.wholes("scan_input_axes") or (0,))[0])
