"""What folding takes and gives, as plain frozen data."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from onnxviz.errors import BadUsage
from onnxviz.model import Graph, Model, Node, Value
from onnxviz.rewrites.reasons import Kept
from onnxviz.rewrites.types import Agreement, summary
from onnxviz.scene.text import shorten

MIB = 1 << 20

LONGEST_VALUE = 40
"""Characters of `Step.value`."""


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
    """One node that folded. `node` is its id, `rule` the number of the rule in `rules`.

    `at` is the id that it has in the graph that folding starts with: another one where the node comes out of
    the branch of an If. `ready` says after how many steps all that it asks for is known, less than `number`:
    a node that nothing reads any more is ready once its last reader left.
    """

    number: int
    wave: int
    did: Did
    node: str
    at: str
    op_type: str
    rule: int
    inputs: tuple[Seen, ...]
    outputs: tuple[Seen, ...]
    bytes_before: int
    bytes_after: int
    ready: int
    delta: Delta

    @property
    def value(self) -> str:
        """What stands in its place: `[1, 3]`, `float[64, 3, 7, 7]`; empty where the node just went."""
        return shorten(", ".join(seen.text for seen in self.outputs), LONGEST_VALUE)

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
            "at": self.at,
            "op_type": self.op_type,
            "rule": self.rule,
            "ready": self.ready,
            "inputs": [[seen.name, seen.text] for seen in self.inputs],
            "output": [[seen.name, seen.text] for seen in self.outputs],
            "bytes": [self.bytes_before, self.bytes_after],
        }


@dataclass(frozen=True, slots=True)
class Counts:
    """What a graph holds, bodies included but for `initializers`: nodes, and bytes of constants (`nbytes`).

    `operations` are those of one inference, counted as the overlay of that name does: a symbolic size counts
    as 1, and of the branches of an If the larger one. They lack the nodes whose cost is not known, of which
    there are `unknown`; None where it is known of none.
    """

    nodes: int
    initializers: int
    nbytes: int
    operations: int | None
    unknown: int = 0

    def to_json(self) -> dict[str, int | None]:
        """The keys of `counts` in the CLI's JSON."""
        return {
            "nodes": self.nodes,
            "initializers": self.initializers,
            "bytes": self.nbytes,
            "operations": self.operations,
            "unknown": self.unknown,
        }


@dataclass(frozen=True, slots=True)
class Folded:
    """`before` became `after` in `seconds`, by `steps` in `waves`.

    `start_model` is what the steps begin with: `before` itself, or what it became once faults were mended,
    dims set and functions inlined, as `notes` say; its path is empty where its file was not kept. `kept` has
    a reason for each node of the result that looks foldable. `counts` has an entry for each number of steps,
    from 0 on. `dropped` counts the initializers of `start` that nothing reads any more. `trace` names what
    was left for other workers (`jobs.left`), empty where nothing was.
    """

    before: Model
    after: Model
    start_model: Model
    steps: tuple[Step, ...]
    kept: tuple[Kept, ...]
    counts: tuple[Counts, ...]
    seconds: float
    dropped: int = 0
    notes: tuple[str, ...] = ()
    agreement: Agreement | None = None
    trace: str = ""

    @property
    def start(self) -> Graph:
        """The graph that the steps begin with."""
        return self.start_model.graph

    @property
    def operations_saved(self) -> int | None:
        """In one inference, as far as it is known; None where it is not."""
        first, last = self.counts[0].operations, self.counts[-1].operations
        return None if first is None or last is None else first - last

    @property
    def waves(self) -> int:
        """How many; the nodes of one wave need nothing of each other."""
        return self.steps[-1].wave if self.steps else 0

    def to_json(self) -> dict[str, Any]:
        """The keys of the CLI's `fold --json`."""
        return {
            "before": summary(self.before),
            "after": summary(self.after),
            "waves": self.waves,
            "counts": {"start": self.counts[0].to_json(), "end": self.counts[-1].to_json()},
            "operations_saved": self.operations_saved,
            "steps": [step.to_json() for step in self.steps],
            "kept": [each.to_json() for each in self.kept],
            "dropped_initializers": self.dropped,
            "seconds": self.seconds,
            "notes": list(self.notes),
            "verified": self.agreement.to_json() if self.agreement else None,
        }
