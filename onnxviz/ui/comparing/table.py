"""Every difference as a row of a table: nodes, constants, inputs, outputs, opsets, functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from onnxviz.rewrites.reasons import Removed
from onnxviz.ui.comparing.changes import KINDS, SIGNS, STATUSES, Changes, Row
from onnxviz.ui.comparing.pair import Pair, Side
from onnxviz.ui.comparing.searching import Search
from onnxviz.ui.text import plain

HEIGHT = 460
_COLUMNS = ("Status", "Kind", "Op type", "Name", "Reason", "What changed, or why it went")
_WIDTHS = {"Status": 90, "Kind": 75, "Op type": 130, "Name": 190, "Reason": 90}
"""Pixels: a name may be of any length, and would leave no room for what is said of it."""


def show(pair: Pair, changes: Changes, search: Search) -> tuple[Side, str] | None:
    """Filters and the table. Returns the node whose row was clicked in this run: its model and its id."""
    rows = changes.rows()
    found = _filtered(changes, rows, search.reasons.removed, pair.key)
    st.caption(
        f"{len(found):,} of {len(rows):,} differences ({by_kind(rows)}). Tick a node's row to read more of "
        "it. Rewired is what is the same in itself and reads what is made elsewhere now."
    )
    frame = pd.DataFrame(
        [_cells(changes, row, search.reasons.removed) for row in found], columns=list(_COLUMNS)
    )
    event = st.dataframe(
        frame,
        hide_index=True,
        height=HEIGHT,
        # Another list of rows is another table, in which nothing is selected yet.
        key=f"compare:table:{pair.key}:{hash(tuple(found))}",
        on_select="rerun",
        selection_mode="single-row",
        column_config={name: st.column_config.Column(width=width) for name, width in _WIDTHS.items()},
    )
    places = event.selection.rows
    if not places or places[0] >= len(found):
        return None
    row = found[places[0]]
    return (row.side, row.id) if row.id else None


def by_kind(rows: list[Row]) -> str:
    """`395 nodes, 305 constants`: in the figures above are nodes alone."""
    counts = Counter(row.kind for row in rows)
    found = ((kind.lower(), counts[kind]) for kind in KINDS)
    return ", ".join(f"{count:,} {kind}{'s' if count != 1 else ''}" for kind, count in found if count)


def filtered(
    changes: Changes,
    rows: list[Row],
    reasons: Mapping[str, Removed],
    statuses: list[str],
    kinds: list[str],
    ops: list[str],
    why: list[str],
    text: str,
) -> list[Row]:
    """The rows that each list names (an empty one names all) and that have `text` in some column."""
    wanted = text.lower().strip()
    return [
        row
        for row in rows
        if (not statuses or row.status in statuses)
        and (not kinds or row.kind in kinds)
        and (not ops or row.op in ops)
        and (not why or changes.reason_of(row, reasons)[0] in why)
        and (
            not wanted
            or any(
                wanted in cell.lower()
                for cell in (row.op, row.name, row.what, *changes.reason_of(row, reasons))
            )
        )
    ]


def _filtered(changes: Changes, rows: list[Row], reasons: Mapping[str, Removed], key: str) -> list[Row]:
    counts = Counter(row.status for row in rows)
    present = {row.kind for row in rows}
    ops = Counter(row.op for row in rows if row.op)
    known = Counter(changes.reason_of(row, reasons)[0] for row in rows)
    del known[""]
    statuses = st.pills(
        "Status",
        [status for status in STATUSES if counts[status]],
        selection_mode="multi",
        format_func=lambda status: f"{SIGNS[status]} {status} {counts[status]:,}",
        key=f"compare:status:{key}",
        label_visibility="collapsed",
    )
    first, second, third, fourth = st.columns(4)
    kinds = first.multiselect("Kind", [kind for kind in KINDS if kind in present], key=f"compare:kind:{key}")
    names = [op for op, _ in ops.most_common()]
    chosen = second.multiselect("Op type", names, key=f"compare:ops:{key}")
    why = third.multiselect("Reason", [reason for reason, _ in known.most_common()], key=f"compare:why:{key}")
    text = fourth.text_input("Search", placeholder="Name, what changed, why …", key=f"compare:search:{key}")
    return filtered(changes, rows, reasons, statuses, kinds, chosen, why, text)


def _cells(changes: Changes, row: Row, reasons: Mapping[str, Removed]) -> tuple[str, ...]:
    status = f"{SIGNS[row.status]} {row.status}"
    reason, sentence = changes.reason_of(row, reasons)
    cells = (status, row.kind, row.op, row.name, reason, sentence or row.what)
    return tuple(plain(cell, 300) for cell in cells)
