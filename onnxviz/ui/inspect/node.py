"""The selected node: what it is, where it is, what it does, and where it was written."""

from __future__ import annotations

import streamlit as st

from onnxviz.inspecting.index import Place
from onnxviz.inspecting.trace import Frame, frames, written_at
from onnxviz.model import Node
from onnxviz.ui.inspect import cost, ports
from onnxviz.ui.inspect.crumbs import crumbs
from onnxviz.ui.inspect.operator import about_attributes, about_operator, help_of
from onnxviz.ui.inspect.panel import Panel
from onnxviz.ui.text import md, plain


def show(panel: Panel, place: Place) -> None:
    """Everything that is known of a node."""
    node = place.node
    known = help_of(panel.model, node)
    st.markdown(f"**{md(node.qualified_op)}** {md(node.name)}")
    crumbs(panel, node.scope)
    about_operator(panel, node, known)
    about_attributes(panel, node, known)
    ports.inputs(panel, place, known)
    ports.outputs(panel, place, known)
    cost.show(panel, place)
    _bodies(panel, node)
    _source(panel, node.source)


def _bodies(panel: Panel, node: Node) -> None:
    if not node.subgraphs:
        return
    bodies = [body.id for body in panel.index.wiring.bodies.values() if body.owner == node.id]
    panel.links("holds", [body for body in bodies if body in panel.hierarchy.groups], "bodies")


def _source(panel: Panel, source: str) -> None:
    """The line of the author's own code first, and everything that was called on the way on demand."""
    if not source:
        return
    panel.heading("Written at")
    innermost = written_at(source)
    if innermost is None:
        st.code(plain(source, 4000), language=None, wrap_lines=True)
        return
    st.caption(f"{md(innermost.short_file, 160)}:{innermost.line}, in {md(innermost.function, 60)}")
    if innermost.code:
        st.code(plain(innermost.code, 400), language="python", wrap_lines=True)
    whole = frames(source)
    if len(whole) > 1:
        fold = st.expander(
            f"All {len(whole)} calls", key=panel.key_of("trace"), type="compact", on_change="rerun"
        )
        if fold.open:
            with fold:
                st.code("\n".join(map(_call, reversed(whole))), language=None, wrap_lines=True)


def _call(frame: Frame) -> str:
    head = f"{plain(frame.file, 300)}:{frame.line}, in {plain(frame.function, 60)}"
    return f"{head}\n    {plain(frame.code, 400)}" if frame.code else head
