"""A comparison in one row of figures, and in a sentence where nothing differs."""

from __future__ import annotations

import streamlit as st

from onnxviz.ui.comparing.changes import ADDED, CHANGED, REMOVED, REWIRED, Changes
from onnxviz.ui.comparing.pair import Pair
from onnxviz.ui.text import size

ALIKE = "No difference but names and the order of the file: both have the same nodes, reading the same."


def show(pair: Pair, changes: Changes) -> None:
    """The figures; and what there is to know before one looks for differences."""
    counts = changes.counts()
    graphs = pair.before.graph, pair.after.graph
    nodes = tuple(graph.node_count() for graph in graphs)
    constants = sum(1 for node in changes.removed.values() if node.qualified_op == "Constant")
    unseen = f" {constants:,} of them are Constant nodes, which are lines in a picture's boxes."
    with st.container(horizontal=True, gap="medium"):
        change = f" ({(nodes[1] - nodes[0]) / nodes[0]:+.0%})" if nodes[0] and nodes[1] != nodes[0] else ""
        st.metric("Nodes", f"{nodes[0]:,} → {nodes[1]:,}{change}", width="content")
        for label, key, text in (
            ("Removed", REMOVED, f"Nodes that only the model before has.{unseen if constants else ''}"),
            ("Added", ADDED, "Nodes that only the model after has."),
            (
                "Changed",
                CHANGED,
                "Nodes of both that differ in themselves, or read another tensor.",
            ),
        ):
            st.metric(label, f"{counts[key]:,}", width="content", help=text)
        st.metric(
            "Kept",
            f"{counts['kept']:,}",
            width="content",
            help=f"Nodes that are the same in both, names apart. {counts[REWIRED]:,} of them read what is "
            "made elsewhere now, since what made it went.",
        )
        initializers = " → ".join(f"{len(graph.initializers):,}" for graph in graphs)
        st.metric("Initializers", initializers, width="content")
        # A file that grew is the price of folding and no fault, so its change gets no colour.
        sizes = f"{size(pair.before.nbytes)} → {size(pair.after.nbytes)}"
        st.metric("Size", sizes, width="content", help="The file and its external data.")
    if changes.diff.empty:
        st.info(ALIKE, icon=":material/equal:")
    elif counts["kept"] + counts[CHANGED] == 0 and nodes[0] and nodes[1]:
        st.warning(
            "No node of the one is a node of the other: these may be two models that have nothing to do with "
            "each other.",
            icon=":material/help:",
        )
