"""Folding in words: how it went as a whole, what a step did and by which rule. No Streamlit here."""

from __future__ import annotations

from dataclasses import dataclass

from onnxviz.rewrites.fold import Did, Folded, Step
from onnxviz.rewrites.fold.rules import OUTPUT
from onnxviz.rewrites.reasons import Stayed
from onnxviz.ui.text import nodes

RULES = {
    1: ("A constant node", "A `Constant` node holds its value already: it becomes an initializer."),
    2: (
        "All inputs are known",
        "All that the node reads is known before any run, so its output is computed once, here.",
    ),
    3: (
        "The shape is known",
        "`Shape` asks only for sizes. These are known, whatever the tensor will hold.",
    ),
    4: ("The size is known", "`Size` asks only how many elements there are, and all sizes are known."),
    5: (
        "Shape arithmetic",
        "It asks only for those elements of a shape that are known; the others may stay open.",
    ),
    6: (
        "Only the shape or the type matters",
        "It reads no element of its input, only the shape or the type, and these are known.",
    ),
    7: (
        "The condition is known",
        "The `If` takes the same branch in every run, so that branch stands in its place.",
    ),
    8: (
        "An output keeps its name",
        "Its value is known, and the name belongs to the caller: it becomes a `Constant` under that name.",
    ),
    9: ("Nothing reads it any more", "The last node that read it has gone, so it goes too."),
}
"""Number of a rule in `onnxviz.rewrites.fold.rules` -> its name, and what it says in a sentence."""

LIMITS_HELP = (
    "A value is stored in the file once its node has gone, so folding can make a file larger. Up to 4 KiB is "
    "always stored: shapes, axes and scalars take no more. Larger values are stored where they replace "
    "something as large, or up to these limits: 1 MiB for one tensor and 16 MiB for all of them. That lets "
    "every mask and position table of the samples through, and stops generated weights: without a limit, the "
    "9 KB of VGG-19 in the `onnx` package become 574 MB."
)
"""Why the limits stand where they stand; see `onnxviz.rewrites.fold.limits`."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the `total` nodes of the start.

    `folded` became values (or the branch that they always take), `unread` went as nothing read them any
    more, and `untaken` with the branch of an If that no run takes.
    """

    total: int
    folded: int
    unread: int
    untaken: int

    @classmethod
    def of(cls, folded: Folded) -> Tally:
        """Count the nodes of the start, those of bodies included."""
        total = folded.start.node_count()
        unread = sum(step.did is Did.DROPPED for step in folded.steps)
        went = len(folded.steps) - unread
        # Of an output that is known the value stands in a Constant, which was no node of the start.
        made = sum(step.rule == OUTPUT for step in folded.steps)
        stayed = folded.after.graph.node_count() - made
        return cls(total, went, unread, total - went - unread - stayed)

    @property
    def stayed(self) -> int:
        """Nodes of the start that are in the result."""
        return self.total - self.folded - self.unread - self.untaken


def headline(folded: Folded) -> str:
    """`18 of 60 nodes fold, in 4 waves; 42 stay, since they depend on the input.`"""
    tally = Tally.of(folded)
    if not folded.steps:
        return f"**Nothing folds** of {nodes(tally.total)}."
    fold = "folds" if tally.folded == 1 else "fold"
    parts = [f"**{tally.folded:,} of {nodes(tally.total)} {fold}**, in {_waves(folded.waves)}"]
    if tally.unread:
        them = "it" if tally.unread == 1 else "them"
        parts.append(f"{_go(tally.unread)}, as nothing reads {them} then")
    if tally.untaken:
        parts.append(f"{_go(tally.untaken)} with a branch that no run takes")
    parts.append(_staying(folded, tally))
    return f"{'; '.join(parts)}."


def _go(count: int) -> str:
    return f"{count:,} more {'goes' if count == 1 else 'go'}"


def _staying(folded: Folded, tally: Tally) -> str:
    if not tally.stayed:
        return "none stays: the result is the same in every run"
    inputs = "the input" if len(folded.start.inputs) == 1 else "the inputs"
    looked = min(len({each.node for each in folded.kept}), tally.stayed)
    rest = tally.stayed - looked
    stays = f"{tally.stayed:,} {'stays' if tally.stayed == 1 else 'stay'}"
    if not looked:
        return f"{stays}, since {'it depends' if rest == 1 else 'they depend'} on {inputs}"
    others = f"{looked:,} {'has another reason' if looked == 1 else 'have other reasons'}"
    if not rest:
        return f"{stays}, though {'it looks' if looked == 1 else 'they look'} foldable"
    return f"{stays}: {rest:,} {'depends' if rest == 1 else 'depend'} on {inputs}, {others}"


def nothing_folds(folded: Folded) -> str:
    """Why no step was found, as far as it can be said in a sentence or two."""
    reasons = {each.reason for each in folded.kept}
    inputs = folded.start.inputs
    if not folded.kept and len(inputs) == 1:
        return (
            f"Every node reads the input {inputs[0]!r}, or something that was computed from it. Its value is "
            "known only when the model runs, so nothing can be computed before."
        )
    if not folded.kept:
        return (
            "Every node reads an input, or something that was computed from one. Their values are known only "
            "when the model runs, so nothing can be computed before."
        )
    if reasons == {Stayed.SYMBOLIC_DIM}:
        return "What could fold waits for the sizes of axes that the model leaves open."
    return "Some nodes look foldable and stay all the same. Each has its reason in the table below."


def _waves(count: int) -> str:
    return f"{count} wave{'s' if count != 1 else ''}"


def happened(step: Step) -> str:
    """What became of the node, in two or three words."""
    return {
        Did.FOLDED: "becomes a value",
        Did.INLINED: "becomes its branch",
        Did.DROPPED: "goes: nothing reads it",
    }[step.did]
