"""Reasons in words. Names come from the model: whoever shows them takes them for hostile text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from onnxviz.diff.table import NONE
from onnxviz.reading.tensors import shorten
from onnxviz.rewrites.explain.went.ground import Ground, Use
from onnxviz.rewrites.explain.went.known import Known
from onnxviz.rewrites.explain.went.regions import Region
from onnxviz.rewrites.explain.went.unchanged import rule
from onnxviz.rewrites.explain.went.values import SEEDS, Fact
from onnxviz.rewrites.reasons import Evidence, Removed, Went

MOST_LISTED = 4
MOST_NODES = 64
"""Nodes of a region that a reason names."""

AGREED = f"the values agree on {SEEDS} random inputs"


class Words:
    """Makes the `Removed` of a node, given what was shown."""

    def __init__(self, ground: Ground, known: Known) -> None:
        self._ground = ground
        self._known = known
        self.stored = _stored(ground)
        """Constant of the original -> the constant of the result that it became."""

    def name(self, tensor: int) -> str:
        """Of a tensor of the original."""
        return shorten(self._ground.a.names[tensor], 60)

    def dead(self, node: int) -> Removed:
        """Nothing reads it in the original."""
        made = self._ground.made(node)
        readers = [use.reader for tensor in made for use in self._ground.uses(tensor)]
        if not readers:
            said = "Nothing reads what it makes, and it is no output."
        else:
            said = f"Only {self._some(readers)} read it, which nothing needs either."
        return self._removed(node, Went.DEAD, said, (("checked", "in the original itself"),), readers)

    def no_op(self, node: int, source: int, *, is_proof: bool) -> Removed:
        """It gives what it gets."""
        text = rule(self._ground.a.nodes[node])
        shown = "by the operator's definition" if is_proof else f"bit for bit equal on {SEEDS} random inputs"
        evidence = (("rule", text), ("gives", self.name(source)), ("checked", shown))
        return self._removed(node, Went.NO_OP, f"{text}: its readers read {self.name(source)} now.", evidence)

    def folded(self, node: int, places: Sequence[int], fact: Fact | None) -> Removed:
        """Its value is a constant of the result."""
        found = shorten(self._ground.b.names[places[0]], 60)
        kind = "an initializer" if self._ground.b.makers[places[0]] == NONE else "a Constant"
        value = self._value(node, fact)
        said = f"Computed from {self._sources(node)} alone; its value is the constant {found} now."
        if fact is None:
            said = f"A constant; its value is {found} in the result."
        checked = "recomputed, the same in each run, and found in the result" if fact else "equal content"
        evidence = (*self._roots(node), *value, ("found", f"{found}, {kind}"), ("checked", checked))
        return self._removed(node, Went.FOLDED, said, evidence)

    def folded_on(self, node: int, ends: Sequence[int], fact: Fact | None) -> Removed:
        """What reads it was folded."""
        said = f"Folded together with {self._some(ends)}, which reads it."
        checked = "recomputed, the same in each run; the end of the chain is found in the result"
        if fact is None:
            checked = "the end of the chain is found in the result"
        evidence = (*self._roots(node), *self._value(node, fact), ("checked", checked))
        return self._removed(node, Went.FOLDED, said, evidence, ends)

    def merged_constant(self, node: int, twin: str, place: int) -> Removed:
        """Another constant of the same content stands for it."""
        twin, found = shorten(twin, 60), shorten(self._ground.b.names[place], 60)
        said = f"A constant of the same value as {twin}; both are {found} now."
        evidence = (("twin", twin), *self._value(node, None), ("checked", "equal content"))
        return self._removed(node, Went.MERGED, said, evidence)

    def merged(self, node: int, twin: int) -> Removed:
        """Another node does the same."""
        there = self._ground.to_b[twin]
        said = f"{self._call(twin)} computes the same from the same, and its readers read that now."
        if there == NONE:
            said = f"{self._call(twin)} computes the same from the same; see there for what became of it."
        evidence = (("twin", self._first_name(twin)), ("checked", "same operator, attributes and inputs"))
        after = () if there == NONE else (self._ground.b.nodes[there].id,)
        return self._removed(node, Went.MERGED, said, evidence, [twin], after)

    def computed(self, node: int, place: int) -> Removed:
        """A node of the result computes its value, which is the same in each run."""
        maker = self._ground.b.nodes[self._ground.b.makers[place]]
        found = shorten(self._ground.b.names[place], 60)
        said = f"The {maker.op_type} {found} of the result computes the same, and its readers read that now."
        evidence = (*self._roots(node), ("found", found), ("checked", AGREED))
        return self._removed(node, Went.FUSED, said, evidence, (), (maker.id,))

    def regional(self, node: int, region: Region) -> Removed:
        """Its region became other nodes."""
        old = self._pattern(self._ground.a.nodes[each].qualified_op for each in region.nodes)
        new = self._pattern(self._ground.b.nodes[each].qualified_op for each in region.new)
        evidence: Evidence = (
            ("old", old), ("new", new),
            ("from", self._listed(region.inputs) or "constants alone"),
            ("into", self._listed(region.outputs)),
            ("checked", f"the same tensors go in, and what comes out: {AGREED}"),
        )  # fmt: skip
        others = [each for each in region.nodes if each != node]
        after = tuple(self._ground.b.nodes[each].id for each in region.new[:MOST_NODES])
        if len(region.new) == 1 and len(region.nodes) > 1:
            said = f"{old} became one {new}."
            return self._removed(node, Went.FUSED, said, evidence, others, after)
        if len(region.new) == 1 and self._ground.to_a[region.new[0]] != NONE:
            said = f"{new} computes the same too, and its readers read that now."
            return self._removed(node, Went.FUSED, said, evidence, others, after)
        return self._removed(node, Went.REWRITTEN, f"{old} became {new}.", evidence, others, after)

    def passing(self, node: int, region: Region) -> Removed:
        """Its region gives what it gets."""
        if len(region.nodes) == 1:
            return self.no_op(node, region.passed[0][0], is_proof=False)
        old = self._pattern(self._ground.a.nodes[each].qualified_op for each in region.nodes)
        source = self.name(region.passed[0][0])
        evidence = (("rule", f"{old} cancel out"), ("gives", source),
                    ("checked", f"bit for bit equal on {SEEDS} random inputs"))  # fmt: skip
        said = f"{old} together change nothing: their readers read {source} now."
        return self._removed(node, Went.NO_OP, said, evidence, [e for e in region.nodes if e != node])

    def needless(self, node: int, readers: Sequence[int]) -> Removed:
        """What reads it went, and asks for nothing."""
        said = f"Nothing needs it any more: only {self._some(readers)} read it, and went."
        return self._removed(node, Went.DEAD, said, (("checked", "every reader's own reason"),), readers)

    def decided(self, node: int, region: Region, choice: bool) -> Removed:
        """An `If` whose condition is the same in every run."""
        branch = "then_branch" if choice else "else_branch"
        said = f"Its condition is always {str(choice).lower()}: its {branch} stands in its place."
        evidence = (("condition", str(choice).lower()), ("checked", f"condition recomputed; {AGREED}"))
        after = tuple(self._ground.b.nodes[each].id for each in region.new[:MOST_NODES])
        return self._removed(node, Went.REWRITTEN, said, evidence, (), after)

    def went_with(self, node: int, reader: int, reason: Removed, fact: Fact | None) -> Removed:
        """A constant of a region."""
        said = f"A constant of what became {self._after(reason)}: it went in with {self._call(reader)}."
        checked = f"the reason of what reads it: {AGREED}"
        evidence = (*self._roots(node), *self._value(node, fact), ("checked", checked))
        return self._removed(node, reason.reason, said, evidence, [reader], reason.after_nodes)

    def displaced(self, node: int, uses: Sequence[Use], fact: Fact | None) -> Removed:
        """A constant whose reader takes another one now, and gives the same."""
        readers = list(dict.fromkeys(use.reader for use in uses))
        partners = [self._ground.to_b[reader] for reader in readers]
        after = tuple(self._ground.b.nodes[each].id for each in partners if each != NONE)
        said = f"{self._some(readers)} is written in another way now, and gives the same."
        evidence = (*self._value(node, fact), ("checked", f"for what its reader gives: {AGREED}"))
        return self._removed(node, Went.REWRITTEN, said, evidence, readers, after)

    def inside(self, node: int, owner: int, known: Removed, choice: bool | None) -> Removed:
        """It stood in a body of a node that went."""
        home = self._ground.a.homes[self._ground.a.home_of[node]]
        call, reason = self._call(owner), known.reason
        said = f"It stood in a body of {call}, which went: {known.sentence}"
        if choice is not None and (home.body == "then_branch") is not choice:
            said, reason = (
                f"The condition of {call} is always {str(choice).lower()}: it never ran.",
                Went.DEAD,
            )
        evidence = (("body", f"{home.body} of {call}"), ("checked", "the reason of the node around it"))
        after = () if reason is Went.DEAD else known.after_nodes
        return self._removed(node, reason, said, evidence, [owner], after)

    def unexplained(self, node: int, tried: str) -> Removed:
        """No reason was shown."""
        return self._removed(node, Went.UNEXPLAINED, "No reason could be shown.", (("tried", tried),))

    def _removed(
        self,
        node: int,
        reason: Went,
        said: str,
        evidence: Evidence = (),
        before: Iterable[int] = (),
        after: tuple[str, ...] = (),
    ) -> Removed:
        one = self._ground.a.nodes[node]
        ids = tuple(dict.fromkeys(self._ground.a.nodes[each].id for each in before if each != NONE))
        return Removed(one.id, one.qualified_op, reason, said, evidence, ids[:MOST_NODES], after)

    def _first_name(self, node: int) -> str:
        return shorten(self._ground.a.first_name(node), 60)

    def _call(self, node: int) -> str:
        return f"the {self._ground.a.nodes[node].op_type} {self._first_name(node)}"

    def _some(self, nodes: Sequence[int]) -> str:
        known = [self._call(node) for node in dict.fromkeys(nodes) if node != NONE]
        more = f" and {len(known) - 2} more" if len(known) > 2 else ""
        return " and ".join(known[:2]) + more if not more else ", ".join(known[:2]) + more

    def _listed(self, tensors: Sequence[int]) -> str:
        shown = ", ".join(self.name(tensor) for tensor in tensors[:MOST_LISTED])
        return shown + (f" and {len(tensors) - MOST_LISTED} more" if len(tensors) > MOST_LISTED else "")

    def _after(self, reason: Removed) -> str:
        return shorten(reason.after_nodes[0], 60) if reason.after_nodes else "other nodes"

    def _sources(self, node: int) -> str:
        constants, sizes = self._known.roots(node)
        if constants and sizes:
            return "constants and fixed sizes"
        return "fixed sizes" if sizes else "constants"

    def _roots(self, node: int) -> Evidence:
        constants, sizes = self._known.roots(node)
        found = []
        for label, names in (("from", constants), ("sizes of", sizes)):
            if names:
                more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
                found.append((label, ", ".join(shorten(n, 60) for n in names[:MOST_LISTED]) + more))
        return tuple(found)

    def _value(self, node: int, fact: Fact | None) -> Evidence:
        made = self._ground.made(node)
        if not made:
            return ()
        value = self._ground.a.value(made[0])
        if fact is not None:
            held = fact.held
            text = f"{value.dtype or held.dtype}{list(held.shape)} {held.preview}"
            return (("value", text), ("bytes", str(held.nbytes)))
        if not value.is_constant:
            return ()
        return (("value", f"{value.type_text} {value.preview or ''}".strip()), ("bytes", str(value.nbytes)))

    @staticmethod
    def _pattern(ops: Iterable[str]) -> str:
        counts = Counter(ops)
        parts = [f"{op} × {count}" if count > 1 else op for op, count in counts.items()]
        return ", ".join(parts[:8]) + (" …" if len(parts) > 8 else "")


def _stored(ground: Ground) -> dict[int, int]:
    found: dict[int, int] = {}
    names = ground.b.homes[0].by_name
    for twin in ground.diff.constants.matched:
        mine, its = ground.a.homes[0].by_name.get(twin.before), names.get(twin.after)
        if mine is not None and its is not None:
            found[mine] = its
    for node, partner in enumerate(ground.to_b):
        if partner != NONE and ground.a.nodes[node].op_type == "Constant":
            found.update(zip(ground.a.made[node], ground.b.made[partner], strict=False))
    return found
