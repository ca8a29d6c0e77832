"""What is known of the box that is selected."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import streamlit as st

from onnxviz.model import Graph, Model, Node, Value
from onnxviz.scene.functions import expand
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
    graph = _drawn(model)
    if _end(graph, selected):
        return
    found = _find(graph, selected)
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


def _drawn(model: Model) -> Graph:
    """The graph that the picture shows: functions stand inside their calls."""
    return expand(model.graph, model.functions) if model.functions else model.graph


def _end(graph: Graph, selected: str) -> bool:
    """Describe a graph's or body's input or output (`in:x`, `NODE/body/out:y`); False for another box."""
    for path, body in _bodies(graph):
        prefix = f"{path}/" if path else ""
        for end, names in (("in:", body.inputs), ("out:", body.outputs)):
            name = selected.removeprefix(prefix + end)
            if selected.startswith(prefix + end) and name in names:
                st.markdown(f"**{'Input' if end == 'in:' else 'Output'}** {md(name)}")
                st.code(_value(body, name).type_text, language=None)
                return True
    return False


def _bodies(graph: Graph) -> Iterator[tuple[str, Graph]]:
    """Every graph with the id of its group (`NODE/body`), the outermost first under an empty one."""
    waiting = [("", graph)]
    while waiting:
        path, body = waiting.pop()
        yield path, body
        waiting.extend((f"{node.id}/{name}", inner) for node in body.nodes for name, inner in node.subgraphs)


def _find(graph: Graph, node_id: str) -> tuple[Node, tuple[Graph, ...]] | None:
    """The node and the graphs around it, innermost first."""
    waiting: list[tuple[Graph, tuple[Graph, ...]]] = [(graph, (graph,))]
    while waiting:
        body, around = waiting.pop()
        for node in body.nodes:
            if node.id == node_id:
                return node, around
            waiting.extend((inner, (inner, *around)) for _, inner in node.subgraphs)
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
