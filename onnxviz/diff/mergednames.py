"""The tensors of two graphs while these are merged: which are the same, and names for the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from onnxviz.model import Graph, Value


@dataclass(slots=True)
class Home:
    """A pair of graphs. `names` has tensor before -> merged name; the others are names after.

    `removed` are merged names of tensors that only the graph before has, and `constants` of those that are
    constant there; `images` are names of tensors that it has too, and `altered` those of constants with
    another value now.
    """

    outer: Home | None
    own: set[str]
    names: dict[str, str] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    constants: set[str] = field(default_factory=set)
    images: set[str] = field(default_factory=set)
    altered: set[str] = field(default_factory=set)

    def around(self) -> Iterator[Home]:
        """This pair of graphs and those around it, from the inside out."""
        at: Home | None = self
        while at is not None:
            yield at
            at = at.outer

    def of(self, name: str) -> Home | None:
        """The pair of graphs in which the tensor `name` of the graph after is made."""
        return next((home for home in self.around() if name in home.own), None)

    def is_new(self, name: str) -> bool:
        """Whether a tensor of the graph after is not in the one before."""
        home = self.of(name)
        return home is not None and name not in home.images

    def is_altered(self, name: str) -> bool:
        """Whether a tensor of the graph after is a constant that had another value before."""
        home = self.of(name)
        return home is not None and name in home.altered

    def is_gone(self, merged: str) -> bool:
        """Whether only the graph before has a tensor, by its merged name."""
        return any(merged in home.removed for home in self.around())

    def is_constant(self, merged: str) -> bool:
        """Whether a tensor is constant in the graph before, by its merged name."""
        return any(merged in home.constants for home in self.around())


def unique(wanted: str, taken: set[str]) -> str:
    """`wanted`, with primes behind it while it is taken; recorded in `taken`."""
    name, count = wanted, 0
    while name in taken:
        count += 1
        name = f"{wanted}′{count}"
    taken.add(name)
    return name


def own_names(graph: Graph) -> Iterator[str]:
    """The tensors that this graph itself makes or is given."""
    yield from graph.inputs
    yield from graph.initializers
    for node in graph.nodes:
        yield from filter(None, node.outputs)


def made_names(graph: Graph) -> Iterator[str]:
    """The same of a graph and all of its bodies."""
    yield from own_names(graph)
    for node in graph.nodes:
        for _, body in node.subgraphs:
            yield from made_names(body)


def values_of(home: Home, x: Graph, y: Graph) -> dict[str, Value]:
    """Those of `y`, with those of `x` for what `y` lacks or knows nothing of."""
    found = dict(y.values)
    for name, value in x.values.items():
        merged = home.names.get(name)
        if merged is None:
            continue
        known = found.get(merged)
        if known is None or (known.dtype is None and known.shape is None):
            found[merged] = value if value.name == merged else replace(value, name=merged)
    return found
