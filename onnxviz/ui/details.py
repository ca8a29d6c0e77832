"""What is known of the box that is selected: the panel beside a picture."""

from __future__ import annotations

import streamlit as st

from onnxviz.model import Model
from onnxviz.scene.types import Hierarchy, Scene
from onnxviz.ui.inspect import breaches, ends, group, node
from onnxviz.ui.inspect.panel import Panel, index_of
from onnxviz.ui.inspect.style import CLASS, STYLE


def show(
    model: Model,
    hierarchy: Hierarchy,
    selected: str | None,
    *,
    key: str = "inspect",
    scene: Scene | None = None,
    height: int | None = None,
) -> str | None:
    """Describe the selected node, group, input, output or shortcut; how to select where there is none.

    Returns the id of a box that the person asked to go to in this run, or None; it may be outside of
    the picture. `key` tells several panels of one page apart. `scene` is the picture, which alone knows
    where a shortcut leads. `height` in pixels makes the panel scroll on its own: it is longer than most
    pictures.
    """
    if selected is None:
        st.caption("Click a box to see what is in it. Double-click a group to open or close it.")
        return None
    st.html(STYLE)
    panel = Panel(model, index_of(model.digest, model), hierarchy, selected, key)
    with st.container(gap="xsmall", key=f"{key}-{CLASS}", height=height or "content", border=False):
        _describe(panel, scene)
    return panel.wanted


def _describe(panel: Panel, scene: Scene | None) -> None:
    selected = panel.selected
    breaches.show(panel)
    place = panel.index.places.get(selected)
    end = panel.index.wiring.ends.get(selected)
    if selected in panel.hierarchy.groups:
        group.show(panel)
    elif place is not None:
        node.show(panel, place)
    elif end is not None:
        ends.show(panel, end)
    else:
        boxes = scene.boxes if scene is not None else ()
        ends.stub(panel, next((box for box in boxes if box.id == selected), None))
