"""Try it: run the optimizer once more with the remedy of a node that stayed, and say what that frees."""

from __future__ import annotations

import hashlib
import json

import streamlit as st

from onnxviz import jobs
from onnxviz.delivery import waiting
from onnxviz.jobs import Job
from onnxviz.model import Model
from onnxviz.rewrites.explain.stayed.remedies import applied
from onnxviz.rewrites.explain.trying import Trial, try_into_store
from onnxviz.rewrites.reasons import How, Kept, Remedy
from onnxviz.ui import problems
from onnxviz.ui.comparing import choosing, searching
from onnxviz.ui.comparing.joining import join
from onnxviz.ui.comparing.pair import Pair
from onnxviz.ui.session import Session
from onnxviz.ui.text import md
from onnxviz.ui.work import Work

MOST_CHANGES = 5


def offer(mine: Session, pair: Pair, kept: Kept) -> None:
    """The button, and what came of it. Nodes that share the remedy are tried together."""
    remedy = kept.remedy
    if remedy is None:
        return
    key = f"compare:try:{pair.key}:{_key(remedy)}"
    work: Work[Trial] = Work(key)
    if st.button("Try it", icon=":material/science:", key=f"{key}:button", disabled=work.running()):
        work.start(lambda: _ask(mine, pair, remedy))
    trial = work.show()
    if trial is not None:
        with problems.shown():
            _told(mine, pair, trial, key)


def same_remedy(pair: Pair, remedy: Remedy) -> tuple[str, ...]:
    """The nodes found so far that this remedy is said to free."""
    return tuple(node for node, kept in searching.of(pair).reasons.kept.items() if kept.remedy == remedy)


def _ask(mine: Session, pair: Pair, remedy: Remedy) -> Job[Trial]:
    store = mine.store
    nodes = same_remedy(pair, remedy)
    return jobs.submit(
        "rewrite",
        "Trying it",
        try_into_store,
        pair.before.unnamed(),
        pair.after.unnamed(),
        pair.how,
        remedy,
        nodes,
        store.root,
        store.cap_bytes,
        key=("try", *pair.files, pair.how.optimizer, pair.how.options.key(), _key(remedy), nodes),
        still_good=lambda trial: waiting(store, trial.rewrite.after),
    )


def _told(mine: Session, pair: Pair, trial: Trial, key: str) -> None:
    start = pair.before if pair.how.optimizer else pair.after
    result = _taken_in(mine, pair, start, trial, key)
    st.markdown(f"**{trial.without:,} → {trial.with_remedy:,} nodes.** {md(trial.sentence, 400)}")
    if trial.op_changes:
        rows = [f"{md(op, 40)} {old:,} → {new:,}" for op, old, new in trial.op_changes[:MOST_CHANGES]]
        st.caption(", ".join(rows))
    for note in trial.rewrite.notes:
        st.caption(md(note, 400))
    agreement = trial.rewrite.agreement
    if agreement is not None:
        mark = ":material/balance:" if agreement.agrees else ":material/help:"
        st.caption(f"{mark} {md(agreement.sentence, 600)}")
    if result is None:
        st.caption("The result was removed from the list of models.")
        return
    with st.container(horizontal=True):
        # As a callback: the lists are there already when the button is drawn.
        if st.button(
            "Compare with it",
            icon=":material/compare:",
            key=f"{key}:compare",
            on_click=choosing.select,
            args=(start.digest, result.digest),
        ):
            st.rerun()
        if st.button("Explore it", icon=":material/account_tree:", key=f"{key}:explore"):
            mine.current_digest = result.digest
            st.switch_page("pages/explore.py")


def _taken_in(mine: Session, pair: Pair, start: Model, trial: Trial, key: str) -> Model | None:
    """The result as a model of the session; None when a person has removed it since."""
    taken: dict[str, str] = st.session_state.setdefault("compare:tried", {})
    digest = trial.rewrite.after.digest
    entry = mine.entries.get(digest)
    if taken.get(key) != digest:
        taken[key] = digest
        name, options = applied(pair.how, trial.remedy)
        join(mine, start, trial.rewrite, How(name, options), _label(trial.remedy))
        # The side bar was drawn before there was a result.
        st.rerun()
    return entry.model if entry is not None else None


def _label(remedy: Remedy) -> str:
    """What is different about the result, in a few characters."""
    sizes = remedy.options.get("set_dims", {})
    return ", ".join(f"{name} = {size}" for name, size in sizes.items()) or "remedied"


def _key(remedy: Remedy) -> str:
    text = json.dumps(remedy.to_json(), sort_keys=True, default=str)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=9).hexdigest()
