"""What folding takes and gives, as plain frozen data."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from onnxviz.errors import BadUsage
from onnxviz.model import Graph, Model, Node, Value
from onnxviz.rewrites.reasons import Kept
from onnxviz.rewrites.types import Agreement, summary

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class FoldOptions:
    """`set_dims`, `checks`, `seed` and `freeze_weights` as in `OptimizeOptions`.

    `tensor_bytes` and `total_bytes` bound what folding may add to the model: one tensor, and all of them
    together; `limits` says how they are counted, and why these defaults. `inline_functions` puts the bodies
    of model-local functions in place of their calls first.
    """

    set_dims: dict[str, int] = field(default_factory=dict)
    freeze_weights: bool = False
    inline_functions: bool = False
    tensor_bytes: int = MIB
    total_bytes: int = 16 * MIB
    checks: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if self.checks < 0:
            raise BadUsage("The number of checks", f"is {self.checks}", "Give 0 for none, or more")
        if min(self.tensor_bytes, self.total_bytes) < 0:
            raise BadUsage("The limit on bytes", "is below 0", "Give 0 to let nothing grow, or more")

    def key(self) -> tuple[Any, ...]:
        """A hashable identity, for the cache of results."""
        rest = (getattr(self, name) for name in self.__slots__ if name != "set_dims")
        return (tuple(sorted(self.set_dims.items())), *rest)


class Did(StrEnum):
    """What a step did to its node."""

    FOLDED = "folded"
    INLINED = "inlined"
    """An If became the branch that it always takes."""
    DROPPED = "dropped"
    """Nothing reads what it makes any more."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A tensor as a person sees it in a step: `name`, and its value or, where that is not known, its type."""

    name: str
    text: str
    is_known: bool = True


@dataclass(frozen=True, slots=True)
class Delta:
    """What a step changes, for `replay`. `path` is the graph of the node: "" or the prefix of its ids.

    `added` are constants with the path of their graph, `dropped` (path, name) of those that nothing reads any
    more. `instead` are the nodes that stand where the node was, `values` theirs.
    """

    path: str
    instead: tuple[Node, ...] = ()
    added: tuple[tuple[str, Value], ...] = ()
    dropped: tuple[tuple[str, str], ...] = ()
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One node that folded. `node` is its id, `rule` the number of the rule in `rules`."""

    number: int
    wave: int
    did: Did
    node: str
    op_type: str
    rule: int
    inputs: tuple[Seen, ...]
    outputs: tuple[Seen, ...]
    bytes_before: int
    bytes_after: int
    delta: Delta

    @property
    def sentence(self) -> str:
        """`Gather([1, 3, 224, 224], 1) = 3`; what is not known is its name and type."""
        given = ", ".join(seen.text if seen.is_known else f"{seen.name}: {seen.text}" for seen in self.inputs)
        call = f"{self.op_type}({given})"
        if self.did is Did.INLINED:
            return f"{call} always takes the same branch, which stands in its place"
        if self.did is Did.DROPPED:
            return f"{call} is read by nothing any more"
        return f"{call} = {', '.join(seen.text for seen in self.outputs)}"

    def to_json(self) -> dict[str, Any]:
        """One row of `steps` in the CLI's JSON."""
        return {
            "step": self.number,
            "wave": self.wave,
            "did": str(self.did),
            "node": self.node,
            "op_type": self.op_type,
            "rule": self.rule,
            "inputs": [[seen.name, seen.text] for seen in self.inputs],
            "output": [[seen.name, seen.text] for seen in self.outputs],
            "bytes": [self.bytes_before, self.bytes_after],
        }


@dataclass(frozen=True, slots=True)
class Folded:
    """`before` became `after` in `seconds`, by `steps` in `waves`.

    `start` is the graph that the steps begin with: that of `before`, once faults were mended, dims set and
    functions inlined, as `notes` say. `kept` has a reason for each node of the result that looks foldable.
    `dropped` counts the initializers of `start` that nothing reads any more.
    """

    before: Model
    after: Model
    start: Graph
    steps: tuple[Step, ...]
    kept: tuple[Kept, ...]
    seconds: float
    dropped: int = 0
    notes: tuple[str, ...] = ()
    agreement: Agreement | None = None

    @property
    def waves(self) -> int:
        """How many; the nodes of one wave need nothing of each other."""
        return self.steps[-1].wave if self.steps else 0

    def counts(self) -> dict[str, int]:
        """What steps did -> how many did it."""
        return dict(Counter(str(step.did) for step in self.steps))

    def to_json(self) -> dict[str, Any]:
        """The keys of the CLI's `fold --json`."""
        return {
            "before": summary(self.before),
            "after": summary(self.after),
            "waves": self.waves,
            "steps": [step.to_json() for step in self.steps],
            "kept": [each.to_json() for each in self.kept],
            "dropped_initializers": self.dropped,
            "seconds": self.seconds,
            "notes": list(self.notes),
            "verified": self.agreement.to_json() if self.agreement else None,
        }
