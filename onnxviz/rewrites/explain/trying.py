"""Try it: the optimizer once more, with a remedy, and which nodes that frees.

Run it in a worker of kind "rewrite".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from onnxviz.delivery import leave
from onnxviz.diff import diff_descriptions
from onnxviz.errors import BadUsage
from onnxviz.model import Model, Node
from onnxviz.rewrites.explain.stayed.remedies import applied
from onnxviz.rewrites.optimizers import optimize
from onnxviz.rewrites.reasons import How, Remedy
from onnxviz.rewrites.types import Rewrite, op_changes
from onnxviz.store import MAIN, Store


@dataclass(frozen=True, slots=True)
class Trial:
    """What a remedy did: nodes of the original, of the result (`without`) and of the one with the remedy.

    `rewrite` is the run with it; `freed` and `still` are ids in the result without it of the nodes that
    the remedy was meant for.
    """

    remedy: Remedy
    rewrite: Rewrite
    before: int
    without: int
    with_remedy: int
    freed: tuple[str, ...] = ()
    still: tuple[str, ...] = ()
    op_changes: tuple[tuple[str, int, int], ...] = ()
    """(op type, without, with it) of every op type whose count differs, largest reduction first."""

    @property
    def sentence(self) -> str:
        """One line for a person."""
        change = self.with_remedy - self.without
        nodes = f"{abs(change):,} node{'s' if abs(change) != 1 else ''}"
        told = f"{nodes} {'fewer' if change < 0 else 'more'}" if change else "as many nodes as without it"
        asked = len(self.freed) + len(self.still)
        return (
            f"{told[0].upper()}{told[1:]}; it frees {len(self.freed):,} of {asked:,} that it was tried for."
        )

    def to_json(self) -> dict[str, Any]:
        """What a shell or a report wants to know."""
        return {
            "remedy": self.remedy.to_json(),
            "optimizer": self.rewrite.name,
            "nodes": {"before": self.before, "without": self.without, "with": self.with_remedy},
            "freed": list(self.freed),
            "still": list(self.still),
            "op_changes": [list(row) for row in self.op_changes],
            "seconds": self.rewrite.seconds,
            "notes": list(self.rewrite.notes),
            "verified": self.rewrite.agreement.to_json() if self.rewrite.agreement else None,
            "sentence": self.sentence,
        }


def try_remedy(
    before: Model, after: Model, how: How, remedy: Remedy, nodes: Sequence[str], out: Path
) -> Trial:
    """Optimize again with the remedy into the file `out`; `nodes` are ids in `after` to be freed by it.

    Where it is not known what made `after` (`how.optimizer` is empty), `after` itself is optimized. Raises
    BadUsage for a remedy or a node that does not fit, RewriteFailed when the optimizer gives up.
    """
    known = {node.id for node in _all_nodes(after)}
    for node in nodes:
        if node not in known:
            raise BadUsage(f"The node {node[:60]!r}", "is not in the result", "Name one of its nodes")
    name, options = applied(how, remedy)
    start = before if how.optimizer else after
    rewrite = optimize(name, start, out, options)
    gone = freed(after, rewrite.after, nodes)
    mine, its = after.graph.op_counts(), rewrite.after.graph.op_counts()
    return Trial(
        remedy,
        rewrite,
        start.graph.node_count(),
        after.graph.node_count(),
        rewrite.after.graph.node_count(),
        tuple(node for node in nodes if node in gone),
        tuple(node for node in nodes if node not in gone),
        tuple(row for row in op_changes(mine, its) if row[1] != row[2]),
    )


def try_into_store(
    before: Model,
    after: Model,
    how: How,
    remedy: Remedy,
    nodes: Sequence[str],
    root: Path,
    cap_bytes: int,
) -> Trial:
    """`try_remedy`, with the result left in the store at `root` for `delivery.receive` of `rewrite.after`."""
    with Store(root, cap_bytes).workspace() as entry:
        trial = try_remedy(before, after, how, remedy, nodes, entry / MAIN)
        rewrite = replace(trial.rewrite, after=leave(entry, trial.rewrite.after, root))
        return replace(trial, rewrite=rewrite)


def freed(after: Model, other: Model, nodes: Iterable[str]) -> frozenset[str]:
    """Which of `nodes` of `after` are in `other` no more.

    The diff does not know it again, and what has its output's name now, if anything, is another node that was
    there before, or a constant: a new one may be the same in other words (ONNX Runtime writes `CastLike`
    as `Cast`).
    """
    wanted = frozenset(nodes)
    if not wanted:
        return wanted
    found = diff_descriptions(after, other)
    pairs = found.pairs()
    for function in found.functions:
        pairs |= function.diff.pairs() if function.diff is not None else {}
    pairs |= dict(found.moved)
    old = set(pairs.values())
    added = (node for node in _all_nodes(other) if node.id not in old and node.op_type != "Constant")
    new = {name for node in added for name in node.outputs if name}
    by_id = {node.id: node for node in _all_nodes(after)}
    return frozenset(
        node for node in wanted if node not in pairs and not any(name in new for name in by_id[node].outputs)
    )


def _all_nodes(model: Model) -> Iterator[Node]:
    yield from model.graph.walk()
    for _, body in model.functions:
        yield from body.walk()
