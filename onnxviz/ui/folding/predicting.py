"""Predict, then reveal: a person picks the nodes that will fold, and then sees which do, and why."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Literal

import pandas as pd
import streamlit as st

from onnxviz import jobs
from onnxviz.jobs import Job
from onnxviz.model import Model
from onnxviz.ui import problems
from onnxviz.ui.folding import fates, linking, quiz, rounds, sources
from onnxviz.ui.folding.asking import fates_of
from onnxviz.ui.folding.quiz import Question, Verdict
from onnxviz.ui.folding.rounds import Round
from onnxviz.ui.folding.runs import Taken
from onnxviz.ui.graph import ask, draw
from onnxviz.ui.messages import Picks
from onnxviz.ui.saving import save
from onnxviz.ui.showing import again, drawn, forget, heard, state_of, to_address
from onnxviz.ui.text import md, nodes, plain
from onnxviz.ui.viewer import send_again
from onnxviz.ui.work import Work

VIEWER = "viewer:fold:predict"
PLACE = "fold:predict"

ASK = "**Which of these nodes fold?** Click them in the picture, or tick them in the list. Then reveal."
MOST_OF_ID = 26
"""Characters of an id in the list, which is narrow."""

FOLDS, STAYS = "it folds", "it stays"


def show(taken: Taken, model: Model, *, height: int, link: dict[str, list[str]] | None) -> None:
    """The question, the picture to pick in with a list beside it, the answer, and the score."""
    this = rounds.of(f"{taken.key}:{taken.id}")
    with st.container():
        _question(taken, this)
    if this.question is None:
        return
    if not this.question.nodes:
        st.info("There is nothing to ask: every node of this model is a `Constant`.", icon=":material/info:")
        return
    send_again(VIEWER)
    _round(taken, model, this, height, link)


def _question(taken: Taken, this: Round) -> None:
    """Ask for the question, where it is not there; it may take a moment on a large model."""
    if this.question is not None:
        return
    work: Work[Question] = Work("fold:question", 5.0)
    wanted = (taken.id, this.number)
    if st.session_state.get("fold:question-of") != wanted:
        st.session_state["fold:question-of"] = wanted
        work.start(lambda: _ask(taken, this.number))
    this.question = work.show()
    if this.question is None:
        work.offer_again("Choose a question again", lambda: _ask(taken, this.number))
        return
    work.clear()
    st.session_state["fold:question-of"] = None


def _ask(taken: Taken, number: int) -> Job[Question]:
    source, folds = sources.start(taken.folded), fates.going(taken.folded)
    key = ("fold question", source, taken.options.key(), number)
    return jobs.submit("look", "Choosing a question", quiz.question, source, folds, number, key=key)


@problems.fragment
def _round(taken: Taken, model: Model, this: Round, height: int, link: dict[str, list[str]] | None) -> None:
    if this.question is None:
        # A button in here has asked for the next one, which is chosen outside of this fragment.
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _head(taken, model, this)
    left, right = st.columns([9, 3], gap="medium")
    with left:
        _picture(taken, this, height)
    with right:
        if this.is_revealed:
            _answer(taken, this, height)
        else:
            _list(taken, this, height)
    rounds.board()
    if link is not None:
        to_address(link, linking.of_question(this.number))


def _head(taken: Taken, model: Model, this: Round) -> None:
    assert this.question is not None
    if this.is_revealed:
        st.markdown(rounds.sentence(this.found), width="stretch")
        if this.question.focus is None:
            st.button("Ask again", icon=":material/replay:", on_click=partial(this.begin, another=False))
        else:
            _another(taken, this, "primary")
        return
    st.markdown(ASK, width="stretch")
    folds = fates.going(taken.folded)
    st.button(
        "Reveal", type="primary", icon=":material/visibility:", on_click=this.reveal, args=(model, folds)
    )
    if this.question.focus is not None:
        _another(taken, this, "secondary")


def _name(taken: Taken, this: Round) -> str:
    """Of the question: another folding of the same model may be asked about in another part of it."""
    return f"{taken.id}:{this.number}"


def _another(taken: Taken, this: Round, kind: Literal["primary", "secondary"]) -> None:
    def go() -> None:
        forget(PLACE, _name(taken, this))
        this.begin(another=True)

    st.button("Next question", type=kind, icon=":material/skip_next:", on_click=go)


def _picture(taken: Taken, this: Round, height: int) -> None:
    assert this.question is not None
    model = taken.folded.start_model
    source = sources.start(taken.folded)
    state = state_of(PLACE, _name(taken, this), None)
    if state.shown is None:
        # Every node can be picked only where no group is closed.
        state.view = replace(state.view, opened="all", focus=this.question.focus)
    is_new = drawn(state, VIEWER, lambda: ask(model, state, source), state.take)
    if state.shown is None:
        return
    wish = state.wish if is_new else None
    picks: Picks | None = Picks(this.picked, this.question.nodes, this.found, this.serial)
    if this.is_revealed and not this.found:
        # Without any verdict the viewer would let a person pick on.
        picks = None
    event = draw(state, source, model, VIEWER, height, wish, picks=picks)
    if event.picked is not None and not this.is_revealed:
        this.picked = tuple(node for node in event.picked if node in this.question.nodes)
    if heard(state, event, lambda asked: save(state, source, model, asked)):
        again()


def _list(taken: Taken, this: Round, height: int) -> None:
    """The same nodes to tick, for the keyboard and for screen readers."""
    assert this.question is not None
    asked = this.question.nodes
    ops = {node.id: node.qualified_op for node in taken.folded.start.walk()}
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f":small[{len(this.picked)} of {nodes(len(asked))} picked]", width="content")
        if this.picked:
            st.button(
                "Clear", type="tertiary", icon=":material/backspace:", on_click=this.pick, args=((),),
                key="fold:picks:clear",
            )  # fmt: skip
    with st.container(height=height - 48, gap="xsmall"):
        for place, node in enumerate(asked):
            key = f"fold:pick:{taken.id}:{this.number}:{place}"
            # The picture may have said otherwise since.
            st.session_state[key] = node in this.picked
            st.checkbox(
                f"{md(ops.get(node, '?'), 40)} :gray[:small[{md(node, MOST_OF_ID)}]]",
                key=key,
                on_change=_toggle,
                args=(this, node),
            )


def _toggle(this: Round, node: str) -> None:
    others = tuple(each for each in this.picked if each != node)
    this.pick(others if node in this.picked else (*this.picked, node))


def _answer(taken: Taken, this: Round, height: int) -> None:
    """Each miss in both directions with its reason, then all that was right."""
    assert this.question is not None
    known = fates_of(taken.folded, this.question.nodes)
    wrong = [node for node in this.question.nodes if this.found.get(node) in ("missed", "wrong")]
    right = [node for node in this.question.nodes if node not in wrong]
    with st.container(height=height, border=False, gap="small"):
        for node in wrong:
            fate = known[node]
            st.markdown(
                f"{_badge(this.found[node])} **{md(fate.op_type, 60)}** :gray[:small[{md(node, 60)}]]  \n"
                f"{md(fate.sentence, 400)}"
            )
        if right:
            st.markdown(f"**{nodes(len(right))} you judged rightly**")
            rows = [
                {
                    "Operator": plain(known[node].op_type, 60),
                    "You said": FOLDS if node in this.found else STAYS,
                    "Why": plain(known[node].sentence, 300),
                    "Node": plain(node, 120),
                }
                for node in right
            ]
            st.dataframe(pd.DataFrame(rows), hide_index=True, height=min(38 + 35 * len(rows), 400))


def _badge(verdict: Verdict) -> str:
    return ":orange-badge[missed]" if verdict == "missed" else ":red-badge[picked, and stays]"
