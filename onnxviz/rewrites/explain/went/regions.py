"""Pieces of the original that became other pieces of the result, with the same tensors around them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from onnxviz.diff.table import MAIN, NONE
from onnxviz.rewrites.explain.went.classes import Classes
from onnxviz.rewrites.explain.went.ground import Ground, Use

MOST_TIMES, MOST_MORE = 4, 32
"""A piece of n nodes may have become one of 4 n + 32 nodes: more was strayed into, not found."""


@dataclass(frozen=True, slots=True)
class Region:
    """Nodes of the original that hang together by tensors that the result does not have.

    `went` are those of `nodes` that went, `new` the nodes of the result that compute the same from the same;
    none where what goes in is what comes out, at (`passed`: tensor in, tensor out). `failure` says why the
    correspondence could not be shown; empty where it was.
    """

    nodes: tuple[int, ...]
    went: tuple[int, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    new: tuple[int, ...] = ()
    passed: tuple[tuple[int, int], ...] = ()
    failure: str = ""
    relies: tuple[int, ...] = ()
    """Nodes of other regions that take in what it gives, each in its own way: those are needed too."""


class Regions:
    """Finds the regions of one comparison."""

    def __init__(
        self,
        ground: Ground,
        classes: Classes,
        is_same: Callable[[int, int], bool],
        is_static: Callable[[int], bool],
        dead: set[int],
    ) -> None:
        self._ground = ground
        self._classes = classes
        self._is_same = is_same
        self._is_static = is_static
        self._dead = dead
        self._parent: dict[int, int] = {}
        outside = (tensor for tensor, home in enumerate(ground.a.tensor_homes) if not self._is_inside(home))
        self._known = {classes.of_a[tensor] for tensor in outside}
        self._by_class = {at: tensor for tensor, at in reversed(list(enumerate(classes.of_b)))}

    def find(self) -> list[Region]:
        """All regions, with those in which nothing went."""
        ground = self._ground
        members = [node for node in range(len(ground.a.nodes)) if self._is_member(node)]
        inside = set(members)
        for node in members:
            self._parent.setdefault(node, node)
            for tensor in ground.made(node):
                if self._classes.found(tensor):
                    continue
                for use in ground.uses(tensor):
                    reader = use.reader
                    if reader != NONE and self._may_belong(reader):
                        self._parent.setdefault(reader, reader)
                        self._join(node, reader)
                        inside.add(reader)
        inside |= self._beside(inside)
        groups: dict[int, list[int]] = {}
        for node in sorted(inside, key=ground.rank.__getitem__):
            groups.setdefault(self._root(node), []).append(node)
        return _relied_on([self._region(nodes) for nodes in groups.values()])

    def _beside(self, inside: set[int]) -> set[int]:
        """Nodes that give what they gave, and read something else for it: they belong to what went."""
        ground, found = self._ground, set()
        for node in [each for each in inside if each in ground.is_gone]:
            for tensor in ground.made(node):
                for use in ground.uses(tensor):
                    is_met = use.place != NONE and self._is_same(tensor, use.place)
                    if not use.survives or is_met or use.reader in inside or use.reader == NONE:
                        continue
                    if self._may_belong(use.reader):
                        self._parent.setdefault(use.reader, use.reader)
                        self._join(node, use.reader)
                        found.add(use.reader)
        return found

    def _is_member(self, node: int) -> bool:
        """Nodes that went, and those that stayed and give something else now, unless constant or dead."""
        ground = self._ground
        if not self._may_belong(node):
            return False
        if node in ground.is_gone:
            return True
        return not all(self._classes.found(tensor) for tensor in ground.made(node))

    def _may_belong(self, node: int) -> bool:
        """A node in a body of one that went goes with it."""
        if self._is_static(node) or node in self._dead:
            return False
        return not self._is_inside(self._ground.a.home_of[node])

    def _is_inside(self, home: int) -> bool:
        """Whether a graph is a body of a node that went, at any depth."""
        homes = self._ground.a.homes
        while home != MAIN:
            if homes[home].owner in self._ground.is_gone:
                return True
            home = homes[home].outer
        return False

    def _region(self, nodes: list[int]) -> Region:
        ground, inside = self._ground, set(nodes)
        went = tuple(node for node in nodes if node in ground.is_gone)
        made = {tensor for node in nodes for tensor in ground.made(node)}
        reads = dict.fromkeys(tensor for node in nodes for tensor in ground.reads(node) if tensor not in made)
        inputs = tuple(tensor for tensor in reads if not self._is_constant(tensor))
        starts: dict[int, int] = {}
        outputs: dict[int, None] = {}
        relies: dict[int, None] = {}
        failure = ""
        for tensor in sorted(made):
            for use in ground.uses(tensor):
                if use.reader in inside or not self._needs(use):
                    continue
                outputs[tensor] = None
                if use.place != NONE and self._is_same(tensor, use.place):
                    starts[use.place] = tensor
                elif use.reader in self._parent and self._classes.found(tensor):
                    relies[use.reader] = None
                elif use.survives:
                    failure = f"{ground.a.names[tensor]} has another value in the result, or none"
        region = Region(tuple(nodes), went, inputs, tuple(outputs), failure=failure, relies=tuple(relies))
        if failure or not outputs:
            return region
        return self._traced(region, starts)

    def _needs(self, use: Use) -> bool:
        """Whether a use asks for the elements: what only reads the shape, or is dead, does not."""
        return use.reader == NONE or not (self._is_static(use.reader) or use.reader in self._dead)

    def _traced(self, region: Region, starts: dict[int, int]) -> Region:
        """Walk from what comes out, in the result, to what goes in."""
        ground, classes = self._ground, self._classes
        for tensor in region.outputs:
            if tensor not in starts.values():
                starts.update(dict.fromkeys(self._images(tensor), tensor))
        borders = {classes.of_a[tensor]: tensor for tensor in region.inputs}
        new: dict[int, None] = {}
        passed, reached = [], set()
        waiting = list(starts)
        while waiting:
            tensor = waiting.pop()
            at = classes.of_b[tensor]
            if at in borders:
                reached.add(at)
                if tensor in starts:
                    passed.append((borders[at], starts[tensor]))
                continue
            maker = ground.b.makers[tensor]
            if ground.b.fixed[tensor] != NONE or maker in new:
                continue
            if at in self._known and tensor not in starts:
                # Another tensor of the original, which the result has as well.
                reached.add(at)
                continue
            if maker == NONE:
                return _failed(region, f"the result takes {ground.b.names[tensor]}, which is not known")
            new[maker] = None
            if len(new) > MOST_TIMES * len(region.nodes) + MOST_MORE:
                return _failed(region, "its counterpart in the result has no end")
            waiting.extend(ground.reads(maker, after=True))
        if region.inputs and not reached & set(borders):
            return _failed(region, "its counterpart in the result reads nothing of what it read")
        places = {node: place for place, node in enumerate(ground.b.order)}
        order = tuple(sorted(new, key=places.__getitem__))
        return replace(region, new=order, passed=tuple(passed))

    def _images(self, tensor: int) -> Iterable[int]:
        near = [other for other in self._ground.candidates(tensor) if self._is_same(tensor, other)]
        return near[:1] or [self._by_class[self._classes.of_a[tensor]]]

    def _is_constant(self, tensor: int) -> bool:
        maker = self._ground.a.makers[tensor]
        return self._ground.a.fixed[tensor] != NONE or (maker != NONE and self._is_static(maker))

    def _root(self, node: int) -> int:
        while self._parent[node] != node:
            self._parent[node] = self._parent[self._parent[node]]
            node = self._parent[node]
        return node

    def _join(self, first: int, second: int) -> None:
        self._parent[self._root(first)] = self._root(second)


def _failed(region: Region, failure: str) -> Region:
    return replace(region, failure=failure)


def _relied_on(regions: list[Region]) -> list[Region]:
    """The same, those failed that rely on one that failed."""
    while True:
        bad = {node for region in regions if region.failure for node in region.nodes}
        found = [
            _failed(region, "what takes it in could not be shown to do the same")
            if not region.failure and bad.intersection(region.relies)
            else region
            for region in regions
        ]
        if found == regions:
            return regions
        regions = found
