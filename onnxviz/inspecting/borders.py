"""What passes the border of a group, and where it comes from and goes to."""

from __future__ import annotations

from dataclasses import dataclass

from onnxviz.inspecting.index import Index
from onnxviz.model import Value
from onnxviz.scene.types import Hierarchy


@dataclass(frozen=True, slots=True)
class Flow:
    """One tensor that passes a border; `ends` are the nodes, inputs and outputs beyond it."""

    value: Value
    ends: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Border:
    """What a group takes from outside and gives to it, in the order of the file. No constants."""

    takes: tuple[Flow, ...]
    gives: tuple[Flow, ...]


def border(index: Index, hierarchy: Hierarchy, group: str) -> Border:
    """The border of a group, those of the groups in it left aside; one pass over the model's wires.

    A body takes from its own inputs and gives to its own outputs.
    """
    inside = leaves(index, hierarchy, group)
    takes: dict[tuple[str, str], dict[str, None]] = {}
    gives: dict[tuple[str, str], dict[str, None]] = {}
    for source, target, value, _ in index.wiring.wires:
        # A wire to a body has no value: it is no tensor but says whose body that is.
        if not value or (source in inside) == (target in inside):
            continue
        found, end = (gives, target) if source in inside else (takes, source)
        found.setdefault((source, value), {})[end] = None
    return Border(_flows(index, takes), _flows(index, gives))


def leaves(index: Index, hierarchy: Hierarchy, group: str) -> frozenset[str]:
    """Every node, input and output in a group and in the groups in it; not a body's own ends."""
    found: list[str] = []
    below: list[str] = []
    waiting = [group]
    while waiting:
        inner = hierarchy.groups[waiting.pop()]
        found.extend(inner.nodes)
        below.extend(inner.children)
        waiting.extend(inner.children)
    # A body's ends are in its group, whose nodes do not list them.
    bodies = frozenset(below)
    found.extend(end.id for end in index.wiring.ends.values() if end.body in bodies)
    return frozenset(found)


def _flows(index: Index, found: dict[tuple[str, str], dict[str, None]]) -> tuple[Flow, ...]:
    """One flow for each (maker, tensor)."""
    return tuple(Flow(index.wiring.value(maker, name), tuple(ends)) for (maker, name), ends in found.items())
