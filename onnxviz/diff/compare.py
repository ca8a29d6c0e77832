"""Two graphs -> a `Diff`: tabulate, match, and write down what differs between what is matched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from operator import attrgetter

from onnxviz.diff.changes import changes_of, contradict, told_apart
from onnxviz.diff.constants import constants_part, pair_constants
from onnxviz.diff.match import identical, match
from onnxviz.diff.matching import Matching
from onnxviz.diff.table import MAIN, NONE, Interner, tabulate
from onnxviz.diff.types import Change, Diff, Digests, Match, Part, Patch, Place, Record, Twin
from onnxviz.model import Graph, Node

_FIELDS = tuple(one.name for one in fields(Node) if one.name != "subgraphs")
_fields = attrgetter(*_FIELDS)


def compare(
    graphs: tuple[Graph, Graph],
    places: tuple[Place, Place],
    digests: tuple[Digests, Digests],
    *,
    is_main: bool,
    is_identical: bool,
) -> Diff:
    """The diff of two graphs, bodies included. `is_identical`: equal to the letter, digests included."""
    intern = Interner()
    a, b = (
        tabulate(graph, place, known, intern)
        for graph, place, known in zip(graphs, places, digests, strict=True)
    )
    m = identical(a, b) if is_identical else match(a, b, named_ends=is_main)
    pair_constants(m)
    return _diff(m, MAIN, is_main=is_main)


def _diff(m: Matching, home: int, *, is_main: bool) -> Diff:
    """Of two matched graphs. A node that moved to another graph is one that went, and one that came there."""
    x, y = m.a.homes[home], m.b.homes[m.home_image[home]]
    pairs = [(i, m.to_b[i]) for i in x.nodes if m.to_b[i] != NONE and m.is_at_home(i, m.to_b[i])]
    first, other = m.a.positions, m.b.positions
    stayed, kept = {i for i, _ in pairs}, {j for _, j in pairs}
    removed, added = [i for i in x.nodes if i not in stayed], [j for j in y.nodes if j not in kept]
    return Diff(
        tuple(_match(m, i, j, (first[i], other[j])) for i, j in pairs),
        tuple(m.b.nodes[j] for j in added),
        tuple(m.a.nodes[i] for i in removed),
        constants_part(m, home),
        _ends(m, home, is_output=False, strict=is_main),
        _ends(m, home, is_output=True, strict=is_main),
        _record(x.graph, y.graph, tuple(other[j] for j in added), tuple(first[i] for i in removed)),
        tuple(_moved(m)) if home == MAIN else (),
    )


def _moved(m: Matching) -> Iterator[tuple[str, str]]:
    pairs = (
        (m.a.nodes[i].id, m.b.nodes[j].id)
        for i, j in enumerate(m.to_b)
        if j != NONE and not m.is_at_home(i, j)
    )
    return iter(sorted(pairs))


def _match(m: Matching, i: int, j: int, places: tuple[int, int]) -> Match:
    before, after = m.a.nodes[i], m.b.nodes[j]
    written = zip(_FIELDS, _fields(before), _fields(after), strict=True)
    patches = [Patch(name, mine, its) for name, mine, its in written if mine != its]
    bodies: tuple[tuple[str, Diff], ...] = ()
    if m.has_same_bodies(i, j):
        bodies = tuple((m.a.homes[at].body, _diff(m, at, is_main=False)) for at in m.a.bodies[i])
    else:
        patches.append(Patch("subgraphs", before.subgraphs, after.subgraphs))
    ops = (before.qualified_op, after.qualified_op)
    return Match(before.id, after.id, ops, places, tuple(changes_of(m, i, j)), bodies, tuple(patches))


def _ends(m: Matching, home: int, *, is_output: bool, strict: bool) -> Part:
    """The inputs or outputs. With `strict` their types are promises, and their order counts."""
    x, y = m.a.homes[home], m.b.homes[m.home_image[home]]
    mine, its = (x.outputs, y.outputs) if is_output else (x.inputs, y.inputs)
    pairs = sorted(m.ends[home][is_output])
    ranks = {q: rank for rank, q in enumerate(sorted(q for _, q in pairs))}
    twins = []
    for rank, (p, q) in enumerate(pairs):
        before, after = m.a.value(mine[p]), m.b.value(its[q])
        changes = []
        differ = (before.dtype, before.shape) != (after.dtype, after.shape)
        if differ and (strict or contradict(before, after)):
            changes.append(Change("type", before.type_text, after.type_text))
        if ranks[q] != rank:
            changes.append(Change("position", str(p), str(q)))
        if is_output and not m.same(mine[p], its[q]):
            changes.append(Change("source", *told_apart(m, mine[p], its[q])))
        twins.append(Twin(before.name, after.name, (p, q), tuple(changes)))
    used, taken = {p for p, _ in pairs}, {q for _, q in pairs}
    return Part(
        tuple(twins),
        tuple(m.b.value(tensor) for q, tensor in enumerate(its) if q not in taken),
        tuple(m.a.value(tensor) for p, tensor in enumerate(mine) if p not in used),
    )


def _record(a: Graph, b: Graph, added_at: tuple[int, ...], removed_at: tuple[int, ...]) -> Record:
    values = [
        (name, a.values.get(name), b.values.get(name))
        for name in sorted({*a.values, *b.values})
        if a.values.get(name) != b.values.get(name)
    ]
    return Record(
        (a.name, b.name),
        (a.inputs, b.inputs),
        (a.outputs, b.outputs),
        (a.initializers, b.initializers),
        added_at,
        removed_at,
        tuple(values),
    )
