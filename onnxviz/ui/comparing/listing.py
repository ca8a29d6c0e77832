"""The nodes that went and those that stayed, each with its reason, to be filtered and clicked."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import streamlit as st

from onnxviz.rewrites.reasons import Kept, Removed
from onnxviz.ui.comparing.changes import Changes
from onnxviz.ui.comparing.pair import Pair, Side
from onnxviz.ui.comparing.reasons import WORDS
from onnxviz.ui.comparing.searching import Search
from onnxviz.ui.text import md, plain

HEIGHT = 420


def went(pair: Pair, changes: Changes, search: Search) -> tuple[Side, str] | None:
    """Those that went. Returns the node whose row was clicked."""
    found = search.reasons.removed
    waiting = [node for node in changes.gone if node not in found]
    if waiting:
        st.caption(
            f"{len(waiting):,} have no reason yet." if search.job else f"{len(waiting):,} have no reason."
        )
    counts = Counter(str(each.reason) for each in found.values())
    reason = st.pills(
        "Reason",
        [reason for reason in map(str, WORDS) if counts[reason]],
        format_func=lambda reason: f"{reason} {counts[reason]:,}",
        key=f"compare:went:{pair.key}",
    )
    rows = [each for each in found.values() if reason in (None, each.reason)]
    if reason is not None:
        st.caption(md(f"{reason}: {WORDS[next(each for each in WORDS if each == reason)]}."))
    return _table("before", f"compare:went-rows:{pair.key}:{reason}", rows)


def stayed(pair: Pair, search: Search) -> tuple[Side, str] | None:
    """Those that look foldable and stayed. Returns the node whose row was clicked."""
    found = search.reasons.kept
    if not found:
        st.caption(_nothing(search))
        return None
    counts = Counter(str(each.reason) for each in found.values())
    reason = st.pills(
        "Reason",
        list(counts),
        format_func=lambda reason: f"{reason} {counts[reason]:,}",
        key=f"compare:stayed:{pair.key}",
    )
    rows = [each for each in found.values() if reason in (None, each.reason)]
    return _table("after", f"compare:stayed-rows:{pair.key}:{reason}", rows)


def _nothing(search: Search) -> str:
    if not search.is_over:
        return "They are still being looked for."
    if search.error is not None:
        return "The search for them did not come to its end."
    return "No node that stayed looks foldable."


def _table(side: Side, key: str, rows: list[Removed] | list[Kept]) -> tuple[Side, str] | None:
    if not rows:
        return None
    columns = ["Op type", "Node", "Reason", "Why"]
    frame = pd.DataFrame(
        [(each.op_type, each.node, str(each.reason), each.sentence) for each in rows], columns=columns
    )
    event = st.dataframe(
        frame.map(lambda text: plain(text, 400)),
        hide_index=True,
        height=min(38 + 35 * len(rows), HEIGHT),
        key=key,
        on_select="rerun",
        selection_mode="single-row",
    )
    places = event.selection.rows
    return (side, rows[places[0]].node) if places and places[0] < len(rows) else None
