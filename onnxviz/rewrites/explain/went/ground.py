"""Two models as tables of nodes and tensors, and where each value of the one is used in the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from onnxviz.diff.digests import constant_digests
from onnxviz.diff.table import MAIN, NONE, Interner, Table, crossings, tabulate
from onnxviz.diff.types import Diff, Digests
from onnxviz.model import Model, Node

__all__ = ["MAIN", "NONE", "Ground", "Use", "gone"]


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a tensor of the original is used.

    `reader` is the node, or the owner of the body that gives the tensor out, or `NONE` for an output of the
    main graph. `place` is the tensor of the result that is used there, `NONE` where there is no such place.
    `survives` says whether the reader is in the result, or the output is.
    """

    reader: int
    slot: int
    place: int
    survives: bool


def gone(diff: Diff) -> list[Node]:
    """The nodes that went, in bodies too: those of `Diff.removed_nodes` that are nowhere in the result.

    A node that moved to another body is there still, and so is a `Constant` that is an initializer now.
    """
    moved = {before for before, _ in diff.moved}
    kept = set()
    for found in diff.walk():
        stored = {
            twin.before
            for twin in found.constants.matched
            if {change.field for change in twin.changes} == {"kept"}
        }
        constants = (node for node in found.removed if node.is_constant)
        kept |= {node.id for node in constants if stored.intersection(node.outputs[:1])}
    return [node for node in diff.removed_nodes() if node.id not in moved and node.id not in kept]


class Ground:
    """Both tables, who is who, and the uses of every tensor of the original (`a`); the result is `b`."""

    def __init__(
        self, before: Model, after: Model, diff: Diff, digests: tuple[Digests, Digests] | None = None
    ) -> None:
        self.before, self.after, self.diff = before, after, diff
        intern = Interner()
        known = digests or (_digests(before), _digests(after))
        self.a = tabulate(before.graph, (), known[0], intern)
        self.b = tabulate(after.graph, (), known[1], intern)
        self.ids = {node.id: at for at, node in enumerate(self.a.nodes)}
        others = {node.id: at for at, node in enumerate(self.b.nodes)}
        self.to_b = [NONE] * len(self.a.nodes)
        self.to_a = [NONE] * len(self.b.nodes)
        for mine, its in (*diff.moved, *diff.pairs().items()):
            if mine in self.ids and its in others:
                self.to_b[self.ids[mine]] = others[its]
                self.to_a[others[its]] = self.ids[mine]
        self.gone = [self.ids[node.id] for node in gone(diff) if node.id in self.ids]
        self.is_gone = set(self.gone)
        self.rank = {node: place for place, node in enumerate(self.a.order)}
        self.inputs = _ends(self.a, self.b, diff, is_output=False)
        self.outputs = _ends(self.a, self.b, diff, is_output=True)
        self._names = {self.b.names[tensor]: tensor for tensor in self.b.homes[MAIN].by_name.values()}
        self._given = self._given_out()
        self._uses: dict[int, tuple[Use, ...]] = {}

    def made(self, node: int) -> list[int]:
        """The tensors that a node of the original makes."""
        return [tensor for tensor in self.a.made[node] if tensor != NONE]

    def reads(self, node: int, *, after: bool = False) -> list[int]:
        """What a node reads, with what its bodies read from outside. CastLike's second is but a type."""
        table = self.b if after else self.a
        sources = table.sources[node][:1] if table.nodes[node].op_type == "CastLike" else table.sources[node]
        found = [tensor for tensor in sources if tensor != NONE]
        if table.bodies[node]:
            inner = (tensor for _, _, tensor in crossings(table).get(node, ()))
            found += [tensor for tensor in inner if self._is_outside(table, tensor, node)]
        return list(dict.fromkeys(found))

    def uses(self, tensor: int) -> tuple[Use, ...]:
        """Where a tensor of the original is used."""
        found = self._uses.get(tensor)
        if found is None:
            found = self._uses[tensor] = (*self._reads_of(tensor), *self._given.get(tensor, ()))
        return found

    def candidates(self, tensor: int) -> list[int]:
        """Tensors of the result that may hold the same: at its uses, its node's partner's, its namesake."""
        found = [use.place for use in self.uses(tensor) if use.place != NONE]
        maker = self.a.makers[tensor]
        if maker != NONE and self.to_b[maker] != NONE:
            made, slot = self.b.made[self.to_b[maker]], self.a.slots[tensor]
            found += [made[slot]] if slot < len(made) and made[slot] != NONE else []
        if self.a.tensor_homes[tensor] == MAIN and self.a.names[tensor] in self._names:
            found.append(self._names[self.a.names[tensor]])
        return list(dict.fromkeys(found))[:MOST_CANDIDATES]

    def _reads_of(self, tensor: int) -> Iterator[Use]:
        for reader, slot in self.a.readers[tensor]:
            partner = self.to_b[reader]
            if partner == NONE:
                yield Use(reader, slot, NONE, survives=False)
                continue
            sources = self.b.sources[partner]
            yield Use(reader, slot, sources[slot] if slot < len(sources) else NONE, survives=True)

    def _given_out(self) -> dict[int, list[Use]]:
        found: dict[int, list[Use]] = {}
        pairs = dict(self.outputs)
        for at, home in enumerate(self.a.homes):
            partner = self._home_partner(at)
            for place, tensor in enumerate(home.outputs):
                if tensor == NONE:
                    continue
                there = pairs.get(place) if at == MAIN else place
                outputs = self.b.homes[partner].outputs if partner != NONE else ()
                image = outputs[there] if there is not None and there < len(outputs) else NONE
                survives = partner != NONE and there is not None
                found.setdefault(tensor, []).append(Use(home.owner, -1 - place, image, survives=survives))
        return found

    def _home_partner(self, home: int) -> int:
        if home == MAIN:
            return MAIN
        one = self.a.homes[home]
        owner = self.to_b[one.owner]
        bodies = self.b.bodies[owner] if owner != NONE else []
        return bodies[one.at] if one.at < len(bodies) else NONE

    def home_key(self, home: int, *, after: bool) -> tuple[object, ...]:
        """The same for a body and its partner."""
        one = (self.b if after else self.a).homes[home]
        owner = self.to_a[one.owner] if after and one.owner != NONE else one.owner
        return ("result" if after and owner == NONE else "", one.owner if owner == NONE else owner, one.at)

    def _is_outside(self, table: Table, tensor: int, node: int) -> bool:
        home = table.tensor_homes[tensor]
        while home != MAIN:
            if table.homes[home].owner == node:
                return False
            home = table.homes[home].outer
        return True


MOST_CANDIDATES = 6


def _digests(model: Model) -> Digests:
    return constant_digests(Path(model.path)) if model.path else Digests()


def _ends(a: Table, b: Table, diff: Diff, *, is_output: bool) -> list[tuple[int, int]]:
    """Pairs of positions among the inputs, or the outputs, of the main graphs."""
    part = diff.outputs if is_output else diff.inputs
    return [twin.places for twin in part.matched]
