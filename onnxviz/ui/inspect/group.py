"""The selected group: what it is, what is in it, and what passes its border."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from onnxviz.inspecting.borders import Flow, border
from onnxviz.scene.types import Group
from onnxviz.ui.inspect.crumbs import crumbs
from onnxviz.ui.inspect.panel import Panel
from onnxviz.ui.inspect.ports import type_line
from onnxviz.ui.text import count, md, nodes

MOST_OPS = 12
MOST_FLOWS = 12

_OWN_KINDS = {
    "model": "the whole graph",
    "module": "a module",
    "body": "the body of a control-flow node or function",
    "repeat": "a family of blocks that are alike",
    "block": "one of several blocks that are alike",
    "part": "a part of a long graph, cut where few tensors pass",
    "inputs": "inputs of the graph",
    "outputs": "outputs of the graph",
}
"""Kinds of groups that are no class of the exporter's."""


def show(panel: Panel) -> None:
    """Title, class, size, op mix, and the tensors that it takes and gives."""
    group = panel.hierarchy.groups[panel.selected]
    st.markdown(f"**{md(group.title)}**")
    crumbs(panel)
    st.caption(_summary(group))
    if group.children:
        panel.links("holds", group.children, "children")
    if group.ops:
        rows = [f"| {md(op, 60)} | {times:,} |" for op, times in group.ops[:MOST_OPS]]
        st.markdown("\n".join(["| Op type | Nodes |", "|:--|--:|", *rows]))
        if len(group.ops) > MOST_OPS:
            st.caption(f"and {len(group.ops) - MOST_OPS:,} more op types")
    if group.parent is not None:
        passing = border(panel.index, panel.hierarchy, group.id)
        _flows(panel, "Takes", "from", passing.takes)
        _flows(panel, "Gives", "to", passing.gives)


def _summary(group: Group) -> str:
    kind = _OWN_KINDS.get(group.kind) or (f"of the class {md(group.kind)}" if group.kind else "")
    held = nodes(group.total) if group.total else ""
    weights = f"{count(group.parameters)} parameters" if group.parameters else ""
    return " · ".join(filter(None, [held, weights, kind]))


def _flows(panel: Panel, title: str, word: str, flows: Sequence[Flow]) -> None:
    if not flows:
        return
    panel.heading(f"{title} {len(flows):,} tensor{'s' if len(flows) > 1 else ''}")
    for place, flow in enumerate(flows[:MOST_FLOWS]):
        st.markdown(f"{md(flow.value.name, 80)}  \n{type_line(flow.value)}")
        panel.links(word, flow.ends, title, str(place))
    if len(flows) > MOST_FLOWS:
        st.caption(f"and {len(flows) - MOST_FLOWS:,} more")
