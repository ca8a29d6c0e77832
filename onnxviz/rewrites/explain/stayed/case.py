"""What is known of one result: the facts on which every reason draws, and how a sentence calls things."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from onnxviz.model import Dim, Model, Node
from onnxviz.rewrites.explain.origins import Origins
from onnxviz.rewrites.explain.origins.causes import Cause
from onnxviz.rewrites.explain.stayed import remedies
from onnxviz.rewrites.explain.stayed.habits import ONNXSIM_PASSES, habits
from onnxviz.rewrites.explain.stayed.looks import Look, Seems
from onnxviz.rewrites.reasons import Evidence, How, Kept, Remedy, Stayed
from onnxviz.scene.text import shorten

_MERGER = "eliminate_common_subexpression"
"""onnxsim's pass for twins."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`seeks` asks for an optimizer that takes the node out: nothing but a rule is known to be missing."""

    kept: Kept
    seeks: bool = False
    seems: Seems = Seems.CONSTANT


class Case:
    """A result, where its values come from (`found`), and how it was made."""

    def __init__(
        self, before: Model, after: Model, found: Origins, how: How, origin: Mapping[str, str]
    ) -> None:
        self.models = before, after
        self.graph = after.graph
        self.found = found
        self.how = how
        self.habits = habits(how.optimizer)
        self.name = how.optimizer or "the optimizer"
        self._origin = origin
        """Id of a node -> its id in the original, where it is in both."""

    def kept(
        self,
        node: Node,
        look: Look,
        reason: Stayed,
        sentence: str,
        blocker: str = "",
        remedy: Remedy | None = None,
        evidence: Evidence = (),
    ) -> Kept:
        """What is said of a node."""
        origin = self._origin.get(node.id, node.id)
        more = (("in the original", origin),) if origin != node.id else ()
        return Kept(
            node.id, node.qualified_op, reason, sentence, look.words, blocker, (*evidence, *more), remedy
        )

    def called(self, node: str) -> str:
        """How a sentence calls a node."""
        known = self.found.nodes.get(node)
        return f"{shorten(known.op_type, 40)} {quoted(node)}" if known else quoted(node)

    def takes_out(self, node: Node, look: Look) -> bool:
        """Whether the optimizer takes out such a node at all, as far as that is known."""
        known = self.habits.tidies
        if look.rule is not None and look.rule.is_wide and self.habits.only_single_units:
            return False
        return look.seems is not Seems.NO_OP or known is None or node.op_type in known

    def is_shut_in(self, node: Node, look: Look) -> bool:
        """Whether it stands in a body where the optimizer does not do what would take it out."""
        owner = self.found.around[node.id]
        if not owner or owner.startswith("function "):
            return False
        tidies = look.seems in (Seems.NO_OP, Seems.TWIN)
        return not (self.habits.tidies_in_bodies if tidies else self.habits.folds_in_bodies)

    def off(self, node: Node, look: Look) -> tuple[str, Remedy | None] | None:
        """(what is switched off, the remedy), where an option keeps onnxsim from taking the node out."""
        chosen = self.how.options.simplify
        if self.how.optimizer != "onnxsim":
            return None
        if look.seems in (Seems.CONSTANT, Seems.SIZES):
            if not chosen.skip_constant_folding:
                return None
            on = remedies.switched("Let it fold constants.", self.how, {"skip_constant_folding": False})
            return "constant folding is switched off", on
        fuser = _MERGER if look.seems is Seems.TWIN else ONNXSIM_PASSES.get(node.op_type, "")
        shapes = {"skip_shape_inference": False} if look.rule is not None and look.rule.by_shape else {}
        if fuser and chosen.skip_optimization:
            on = remedies.switched("Let it optimize.", self.how, {"skip_optimization": False, **shapes})
            return "its optimizations are switched off", on
        if fuser and fuser in chosen.skipped_optimizers:
            left = tuple(name for name in chosen.skipped_optimizers if name != fuser)
            on = remedies.switched(f"Do not skip {fuser}.", self.how, {"skipped_optimizers": left, **shapes})
            return f"the pass {fuser} is switched off", on
        return None

    def inlined(self) -> Remedy | None:
        """The option that puts bodies in the place of calls, where the optimizer has one."""
        if self.how.optimizer != "onnxsim":
            return None
        return remedies.switched("Inline the model's functions.", self.how, {"inline_functions": True})


def element_count(shape: tuple[Dim, ...] | None) -> int | None:
    """Of a tensor of that shape; None where a size is not known."""
    count = 1
    for dim in shape if shape is not None else (None,):
        if not isinstance(dim, int):
            return None
        count *= dim
    return count


def size(cause: Cause) -> str:
    """Where an open size stands."""
    where = f"the size of axis {cause.axis} of input {quoted(cause.blocker)}"
    return f"{where} is the symbol {quoted(cause.dim)}" if cause.dim else f"{where} is left open"


def place(cause: Cause) -> str:
    """The same as a thing, to go on with after "waits for"."""
    symbol = f", the symbol {quoted(cause.dim)}" if cause.dim else ""
    return f"the size of axis {cause.axis} of input {quoted(cause.blocker)}{symbol}"


def joined(parts: list[str]) -> str:
    """`a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def lowered(sentence: str) -> str:
    """To go on with after a colon."""
    return sentence[0].lower() + sentence[1:]


def quoted(name: str) -> str:
    """A name from the model, cut where it is long."""
    return f"'{shorten(name, 60)}'"
