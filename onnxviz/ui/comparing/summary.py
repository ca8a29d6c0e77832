"""A comparison in one row of figures, and in a sentence where nothing differs."""

from __future__ import annotations

import streamlit as st

from onnxviz.ui.comparing.changes import ADDED, CHANGED, REMOVED, REWIRED, Changes
from onnxviz.ui.comparing.pair import Pair
from onnxviz.ui.text import size

LEAST_SHARED = 0.1
"""Of the smaller model's nodes: with fewer in the other, the two may have nothing to do with each other."""

ALIKE = "No difference but names and the order of the file: both have the same nodes, reading the same."


def show(pair: Pair, changes: Changes) -> bool:
    """The figures; and what there is to know before one looks for differences.

    True after saying that the two may have nothing to do with each other.
    """
    counts = changes.counts()
    graphs = pair.before.graph, pair.after.graph
    nodes = tuple(graph.node_count() for graph in graphs)
    constants = sum(1 for node in changes.removed.values() if node.qualified_op == "Constant")
    unseen = f" {constants:,} of them are Constant nodes, which are lines in a picture's boxes."
    with st.container(horizontal=True, gap="medium"):
        change = f" ({(nodes[1] - nodes[0]) / nodes[0]:+,.0%})" if nodes[0] and nodes[1] != nodes[0] else ""
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
        return False
    shared, smaller = counts["kept"] + counts[CHANGED], min(nodes)
    if pair.how.optimizer or shared >= LEAST_SHARED * smaller:
        return False
    st.warning(strangers(shared, smaller), icon=":material/help:")
    return True


def strangers(shared: int, smaller: int) -> str:
    """What to say where `shared` of the `smaller` model's nodes are in the other too."""
    found = "No node of the one is a node of the other"
    if shared:
        found = (
            f"Only {shared:,} of {smaller:,} nodes of the smaller one {'are' if shared > 1 else 'is'} in both"
        )
    return f"{found}: these may be two models that have nothing to do with each other."
