"""The models of the session as a table: make one current, rename, remove, download."""

from __future__ import annotations

import streamlit as st

from onnxviz.ui.session import Entry, Session
from onnxviz.ui.text import count, md, size

_WIDTHS = (3.4, 0.9, 1.2, 1.1, 3, 2.8)
_HEADS = ("Name", "Nodes", "Parameters", "Size", "Where from", "")


def show(mine: Session) -> None:
    """The whole tab."""
    if not mine.entries:
        st.info("Nothing is open. Export a sample or upload a model.", icon=":material/info:")
        return
    st.caption("The current model is the one that every page shows. Click a name to make it current.")
    for column, head in zip(st.columns(_WIDTHS), _HEADS, strict=True):
        column.markdown(f":small[:gray[{head}]]")
    for entry in list(mine.entries.values()):
        _row(mine, entry)


def _row(mine: Session, entry: Entry) -> None:
    model = entry.model
    digest = model.digest
    current = digest == mine.current_digest
    name, nodes, parameters, nbytes, origin, actions = st.columns(_WIDTHS, vertical_alignment="center")
    if name.button(
        f"**{md(model.name, 80)}**" if current else md(model.name, 80),
        key=f"models:current:{digest}",
        type="tertiary",
        icon=":material/radio_button_checked:" if current else ":material/radio_button_unchecked:",
        help="This is the current model" if current else "Make it current",
        wrap=True,
    ):
        mine.current_digest = digest
        st.rerun()
    nodes.markdown(f":small[{model.graph.node_count():,}]")
    parameters.markdown(f":small[{count(model.parameters)}]")
    nbytes.markdown(f":small[{size(model.nbytes)}]")
    origin.markdown(f":small[{md(entry.origin, 120)}]")
    with actions.container(horizontal=True, horizontal_alignment="right", wrap=False):
        _rename(mine, entry)
        if st.button(
            "Remove",
            key=f"models:remove:{digest}",
            type="tertiary",
            icon=":material/delete:",
            help=f"Take {md(model.name, 80)} off the list; the file that you have stays",
        ):
            mine.remove(digest)
            st.rerun()


def _rename(mine: Session, entry: Entry) -> None:
    digest, name = entry.model.digest, entry.model.name
    with st.popover("Rename", type="tertiary", icon=":material/edit:", key=f"models:popover:{digest}"):
        # The name is part of the key: after a rename, here or in the side bar, the field starts from it.
        wanted = st.text_input("New name", name, key=f"models:rename:{digest}:{name}", max_chars=120)
        if wanted and wanted.strip() and wanted.strip() != name:
            mine.rename(digest, wanted)
            st.rerun()
