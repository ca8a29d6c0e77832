"""The selected input or output, of the graph or of a body; and a shortcut between far boxes."""

from __future__ import annotations

import streamlit as st

from onnxviz.scene.types import Box
from onnxviz.scene.wires import End
from onnxviz.ui.inspect.crumbs import crumbs
from onnxviz.ui.inspect.figures import values_of
from onnxviz.ui.inspect.panel import Panel
from onnxviz.ui.inspect.ports import type_line
from onnxviz.ui.text import md


def show(panel: Panel, end: End) -> None:
    """Its type, and what reads or makes it."""
    index = panel.index
    st.markdown(f"**{'Input' if end.is_input else 'Output'}** {md(end.name)}")
    crumbs(panel)
    value = end.constant or index.value(end.body, end.name)
    st.markdown(type_line(value))
    if end.body:
        panel.links("of the body of", [index.wiring.bodies[end.body].owner])
    if end.is_input:
        readers = index.readers(end.id, end.name)
        if readers:
            panel.links("read by", readers)
        else:
            st.caption("read by nothing")
        return
    maker = index.maker(end.id, end.name)
    if maker is not None:
        panel.links("from", [maker])
    elif end.constant is not None:
        st.caption("A constant: it does not depend on any input.")
        values_of(panel, end.constant, _place(panel, end), "end")
    else:
        st.caption("made by nothing in this graph")


def _place(panel: Panel, end: End) -> str:
    """A place in the model's file from which the output's name is seen."""
    names = panel.index.wiring.names[end.body]
    seen = next((node.id for node in names.graph.nodes), None)
    if seen is not None:
        return panel.index.places[seen].file_id
    body = panel.index.wiring.bodies.get(end.body)
    if body is None:
        return ""
    path = body.name if ":" in body.name else f"{body.name}:0"
    return f"{panel.index.places[body.owner].file_id}/{path}"


def stub(panel: Panel, box: Box | None) -> None:
    """What a shortcut stands for: `box` is it on the picture, where that is known."""
    st.markdown("**Shortcut**")
    st.caption(
        "It stands for the other end of a long line, which would cross the picture. Double-click it "
        "to go there."
    )
    if box is not None and box.ends:
        known = [end for end in box.ends if end]
        panel.links("leads to", known)
