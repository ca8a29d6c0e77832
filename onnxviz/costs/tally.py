"""A value for every node of a graph, and what has to be known to sum them up."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from onnxviz.costs.dims import Sizes
from onnxviz.costs.flops import is_if, own_flops
from onnxviz.costs.sizes import constants_of, own_bytes
from onnxviz.costs.types import Unknown
from onnxviz.costs.walk import Body, Values, bodies_of
from onnxviz.model import Graph, Node

Amount = Callable[[Node, Values, Sizes], float]
"""Value of one node without its bodies, for one run. Raises `Unknown`."""


@dataclass(slots=True)
class Tally:
    """Values by node id, nodes of bodies included, `Constant` nodes left out.

    `unknown` are the ids without a value. `runs` is how often a node in a loop runs, where not once: its
    value is for all runs. `shared` are (elements, ids of the readers) of constants that several nodes read.
    `apart` are the nodes right in bodies whose sum does not count around them. `endless` counts bodies of
    loops of unknown length, `strangers` given values of nodes that are not there, and `branched` says
    whether an `If` has a branch that is left out.
    """

    of: dict[str, float] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    runs: dict[str, int] = field(default_factory=dict)
    shared: list[tuple[int, list[str]]] = field(default_factory=list)
    apart: list[str] = field(default_factory=list)
    endless: int = 0
    strangers: int = 0
    branched: bool = False


def tally_flops(graph: Graph, sizes: Sizes) -> Tally:
    """Operations; those of a node in a loop times the runs of the loop."""
    found = bodies_of(graph, sizes)
    made = _tally(found, sizes, own_flops, every_run=True)
    made.endless = sum(body.endless for body in found)
    _set_branches_apart(made, found)
    return made


def tally_bytes(graph: Graph, sizes: Sizes) -> Tally:
    """Bytes of the outputs; in a loop those of one run."""
    found = bodies_of(graph, sizes)
    made = _tally(found, sizes, own_bytes)
    _set_branches_apart(made, found)
    return made


def tally_parameters(graph: Graph, sizes: Sizes) -> Tally:
    """Elements of the constants that each node reads."""
    readers: dict[int, tuple[int, list[str]]] = {}

    def amount(node: Node, values: Values, sizes: Sizes) -> int:
        held = [(id(value), sizes.shape(value)[1]) for value in constants_of(node, values)]
        for key, elements in held:
            readers.setdefault(key, (elements, []))[1].append(node.id)
        return sum(elements for _, elements in held)

    made = _tally(bodies_of(graph, sizes), sizes, amount)
    made.shared = [(elements, ids) for elements, ids in readers.values() if len(ids) > 1]
    return made


def tally_given(graph: Graph, given: Mapping[str, float], default: float | None, inclusive: bool) -> Tally:
    """Values from outside; `default` for a node that has none, None for unknown. Infinities are no values.

    `inclusive`: the value of a node with bodies holds theirs, which then count for themselves alone.
    """
    found = bodies_of(graph, Sizes())
    known = {key: value for key, value in given.items() if math.isfinite(value)}
    made = Tally()
    covered: set[int] = set()
    for index, body in enumerate(found):
        if inclusive and index and (body.owner.id in made.of or body.around in covered):
            covered.add(index)
            made.apart.extend(node.id for node in body.nodes)
        for node in body.nodes:
            value = known.pop(node.id, None) if node.id in known else default
            if value is not None:
                made.of[node.id] = value
            elif index not in covered:
                made.unknown.append(node.id)
    made.strangers = len(known)
    return made


def _tally(found: list[Body], sizes: Sizes, amount: Amount, every_run: bool = False) -> Tally:
    made = Tally()
    for body in found:
        for node in body.nodes:
            try:
                value = amount(node, body.values, sizes)
            except Unknown:
                made.unknown.append(node.id)
                continue
            made.of[node.id] = value * body.runs if every_run else value
            if every_run and body.runs != 1:
                made.runs[node.id] = body.runs
    return made


def _set_branches_apart(made: Tally, found: list[Body]) -> None:
    """Of the branches of an `If`, one runs: the largest counts, the others stand apart."""
    totals = [sum(made.of.get(node.id, 0) for node in body.nodes) for body in found]
    waiting: dict[str, list[int]] = {}
    # A body comes after the one around it, so that from the back each is complete when it is reached.
    for index in range(len(found) - 1, 0, -1):
        owner = found[index].owner
        branches = waiting.setdefault(owner.id, [])
        branches.append(index)
        if len(branches) < len(owner.subgraphs):
            continue
        counted = branches
        if is_if(owner):
            counted = [max(branches, key=lambda i: (totals[i], -i))]
            made.branched = made.branched or len(branches) > 1
            for index_apart in branches:
                if index_apart not in counted:
                    made.apart.extend(node.id for node in found[index_apart].nodes)
        totals[found[index].around] += sum(totals[i] for i in counted)
