"""Breaches of ONNX's rules, found while a model is read: each with its place, all of a kind in one note."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from onnxviz.model import Problem
from onnxviz.reading.tensors import shorten

MOST_OF_A_RULE = 100
"""Problems of one rule that are kept; all are counted. A person mends the first few and reads again."""

_NAMED = 5
"""Names that a note lists before it says "and N more"."""

_FUNCTION = "function "
"""Begins the ids of nodes in model-local functions, see `graphs.Builder.function`."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that a valid model keeps to. `sign` is what a box in the picture says, `note` the start of
    the note on all breaches of it; an empty one stands for the sentence itself."""

    sign: str
    note: str = ""


RULES = {
    "cycle": Rule("in a cycle", "the graph has a cycle, so it cannot be run"),
    "order": Rule("reads too early", "nodes are not in topological order; read before they are made"),
    "twice": Rule("made twice", "made more than once, so which one is read is unclear"),
    "unmade": Rule("reads what is not made", "read but never made"),
    "data": Rule("data of a wrong size", "data is missing or of another size than the shape says"),
    "type": Rule("no known type", "tensors with an unknown element type or a negative size"),
    "operator": Rule("no such operator", "ONNX has no such operator"),
    "version": Rule("unknown version"),
    "node": Rule("breaks the operator's rules", "nodes that break the rules of their operator"),
    "graph": Rule("refused"),
}
"""By name. `"node"` and `"graph"` are what `onnx.checker` alone finds, at one node and elsewhere."""


@dataclass(slots=True)
class Problems:
    """What was found so far, in order."""

    found: dict[str, list[Problem]] = field(default_factory=dict)
    subjects: dict[str, dict[str, None]] = field(default_factory=dict)

    def add(
        self,
        rule: str,
        sentence: str,
        nodes: Iterable[str] = (),
        values: Iterable[str] = (),
        *,
        subject: str = "",
    ) -> None:
        """Keep a breach of `rule`. `subject` is how the note calls it."""
        kept = self.found.setdefault(rule, [])
        self.subjects.setdefault(rule, {})[subject or sentence] = None
        if len(kept) < MOST_OF_A_RULE:
            kept.append(Problem(rule, sentence, tuple(dict.fromkeys(nodes)), tuple(dict.fromkeys(values))))

    def all(self) -> tuple[Problem, ...]:
        """Those that are kept, rule by rule, each with its note."""
        notes = {rule: self._note(rule) for rule in self.found}
        return tuple(
            replace(each, note=notes[rule] or each.sentence)
            for rule, kept in self.found.items()
            for each in kept
        )

    def _note(self, rule: str) -> str:
        start, subjects = RULES[rule].note, list(self.subjects[rule])
        if not start:
            return ""
        shown = [shorten(each, 300 if " -> " in each else 60) for each in subjects[:_NAMED]]
        more = f" and {len(subjects) - _NAMED:,} more" if len(subjects) > _NAMED else ""
        # An operator stands with its number and version; all else are names.
        named = shown if rule == "operator" else [f"'{each}'" for each in shown]
        return f"{start}: {', '.join(named)}{more}"


def notes_of(problems: Iterable[Problem]) -> tuple[str, ...]:
    """The notes of all problems, each once."""
    return tuple(dict.fromkeys(problem.note for problem in problems))


def is_at(problem_node: str, node_id: str) -> bool:
    """Whether a node of a graph with its functions in place (`scene.functions.expand`) is `problem_node`.

    A function's node is in the picture once for each call, with the call's id in front of its own.
    """
    if problem_node == node_id:
        return True
    return problem_node.startswith(_FUNCTION) and node_id.endswith(f"/{problem_node}")


def at_nodes(problems: Iterable[Problem], node_ids: Iterable[str]) -> dict[str, tuple[Problem, ...]]:
    """The problems of each of `node_ids` that has some; ids as for `is_at`."""
    direct: dict[str, list[Problem]] = {}
    for problem in problems:
        for node in problem.nodes:
            direct.setdefault(node, []).append(problem)
    inside = [node for node in direct if node.startswith(_FUNCTION)]
    found: dict[str, tuple[Problem, ...]] = {}
    for node_id in node_ids if direct else ():
        here = list(direct.get(node_id, ()))
        for node in inside:
            here += direct[node] if node != node_id and is_at(node, node_id) else ()
        if here:
            found[node_id] = tuple(here)
    return found
