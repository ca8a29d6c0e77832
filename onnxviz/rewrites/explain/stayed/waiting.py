"""Reasons that lie in the model: what the value of a node waits for."""

from __future__ import annotations

from collections.abc import Sequence

from onnxviz.bench.dims import Sizes
from onnxviz.model import Node
from onnxviz.rewrites.explain.origins.causes import Cause, From
from onnxviz.rewrites.explain.stayed import remedies
from onnxviz.rewrites.explain.stayed.case import Case, Verdict, element_count, joined, place, quoted, size
from onnxviz.rewrites.explain.stayed.fitting import fitting_sizes
from onnxviz.rewrites.explain.stayed.habits import FOLDS_ANY, FOLDS_IN_BODIES
from onnxviz.rewrites.explain.stayed.looks import Look, Seems
from onnxviz.rewrites.reasons import Evidence, Remedy, Stayed
from onnxviz.scene.text import shorten

_NAMED = 3
"""Causes that a sentence names before it says "and N more"."""

Told = tuple[str, Evidence, str]
"""Sentence, evidence and blocker of what waits for sizes."""


class Waiting:
    """Verdicts on nodes whose value is not known."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._of_sizes: dict[int, Told] = {}
        self._setting: dict[int, Remedy | None] = {}
        self._never: dict[str, str] = {}
        """Node -> why the optimizer would not fold it even if it were known."""
        self._chosen: Sizes | None = None

    def verdict(self, node: Node, look: Look) -> Verdict:
        """The worst of the causes decides: where one cannot be lifted, lifting the others is no use."""
        names = self._case.found.names
        kinds = names.kinds(look.mask)
        for kind, told in (
            (From.INPUT, self._by_input),
            (From.BODY, self._by_body),
            (From.RANDOM, self._by_random),
            (From.CUSTOM, self._by_custom),
            (From.FUNCTION, self._by_function),
            (From.UNKNOWN, self._by_gap),
            (From.WEIGHT, self._by_weight),
        ):
            if kind in kinds:
                return told(node, look, names.first(look.mask, kind))
        return self._by_dims(node, look)

    def _by_input(self, node: Node, look: Look, cause: Cause) -> Verdict:
        what = "Its shape" if look.seems is Seems.NO_OP else "What it computes"
        sentence = (
            f"{what} depends on what input {quoted(cause.blocker)} holds, not only on the shape of that: it "
            "can be told only in a run."
        )
        return Verdict(self._case.kept(node, look, Stayed.GRAPH_INPUT, sentence, cause.blocker))

    def _by_body(self, node: Node, look: Look, cause: Cause) -> Verdict:
        sentence = (
            f"It depends on what the body of {self._case.called(cause.blocker)} is handed from turn to "
            "turn: it can be another one each time."
        )
        return Verdict(self._case.kept(node, look, Stayed.BODY, sentence, cause.blocker))

    def _by_random(self, node: Node, look: Look, cause: Cause) -> Verdict:
        it = "It" if cause.blocker == node.id else f"It depends on {self._case.called(cause.blocker)}, which"
        sentence = f"{it} draws other numbers in every run: folding it would make them the same for ever."
        return Verdict(self._case.kept(node, look, Stayed.RANDOM, sentence, cause.blocker))

    def _by_custom(self, node: Node, look: Look, cause: Cause) -> Verdict:
        called = self._case.called(cause.blocker)
        it = "It" if cause.blocker == node.id else f"It depends on {called}, which"
        op = self._case.found.nodes[cause.blocker].qualified_op
        sentence = (
            f"{it} is an operator of its own ({shorten(op, 60)}): only its own runtime knows what it gives."
        )
        return Verdict(self._case.kept(node, look, Stayed.CUSTOM_OP, sentence, cause.blocker))

    def _by_function(self, node: Node, look: Look, cause: Cause) -> Verdict:
        if cause.blocker not in self._case.found.nodes:
            sentence = f"It depends on what {quoted(cause.blocker)} is given at each call."
            return Verdict(self._case.kept(node, look, Stayed.FUNCTION, sentence, cause.blocker))
        it = "It" if cause.blocker == node.id else f"It depends on {self._case.called(cause.blocker)}, which"
        sentence = (
            f"{it} is a call of a function of the model, and {self._case.name} does not look into functions."
        )
        rest = self._case.found.names.kinds(look.mask) - {From.FUNCTION}
        remedy = None if rest else self._case.inlined()
        kept = self._case.kept(node, look, Stayed.FUNCTION, sentence, cause.blocker, remedy)
        return Verdict(kept, remedy is None and not rest)

    def _by_gap(self, node: Node, look: Look, cause: Cause) -> Verdict:
        called, how = self._case.called(cause.blocker), self._case.how
        if how.options.simplify.skip_shape_inference and how.optimizer == "onnxsim":
            sentence = f"Without shape inference nobody knows the sizes that {called} makes."
            remedy = remedies.switched("Infer shapes.", how, {"skip_shape_inference": False})
            return Verdict(self._case.kept(node, look, Stayed.SETTING, sentence, cause.blocker, remedy))
        if cause.blocker in self._case.graph.inputs:
            sentence = f"The model does not say how many axes input {quoted(cause.blocker)} has."
            return Verdict(self._case.kept(node, look, Stayed.SYMBOLIC_DIM, sentence, cause.blocker))
        sentence = f"Shape inference does not find the sizes of what {called} makes."
        return Verdict(self._case.kept(node, look, Stayed.UNEXPLAINED, sentence, cause.blocker), seeks=True)

    def _by_weight(self, node: Node, look: Look, cause: Cause) -> Verdict:
        sentence = f"The weight {quoted(cause.blocker)} is an input too: a caller may give another one."
        remedy = Remedy("Freeze the weights.", {"freeze_weights": True})
        if self._case.found.names.kinds(look.mask) - {From.WEIGHT}:
            dims = [cause for cause in self._case.found.because(look.mask) if cause.kind is From.DIM]
            remedy = remedies.both(self._sizes_set(dims), remedy) or remedy
        return Verdict(self._case.kept(node, look, Stayed.SETTING, sentence, cause.blocker, remedy))

    def _by_dims(self, node: Node, look: Look) -> Verdict:
        names, whole = self._case.found.names, look.mask
        if not self._case.habits.follows_elements and names.only_dims(self._case.found.whole(node.id)):
            whole |= self._case.found.whole(node.id)
        sentence, evidence, blocker = self._sizes(look.mask)
        remedy = self._set(whole)
        off = self._case.off(node, look)
        if off:
            sentence += f" And {off[0]}."
            remedy = remedies.both(remedy, off[1])
        if self._case.is_shut_in(node, look):
            sentence += f" And it stands in a body, where {self._case.name} folds nothing."
            remedy = remedies.both(remedy, Remedy(f"Use {FOLDS_IN_BODIES}.", optimizer=FOLDS_IN_BODIES))
        if left := self._left(node):
            sentence += f" And {left}."
            remedy = remedies.both(remedy, Remedy(f"Use {FOLDS_ANY}.", optimizer=FOLDS_ANY))
        return Verdict(self._case.kept(node, look, Stayed.SYMBOLIC_DIM, sentence, blocker, remedy, evidence))

    def _left(self, node: Node) -> str:
        """Why the optimizer would not fold the node even if its value were known; empty where it would."""
        name, habits = self._case.name, self._case.habits
        found = f"{name} folds no {shorten(node.op_type, 40)}" if node.op_type in habits.never else ""
        for tensor in self._case.found.reads(node.id):
            if tensor is None or found:
                continue
            count = element_count(tensor.value.shape) if tensor.value.is_constant else None
            if tensor.maker in self._never:
                found = self._never[tensor.maker]
            elif habits.most_elements is not None and (count or 0) > habits.most_elements:
                found = f"{name} folds nothing that reads more than {habits.most_elements:,} elements"
        if found:
            self._never[node.id] = found
        return found

    def _sizes(self, mask: int) -> Told:
        """The same for all nodes that wait for the same sizes: made once."""
        found = self._of_sizes.get(mask)
        if found is None:
            causes = self._case.found.because(mask)
            told = [size(cause) for cause in causes[:_NAMED]]
            more = f", and {len(causes) - _NAMED} sizes more" if len(causes) > _NAMED else ""
            sentence = f"{joined(told)}{more}."
            evidence = tuple(("waits for", place(cause)) for cause in causes)
            found = sentence[0].upper() + sentence[1:], evidence, causes[0].blocker
            self._of_sizes[mask] = found
        return found

    def _sizes_set(self, causes: Sequence[Cause]) -> Remedy | None:
        if self._chosen is None:
            self._chosen = Sizes(fitting_sizes(self._case.models, self._case.how.options.set_dims))
        return remedies.sizes_set(causes, self._case.graph, self._case.how, self._chosen)

    def _set(self, mask: int) -> Remedy | None:
        if mask not in self._setting:
            self._setting[mask] = self._sizes_set(self._case.found.because(mask))
        return self._setting[mask]
