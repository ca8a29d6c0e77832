"""Random graphs in pairs: the same in other words, or a few edits apart."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace

from hypothesis import strategies as st

from onnxviz.model import Attribute, Graph, Node, Value
from tests.scene.graphs import graphs

Edit = Callable[[Graph, random.Random], Graph]


@st.composite
def edited(draw: st.DrawFn, most: int = 40) -> tuple[Graph, Graph]:
    """A graph and the same after up to four edits, now and then renamed and reordered too."""
    before = draw(graphs(most))
    rng = random.Random(draw(st.integers(0, 2**16)))
    after = before
    for _ in range(draw(st.integers(0, 4))):
        after = rng.choice(EDITS)(after, rng)
    return before, reworded(after, rng) if draw(st.booleans()) else after


def shuffled_names(graph: Graph, rng: random.Random) -> Graph:
    """The same function: nodes in another order, whose outputs have one another's names. Ends keep theirs."""
    ends = {*graph.inputs, *graph.outputs}
    made = [name for node in graph.nodes for name in node.outputs if name not in ends]
    others = rng.sample(made, len(made))
    return reworded(graph, rng, own=dict(zip(made, others, strict=True)))


def reworded(
    graph: Graph,
    rng: random.Random,
    outer: Mapping[str, str] | None = None,
    own: Mapping[str, str] | None = None,
) -> Graph:
    """The same function: other names (or those given in `own`), other ids, another order of the nodes."""
    prefix = f"{rng.randrange(16**6):06x}"
    names = {**(outer or {}), **(_fresh(graph, prefix, rng) if own is None else own)}

    def new(name: str) -> str:
        return names.get(name, name)

    nodes = [
        replace(
            node,
            id=f"id {new(node.outputs[0])}" if node.outputs else f"id {prefix} {at}",
            name=f"name {rng.random()}",
            inputs=tuple(map(new, node.inputs)),
            outputs=tuple(map(new, node.outputs)),
            subgraphs=tuple((name, reworded(body, rng, names)) for name, body in node.subgraphs),
            scope=(),
        )
        for at, node in enumerate(graph.nodes)
    ]
    values = {new(name): replace(value, name=new(value.name)) for name, value in graph.values.items()}
    order = [nodes[at] for at in _any_order(graph, rng)]
    return Graph(
        prefix,
        tuple(order),
        values,
        tuple(map(new, graph.inputs)),
        tuple(map(new, graph.outputs)),
        tuple(map(new, graph.initializers)),
    )


def _fresh(graph: Graph, prefix: str, rng: random.Random) -> dict[str, str]:
    own = [*graph.inputs, *graph.initializers, *(name for node in graph.nodes for name in node.outputs)]
    numbers = rng.sample(range(len(own)), len(own))
    return {name: f"{prefix}_{number}" for name, number in zip(own, numbers, strict=True) if name}


def _any_order(graph: Graph, rng: random.Random) -> list[int]:
    makers = {name: at for at, node in enumerate(graph.nodes) for name in node.outputs if name}
    needs = [{makers[name] for name in reads(node) if name in makers} for node in graph.nodes]
    done: set[int] = set()
    order = []
    while len(order) < len(needs):
        ready = [at for at, need in enumerate(needs) if at not in done and need <= done]
        at = rng.choice(ready)
        order.append(at)
        done.add(at)
    return order


def reads(node: Node) -> set[str]:
    """What a node and its bodies read of the graph around it."""
    found = set(filter(None, node.inputs))
    for _, body in node.subgraphs:
        own = {*body.inputs, *body.initializers, *(name for inner in body.nodes for name in inner.outputs)}
        found |= {*(name for inner in body.nodes for name in reads(inner)), *body.outputs} - own
    return found


def _some(graph: Graph, rng: random.Random, change: Callable[[int, Node], Node | None]) -> Graph:
    """The graph with one node changed, or without it."""
    if not graph.nodes:
        return graph
    at = rng.randrange(len(graph.nodes))
    new = change(at, graph.nodes[at])
    middle = () if new is None else (new,)
    return replace(graph, nodes=(*graph.nodes[:at], *middle, *graph.nodes[at + 1 :]))


def _attribute(graph: Graph, rng: random.Random) -> Graph:
    added = Attribute(rng.choice("abc"), "int", str(rng.randrange(3)))
    return _some(graph, rng, lambda at, node: replace(node, attributes=(*node.attributes[:1], added)))


def _op(graph: Graph, rng: random.Random) -> Graph:
    return _some(graph, rng, lambda at, node: replace(node, op_type=rng.choice(("Relu", "Tanh", "Add"))))


def _rewire(graph: Graph, rng: random.Random) -> Graph:
    def change(at: int, node: Node) -> Node:
        known = [*graph.inputs, *graph.initializers, *(n for one in graph.nodes[:at] for n in one.outputs)]
        if not node.inputs or not known:
            return node
        slot = rng.randrange(len(node.inputs))
        return replace(node, inputs=(*node.inputs[:slot], rng.choice(known), *node.inputs[slot + 1 :]))

    return _some(graph, rng, change)


def _drop(graph: Graph, rng: random.Random) -> Graph:
    """A node goes; what read it is left dangling, as damaged files have it."""
    return _some(graph, rng, lambda at, node: None)


def _insert(graph: Graph, rng: random.Random) -> Graph:
    name = f"new{rng.randrange(10**6)}"
    known = [*graph.inputs, *(n for one in graph.nodes for n in one.outputs)]
    inputs = (rng.choice(known),) if known else ()
    node = Node(name, "Neg", inputs=inputs, outputs=(name,))
    return replace(graph, nodes=(*graph.nodes, node), outputs=(*graph.outputs, name))


def _value(graph: Graph, rng: random.Random) -> Graph:
    if not graph.values:
        return graph
    name = rng.choice(sorted(graph.values))
    new = Value(name, rng.choice(("float", "int64")), (rng.randrange(4),), 4, str(rng.random()), True)
    return replace(graph, values={**graph.values, name: new})


def _ends(graph: Graph, rng: random.Random) -> Graph:
    ends = list(graph.outputs)
    rng.shuffle(ends)
    return replace(graph, outputs=tuple(ends), inputs=(*graph.inputs, f"in{rng.randrange(9)}"))


def _body(graph: Graph, rng: random.Random) -> Graph:
    def change(at: int, node: Node) -> Node:
        bodies = tuple((name, rng.choice(EDITS)(body, rng)) for name, body in node.subgraphs)
        return replace(node, subgraphs=bodies)

    with_bodies = [at for at, node in enumerate(graph.nodes) if node.subgraphs]
    if not with_bodies:
        return graph
    at = rng.choice(with_bodies)
    return replace(graph, nodes=(*graph.nodes[:at], change(at, graph.nodes[at]), *graph.nodes[at + 1 :]))


EDITS: tuple[Edit, ...] = (_attribute, _op, _rewire, _drop, _insert, _value, _ends, _body)
