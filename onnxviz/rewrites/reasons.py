"""Why a node went, and why one stayed: what `rewrites.explain` finds, as plain frozen data.

A reason is a word plus its evidence. It is given only where it was checked; what cannot be shown is
`UNEXPLAINED`, and is counted like the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from onnxviz.rewrites.optimizers.types import OptimizeOptions

SECONDS = 10.0
"""After which no further reason is checked; a decoder of 5,300 nodes needs a third of it."""


class Went(StrEnum):
    """Why a node of the original is not in the result."""

    FOLDED = "folded"
    """Its value is the same in every run, and stands in the result as a constant."""
    NO_OP = "no-op"
    """It gave what it got; its readers read that now."""
    FUSED = "fused"
    """Another node of the result computes it too."""
    MERGED = "merged"
    """A twin computes the same from the same."""
    DEAD = "dead"
    """No output of the graph needs it, or none does any more."""
    REWRITTEN = "rewritten"
    """It and its neighbours became other nodes that compute the same."""
    UNEXPLAINED = "unexplained"


class Stayed(StrEnum):
    """Why a node that looks foldable is in the result still."""

    SYMBOLIC_DIM = "symbolic dim"
    GRAPH_INPUT = "graph input"
    RANDOM = "random"
    SIZE_LIMIT = "size limit"
    CUSTOM_OP = "custom op"
    BODY = "body"
    FUNCTION = "function"
    GRAPH_OUTPUT = "graph output"
    SETTING = "setting"
    """An option switched off what would have taken it."""
    NO_RULE = "no rule"
    """This optimizer does not do that, and another one does."""
    UNEXPLAINED = "unexplained"


Evidence = tuple[tuple[str, str], ...]
"""(label, text), in the order in which a person reads them.

For example ("from", "shape.1"), ("value", "int64[2] [1, 64]"), ("bytes", "16"), ("rule", "Cast to the same
type"), ("checked", "recomputed, and found in the result"). Names in it come from the model: hostile text.
"""


@dataclass(frozen=True, slots=True)
class Removed:
    """A node that went. `node` is its id in the original, `op_type` its qualified op.

    `sentence` says why in one line. `before_nodes` are ids in the original that the reason is about (a twin,
    the other nodes of a pattern), `after_nodes` ids in the result (what it was fused into). `passes` names
    those for which it was shown that the change comes with them and stays away without them.
    """

    node: str
    op_type: str
    reason: Went
    sentence: str
    evidence: Evidence = ()
    before_nodes: tuple[str, ...] = ()
    after_nodes: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """One row of `removed` in the CLI's JSON."""
        return {
            "node": self.node,
            "op_type": self.op_type,
            "reason": str(self.reason),
            "sentence": self.sentence,
            "evidence": [list(each) for each in self.evidence],
            "before_nodes": list(self.before_nodes),
            "after_nodes": list(self.after_nodes),
            "passes": list(self.passes),
        }


@dataclass(frozen=True, slots=True)
class Remedy:
    """A setting that frees a node: what to change in `OptimizeOptions`, or another `optimizer`.

    `options` has fields of `OptimizeOptions` by name (`{"set_dims": {"batch": 1}}`), and under `"simplify"`
    a mapping with fields of `SimplifyOptions`.
    """

    sentence: str
    options: Mapping[str, Any] = field(default_factory=dict)
    optimizer: str = ""

    def to_json(self) -> dict[str, Any]:
        """`remedy` in the CLI's JSON."""
        return {"sentence": self.sentence, "options": dict(self.options), "optimizer": self.optimizer or None}


@dataclass(frozen=True, slots=True)
class Kept:
    """A node of the result that looks as if it could have gone, by its id there.

    `looks` says why it looks so ("all that it reads is constant", "shape arithmetic", "Cast to the type that
    it has"). `blocker` is the id of the node, or the name of the input, that stands in the way, as `sentence`
    says in one line.
    """

    node: str
    op_type: str
    reason: Stayed
    sentence: str
    looks: str = ""
    blocker: str = ""
    evidence: Evidence = ()
    remedy: Remedy | None = None

    def to_json(self) -> dict[str, Any]:
        """One row of `kept` in the CLI's JSON."""
        return {
            "node": self.node,
            "op_type": self.op_type,
            "reason": str(self.reason),
            "sentence": self.sentence,
            "looks": self.looks,
            "blocker": self.blocker,
            "evidence": [list(each) for each in self.evidence],
            "remedy": self.remedy.to_json() if self.remedy else None,
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """Every node that went and every one that stayed although it looks foldable, each with its reason.

    `is_complete` is false where the time was up: then the rest is UNEXPLAINED, and `notes` say so.
    """

    removed: tuple[Removed, ...] = ()
    kept: tuple[Kept, ...] = ()
    seconds: float = 0.0
    is_complete: bool = True
    notes: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """Reason -> nodes that went for it, most frequent first; unexplained ones last, even when none."""
        found = Counter(str(each.reason) for each in self.removed)
        unexplained = found.pop(str(Went.UNEXPLAINED), 0)
        return {**dict(found.most_common()), str(Went.UNEXPLAINED): unexplained}

    def to_json(self) -> dict[str, Any]:
        """`removed`, `kept` and their kin in the CLI's JSON."""
        return {
            "removed": [each.to_json() for each in self.removed],
            "kept": [each.to_json() for each in self.kept],
            "reasons": self.counts(),
            "explained_in_seconds": self.seconds,
            "explained_all": self.is_complete,
            "explanation_notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class How:
    """How a rewrite came about, as far as it is known: then passes and settings can be tried.

    `optimizer` is a name of `rewrites.optimizers`, empty for two models that somebody brought.
    """

    optimizer: str = ""
    options: OptimizeOptions = field(default_factory=OptimizeOptions)
