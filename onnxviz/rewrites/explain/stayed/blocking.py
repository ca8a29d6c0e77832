"""What stands in the way of a node that looks foldable: the reason, one sentence, and the remedy."""

from __future__ import annotations

from dataclasses import replace

from onnxviz.model import Node
from onnxviz.reading.tensors import BITS
from onnxviz.rewrites.explain.stayed import remedies
from onnxviz.rewrites.explain.stayed.case import Case, Verdict, element_count, lowered, quoted
from onnxviz.rewrites.explain.stayed.looks import Look, Seems
from onnxviz.rewrites.explain.stayed.waiting import Waiting
from onnxviz.rewrites.reasons import Kept, Stayed
from onnxviz.rewrites.simplify import parse_size


class Blocking:
    """The reasons of one result. Ask for its nodes in the order of the walk: one may wait for another."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._waiting = Waiting(case)
        self._verdicts: dict[str, Verdict] = {}
        self._needed: dict[str, int] = {}
        """Node -> the threshold of onnxsim that it and what it waits for need, in bytes."""
        self._roots: dict[str, Kept] = {}
        """Node that waits for others -> the first of them."""

    def verdict(self, node: Node, look: Look) -> Verdict:
        """Why the node stayed."""
        found = self._waiting.verdict(node, look) if look.mask and self._case.takes_out(node, look) else None
        if found is None:
            found = self._in_function(node, look) or self._in_body(node, look) or self._waits(node, look)
        if found is None:
            found = (
                self._too_large(node, look) or self._switched_off(node, look) or self._given_out(node, look)
            )
        found = found or self._no_rule(node, look)
        self._verdicts[node.id] = found = replace(found, seems=look.seems)
        return found

    def _in_function(self, node: Node, look: Look) -> Verdict | None:
        owner = self._case.found.around[node.id]
        while owner and owner in self._case.found.around:
            owner = self._case.found.around[owner]
        if not owner:
            return None
        sentence = f"It stands in {quoted(owner)}, and {self._case.name} does not look into functions."
        remedy = self._case.inlined()
        kept = self._case.kept(node, look, Stayed.FUNCTION, sentence, owner, remedy)
        return Verdict(kept, seeks=remedy is None)

    def _in_body(self, node: Node, look: Look) -> Verdict | None:
        if not self._case.is_shut_in(node, look):
            return None
        owner = self._case.found.around[node.id]
        what = "takes out nothing" if look.seems in (Seems.NO_OP, Seems.TWIN) else "folds nothing"
        sentence = f"It stands in a body of {self._case.called(owner)}, where {self._case.name} {what}."
        return Verdict(self._case.kept(node, look, Stayed.BODY, sentence, owner), seeks=True)

    def _waits(self, node: Node, look: Look) -> Verdict | None:
        """One whose input is made by another that stayed, for the reason of that one."""
        if look.seems is not Seems.CONSTANT:
            return None
        for tensor in self._case.found.reads(node.id):
            maker = self._verdicts.get(tensor.maker) if tensor is not None else None
            if tensor is None or maker is None or maker.kept.reason is Stayed.GRAPH_OUTPUT:
                continue
            root = self._roots[node.id] = self._roots.get(tensor.maker, maker.kept)
            sentence = f"It waits for {self._case.called(root.node)}, which stays: {lowered(root.sentence)}"
            kept = self._case.kept(
                node, look, root.reason, sentence, root.blocker or root.node, maker.kept.remedy
            )
            if tensor.maker in self._needed:
                needed = self._needed[node.id] = max(self._needed[tensor.maker], self._nbytes(node) or 0)
                kept = replace(kept, remedy=remedies.threshold_raised(needed))
            return Verdict(kept, maker.seeks)
        return None

    def _too_large(self, node: Node, look: Look) -> Verdict | None:
        if look.seems is not Seems.CONSTANT:
            return None
        most = self._case.habits.most_elements
        if most is not None:
            return self._input_too_large(node, look, most)
        if self._case.how.optimizer != "onnxsim":
            return None
        nbytes, limit = self._nbytes(node), parse_size(self._case.how.options.simplify.tensor_size_threshold)
        if nbytes is None or nbytes <= limit:
            return None
        self._needed[node.id] = nbytes
        sentence = f"Its value would take {nbytes:,} bytes, more than the tensor size threshold, {limit:,}."
        evidence = (("bytes", str(nbytes)), ("threshold", str(limit)))
        remedy = remedies.threshold_raised(nbytes)
        return Verdict(self._case.kept(node, look, Stayed.SIZE_LIMIT, sentence, node.id, remedy, evidence))

    def _input_too_large(self, node: Node, look: Look, most: int) -> Verdict | None:
        for tensor in self._case.found.reads(node.id):
            count = element_count(tensor.value.shape) if tensor is not None else None
            if tensor is not None and count is not None and count > most:
                name = quoted(tensor.value.name)
                sentence = (
                    f"It reads {name}, of {count:,} elements: {self._case.name} folds none above {most:,}."
                )
                evidence = (("elements", str(count)), ("limit", str(most)))
                kept = self._case.kept(
                    node, look, Stayed.SIZE_LIMIT, sentence, tensor.maker or tensor.value.name, None, evidence
                )
                return Verdict(kept, seeks=True)
        return None

    def _switched_off(self, node: Node, look: Look) -> Verdict | None:
        off = self._case.off(node, look)
        if off is None:
            return None
        sentence = f"{off[0][0].upper()}{off[0][1:]}."
        return Verdict(self._case.kept(node, look, Stayed.SETTING, sentence, "", off[1]))

    def _given_out(self, node: Node, look: Look) -> Verdict | None:
        if not self._case.found.is_given_out(node.id):
            return None
        name = next(name for name in node.outputs if name)
        owner = self._case.found.around[node.id]
        whose = f"the body of {self._case.called(owner)}" if owner else "the graph"
        sentence = f"It gives out {quoted(name)}, an output of {whose}, whose name must stay."
        # Where what it reads is an input, a constant or an output too, something must make that name.
        first = next((tensor for tensor in self._case.found.reads(node.id) if tensor is not None), None)
        is_bound = first is None or not first.maker or id(first) in self._case.found.given_out
        is_bound &= look.seems is Seems.NO_OP
        if look.seems is Seems.TWIN:
            is_bound = self._case.found.is_given_out(look.twin)
            if not is_bound:
                return None
        return Verdict(self._case.kept(node, look, Stayed.GRAPH_OUTPUT, sentence, name), seeks=not is_bound)

    def _no_rule(self, node: Node, look: Look) -> Verdict:
        what = {
            Seems.CONSTANT: "Its value is known before any run",
            Seems.NO_OP: f"It gives what it gets ({look.words})",
            Seems.TWIN: f"{quoted(look.twin)} computes the same from the same",
        }.get(look.seems, "Its value follows from sizes alone")
        if look.seems is Seems.NO_OP and self._case.habits.tidies and self._case.takes_out(node, look):
            sentence = (
                f"{what}. {self._case.name} takes out such a node, and nothing shows why it left this one."
            )
            return Verdict(self._case.kept(node, look, Stayed.UNEXPLAINED, sentence), seeks=True)
        end = f": {self._case.name} has no rule that takes it."
        if not self._case.how.optimizer:
            end = "; which optimizer ran on this model, if any, is not known."
        sentence = f"{what}, and nothing else stands in the way{end}"
        return Verdict(self._case.kept(node, look, Stayed.NO_RULE, sentence, look.twin), seeks=True)

    def _nbytes(self, node: Node) -> int | None:
        """Bytes of all that it makes; None where a size is not known."""
        total = 0
        for tensor in self._case.found.makes(node.id):
            if tensor is None:
                continue
            count, bits = element_count(tensor.value.shape), BITS.get(tensor.value.dtype or "")
            if count is None or bits is None:
                return None
            total += -(-count * bits // 8)
        return total
