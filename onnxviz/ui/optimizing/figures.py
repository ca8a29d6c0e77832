"""The figures of several results side by side, and which is best in each column. No Streamlit here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from onnxviz.model import Model
from onnxviz.rewrites.types import Agreement, Rewrite

COLUMNS = ("nodes", "initializers", "nbytes", "seconds")

WORDS = {"nodes": "fewest", "initializers": "fewest", "nbytes": "smallest", "seconds": "fastest"}
"""What the least of a column is called."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What is counted of a model, external data included in `nbytes`; `seconds` it took to make it."""

    nodes: int
    initializers: int
    nbytes: int
    seconds: float | None = None

    @classmethod
    def of(cls, model: Model, seconds: float | None = None) -> Figures:
        """The figures of one model."""
        graph = model.graph
        return cls(graph.node_count(), len(graph.initializers), model.nbytes, seconds)


def is_wrong(rewrite: Rewrite) -> bool:
    """Whether the result was shown to be another function: then nothing of it is called best."""
    found = rewrite.agreement
    return found is not None and not found.error and not found.agrees


def best(results: Mapping[str, Figures]) -> dict[str, dict[str, str]]:
    """Column -> optimizer -> `fewest`, or `= fewest` where several share it.

    Where all are alike, or there is one alone, none is best.
    """
    found: dict[str, dict[str, str]] = {}
    for column in COLUMNS:
        values = {name: getattr(each, column) for name, each in results.items()}
        least = min(values.values(), default=0)
        winners = [name for name, value in values.items() if value == least]
        if len(winners) < len(values):
            tied = "= " if len(winners) > 1 else ""
            found[column] = dict.fromkeys(winners, f"{tied}{WORDS[column]}")
        else:
            found[column] = {}
    return found


def change(before: int, after: int) -> str:
    """`−292, −70%`; `no change`."""
    if before == after:
        return "no change"
    part = f", {(after - before) / before:+.0%}" if before else ""
    return f"{after - before:+,}{part}".replace("-", "−")


def check(found: Agreement | None) -> tuple[str, str]:
    """(what the comparison came to, in a few words; `good`, `bad` or `unknown`)."""
    if found is None or found.error:
        return "not compared", "unknown"
    if not found.agrees:
        return "differs", "bad"
    if not found.worst_output:
        return "bit for bit", "good"
    # A hyphen that is no place to break the line.
    return f"agrees within {found.absolute:.2g}".replace("-", "\u2011"), "good"


def op_rows(before: Model, results: Mapping[str, Model]) -> list[dict[str, str | int]]:
    """A row for each op type: nodes in the original and in each result; largest differences first."""
    columns = {"Original": before.graph.op_counts()}
    columns |= {name: model.graph.op_counts() for name, model in results.items()}
    ops = dict.fromkeys(op for counts in columns.values() for op in counts)
    rows = [(op, [counts.get(op, 0) for counts in columns.values()]) for op in ops]
    rows.sort(key=lambda row: (-_spread(row[1]), -row[1][0], row[0]))
    return [{"Op type": op, **dict(zip(columns, counts, strict=True))} for op, counts in rows]


def _spread(counts: Sequence[int]) -> int:
    return max(counts) - min(counts)
