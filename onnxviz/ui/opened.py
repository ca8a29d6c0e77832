"""A model that was just opened: what it is in a few lines, and where to go from here."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from onnxviz.model import Graph
from onnxviz.ui.files import download
from onnxviz.ui.session import Entry, Session
from onnxviz.ui.text import count, md, size

MOST_VALUES = 4
"""Inputs or outputs that are named; Explore lists them all."""


def card(
    mine: Session,
    entry: Entry,
    key: str,
    *,
    said: str = "",
    notes: tuple[str, ...] = (),
    primary: bool = True,
) -> None:
    """Name and figures, `said` in small print, notes in words; Explore, Simplify, download."""
    model = entry.model
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/check_circle: **{md(model.name)}** is open", width="stretch")
            _next(mine, entry, key, primary)
        opset = next((str(version) for domain, version in model.opsets if domain in ("", "ai.onnx")), "?")
        nodes = model.graph.node_count()
        figures = [
            f"{nodes:,} {'node' if nodes == 1 else 'nodes'}",
            f"{count(model.parameters)} parameters",
            size(model.nbytes),
            f"opset {opset}",
        ]
        figures += [f"written by {model.producer}"] if model.producer else []
        st.caption(md(" · ".join([*figures, *([said] if said else [])])))
        st.markdown(
            f"{_values('In', model.graph, model.graph.inputs)}  \n"
            f"{_values('Out', model.graph, model.graph.outputs)}"
        )
        for note in (*notes, *model.notes):
            st.caption(f":material/info: {md(note)}")


def _next(mine: Session, entry: Entry, key: str, primary: bool) -> None:
    digest = entry.model.digest
    kind: Literal["primary", "secondary"] = "primary" if primary else "secondary"
    if st.button("Explore", type=kind, icon=":material/account_tree:", key=f"{key}:explore"):
        mine.current_digest = digest
        st.switch_page("pages/explore.py")
    if st.button("Simplify", icon=":material/compress:", key=f"{key}:simplify"):
        mine.current_digest = digest
        st.switch_page("pages/simplify.py")
    download(entry.model, key=f"{key}:download")


def _values(label: str, graph: Graph, names: tuple[str, ...]) -> str:
    shown = []
    for name in names[:MOST_VALUES]:
        value = graph.values.get(name)
        shown.append(f"{md(name, 60)} :gray[{md(value.type_text if value else '?', 80)}]")
    more = f" and {len(names) - MOST_VALUES} more" if len(names) > MOST_VALUES else ""
    return f":small[{label}: {', '.join(shown) or 'nothing'}{more}]"
