"""What an experiment found: sentences, lines, tables, graphs, pairs of graphs, a folding to step through."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from onnxviz.lessons.running import Ran
from onnxviz.lessons.types import Graph, Lesson, Outcome, Pair, Table
from onnxviz.model import Model
from onnxviz.ui.comparing.picture import compare_view
from onnxviz.ui.folding.watching import fold_view
from onnxviz.ui.graph import graph_view
from onnxviz.ui.learning import onward
from onnxviz.ui.session import Session
from onnxviz.ui.text import md, plain

HEIGHT = 480
"""Pixels of a picture: with the text around it, it is in view as a whole."""

PAIR_HEIGHT = 430
"""Of two beside each other, whose tool bars are on several lines."""

FOLD_HEIGHT = 580
"""Of a folding, of which the player takes a third."""

MOST_ROWS = 14
"""Of a table that stands in the text; a longer one is a grid, to be sorted and searched."""

MOST_LONG = 24
"""Rows of a grid that are in view without scrolling in it."""

HEAD_HEIGHT, ROW_HEIGHT = 38, 35
"""Pixels of Streamlit's grid (1.67)."""

MOST_BESIDE = 2
"""Graphs that stand beside each other; of more, one is shown at a time."""


def show(mine: Session, lesson: Lesson, ran: Ran, key: str) -> None:
    """All of it. Each kind has a place of its own, so that pictures stay where they are from run to run."""
    found = ran.outcome
    with st.container():
        for sentence in found.says:
            st.markdown(sentence)
        if found.lines:
            st.code("\n".join(plain(line, 2000) for line in found.lines), language=None, wrap_lines=True)
        for table in found.tables:
            _table(table)
    with st.container():
        for pair in found.pairs:
            _pair(mine, lesson, ran, pair, key)
    with st.container():
        _graphs(mine, lesson, ran, alone(found), key)
    with st.container():
        if found.fold:
            fold_view(mine, ran.models[found.fold], f"{key}:fold", height=FOLD_HEIGHT)


def alone(found: Outcome) -> tuple[Graph, ...]:
    """The graphs that are part of no pair."""
    paired = {label for pair in found.pairs for label in (pair.before, pair.after)}
    return tuple(graph for graph in found.graphs if graph.label not in paired)


def _table(table: Table) -> None:
    if len(table.rows) > MOST_ROWS:
        rows = [[plain(cell) if isinstance(cell, str) else cell for cell in row] for row in table.rows]
        height = HEAD_HEIGHT + ROW_HEIGHT * min(len(rows), MOST_LONG)
        st.dataframe(pd.DataFrame(rows, columns=list(table.columns)), hide_index=True, height=height)
    else:
        lines = [_line(_head(table.columns)), _line(_alignment(table))]
        lines += [_line([_cell(cell) for cell in row]) for row in table.rows]
        st.markdown("\n".join(lines))
    if table.caption:
        st.caption(table.caption)


def _head(columns: tuple[str, ...]) -> list[str]:
    return [md(column) for column in columns]


def _alignment(table: Table) -> list[str]:
    """Figures stand under each other; a column is one of figures when its first cell is."""
    first = table.rows[0] if table.rows else table.columns
    return ["--:" if isinstance(cell, int | float) else ":--" for cell in first]


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Any) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    return f"{cell:.4g}" if isinstance(cell, float) else md(str(cell))


def _pair(mine: Session, lesson: Lesson, ran: Ran, pair: Pair, key: str) -> None:
    before, after = ran.models[pair.before], ran.models[pair.after]
    compare_view(before, after, f"{key}:pair:{pair.before}:{pair.after}", height=PAIR_HEIGHT)
    captions = {graph.label: graph.caption for graph in ran.outcome.graphs}
    place = f"{key}:pair-row:{pair.before}:{pair.after}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        words = f"**{md(pair.before)}** → **{md(pair.after)}**"
        said = " ".join(text for text in (captions[pair.before], captions[pair.after]) if text)
        st.caption(f"{words} · {said}" if said else words, width="stretch")
        onward.pair(mine, lesson, before, after, place)


def _graphs(mine: Session, lesson: Lesson, ran: Ran, graphs: tuple[Graph, ...], key: str) -> None:
    if not graphs:
        return
    if len(graphs) == MOST_BESIDE:
        for column, graph in zip(st.columns(MOST_BESIDE, gap="small"), graphs, strict=True):
            with column:
                _graph(mine, lesson, graph, ran.models[graph.label], f"{key}:{graphs.index(graph)}")
        return
    shown = graphs[0]
    if len(graphs) > MOST_BESIDE:
        labels = {graph.label: graph for graph in graphs}
        chosen = st.segmented_control(
            "Graph",
            list(labels),
            default=shown.label,
            required=True,
            format_func=md,
            key=f"{key}:graph",
            persist_state="session",
            label_visibility="collapsed",
        )
        shown = labels.get(chosen or "", shown)
    _graph(mine, lesson, shown, ran.models[shown.label], f"{key}:0")


def _graph(mine: Session, lesson: Lesson, graph: Graph, model: Model, key: str) -> None:
    graph_view(model, key, height=HEIGHT, inspect="below")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        words = f"**{md(graph.label)}**"
        st.caption(f"{words} · {graph.caption}" if graph.caption else words, width="stretch")
        onward.graph(mine, lesson, model, f"{key}:row")
