"""Which boxes show a problem of the model: its leaves, and how many of them each group holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from onnxviz.model import Problem
from onnxviz.reading.problems import RULES, at_nodes
from onnxviz.scene.types import Hierarchy
from onnxviz.scene.wires import Wiring

SIGN = "⚠"
"""Begins the line of a box with a problem, so that it is not told by colour alone."""

_AT_AN_END = {"unmade": "made by no node", "graph": "no type or shape", "twice": "listed twice"}


def places(wiring: Wiring, problems: Iterable[Problem]) -> dict[str, tuple[Problem, ...]]:
    """Leaf -> the problems that show there.

    One that is about a tensor and at no node is at the input or output of that name; one that is about the
    whole model is nowhere.
    """
    problems = tuple(problems)
    found = at_nodes(problems, wiring.nodes)
    named = {name: problem for problem in problems if not problem.nodes for name in problem.values}
    if named:
        found |= {end.id: (named[end.name],) for end in wiring.ends.values() if end.name in named}
    return found


def flagged(wiring: Wiring, problems: Iterable[Problem]) -> dict[str, tuple[str, ...]]:
    """Leaf -> its problems in few words, each once."""
    return {
        leaf: tuple(dict.fromkeys(_sign(problem, leaf in wiring.ends) for problem in here))
        for leaf, here in places(wiring, problems).items()
    }


def _sign(problem: Problem, is_end: bool) -> str:
    sign = RULES[problem.rule].sign
    return _AT_AN_END.get(problem.rule, sign) if is_end else sign


def tallied(hierarchy: Hierarchy, leaves: Collection[str]) -> Mapping[str, int]:
    """Group -> how many of `leaves` are in it, at any depth; groups that hold none are left out."""
    counts: dict[str, int] = {}
    if not leaves:
        return counts
    outside_in = [hierarchy.root]
    for group in outside_in:
        outside_in.extend(hierarchy.groups[group].children)
    for group in reversed(outside_in):
        inner = hierarchy.groups[group]
        here = sum(node in leaves for node in inner.nodes)
        count = here + sum(counts.get(child, 0) for child in inner.children)
        if count:
            counts[group] = count
    return counts


def line_of(signs: tuple[str, ...]) -> str:
    """`⚠ made twice, in a cycle`."""
    return f"{SIGN} {', '.join(signs)}"


def group_line(count: int) -> str:
    """`⚠ 3 nodes with a problem`."""
    return f"{SIGN} {count:,} node{'s' if count > 1 else ''} with a problem"
