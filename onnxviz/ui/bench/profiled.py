"""Where the time of an inference goes: by operator, by node, and on the graph."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from onnxviz.bench.profiles import Profile
from onnxviz.costs.quantities import percent
from onnxviz.ui.bench import profiling
from onnxviz.ui.bench.charts.ops import ops_chart
from onnxviz.ui.bench.onegraph import begin_with
from onnxviz.ui.bench.shown import Shown
from onnxviz.ui.graph import graph_view
from onnxviz.ui.marking import Given
from onnxviz.ui.session import Session
from onnxviz.ui.text import md, nodes, plain, seconds

BUCKET = "Made by the runtime"

WHY = (
    "Runs the model for about 2 seconds more, in a session of its own with the runtime's profile on: a "
    "profile slows a session down, so the times above have none."
)


def show(mine: Session, shown: Shown) -> None:
    """The button, then the profile."""
    if shown.asked is None:
        st.caption("This result is from a file. Measure the models here to see where their time goes.")
        return
    one = profiling.pick(shown, "profiled")
    found = profiling.taken(shown, one) or profiling.take(shown, one, "Profile", WHY)
    if found is None:
        return
    st.markdown(headline(found))
    for note in found.notes:
        st.caption(f":material/info: {md(note)}")
    left, right = st.columns([2, 3], gap="medium")
    with left:
        st.markdown("**By operator of the runtime**")
        st.altair_chart(ops_chart(found), width="stretch")
    with right:
        st.markdown("**By node of the model**")
        table = node_table(found)
        slowest = float(table["Time"].max()) if len(table) else 0.0
        st.dataframe(table, hide_index=True, width="stretch", height=420, column_config=_columns(slowest))
    model = shown.model_of(mine, one)
    if model is None:
        st.caption("The model is no longer open, so there is no graph to show it on.")
        return
    key = "benchmark:profiled"
    begin_with(key, model, "time")
    graph_view(model, key, height=560, given=on_graph(found, f"{shown.key}:{one.label}"))


def _columns(slowest_ms: float) -> dict[str, Any]:
    return {
        "Time": st.column_config.ProgressColumn(
            "Time (ms)", format="%.4g ms", min_value=0.0, max_value=slowest_ms or 1.0, width="medium"
        ),
        "Share": st.column_config.NumberColumn("Share", format="percent", width="small"),
    }


def headline(found: Profile) -> str:
    """What the profile comes to, as Markdown."""
    total = found.total_s
    text = f"An inference takes **{seconds(found.run_s)}** (median of {found.runs:,} runs). "
    if total <= 0:
        return text + "No node took a whole microsecond."
    if not found.runtime:
        return text + f"All of the {seconds(total)} in nodes are in nodes of this model."
    own = total - found.mapped_s
    return text + (
        f"Of the {seconds(total)} in nodes, {seconds(own)} ({percent(own / total)}) are in what the runtime "
        f"made itself, or of which it cannot be said for certain what it was (“{BUCKET}” below); the rest is "
        "in nodes of this model."
    )


def node_table(found: Profile) -> pd.DataFrame:
    """A row for each node of the model that took time, the bucket's rows among them; times in ms."""
    total = found.total_s or 1.0
    rows = [
        {
            "Node": plain(one.id, 80),
            "Operator": plain(one.op_type, 40),
            "Time": 1e3 * one.seconds,
            "Share": one.seconds / total,
            "Ran as": plain(", ".join(one.ran_as), 80),
            "Together with": _others(one.others),
            "On": one.provider,
        }
        for one in found.nodes
    ]
    rows += [
        {
            "Node": BUCKET,
            "Operator": plain(one.op_type, 40),
            "Time": 1e3 * one.seconds,
            "Share": one.seconds / total,
            "Ran as": plain(one.name, 80),
            "Together with": "",
            "On": one.provider,
        }
        for one in found.runtime
    ]
    return pd.DataFrame(sorted(rows, key=lambda row: -float(str(row["Time"]))))


def _others(others: tuple[str, ...]) -> str:
    if not others:
        return ""
    shown = ", ".join(plain(one, 40) for one in others[:3])
    return shown + (f" and {len(others) - 3} more" if len(others) > 3 else "")


def on_graph(found: Profile, digest: str) -> Given:
    """Seconds by node for the picture. Of nodes that ran as one, the last has the time; the others say so."""
    note = "Seconds of one inference, as the runtime's profile has them"
    own = found.total_s - found.mapped_s
    if own > 0:
        note += f"; {seconds(own)} more are the runtime's own and stand at no node"
    joined = {other: one.id for one in found.nodes for other in one.others}
    if joined:
        note += f"; {nodes(len(joined))} ran as one with another, which has the time of all"
    values = dict.fromkeys(joined, 0.0) | {one.id: one.seconds for one in found.nodes}
    texts = {other: f"in {plain(node, 24)}" for other, node in joined.items() if not values[other]}
    return Given("time", "Time", digest, values, note, texts)
