"""Who feeds and reads what in a model, to be asked again and again: built once, without its weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from onnxviz.model import Model, Node, Value
from onnxviz.scene.functions import expand
from onnxviz.scene.wires import Wiring, wire


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node stands: `body` is the id of the body around it, empty for the graph itself.

    `file_id` is its `Node.id` in the model's file: another one than on the picture where it belongs to a
    function, whose body the picture repeats in each call.
    """

    node: Node
    body: str
    file_id: str


@dataclass(slots=True)
class Index:
    """Everything about the boxes of one model by id; ids are those of the picture.

    `wiring` is that of the graph with its functions expanded.
    """

    wiring: Wiring
    places: dict[str, Place] = field(default_factory=dict)
    _into: dict[tuple[str, str], str] = field(default_factory=dict)
    """(reader, tensor) -> the leaf that makes it."""
    _out_of: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """(maker, tensor) -> its readers, in the order of the file, each once."""
    _sharing: dict[int, list[str]] = field(default_factory=dict)
    """Identity of a constant's value -> the nodes that read it."""

    def value(self, body: str, name: str) -> Value:
        """The tensor that `name` means in a body: the innermost of that name, or one of unknown type."""
        return self.wiring.names[body].value(name) or Value(name)

    def maker(self, reader: str, name: str) -> str | None:
        """The node or input that makes what `reader` calls `name`; None for a constant or nothing."""
        return self._into.get((reader, name))

    def readers(self, maker: str, name: str) -> Sequence[str]:
        """The nodes and outputs that read the tensor `name` of `maker`, those in bodies included."""
        return self._out_of.get((maker, name), ())

    def constant(self, reader: str, slot: int) -> Value | None:
        """The constant at an input of a node, or None where something else feeds it."""
        found = self.wiring.constants.get(reader, ())
        return next((value for at, value in found if at == slot), None)

    def sharers(self, constant: Value) -> Sequence[str]:
        """The nodes that read a constant which `constant` gave."""
        return self._sharing.get(id(constant), ())

    def label(self, box: str) -> str:
        """What to call a node, input or output in a line of text: `Relu relu_3`, `input x`."""
        place, end = self.places.get(box), self.wiring.ends.get(box)
        if place is not None:
            name = next(filter(None, place.node.outputs), "") or place.node.name
            return f"{place.node.op_type} {name}".strip()
        if end is not None:
            return f"{'input' if end.is_input else 'output'} {end.name}"
        body = self.wiring.bodies.get(box)
        return body.name if body is not None else box


def index(model: Model) -> Index:
    """The index of a model; linear in its nodes and inputs (0.1 s for 13,000 nodes)."""
    graph = expand(model.graph, model.functions) if model.functions else model.graph
    found = Index(wire(graph))
    _place(found, {key: id(body.values) for key, body in model.functions})
    for w in found.wiring.wires:
        if not w.value:
            continue
        found._into.setdefault((w.target, w.value), w.source)
        readers = found._out_of.setdefault((w.source, w.value), [])
        if w.target not in readers[-1:]:
            readers.append(w.target)
    for node_id, constants in found.wiring.constants.items():
        for _, value in constants:
            sharers = found._sharing.setdefault(id(value), [])
            if node_id not in sharers[-1:]:
                sharers.append(node_id)
    return found


def _place(found: Index, functions: dict[str, int]) -> None:
    """Fill in `places`, outermost first."""
    bodies = found.wiring.bodies_of()
    waiting: list[tuple[str, int]] = [("", 0)]
    while waiting:
        body, added = waiting.pop()
        for node in found.wiring.names[body].graph.nodes:
            found.places[node.id] = Place(node, body, node.id[added:])
            if not node.subgraphs:
                continue
            for (name, inner), made in zip(node.subgraphs, bodies[node.id], strict=True):
                # `expand` puts the call's id and op type in front of the ids in a function's body, and
                # keeps that body's values as they are.
                is_call = functions.get(f"{node.domain}.{node.op_type}") == id(inner.values)
                waiting.append((made.id, len(f"{node.id}/{name}/") if is_call else added))
