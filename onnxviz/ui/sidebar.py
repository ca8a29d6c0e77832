"""The side bar: which model is current, on every page."""

from __future__ import annotations

import streamlit as st

from onnxviz import jobs
from onnxviz.ui import mending
from onnxviz.ui.session import Session, session
from onnxviz.ui.text import count, md, nodes, plain, size


def show() -> Session:
    """The list of the session's models, with rename and remove; returns the session."""
    mine = session()
    with st.sidebar:
        # In a place of its own, as it comes and goes: the machines of a cluster may be out of reach.
        with st.container():
            if said := jobs.note():
                st.warning(md(said, 600), icon=":material/lan:")
        st.subheader("Model")
        if not mine.entries:
            st.caption("Nothing is open.")
            return mine
        # In a place of its own: what follows keeps its position, whatever there is to tell.
        with st.container():
            mending.show(mine)
        _choose(mine)
        _describe(mine)
    return mine


def _choose(mine: Session) -> None:
    digests = list(mine.entries)
    labels = {digest: plain(entry.model.name, 60) for digest, entry in mine.entries.items()}

    def changed() -> None:
        mine.current_digest = st.session_state["sidebar:model"]

    # The choice may have been made elsewhere (an upload, "Open the result").
    st.session_state["sidebar:model"] = mine.current_digest
    st.radio(
        "Model",
        digests,
        format_func=lambda digest: md(labels.get(digest, "")),
        key="sidebar:model",
        on_change=changed,
        label_visibility="collapsed",
        captions=[_caption(mine, digest) for digest in digests],
    )


def _caption(mine: Session, digest: str) -> str:
    model = mine.entries[digest].model
    return f"{nodes(model.graph.node_count())} · {size(model.nbytes)}"


def _describe(mine: Session) -> None:
    entry = mine.current
    if entry is None:
        return
    digest = entry.model.digest
    st.caption(f"{md(entry.origin)} · {count(entry.model.parameters)} parameters")
    rename, remove = st.columns(2)
    with rename.popover("Rename", icon=":material/edit:", width="stretch"):
        # The name is part of the key: after a rename, here or elsewhere, the field starts from it.
        name = entry.model.name
        wanted = st.text_input("Name", name, key=f"rename:{digest}:{name}", max_chars=120).strip()
        if wanted and wanted != name:
            mine.rename(digest, wanted)
            st.rerun()
    if remove.button("Remove", icon=":material/delete:", width="stretch", key=f"remove:{digest}"):
        mine.remove(digest)
        st.rerun()
