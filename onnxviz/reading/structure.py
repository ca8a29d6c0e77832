"""Do the names of a graph make sense? By the ONNX IR specification (https://onnx.ai/onnx/repo-docs/IR.html)
they are assigned once (SSA), nodes are in topological order, and every name that is read is made somewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from onnxviz.model import Graph, Node
from onnxviz.reading.problems import Problems
from onnxviz.reading.tensors import shorten


def check_structure(graphs: Iterable[Graph], found: Problems) -> None:
    """Breaches in the graphs and their bodies, those of one rule in the order of the file."""
    for graph in graphs:
        _check(graph, frozenset(), found)


def _check(graph: Graph, outer: frozenset[str], found: Problems) -> None:
    given = {*graph.inputs, *graph.initializers}
    makers: dict[str, int] = {}
    for index, node in enumerate(graph.nodes):
        for name in filter(None, node.outputs):
            if name in makers or name in given:
                _made_twice(graph, node, name, makers.get(name), found)
            makers.setdefault(name, index)
    if len(set(graph.inputs)) < len(graph.inputs):
        _listed_twice(graph.inputs, found)
    inner = outer | given | makers.keys()
    reads = [_reads(node) for node in graph.nodes]
    early: list[tuple[Node, str]] = []
    for index, (node, names) in enumerate(zip(graph.nodes, reads, strict=True)):
        early += [(node, n) for n in names if n in makers and n not in given and makers[n] >= index]
        # What its bodies read is looked at with them.
        for name in dict.fromkeys(filter(None, node.inputs)):
            if name not in inner:
                _unmade(node, name, found)
    for name in graph.outputs:
        if name not in inner:
            _unmade_output(name, found)
    if early:
        made_here = {name: at for name, at in makers.items() if name not in given}
        _out_of_order(graph, reads, made_here, early, found)
    for node in graph.nodes:
        for _, body in node.subgraphs:
            _check(body, inner, found)


def _made_twice(graph: Graph, node: Node, name: str, first: int | None, found: Problems) -> None:
    other = "an input or initializer has that name" if first is None else "another node makes it"
    nodes = [node.id] if first is None else [graph.nodes[first].id, node.id]
    found.add(
        "twice",
        f"{shorten(name, 60)!r} is made by the {shorten(node.op_type, 60)} here, and {other} too: "
        "which one is read is unclear",
        nodes,
        [name],
        subject=name,
    )


def _listed_twice(names: tuple[str, ...], found: Problems) -> None:
    for name in (name for name, count in Counter(names).items() if count > 1):
        found.add("twice", f"the input {shorten(name, 60)!r} is listed twice", (), [name], subject=name)


def _unmade(node: Node, name: str, found: Problems) -> None:
    sentence = f"{called(node)} reads {shorten(name, 60)!r}, which nothing makes"
    found.add("unmade", sentence, [node.id], [name], subject=name)


def _unmade_output(name: str, found: Problems) -> None:
    sentence = f"the output {shorten(name, 60)!r} is made by no node"
    found.add("unmade", sentence, (), [name], subject=name)


def _out_of_order(
    graph: Graph,
    reads: list[list[str]],
    makers: Mapping[str, int],
    early: list[tuple[Node, str]],
    found: Problems,
) -> None:
    """A cycle, or else each node that stands before what it reads: sorting would mend the second alone."""
    loop = _cycle(graph.nodes, reads, makers)
    if loop:
        path = " -> ".join(shorten(node.id, 60) for node in loop)
        sentence = f"these nodes are a cycle, each waits for another, so none can run: {shorten(path, 300)}"
        found.add("cycle", sentence, (node.id for node in loop), subject=path)
        return
    for node, name in early:
        sentence = f"{called(node)} reads {shorten(name, 60)!r} before the node that makes it"
        found.add("order", sentence, [node.id], [name], subject=name)


def called(node: Node) -> str:
    """`the Add that makes 'y'`."""
    made = next(filter(None, node.outputs), "")
    return f"the {shorten(node.op_type, 60)}" + (f" that makes {shorten(made, 60)!r}" if made else "")


def _reads(node: Node) -> list[str]:
    """What the node reads of its own graph and those around it, its bodies included, in order."""
    names = dict.fromkeys(filter(None, node.inputs))
    for _, body in node.subgraphs:
        own = {*body.inputs, *body.initializers, *(name for inner in body.nodes for name in inner.outputs)}
        inside = (name for inner in body.nodes for name in _reads(inner))
        names.update(dict.fromkeys(name for name in inside if name not in own))
    return list(names)


def _cycle(nodes: tuple[Node, ...], reads: list[list[str]], makers: Mapping[str, int]) -> list[Node]:
    """The nodes of one cycle, the first again at the end; empty where there is none."""
    sources = [{makers[name] for name in names if name in makers} for names in reads]
    readers: dict[int, list[int]] = {}
    for index, makes in enumerate(sources):
        for source in makes:
            readers.setdefault(source, []).append(index)
    open_inputs = [len(makes) for makes in sources]
    ready = [index for index, count in enumerate(open_inputs) if count == 0]
    while ready:
        for reader in readers.get(ready.pop(), ()):
            open_inputs[reader] -= 1
            if open_inputs[reader] == 0:
                ready.append(reader)
    at = next((index for index, count in enumerate(open_inputs) if count > 0), None)
    path: dict[int, None] = {}
    # Whatever is left reads something that is left, so walking backwards must come round.
    while at is not None and at not in path:
        path[at] = None
        at = next(source for source in sorted(sources[at]) if open_inputs[source] > 0)
    if at is None:
        return []
    walked = list(path)
    loop = walked[walked.index(at) :]
    return [nodes[index] for index in [loop[0], *reversed(loop)]]
