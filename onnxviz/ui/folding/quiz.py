"""Predict, then reveal: a question on which nodes fold, its answer, and the score. No Streamlit here."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from onnxviz.scene.finding.focus import Focus, members
from onnxviz.scene.stage import Source, Stage, stage

MOST_WHOLE = 40
"""Nodes of a graph that is asked about as a whole; of a larger one a part."""

MOST_PART = 30
"""Nodes of a part: as many as a person can look at one by one in a few minutes."""

_HANDY = 14
_ENOUGH = 5
"""Of either kind; more would only make the part larger."""

_TRIES = 60
_STEPS = (1, 2, 3, 4)

Verdict = Literal["right", "missed", "wrong"]


@dataclass(frozen=True, slots=True)
class Question:
    """`nodes` to decide on, in topological order, and the part of the graph to look at; None for all."""

    nodes: tuple[str, ...]
    focus: Focus | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """Sums over `rounds`: nodes that fold and were `found` or `missed`, and others that were picked."""

    rounds: int = 0
    found: int = 0
    missed: int = 0
    wrong: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(
            self.rounds + other.rounds,
            self.found + other.found,
            self.missed + other.missed,
            self.wrong + other.wrong,
        )

    @property
    def share(self) -> float:
        """Found, of all that fold or were picked: 1 where everything is right, also if there was nothing."""
        whole = self.found + self.missed + self.wrong
        return self.found / whole if whole else 1.0


def verdicts(question: Question, folds: Collection[str], picked: Collection[str]) -> dict[str, Verdict]:
    """Node -> verdict, for all that fold or were picked; the others were rightly left alone."""
    found: dict[str, Verdict] = {}
    for node in question.nodes:
        if node in picked:
            found[node] = "right" if node in folds else "wrong"
        elif node in folds:
            found[node] = "missed"
    return found


def score(found: Mapping[str, Verdict]) -> Score:
    """The score of one round."""
    said = list(found.values())
    return Score(1, said.count("right"), said.count("missed"), said.count("wrong"))


def question(source: Source, folds: frozenset[str], seed: int) -> Question:
    """The question number `seed` (from 0) on a stored model, of which the nodes `folds` fold.

    A verb for a worker of kind "look". A graph of up to `MOST_WHOLE` nodes is asked about as a whole, each
    time; of a larger one it is the neighbourhood of a node, chosen so that some of it folds and some stays.
    Nodes that are no boxes (`Constant`) are not asked about, nor are those in the body of a node that folds.
    Raises as `picture` does.
    """
    whole = stage(source)
    if len(whole.wiring.nodes) <= MOST_WHOLE:
        return Question(_asked(whole, whole.wiring.nodes, folds))
    chance = random.Random(seed)
    nodes = list(whole.wiring.nodes)
    # Half of the centres fold: in many models few nodes do.
    going = [node for node in nodes if node in folds] or nodes
    centres = [chance.choice(going if turn % 2 else nodes) for turn in range(_TRIES)]
    best: tuple[float, Question] | None = None
    for centre in dict.fromkeys(centres):
        for found in _around(whole, centre, folds):
            worth = _worth(found.nodes, folds)
            if best is None or worth > best[0]:
                best = worth, found
    assert best is not None
    return best[1]


def _around(whole: Stage, centre: str, folds: frozenset[str]) -> Iterable[Question]:
    """Neighbourhoods of a node from small to large, as long as they are small enough; one at least."""
    for steps in _STEPS:
        focus = Focus("neighbours", centre, steps)
        leaves = members(whole.wiring, whole.hierarchy, focus).leaves
        nodes = _asked(whole, (leaf for leaf in leaves if leaf in whole.wiring.nodes), folds)
        if len(nodes) > MOST_PART and steps > 1:
            return
        yield Question(nodes[: 2 * MOST_PART], focus)
        if len(nodes) > MOST_PART:
            return


def _worth(nodes: Collection[str], folds: Collection[str]) -> float:
    """How good a mix it is: some nodes of the rarer kind, in a part that can be read at a glance."""
    if len(nodes) > MOST_PART:
        return -len(nodes)
    going = sum(node in folds for node in nodes)
    return min(going, len(nodes) - going, _ENOUGH) - abs(len(nodes) - _HANDY) / _HANDY


def _asked(whole: Stage, nodes: Iterable[str], folds: frozenset[str]) -> tuple[str, ...]:
    """Those of the nodes that can be decided on, in topological order."""
    order = whole.wiring.order
    found = (node for node in nodes if not _goes_with_another(whole, node, folds))
    return tuple(sorted(found, key=lambda node: (order.get(node, 0), node)))


def _goes_with_another(whole: Stage, node: str, folds: frozenset[str]) -> bool:
    body = whole.wiring.body_of.get(node, "")
    while body:
        owner = whole.wiring.bodies[body].owner
        if owner in folds:
            return True
        body = whole.wiring.body_of.get(owner, "")
    return False
