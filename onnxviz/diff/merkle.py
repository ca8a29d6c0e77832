"""Merkle classes: nodes of both graphs that mean the same, seen from the inputs or from the outputs.

A node's *down* class says what it computes: its label, the down classes of what it reads and of its
bodies, as a Merkle tree names a content by its parts (R. Merkle, "A Digital Signature Based on a
Conventional Encryption Function", CRYPTO '87). Equal classes are equal functions of the inputs and constants.
Its *up* class says what its value is used for: its label, its constants, and the up classes of its readers.
An edit leaves the down classes of all that is not below it as they were, and the up classes of all that is
not above it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from onnxviz.diff.matching import Pairs
from onnxviz.diff.table import BODY_OUTPUT, MAIN, NONE, Table

_OUTPUT = -2
"""The slot at which the outermost graph reads what it gives out; no node has it."""

_ROUNDS = 2
"""Of refinement; each costs as much as the first classes did."""


@dataclass(slots=True)
class Classes:
    """By node, comparable between both graphs. `anchors` are label and constants alone."""

    down: list[int]
    up: list[int]
    both: list[int]
    anchors: list[int]


def classes(a: Table, b: Table, inputs: Pairs, outputs: Pairs) -> tuple[Classes, Classes]:
    """Of both graphs, under a pairing (by position) of their inputs and outputs."""
    found = []
    for side, table in enumerate((a, b)):
        anchors = [_anchor(table, node) for node in range(len(table.nodes))]
        found.append(Classes(*_both_ways(table, table.labels, anchors, inputs, outputs, side), anchors))
    x, y = found
    for _ in range(_ROUNDS):
        if len(set(x.both)) == len(x.both) or Counter(x.both) != Counter(y.both):
            break
        _refine(a, x, inputs, outputs, 0)
        _refine(b, y, inputs, outputs, 1)
    return x, y


def _both_ways(
    table: Table, labels: list[int], anchors: list[int], inputs: Pairs, outputs: Pairs, side: int
) -> tuple[list[int], list[int], list[int]]:
    """(down, up, both); `side` says which of each pair of ends is of this graph."""
    intern = table.intern
    down = _down(table, labels, {pair[side]: intern(("input", at)) for at, pair in enumerate(inputs)})
    up = _up(table, anchors, {pair[side]: at for at, pair in enumerate(outputs)})
    return down, up, [intern(("both", *pair)) for pair in zip(down, up, strict=True)]


def _refine(table: Table, found: Classes, inputs: Pairs, outputs: Pairs, side: int) -> None:
    """Tell apart, where the two graphs may be the same in other words, what one round saw as alike.

    The classes of one round are the labels of the next, as in the colour refinement of Weisfeiler and
    Leman (1968): now a node sees what else its makers feed and its readers read.
    """
    owners = [table.homes[home].owner for home in table.home_of]
    labels = [
        table.intern(("again", kind, found.both[owner] if owner != NONE else NONE))
        for kind, owner in zip(found.both, owners, strict=True)
    ]
    _, _, found.both = _both_ways(table, labels, labels, inputs, outputs, side)


def shared(a: list[int], b: list[int]) -> int:
    """How many of the classes of the one have a partner among those of the other."""
    return (Counter(a) & Counter(b)).total()


def _down(table: Table, labels: list[int], given: dict[int, int]) -> list[int]:
    intern, sources, made, fixed = table.intern, table.sources, table.made, table.fixed
    tensors = list(fixed)
    for number, home in enumerate(table.homes):
        for at, tensor in enumerate(home.inputs):
            tensors[tensor] = given.get(at, NONE) if number == MAIN else intern(("body input", home.body, at))
    down = [NONE] * len(labels)
    for node in table.order:
        key: tuple[object, ...] = (labels[node], *[tensors[t] if t != NONE else -2 for t in sources[node]])
        for at in table.bodies[node]:
            body = table.homes[at]
            inside = tuple(sorted([down[inner] for inner in body.nodes]))
            constants = tuple(sorted([fixed[t] for t in body.initializers]))
            given_out = tuple([tensors[t] for t in body.outputs])
            key = (*key, body.body, len(body.inputs), given_out, inside, constants)
        down[node] = kind = intern(key)
        for slot, tensor in enumerate(made[node]):
            if tensor != NONE and fixed[tensor] == NONE:
                tensors[tensor] = intern(("slot", kind, slot)) if slot else kind
    return down


def _anchor(table: Table, node: int) -> int:
    fixed = table.fixed
    read = enumerate(table.sources[node])
    constants = tuple([(slot, fixed[t]) for slot, t in read if t != NONE and fixed[t] != NONE])
    return table.intern(("anchor", table.labels[node], constants)) if constants else table.labels[node]


def _up(table: Table, anchors: list[int], taken: dict[int, int]) -> list[int]:
    intern, readers = table.intern, table.readers
    up = [NONE] * len(anchors)
    ends: dict[int, list[tuple[int, int]]] = {}
    for number, home in enumerate(table.homes):
        for at, tensor in enumerate(home.outputs):
            if number == MAIN:
                ends.setdefault(tensor, []).append((NONE - 1 - taken.get(at, NONE), _OUTPUT))
            else:
                slot = BODY_OUTPUT - intern(("body output", home.body, at))
                ends.setdefault(tensor, []).append((home.owner, slot))

    def use(tensor: int) -> tuple[tuple[int, int], ...]:
        read = [(up[reader], slot) for reader, slot in readers[tensor]]
        if tensor in ends:
            read += [(up[end] if end >= 0 else end, slot) for end, slot in ends[tensor]]
        return tuple(sorted(read)) if len(read) > 1 else tuple(read)

    for node in reversed(table.order):
        uses = [use(tensor) if tensor != NONE else NONE for tensor in table.made[node]]
        # What is in a body is used as the body is, even where nothing reads it.
        owner = table.homes[table.home_of[node]].owner
        up[node] = intern(("up", anchors[node], up[owner] if owner != NONE else NONE, *uses))
    return up
