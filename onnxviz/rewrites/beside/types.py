"""What each folder did with one model, side by side, as plain frozen data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from onnxviz.errors import OnnxvizError
from onnxviz.model import Model
from onnxviz.rewrites.beside.folders import FOLDERS
from onnxviz.rewrites.reasons import Kept, Stayed


@dataclass(frozen=True, slots=True)
class Column:
    """What one folder did. `folder` is a name of `FOLDERS`.

    `folded` are ids of nodes whose value is known before any run and that are not in the result any more;
    `stayed` has a reason for each that looks foldable and is. `nodes` counts those of the model and `left`
    those of the result, bodies included, `Constant`s left out; `nbytes` is the size of the result with its
    external data. `error` is the sentence why there is nothing, `detail` the library's own words behind it.
    """

    folder: str
    folded: tuple[str, ...] = ()
    stayed: tuple[Kept, ...] = ()
    nodes: int = 0
    left: int = 0
    seconds: float = 0.0
    nbytes: int = 0
    notes: tuple[str, ...] = ()
    error: str = ""
    detail: str = ""

    @property
    def label(self) -> str:
        """What the folder is called."""
        return FOLDERS[self.folder].label

    def to_json(self) -> dict[str, Any]:
        """Counts, and the ids behind them; of a folder that failed its sentence alone."""
        if self.error:
            return {"folder": self.folder, "error": self.error}
        return {
            "folder": self.folder,
            "folded": list(self.folded),
            "nodes": self.nodes,
            "left": self.left,
            "seconds": self.seconds,
            "bytes": self.nbytes,
            "stayed": [each.to_json() for each in self.stayed],
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Row:
    """A node on which the folders disagree: who folds it, and who does not, with the reason."""

    node: str
    op_type: str
    folded_by: tuple[str, ...]
    left_by: tuple[tuple[str, Kept], ...]

    def kept(self, folder: str) -> Kept | None:
        """Why a folder leaves the node; None where it folds it, or did not run."""
        return dict(self.left_by).get(folder)

    @property
    def why(self) -> str:
        """One text for all that leave it. What is the same for several is told once."""
        by_sentence: dict[str, list[str]] = {}
        for folder, kept in self.left_by:
            by_sentence.setdefault(kept.sentence, []).append(FOLDERS[folder].label)
        return " ".join(f"{', '.join(labels)}: {sentence}" for sentence, labels in by_sentence.items())

    def to_json(self) -> dict[str, Any]:
        """One row of `disagree`."""
        return {
            "node": self.node,
            "op_type": self.op_type,
            "folded_by": list(self.folded_by),
            "left_by": {folder: kept.to_json() for folder, kept in self.left_by},
        }


@dataclass(frozen=True, slots=True)
class Beside:
    """The columns in the order of `FOLDERS`, and a row for each node on which those that ran disagree.

    `agreed` counts the nodes that all of them fold.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    agreed: int = 0

    def column(self, folder: str) -> Column | None:
        """That of one folder, where it is there already."""
        return next((each for each in self.columns if each.folder == folder), None)

    @property
    def unexplained(self) -> int:
        """How often nothing could be shown for a node that a folder left and another folds."""
        return sum(kept.reason is Stayed.UNEXPLAINED for row in self.rows for _, kept in row.left_by)

    def to_json(self) -> dict[str, Any]:
        """The whole, for a shell or a report."""
        return {
            "folders": [each.to_json() for each in self.columns],
            "agreed": self.agreed,
            "disagree": [row.to_json() for row in self.rows],
            "unexplained": self.unexplained,
        }


def failed(folder: str, error: OnnxvizError) -> Column:
    """The column of a folder that gave up, crashed, or took more than its share."""
    return Column(folder, error=str(error), detail=error.detail)


def join(before: Model, columns: Sequence[Column]) -> Beside:
    """Columns of the model side by side: as many as are there, one that failed takes part in no row."""
    order = list(FOLDERS)
    columns = sorted(columns, key=lambda each: order.index(each.folder))
    ran = [each for each in columns if not each.error]
    folded = {each.folder: frozenset(each.folded) for each in ran}
    some, all_of_them = _union_and_common(list(folded.values()))
    reasons = {each.folder: {kept.node: kept for kept in each.stayed} for each in ran}
    ops = {node.id: node.qualified_op for node in before.graph.walk()}
    rows = []
    for node in _in_order(ops, some - all_of_them):
        op_type = ops.get(node, "")
        folded_by = tuple(each.folder for each in ran if node in folded[each.folder])
        left_by = tuple(
            (name, reasons[name].get(node) or _unexplained(node, op_type))
            for name in folded
            if name not in folded_by
        )
        rows.append(Row(node, op_type, folded_by, left_by))
    return Beside(tuple(columns), tuple(rows), len(all_of_them))


def _union_and_common(sets: Sequence[frozenset[str]]) -> tuple[frozenset[str], frozenset[str]]:
    if not sets:
        return frozenset(), frozenset()
    return frozenset().union(*sets), sets[0].intersection(*sets[1:])


def _in_order(ops: dict[str, str], wanted: frozenset[str]) -> Iterator[str]:
    """In the order of the file; what a folder made of its own, if anything, comes last."""
    yield from (node for node in ops if node in wanted)
    yield from sorted(wanted - ops.keys())


def _unexplained(node: str, op_type: str) -> Kept:
    sentence = "Nothing was found that shows why it stays."
    return Kept(node, op_type, Stayed.UNEXPLAINED, sentence)
