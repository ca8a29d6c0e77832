"""One optimizer's result: figures, whether it is the same function, what changed, where to go from here."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from onnxviz.model import Model
from onnxviz.rewrites.types import Agreement, Rewrite
from onnxviz.ui import problems
from onnxviz.ui.files import download
from onnxviz.ui.graph import graph_view
from onnxviz.ui.optimizing import runs
from onnxviz.ui.optimizing.runs import Run
from onnxviz.ui.session import Session
from onnxviz.ui.text import md, nodes, plain, size
from onnxviz.ui.waiting import PATIENCE_SECONDS

MOST_OPS_IN_CHART = 20
REMOVED = "The result was removed from the list of models."


def show(mine: Session, model: Model, run: Run) -> None:
    """The one run on this model: how far it is, why it failed, or what it gave."""
    if not run.collect(PATIENCE_SECONDS):
        runs.watching(lambda: runs.progress(run, run.job.label if run.job else ""), [run])
        return
    if runs.join(mine, model, run):
        # The side bar was drawn before there was a result.
        st.rerun()
    if run.error is not None:
        problems.show(run.error)
        return
    after = runs.result(mine, run)
    if run.rewrite is None or after is None:
        runs.forget(model.digest)
        st.info(REMOVED, icon=":material/delete:")
        return
    _result(mine, model, run.rewrite, after)


def _result(mine: Session, model: Model, rewrite: Rewrite, after: Model) -> None:
    headline(rewrite)
    with st.container(horizontal=True):
        if st.button("Explore the result", icon=":material/account_tree:"):
            explore(mine, after)
        if st.button("Compare before and after", icon=":material/difference:"):
            compare(model, after)
        if st.button("Time before and after", icon=":material/speed:"):
            time([model, after])
        download(after, key="simplify:download", label="Download the result")
    if any(old != new for _, old, new in rewrite.op_changes()):
        shrank = after.graph.node_count() < model.graph.node_count()
        st.subheader("Where the reduction came from" if shrank else "What changed")
        op_table(rewrite)
    st.subheader("Before and after")
    left, right = st.columns(2)
    with left:
        st.markdown(f"**Before**: {nodes(model.graph.node_count())}")
        graph_view(model, "simplify:before", height=560, inspect="below")
    with right:
        st.markdown(f"**After**: {nodes(after.graph.node_count())}")
        graph_view(after, "simplify:after", height=560, inspect="below", like=model)


def explore(mine: Session, after: Model) -> None:
    """Go to a result's graph."""
    mine.current_digest = after.digest
    st.switch_page("pages/explore.py")


def compare(before: Model, after: Model) -> None:
    """Go to the page that sets two models side by side."""
    st.session_state["compare:before"] = before.digest
    st.session_state["compare:after"] = after.digest
    st.switch_page("pages/compare.py")


def time(models: list[Model]) -> None:
    """Go to where these are timed, the first as the baseline."""
    st.session_state["benchmark:models"] = list(dict.fromkeys(model.digest for model in models))
    st.switch_page("pages/benchmark.py")


def headline(rewrite: Rewrite) -> None:
    """Figures before and after, whether the outputs agree, and what was done to make it work."""
    before, after = rewrite.before, rewrite.after
    graphs = (before.graph, after.graph)
    with st.container(horizontal=True, gap="large"):
        _figure("Nodes", *(graph.node_count() for graph in graphs))
        _figure("Op types", *(len(graph.op_counts()) for graph in graphs))
        _figure("Initializers", *(len(graph.initializers) for graph in graphs))
        # A file that grew is the price of folding and no fault, so its change gets no colour.
        st.metric("Size", f"{size(before.nbytes)} → {size(after.nbytes)}", width="content")
    st.caption(f"{md(rewrite.name)} took {rewrite.seconds:.2f} s.")
    if rewrite.agreement is not None:
        agreement(rewrite.agreement)
    for note in rewrite.notes:
        st.info(md(note), icon=":material/info:")


def agreement(found: Agreement) -> None:
    """What was tried, and what came of it."""
    if found.error:
        st.warning(md(found.sentence, 1000), icon=":material/help:")
    elif found.agrees:
        st.success(md(found.sentence, 1000), icon=":material/balance:")
    else:
        st.error(md(found.sentence, 1000), icon=":material/warning:")


def _figure(label: str, before: int, after: int) -> None:
    change = f"{(after - before) / before:+.0%}" if before and after != before else None
    st.metric(label, f"{before:,} → {after:,}", change, delta_color="inverse", width="content")


def op_table(rewrite: Rewrite) -> None:
    """Where the reduction came from: a table of op types, and bars before and after."""
    rows = [
        {"Op type": plain(op), "Before": old, "After": new, "Change": new - old}
        for op, old, new in rewrite.op_changes()
    ]
    table = pd.DataFrame(rows, columns=["Op type", "Before", "After", "Change"])
    left, right = st.columns([2, 3])
    left.dataframe(table, hide_index=True, height=min(38 + 35 * len(rows), 500))
    shown = table.head(MOST_OPS_IN_CHART)
    tall = shown.melt("Op type", ["Before", "After"], "When", "Nodes")
    chart = (
        alt.Chart(tall)
        .mark_bar()
        .encode(
            x=alt.X("Nodes:Q", title="Nodes", axis=alt.Axis(tickMinStep=1, format="d")),
            y=alt.Y("Op type:N", sort=list(shown["Op type"]), title=None, axis=alt.Axis(labelOverlap=False)),
            yOffset=alt.YOffset("When:N", sort=["Before", "After"]),
            color=alt.Color(
                "When:N",
                sort=["Before", "After"],
                scale=alt.Scale(domain=["Before", "After"], range=["#8b98a5", "#0b7fd6"]),
                legend=alt.Legend(title=None, orient="top"),
            ),
            tooltip=["Op type", "When", "Nodes"],
        )
        .properties(height=90 + 32 * len(shown))
    )
    right.altair_chart(chart, width="stretch")
    if len(rows) > MOST_OPS_IN_CHART:
        right.caption(f"The {MOST_OPS_IN_CHART} op types that changed most; the table has all {len(rows)}.")
