"""From what was shown of tensors to a reason for each node that went. Readers are judged before makers.

1. Dead: nothing reads it, or what reads it is dead.
2. No-op: by its operator page its output is its input, and its readers in the result read that.
3. Folded: constants and sizes alone go into it; recomputed, and its value is a constant of the result where
   its readers' images read; or all its readers went, and one of them was folded.
4. Merged: another node is the same operator on the same tensors, and its readers' images read that one's.
5. No-op, fused, rewritten: its region (see `regions`) has a counterpart in the result.
6. Dead by consequence: its readers went for reasons that ask for none of its values.

Everything else is unexplained, with what was tried.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from onnxviz.diff.table import MAIN, NONE
from onnxviz.rewrites.explain.went import words
from onnxviz.rewrites.explain.went.classes import Classes, passes_through
from onnxviz.rewrites.explain.went.ground import Ground, Use
from onnxviz.rewrites.explain.went.known import Known
from onnxviz.rewrites.explain.went.regions import Region, Regions
from onnxviz.rewrites.explain.went.values import Fact
from onnxviz.rewrites.reasons import Removed, Went

SWEEPS = 4
"""How often the nodes left are gone through again: a twin may get its reason after its sibling asked."""

_GONE_INTO = (Went.FUSED, Went.REWRITTEN)


@dataclass(slots=True)
class Shown:
    """What values showed. `agree`: (tensor of the original, of the result) -> whether they hold the same.

    `passed`: (tensor in, tensor out) of the original -> whether they are the same bit for bit.
    """

    facts: dict[int, Fact] = field(default_factory=dict)
    agree: dict[tuple[int, int], bool] = field(default_factory=dict)
    passed: dict[tuple[int, int], bool] = field(default_factory=dict)


class Resolver:
    """Finds the reasons, given what was shown so far."""

    def __init__(self, ground: Ground, known: Known, classes: Classes, shown: Shown) -> None:
        self._ground = ground
        self._known = known
        self._classes = classes
        self._shown = shown
        self._dead = structurally_dead(ground)
        self.regions = Regions(ground, classes, self._same, known.is_static, self._dead).find()
        self._region_of = {node: region for region in self.regions for node in region.nodes}
        self._twins = self._keyed()
        self.reasons: dict[int, Removed] = {}
        self._words = words.Words(ground, known)

    def resolve(self) -> Mapping[int, Removed]:
        """Node -> its reason, for those that have one."""
        left = sorted(self._ground.gone, key=self._ground.rank.__getitem__, reverse=True)
        for _ in range(SWEEPS):
            count = len(left)
            left = [node for node in left if not self._judge(node)]
            if not left or len(left) == count:
                break
        return self.reasons

    def wanted_passes(self) -> list[tuple[int, int]]:
        """(tensor in, tensor out) that have to be the same bit for bit, and were not compared yet."""
        return [
            pair
            for region in self.regions
            if region.went and not region.failure and region.outputs and not region.new
            for pair in region.passed
            if pair not in self._shown.passed
        ]

    def tried(self, node: int) -> str:
        """For a node without a reason: what stands in the way."""
        region = self._region_of.get(node)
        if region is not None and region.failure:
            return region.failure
        for tensor in self._ground.made(node):
            for use in self._ground.uses(tensor):
                if use.survives and not self._is_met(tensor, use):
                    return f"{self._words.name(tensor)} does not have its value where the result needs it"
        return "what reads it is not explained either"

    def _judge(self, node: int) -> bool:
        found = self._reason(node)
        if found is not None:
            self.reasons[node] = found
        return found is not None

    def _reason(self, node: int) -> Removed | None:
        if node in self._dead:
            return self._words.dead(node)
        uses = [(tensor, use) for tensor in self._ground.made(node) for use in self._ground.uses(tensor)]
        uses = [(tensor, use) for tensor, use in uses if use.reader not in self._dead]
        met = [(tensor, use) for tensor, use in uses if use.survives and self._is_met(tensor, use)]
        unmet = [use for tensor, use in uses if use.survives and not self._is_met(tensor, use)]
        if not self._known.is_static(node):
            unmet = [use for use in unmet if not self._is_taken_in(node, use)]
        readers = list(dict.fromkeys(use.reader for _, use in uses if not use.survives))
        explained = all(reader in self.reasons for reader in readers)
        found = None
        if not unmet and (met or explained):
            found = self._passes(node, met, readers)
            found = found or (self._folded(node, met, readers) if self._known.is_static(node) else None)
            found = found or self._merged(node)
        if found is None and not self._known.is_static(node):
            found = self._regional(node)
        if found is None and not met and explained:
            found = self._consequence(node, unmet, readers)
        return found or self._from_owner(node)

    def _passes(self, node: int, met: list[tuple[int, Use]], readers: list[int]) -> Removed | None:
        table = self._ground.a
        if not passes_through(table, node) or any(use.slot == NONE for _, use in met):
            return None
        # A folded reader speaks for it, if it is constant: then there is more to say.
        if self._known.is_static(node) and not met and any(self._is(r, Went.FOLDED) for r in readers):
            return None
        return self._words.no_op(node, table.sources[node][0], is_proof=True)

    def _folded(self, node: int, met: list[tuple[int, Use]], readers: list[int]) -> Removed | None:
        ground = self._ground
        is_constant = all(ground.a.fixed[tensor] != NONE for tensor in ground.made(node))
        facts = [self._shown.facts.get(tensor) for tensor in ground.made(node)]
        if not is_constant and not all(fact is not None and fact.is_same for fact in facts):
            return None
        places = [use.place for _, use in met if ground.b.fixed[use.place] != NONE]
        if met and len(places) < len(met):
            there = next(use.place for _, use in met if use.place not in places)
            is_made = ground.b.makers[there] != NONE
            return self._merged(node) or (self._words.computed(node, there) if is_made else None)
        if is_constant and met:
            twin = self._stored_twin(node, met[0][1].place)
            if twin:
                return self._words.merged_constant(node, twin, met[0][1].place)
        if met:
            return self._words.folded(node, places, facts[0] if facts else None)
        ends = [reader for reader in readers if self._is(reader, Went.FOLDED)]
        return self._words.folded_on(node, ends, facts[0] if facts else None) if ends else None

    def _stored_twin(self, node: int, place: int) -> str:
        """Another constant of the original that became the one that stands in its place."""
        ground = self._ground
        own = ground.made(node)[0]
        for other, image in self._words.stored.items():
            if image == place and other != own and ground.a.fixed[other] == ground.a.fixed[own]:
                return ground.a.names[other]
        return ""

    def _merged(self, node: int) -> Removed | None:
        twins = [other for other in self._twins.get(self._key(node), ()) if other != node]
        alive = [other for other in twins if self._ground.to_b[other] != NONE]
        gone = [other for other in twins if self._ground.rank[other] < self._ground.rank[node]]
        known = [other for other in gone if other in self.reasons]
        if alive or known:
            return self._words.merged(node, (alive or known)[0])
        return None

    def _regional(self, node: int) -> Removed | None:
        region = self._region_of.get(node)
        if region is None or region.failure or not region.outputs:
            return None
        choice = self._choice(node)
        if choice is not None:
            return self._words.decided(node, region, choice)
        if region.new:
            return self._words.regional(node, region)
        return self._words.passing(node, region) if region.passed and self._is_passing(region) else None

    def _is_passing(self, region: Region) -> bool:
        proved = all(passes_through(self._ground.a, node) for node in region.nodes)
        return proved or all(self._shown.passed.get(pair, False) for pair in region.passed)

    def _consequence(self, node: int, unmet: list[Use], readers: list[int]) -> Removed | None:
        """For what only nodes read that went, or, if it is constant, that take another constant now."""
        is_static = self._known.is_static(node)
        if unmet:
            return self._displaced(node, unmet) if is_static and not readers else None
        into = [reader for reader in readers if self._is(reader, *_GONE_INTO)]
        if is_static and into:
            return self._words.went_with(node, into[0], self.reasons[into[0]], self._fact(node))
        if readers and all(is_static or self._asks_nothing(node, reader) for reader in readers):
            return self._words.needless(node, readers)
        return None

    def _displaced(self, node: int, unmet: list[Use]) -> Removed | None:
        fact = self._fact(node)
        for use in unmet:
            region = self._region_of.get(use.reader)
            if region is not None:
                if region.failure or not region.new:
                    return None
                return self._words.went_with(node, use.reader, self._words.regional(use.reader, region), fact)
            made = self._ground.made(use.reader) if use.reader != NONE else []
            if not made or not all(self._classes.found(tensor) for tensor in made):
                return None
        return self._words.displaced(node, unmet, fact)

    def _fact(self, node: int) -> Fact | None:
        return next((self._shown.facts.get(tensor) for tensor in self._ground.made(node)), None)

    def _asks_nothing(self, node: int, reader: int) -> bool:
        """Whether a reader that went needs no element of what `node` makes."""
        if self._known.is_static(reader) or self._is(reader, Went.DEAD):
            return True
        passing = self._ground.a.sources[reader][:1]
        return self._is(reader, Went.NO_OP) and not set(passing) & set(self._ground.made(node))

    def _from_owner(self, node: int) -> Removed | None:
        """A node of a body whose owner went: the body went with it."""
        home = self._ground.a.home_of[node]
        if home == MAIN:
            return None
        owner = self._ground.a.homes[home].owner
        known = self.reasons.get(owner)
        return self._words.inside(node, owner, known, self._choice(owner)) if known is not None else None

    def _choice(self, owner: int) -> bool | None:
        """The condition of an `If`, where it is the same in every run."""
        table = self._ground.a
        if table.nodes[owner].op_type != "If" or not table.sources[owner] or table.sources[owner][0] == NONE:
            return None
        tensor = table.sources[owner][0]
        fact = self._shown.facts.get(tensor)
        text = fact.held.preview if fact is not None and fact.is_same else table.value(tensor).preview
        return {"true": True, "false": False}.get(str(text).strip("[]").lower())

    def _is_taken_in(self, node: int, use: Use) -> bool:
        """Whether its reader is in a region that has a counterpart, so that it is read there elsewhere."""
        region = self._region_of.get(use.reader)
        is_there = all(self._classes.found(tensor) for tensor in self._ground.made(node))
        return is_there and region is not None and not region.failure and bool(region.outputs)

    def _is(self, node: int, *reasons: Went) -> bool:
        return node in self.reasons and self.reasons[node].reason in reasons

    def _is_met(self, tensor: int, use: Use) -> bool:
        return use.place != NONE and self._same(tensor, use.place)

    def _same(self, tensor: int, place: int) -> bool:
        return self._classes.same(tensor, place, self._shown.agree)

    def _key(self, node: int) -> tuple[int, ...]:
        return tuple(self._classes.keys[tensor] for tensor in self._ground.made(node))

    def _keyed(self) -> dict[tuple[int, ...], list[int]]:
        found: dict[tuple[int, ...], list[int]] = {}
        for node in self._ground.a.order:
            if not passes_through(self._ground.a, node):
                found.setdefault(self._key(node), []).append(node)
        return found


def structurally_dead(ground: Ground) -> set[int]:
    """Nodes that nothing needs: they are no output, and no node but dead ones reads what they make."""
    dead: set[int] = set()
    for node in reversed(ground.a.order):
        uses = [use for tensor in ground.made(node) for use in ground.uses(tensor)]
        if all(use.reader in dead for use in uses):
            dead.add(node)
    return dead
