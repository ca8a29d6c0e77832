"""What becomes of each node of a folding, and why, for whoever asks about one. No Streamlit here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from onnxviz.rewrites.fold import Did, Folded, Step
from onnxviz.ui.folding.words import RULES
from onnxviz.ui.text import plain

MOST_CHARACTERS = 110
"""Of the arithmetic of a step, which is told in full elsewhere."""


@dataclass(frozen=True, slots=True)
class Fate:
    """`step` is the number of the step in which the node goes, 0 where it stays. Names are the model's."""

    op_type: str
    sentence: str
    step: int = 0


def of(folded: Folded, nodes: Collection[str]) -> dict[str, Fate]:
    """Node -> its fate, of all that go and of those that stay although they look foldable.

    Ids are those of the graph that folding starts with. What is missing depends on something: see
    `depending`.
    """
    asked = frozenset(nodes)
    found = {
        each.node: Fate(each.op_type, f"It stays. {each.sentence}")
        for each in folded.kept
        if each.node in asked
    }
    for step in folded.steps:
        if step.at in asked:
            found[step.at] = Fate(step.op_type, _goes(step), step.number)
    return found


def _goes(step: Step) -> str:
    if step.did is Did.DROPPED:
        return f"It goes in wave {step.wave}: the last node that read it has gone."
    name, _ = RULES[step.rule]
    why = f"rule {step.rule} ({name[:1].lower()}{name[1:]})"
    return f"It folds in wave {step.wave}, by {why}: {plain(step.sentence, MOST_CHARACTERS)}"


def going(folded: Folded) -> frozenset[str]:
    """Ids of the nodes of the start that a step takes away."""
    return frozenset(step.at for step in folded.steps)
