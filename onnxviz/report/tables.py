"""The tables of a report: what went, what stayed, what differs, as rows of text with a way to the graph."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from onnxviz.diff.types import Change, Diff, Match, Part
from onnxviz.rewrites.reasons import Evidence, Explanation
from onnxviz.ui.text import plain

MOST_NAME = 300
MOST_SENTENCE = 900
"""Characters of a cell; a name in a model may be megabytes long."""


@dataclass(frozen=True, slots=True)
class Row:
    """The cells, and the node that it is about: `side` "before" or "after" and its id there, or none."""

    cells: tuple[str, ...]
    side: str = ""
    node: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """`facet` is the number of the column by which one filters, -1 for none; `note` stands above it."""

    id: str
    title: str
    columns: tuple[str, ...]
    rows: Sequence[Row]
    facet: int = -1
    note: str = ""


def tables(diff: Diff, explanation: Explanation | None, altered: Container[str]) -> tuple[Table, ...]:
    """Those with rows, the most telling first. `altered` are the nodes of the model after that count as
    changed, as in the picture."""
    found = (
        _removed(diff, explanation),
        _kept(explanation),
        _changed(diff, altered),
        _added(diff),
        _rewired(diff, altered),
        _constants(diff),
        _rest(diff),
    )
    return tuple(table for table in found if table.rows)


def _removed(diff: Diff, explanation: Explanation | None) -> Table:
    columns = ("Node", "Operator", "Reason", "Why", "Evidence")
    if explanation is None:
        rows = [_node(node.id, node.qualified_op, "before") for node in diff.removed_nodes()]
        return Table("removed", "Removed", columns[:2], rows, facet=1)
    why = {each.node: each for each in explanation.removed}
    moved = dict(diff.moved)
    rows = []
    for node in diff.removed_nodes():
        each = why.get(node.id)
        if each is not None:
            said = (str(each.reason), each.sentence, _evidence(each.evidence, each.passes))
        elif node.id in moved:
            said = ("moved", f"It stands in another body of the result: {moved[node.id]}.", "")
        else:
            # What has no reason because it did not go: see `rewrites.explain.went.ground.gone`.
            said = ("stored", "Its value stands in the result as an initializer.", "")
        rows.append(_node(node.id, node.qualified_op, "before", *said))
    return Table("removed", "Removed", columns, rows, facet=2)


def _kept(explanation: Explanation | None) -> Table:
    rows = [
        _node(
            each.node,
            each.op_type,
            "after",
            str(each.reason),
            each.sentence,
            each.remedy.sentence if each.remedy else "",
        )
        for each in (explanation.kept if explanation else ())
    ]
    columns = ("Node", "Operator", "Reason", "Why it stayed", "What would free it")
    note = "Nodes of the result that look as if they could have been folded or removed."
    return Table("kept", "Stayed", columns, rows, facet=2, note=note)


_CHANGE = ("Node", "Operator", "What", "Before", "After")


def _changed(diff: Diff, altered: Container[str]) -> Table:
    rows: list[Row] = []
    for match in (match for one in diff.walk() for match in one.matched if match.after in altered):
        rows += _changes_of(match)
        if not match.changes:
            said = ("a constant that it reads", "one value", "another value")
            rows.append(_node(match.after, match.op_types[1], "after", *said))
    return Table("changed", "Changed", _CHANGE, rows, facet=1, note="A row for each change of a node.")


def _rewired(diff: Diff, altered: Container[str]) -> Table:
    found = (match for one in diff.walk() for match in one.changed if match.after not in altered)
    rows = [row for match in found for row in _changes_of(match)]
    note = "Kept nodes that read what is made elsewhere now, since what made it went: a row for each input."
    return Table("rewired", "Rewired", _CHANGE, rows, facet=1, note=note)


def _changes_of(match: Match) -> Iterator[Row]:
    for change in match.changes:
        yield _node(match.after, match.op_types[1], "after", change.field, *_sides(change))


def _added(diff: Diff) -> Table:
    rows = [_node(node.id, node.qualified_op, "after") for node in diff.added_nodes()]
    return Table("added", "Added", ("Node", "Operator"), rows, facet=1)


def _constants(diff: Diff) -> Table:
    rows: list[Row] = []
    for one in diff.walk():
        rows += _part_rows("constant", one.constants)
    return Table("constants", "Constants", ("Constant", "Kind", "What", "Before", "After"), rows, facet=2)


def _rest(diff: Diff) -> Table:
    rows = [*_part_rows("input", diff.inputs), *_part_rows("output", diff.outputs)]
    rows += [_cells("", "model", change.field, *_sides(change)) for change in diff.opsets]
    for one in diff.functions:
        if one.diff is None:
            rows.append(_cells(one.key, "function", "added" if one.before is None else "removed", "", ""))
        elif not one.diff.empty:
            rows.append(_cells(one.key, "function", "body differs", "", ""))
    return Table("rest", "Inputs, outputs, opsets", ("Name", "Kind", "What", "Before", "After"), rows)


def _part_rows(kind: str, part: Part) -> Iterator[Row]:
    for twin in part.changed:
        for change in twin.changes:
            yield _cells(twin.after, kind, change.field, *_sides(change))
    for value in part.added:
        yield _cells(value.name, kind, "added", "", value.type_text)
    for value in part.removed:
        yield _cells(value.name, kind, "removed", value.type_text, "")


def _sides(change: Change) -> tuple[str, str]:
    return change.before or "", change.after or ""


def _evidence(evidence: Evidence, passes: Iterable[str]) -> str:
    parts = [f"{label}: {text}" for label, text in evidence]
    named = ", ".join(passes)
    return "; ".join([*parts, *([f"pass: {named}"] if named else [])])


def _node(node: str, op_type: str, side: str, *more: str) -> Row:
    return Row(_shown(node, op_type, *more), side, node)


def _cells(*cells: str) -> Row:
    return Row(_shown(*cells))


def _shown(*cells: str) -> tuple[str, ...]:
    """A name in each of the first three, sentences behind them."""
    return tuple(plain(cell, MOST_NAME if at < 3 else MOST_SENTENCE) for at, cell in enumerate(cells))


def to_wire(found: Iterable[Table], places: Any) -> list[dict[str, Any]]:
    """Tables for the page's script: `at` has, for each row, its box in each picture (-1 for none).

    `places(side, node)` gives these.
    """
    return [
        {
            "id": table.id,
            "title": table.title,
            "columns": list(table.columns),
            "facet": table.facet,
            "note": plain(table.note, MOST_SENTENCE),
            "rows": [list(row.cells) for row in table.rows],
            "at": [places(row.side, row.node) for row in table.rows],
        }
        for table in found
    ]
