"""Simplify: onnxsim on the current model, and what it changed."""

from __future__ import annotations

import streamlit as st

from onnxviz import jobs
from onnxviz.delivery import discard, receive, waiting
from onnxviz.jobs import Job
from onnxviz.model import Model
from onnxviz.rewrites.simplify import SimplifyOptions, simplify_into_store
from onnxviz.rewrites.types import Rewrite
from onnxviz.ui import empty, problems, simplifying
from onnxviz.ui.files import download
from onnxviz.ui.graph import graph_view
from onnxviz.ui.session import Session, session
from onnxviz.ui.text import md, nodes
from onnxviz.ui.work import Work

PURPOSE = "Run onnxsim on a model, and see what it removed and whether it is still the same function."


def main() -> None:
    """Options, the button, and the result."""
    mine = session()
    entry = mine.current
    if entry is None:
        empty.show("Simplify", PURPOSE)
        return
    jobs.warm("rewrite")
    model = entry.model
    st.title("Simplify")
    st.markdown(f"{PURPOSE} Now: **{md(model.name)}**")
    work: Work[Rewrite] = Work(f"simplify:{model.digest}")
    chosen = simplifying.options(model)
    if (
        st.button("Simplify", type="primary", icon=":material/compress:", disabled=chosen is None)
        and chosen is not None
    ):
        st.session_state.setdefault("simplify:taken", {}).pop(model.digest, None)
        st.session_state[f"simplify:with:{model.digest}"] = chosen.key()
        work.start(lambda: _ask(mine, model, chosen))
    rewrite = work.show()
    if rewrite is not None:
        if chosen is None or chosen.key() != st.session_state.get(f"simplify:with:{model.digest}"):
            st.warning("This result was made with other options.", icon=":material/history:")
        with problems.shown():
            _result(mine, model, rewrite, work)


def _ask(mine: Session, model: Model, options: SimplifyOptions) -> Job[Rewrite]:
    store = mine.store
    return jobs.submit(
        "rewrite",
        f"Simplifying {model.name}",
        simplify_into_store,
        model,
        store.root,
        store.cap_bytes,
        options,
        key=("simplify", model.digest, options.key()),
        still_good=lambda rewrite: waiting(store, rewrite.after),
    )


def _taken_in(mine: Session, model: Model, rewrite: Rewrite) -> Model | None:
    """The result as a model of the session; None when a person has removed it since."""
    taken: dict[str, str] = st.session_state.setdefault("simplify:taken", {})
    entry = mine.entries.get(rewrite.after.digest)
    if entry is not None:
        discard(rewrite.after)
    elif taken.get(model.digest) != rewrite.after.digest:
        after = receive(mine.store, rewrite.after).renamed(f"{model.name} · onnxsim")
        origin = f"onnxsim of {model.name}"
        entry = mine.add(after, origin, model.digest, select=False, held=True)
        taken[model.digest] = after.digest
        # The side bar was drawn before there was a result.
        st.rerun()
    return entry.model if entry is not None else None


def _result(mine: Session, model: Model, rewrite: Rewrite, work: Work[Rewrite]) -> None:
    after = _taken_in(mine, model, rewrite)
    if after is None:
        work.clear()
        st.info("The result was removed from the list of models.", icon=":material/delete:")
        return
    simplifying.headline(rewrite)
    with st.container(horizontal=True):
        if st.button("Explore the result", icon=":material/account_tree:"):
            mine.current_digest = after.digest
            st.switch_page("pages/explore.py")
        if st.button("Time before and after", icon=":material/speed:"):
            st.session_state["benchmark:models"] = [model.digest, after.digest]
            st.switch_page("pages/benchmark.py")
        download(after, key="simplify:download", label="Download the result")
    if any(old != new for _, old, new in rewrite.op_changes()):
        shrank = after.graph.node_count() < model.graph.node_count()
        st.subheader("Where the reduction came from" if shrank else "What changed")
        simplifying.op_table(rewrite)
    st.subheader("Before and after")
    left, right = st.columns(2)
    with left:
        st.markdown(f"**Before**: {nodes(model.graph.node_count())}")
        graph_view(model, "simplify:before", height=560, inspect="below")
    with right:
        st.markdown(f"**After**: {nodes(after.graph.node_count())}")
        graph_view(after, "simplify:after", height=560, inspect="below", like=model)


main()
