"""What the selected node costs: operations, output bytes and parameters, each with formula and source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import streamlit as st

from onnxviz.inspecting.index import Place
from onnxviz.model import Value
from onnxviz.scene.overlays import OVERLAYS, explain
from onnxviz.ui.inspect.panel import Panel
from onnxviz.ui.text import md

KINDS = ("flops", "output", "parameters")

_SOURCE = re.compile(r"^Source: (https://\S+)$")


class _Seen(Mapping[str, Value]):
    """The values that a node sees, by name: those of its own body first."""

    def __init__(self, panel: Panel, body: str) -> None:
        self._names = panel.index.wiring.names[body]

    def __getitem__(self, name: str) -> Value:
        value = self._names.value(name)
        if value is None:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._names.graph.values)

    def __len__(self) -> int:
        return len(self._names.graph.values)


def show(panel: Panel, place: Place) -> None:
    """A fold-out, computed when it is opened; symbolic sizes count as 1, as on the picture."""
    more = st.expander("What it costs", key=panel.key_of("cost"), type="compact", on_change="rerun")
    if not more.open:
        return
    with more:
        values = _Seen(panel, place.body)
        for kind in KINDS:
            first, *rest = explain(kind, place.node, values, assume=1).split("\n")
            st.markdown(f"**{OVERLAYS[kind].label}** {md(first, 200)}")
            for line in rest:
                source = _SOURCE.match(line)
                st.caption(f"[Source]({source[1]})" if source else md(line, 400))
