"""The inputs and outputs of the selected node, and links to whatever feeds and reads them."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from onnxviz.inspecting.index import Place
from onnxviz.inspecting.schemas import OperatorHelp, PortHelp
from onnxviz.model import Value
from onnxviz.ui.inspect.figures import values_of
from onnxviz.ui.inspect.panel import Panel
from onnxviz.ui.text import md, plain, size

MOST_PORTS = 12
"""Inputs (or outputs) that are described at once; a Concat may have a thousand."""


def inputs(panel: Panel, place: Place, known: OperatorHelp | None) -> None:
    """Each input: its formal name, tensor, type, and what feeds it; a constant's figures on demand."""
    node = place.node
    if not node.inputs:
        return
    panel.heading("Inputs" if len(node.inputs) > 1 else "Input")
    for slot, name in enumerate(node.inputs[:MOST_PORTS]):
        formal = known.input(slot) if known else None
        if not name:
            _line(formal, "left out", None)
            continue
        constant = panel.index.constant(node.id, slot)
        value = constant or panel.index.value(place.body, name)
        _line(formal, name, value)
        maker = panel.index.maker(node.id, name)
        if maker is not None:
            panel.links("from", [maker], str(slot))
        elif constant is not None:
            values_of(panel, constant, place.file_id, str(slot))
            others = [reader for reader in panel.index.sharers(constant) if reader != node.id]
            if others:
                panel.links("also read by", others, str(slot))
        else:
            st.caption("made by nothing in this graph")
    rest = node.inputs[MOST_PORTS:]
    _rest(panel, len(rest), "from", [panel.index.maker(node.id, name) for name in rest])


def outputs(panel: Panel, place: Place, known: OperatorHelp | None) -> None:
    """Each output: its formal name, tensor, type, and what reads it."""
    node = place.node
    if not node.outputs:
        return
    panel.heading("Outputs" if len(node.outputs) > 1 else "Output")
    for slot, name in enumerate(node.outputs[:MOST_PORTS]):
        formal = known.output(slot) if known else None
        if not name:
            _line(formal, "left out", None)
            continue
        value = panel.index.value(place.body, name)
        _line(formal, name, value)
        if value.is_constant:
            values_of(panel, value, place.file_id, str(slot))
            readers = panel.index.sharers(value)
        else:
            readers = panel.index.readers(node.id, name)
        if readers:
            panel.links("read by", readers, str(slot))
        else:
            st.caption("read by nothing")
    rest = node.outputs[MOST_PORTS:]
    _rest(panel, len(rest), "read by", [box for name in rest for box in panel.index.readers(node.id, name)])


def type_line(value: Value) -> str:
    """`float[64, 3, 7, 7] · 37.6 kB`, or with the whole of a small constant. Markdown."""
    text = f"`{_code(value.type_text)}`"
    if not value.is_constant:
        return text
    if value.preview is not None and "…" not in value.preview:
        return f"{text} = {md(value.preview, 120)}"
    return f"{text} · {size(value.nbytes or 0)}"


def _line(formal: PortHelp | None, name: str, value: Value | None) -> None:
    head = f"{md(formal.name)} " if formal is not None else ""
    if value is None:
        st.markdown(f":gray[{head}{name}]")
        return
    st.markdown(f"{head}**{md(name, 80)}**  \n{type_line(value)}")


def _code(text: str) -> str:
    """For a code span of Markdown: nothing in it is read but the backtick that would end it."""
    return plain(text, 160).replace("`", "'")


def _rest(panel: Panel, count: int, word: str, boxes: Iterable[str | None]) -> None:
    """What could not be described each in turn: a number, and links to all that is at the other ends."""
    distinct = list(dict.fromkeys(box for box in boxes if box is not None))
    if distinct:
        panel.links(f"{count:,} more, {word}", distinct, "rest")
    elif count:
        st.caption(f"and {count:,} more")
