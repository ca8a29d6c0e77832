"""Explore: the current model as a graph to move in, and what is in the file.

Pandas and Altair take most of a second to import, and the first picture needs neither: tables and charts
import them.
"""

from __future__ import annotations

import time
from typing import TypedDict

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from onnxviz.model import Model
from onnxviz.reading import node_rows
from onnxviz.ui import empty, frame, problems, reopening
from onnxviz.ui.files import download
from onnxviz.ui.graph import graph_view, ready
from onnxviz.ui.session import session
from onnxviz.ui.text import count, md, plain, size

MOST_OPS_IN_CHART = 25
MOST_LINES = 40
# A picture that takes longer is not waited for before the rest of the page goes out.
QUICK_SECONDS = 0.4
# Side bar and figures take the browser 0.15 s, in which it does not draw. A picture of 164 nodes is on the
# screen 0.17 s earlier when they wait for so long.
HEAD_START_SECONDS = 0.25
TABS = "explore:tabs"


def main() -> None:
    """Title, figures, picture, and what the file says.

    A visit begins with the picture, where it is there at once: that is what a person waits for.
    """
    mine = session()
    if mine.problem is not None:
        problems.show(mine.problem)
        mine.problem = None
    if reopening.under_way(mine):
        return
    entry = mine.current
    if entry is None:
        empty.show("Explore", "See what is in a model: its graph, its operators, its tensors.")
        return
    model = entry.model
    parent = mine.entries.get(entry.parent or "")
    head = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
    head.title(md(model.name), anchor=False, width="content")
    notes, body = st.container(), st.container()
    # Problems are listed with the picture, where each leads to its place.
    listed = {problem.note for problem in model.problems}
    for note in (note for note in model.notes if note not in listed):
        notes.warning(md(note), icon=":material/info:")
    picture: _Picture = {"like": parent.model if parent else None, "link": entry.link}
    is_ahead = frame.is_first_sight() and ready(model, "explore", QUICK_SECONDS, **picture)
    if not is_ahead:
        _figures(head, model)
    with body:
        graph_view(model, "explore", height=680, **picture)
    if is_ahead:
        # Else the browser would lay out the rest before it draws.
        time.sleep(HEAD_START_SECONDS)
        _figures(head, model)
    _tables(model)


class _Picture(TypedDict):
    like: Model | None
    link: dict[str, list[str]] | None


@problems.fragment
def _tables(model: Model) -> None:
    """Below the picture. Each is made when it is looked at: tables and charts bring 2 MB of script with them,
    which would come before the picture."""
    names = ["In the file", "Op types", "Nodes"]
    parts = (_facts, _ops, _nodes)
    for tab, show in zip(st.tabs(names, key=TABS, on_change="rerun"), parts, strict=True):
        if tab.open:
            with tab:
                show(model)


def _figures(head: DeltaGenerator, model: Model) -> None:
    opset = next((str(v) for domain, v in model.opsets if domain in ("", "ai.onnx")), "–")
    figures = (
        ("Nodes", f"{model.graph.node_count():,}", "Operators, those inside If and Loop bodies included."),
        ("Parameters", count(model.parameters), "Elements of all initializers."),
        ("Size", size(model.nbytes), "The file and its external data."),
        ("Opset", opset, "Version of the standard operators."),
        ("IR version", str(model.ir_version), "Version of the file format."),
    )
    with head, st.container(horizontal=True, gap="large", width="content"):
        for label, value, help_text in figures:
            st.metric(label, value, help=help_text, width="content")


def _facts(model: Model) -> None:
    left, right = st.columns(2)
    with left:
        st.markdown("**Inputs**")
        _values(model, model.graph.inputs)
        st.markdown("**Outputs**")
        _values(model, model.graph.outputs)
    with right:
        st.markdown("**File**")
        rows = [("Producer", model.producer or "not said"), ("Graph", model.graph.name)]
        rows += [(f"Opset of {domain or 'ai.onnx'}", str(version)) for domain, version in model.opsets]
        rows += [("External data", ", ".join(model.external_files) or "none")]
        rows += [("Functions", ", ".join(name for name, _ in model.functions) or "none")]
        rows += [(key, value) for key, value in model.metadata]
        rows += [("Description", model.doc)] if model.doc else []
        rows += [("SHA-256", model.digest)]
        _lines("What", "Value", rows)
        download(model, key="explore:download")


def _values(model: Model, names: tuple[str, ...]) -> None:
    rows = []
    for name in names:
        value = model.graph.values.get(name)
        rows.append((name, value.type_text if value else "?"))
    _lines("Name", "Type", rows)


def _lines(left: str, right: str, rows: list[tuple[str, str]]) -> None:
    """A few rows as text, which is there at once; many as a table that scrolls."""
    if len(rows) > MOST_LINES:
        import pandas as pd

        st.dataframe(pd.DataFrame(rows, columns=[left, right]).map(plain), hide_index=True)
        return
    lines = [f"| {md(key, 120)} | {md(value, 200)} |" for key, value in rows]
    st.markdown("\n".join([f"| {left} | {right} |", "|:--|:--|", *lines]))


def _ops(model: Model) -> None:
    import altair as alt
    import pandas as pd

    counts = model.graph.op_counts()
    table = pd.DataFrame({"Op type": [plain(op) for op in counts], "Nodes": list(counts.values())})
    left, right = st.columns([1, 2])
    left.dataframe(table, hide_index=True)
    chart = (
        alt.Chart(table.head(MOST_OPS_IN_CHART))
        .mark_bar()
        .encode(
            x=alt.X("Nodes:Q", title="Nodes", axis=alt.Axis(tickMinStep=1, format="d")),
            y=alt.Y("Op type:N", sort=None, title=None),
            tooltip=["Op type", "Nodes"],
        )
    )
    right.altair_chart(chart, width="stretch")


def _nodes(model: Model) -> None:
    import pandas as pd

    rows = node_rows(model)
    search, pick = st.columns([2, 1])
    wanted = search.text_input(
        "Search", placeholder="Name, tensor, attribute, scope …", key=f"explore:search:{model.digest}"
    ).lower()
    ops = pick.multiselect("Op type", list(model.graph.op_counts()), key=f"explore:ops:{model.digest}")
    shown = [
        row
        for row in rows
        if (not ops or row["op"] in ops) and (not wanted or any(wanted in v.lower() for v in row.values()))
    ]
    st.caption(f"{len(shown):,} of {len(rows):,} nodes. Click a column's head to sort.")
    columns = {"op": "Op type", "name": "Name", "inputs": "Inputs", "outputs": "Outputs"}
    columns |= {"attributes": "Attributes", "scope": "Scope", "id": "Id"}
    frame = pd.DataFrame(shown, columns=list(columns)).rename(columns=columns)
    st.dataframe(frame.map(lambda text: plain(text, 300)), hide_index=True)


main()
