"""What is known of the box that is selected."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from onnxviz.model import Graph, Model, Node, Value
from onnxviz.scene.types import Hierarchy
from onnxviz.ui.text import md, plain, size


def show(model: Model, hierarchy: Hierarchy, selected: str | None) -> None:
    """Describe the selected node, group or graph input or output; say how to select where there is none."""
    if selected is None:
        st.caption("Click a box to see what is in it. Double-click a group to open or close it.")
        return
    if selected in hierarchy.groups:
        _group(hierarchy, selected)
        return
    for end, names in (("in:", model.graph.inputs), ("out:", model.graph.outputs)):
        name = selected.removeprefix(end)
        if selected.startswith(end) and name in names:
            st.markdown(f"**{'Input' if end == 'in:' else 'Output'}** {md(name)}")
            st.code(_value(model.graph, name).type_text, language=None)
            return
    found = _find(model, selected)
    if found is None:
        st.caption("A shortcut to the other end of a long line: double-click it to go there.")
        return
    _node(*found)


def _group(hierarchy: Hierarchy, selected: str) -> None:
    group = hierarchy.groups[selected]
    kind = f" · {md(group.kind)}" if group.kind else ""
    st.markdown(f"**{md(group.title)}**{kind}")
    st.caption(f"{group.total:,} nodes")
    st.dataframe(
        pd.DataFrame([{"Op type": plain(op), "Nodes": n} for op, n in group.ops]),
        hide_index=True,
        height="content",
    )


def _find(model: Model, node_id: str) -> tuple[Node, tuple[Graph, ...]] | None:
    """The node and the graphs around it, innermost first."""
    bodies: list[tuple[Graph, tuple[Graph, ...]]] = [(model.graph, (model.graph,))]
    bodies += [(body, (body,)) for _, body in model.functions]
    while bodies:
        graph, around = bodies.pop()
        for node in graph.nodes:
            if node.id == node_id:
                return node, around
            bodies.extend((body, (body, *around)) for _, body in node.subgraphs)
    return None


def _node(node: Node, around: tuple[Graph, ...]) -> None:
    st.markdown(f"**{md(node.qualified_op)}** {md(node.name)}")
    if node.scope:
        st.caption(md(" › ".join(node.scope)))
    rows = [_row("in", name, around) for name in node.inputs if name]
    rows += [_row("out", name, around) for name in node.outputs if name]
    st.dataframe(pd.DataFrame(rows), hide_index=True, height="content")
    shown = [a for a in node.attributes if a.kind not in ("graph", "graphs")]
    if shown:
        st.dataframe(
            pd.DataFrame([{"Attribute": plain(a.name), "Value": plain(a.text)} for a in shown]),
            hide_index=True,
            height="content",
        )
    if node.source:
        with st.expander("Written at"):
            st.code(plain(node.source, 4000) if "\n" not in node.source else node.source, language=None)


def _row(side: str, name: str, around: tuple[Graph, ...]) -> dict[str, str]:
    value = next((graph.values[name] for graph in around if name in graph.values), Value(name))
    row = {"": side, "Tensor": plain(name), "Type": value.type_text}
    if value.is_constant:
        row["Value"] = plain(value.preview) if value.preview else size(value.nbytes or 0)
    return row


def _value(graph: Graph, name: str) -> Value:
    return graph.values.get(name, Value(name))
