"""The rounds of a class: the question that stands, what was answered, and the score of the session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

import pandas as pd
import streamlit as st

from onnxviz.model import Model
from onnxviz.ui.folding import linking
from onnxviz.ui.folding.quiz import Question, Score, Verdict, score, verdicts
from onnxviz.ui.text import plain

_SCORES = "fold:scores"
_BEFORE_RESET = "fold:scores-before-reset"

_serials = count(1)
"""Each is given out once: all rounds share one viewer, to which a serial that it knows is no news."""


@dataclass(slots=True)
class Round:
    """Kept for each folding. `number` counts its questions from 0; `serial` is new when the page picks."""

    number: int = 0
    picked: tuple[str, ...] = ()
    serial: int = field(default_factory=lambda: next(_serials))
    question: Question | None = None
    found: dict[str, Verdict] = field(default_factory=dict)
    is_revealed: bool = False

    def pick(self, nodes: tuple[str, ...]) -> None:
        """Take over what was picked outside the picture, which is told of it."""
        self.picked = nodes
        self.serial = next(_serials)

    def begin(self, *, another: bool) -> None:
        """Ask again, or ask `another` question."""
        self.number += another
        self.question = None if another else self.question
        self.picked, self.found, self.is_revealed = (), {}, False
        self.serial = next(_serials)

    def reveal(self, model: Model, folds: frozenset[str]) -> None:
        """Take the answer as it stands, and add it to the score of the session; once a round."""
        if self.question is None or self.is_revealed:
            return
        self.is_revealed = True
        self.found = verdicts(self.question, folds, self.picked)
        _scores().append((model.name, score(self.found)))


def of(id_: str) -> Round:
    """The round that stands for a folding; the first of a session is about the question that a link names."""
    rounds: dict[str, Round] = st.session_state.setdefault("fold:rounds", {})
    if id_ not in rounds:
        wanted = linking.wanted_number(linking.QUESTION)
        rounds[id_] = Round(max(0, wanted - 1) if wanted is not None else 0)
    return rounds[id_]


def total() -> Score:
    """The score of the session."""
    return sum((each for _, each in _scores()), Score())


def sentence(found: Mapping[str, Verdict]) -> str:
    """`You found 5 of the 7 that fold, and picked 2 that stay.`"""
    this = score(found)
    folds = this.found + this.missed
    if not folds and not this.wrong:
        return "**All right:** none of them folds, and you picked none."
    picked = f"picked {this.wrong} that {'stays' if this.wrong == 1 else 'stay'}"
    if not folds:
        return f"None of them folds, and you {picked}."
    if this.found == folds and not this.wrong:
        return f"**All right:** {'that is the one that folds' if folds == 1 else f'these {folds} fold'}."
    return f"You found **{this.found} of the {folds}** that fold, and {picked}."


def board() -> None:
    """The score of all rounds of the session, with a way to begin anew and to take that back."""
    scores = _scores()
    if not scores:
        if _BEFORE_RESET in st.session_state:
            st.button("Bring the score back", icon=":material/undo:", on_click=_undo, key="fold:score:undo")
        return
    whole = total()
    with st.container(horizontal=True, gap="large", vertical_alignment="bottom"):
        st.metric("Rounds", whole.rounds, width="content")
        st.metric("Found", whole.found, width="content", help="Nodes that fold, and were picked.")
        st.metric("Missed", whole.missed, width="content", help="Nodes that fold, and were not picked.")
        st.metric("Wrong", whole.wrong, width="content", help="Nodes that stay, and were picked.")
        help_text = "Found, of all that fold or were picked."
        st.metric("Share", f"{whole.share:.0%}", width="content", help=help_text)
        st.button("Reset the score", icon=":material/restart_alt:", on_click=_reset, key="fold:score:reset")
    with st.expander("Round by round"):
        rows = [
            {
                "Round": place,
                "Model": plain(name, 80),
                "Found": each.found,
                "Missed": each.missed,
                "Wrong": each.wrong,
                "Share": f"{each.share:.0%}",
            }
            for place, (name, each) in enumerate(scores, 1)
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True)


def _scores() -> list[tuple[str, Score]]:
    found: list[tuple[str, Score]] = st.session_state.setdefault(_SCORES, [])
    return found


def _reset() -> None:
    st.session_state[_BEFORE_RESET] = st.session_state.pop(_SCORES, [])


def _undo() -> None:
    st.session_state[_SCORES] = st.session_state.pop(_BEFORE_RESET, [])
