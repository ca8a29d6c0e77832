"""The steps of a folding as a table to choose from, and what stayed, with what can be done about it."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from onnxviz.model import Model
from onnxviz.rewrites.fold import Folded, Step
from onnxviz.rewrites.reasons import Kept
from onnxviz.ui.benchsizes import open_sizes
from onnxviz.ui.folding import options
from onnxviz.ui.folding.remedies import changes_for
from onnxviz.ui.folding.runs import Taken
from onnxviz.ui.text import md, nodes, plain, size

Go = Callable[[int], None]
"""Called with a number of steps: have the player go there."""

MOST_FOLLOWED = 200
"""Steps of a table whose selected row follows the player: a selection can only be given to a table that is
new, and a long one would be sent again for each step."""

MOST_REMEDIES = 4
THIS, ALL = "The wave of the step", "All waves"


def steps(taken: Taken, place: int, go: Go) -> None:
    """All steps, or those of a wave; choosing a row moves the player to it."""
    folded, id_ = taken.folded, f"{taken.key}:{taken.id}"
    head, pick = st.columns([5, 3], vertical_alignment="bottom")
    head.markdown("**Steps** :gray[:small[· choose a row to go to it]]")
    wave = pick.selectbox(
        "Wave",
        [THIS, ALL, *range(1, folded.waves + 1)],
        format_func=lambda wave: wave if isinstance(wave, str) else f"Wave {wave}",
        key=f"fold:steps:wave:{id_}",
        label_visibility="collapsed",
    )
    if wave == THIS:
        wave = folded.steps[max(0, place - 1)].wave
    shown = [step for step in folded.steps if wave in (ALL, step.wave)]
    # A key for each place, since a selection can only be given to a table that is new.
    at = place if len(folded.steps) <= MOST_FOLLOWED else 0
    key = f"fold:steps:{id_}:{wave}:{at}"
    selected = next((row for row, step in enumerate(shown) if step.number == at), None)

    def chosen() -> None:
        rows = st.session_state[key].selection.rows
        if rows:
            go(shown[rows[0]].number)

    st.dataframe(
        pd.DataFrame([_row(step) for step in shown], columns=list(_WIDTHS)),
        hide_index=True,
        key=key,
        on_select=chosen,
        selection_mode="single-row",
        selection_default={"selection": {"rows": [selected]}} if selected is not None else None,
        height=min(38 + 35 * max(1, len(shown)), 460),
        column_config={name: st.column_config.Column(width=width) for name, width in _WIDTHS.items()},
        alt="Steps of the folding",
    )


_WIDTHS = {"Step": 50, "Wave": 50, "Operator": 100, "What happens": 250, "Constants then": 105}
"""Pixels of the columns."""


def _row(step: Step) -> dict[str, object]:
    return {
        "Step": step.number,
        "Wave": step.wave,
        "Operator": plain(step.op_type, 60),
        "What happens": plain(step.sentence, 200),
        "Constants then": size(step.bytes_after),
    }


def stayed(model: Model, folded: Folded, key: str) -> str | None:
    """What looks foldable and stayed, each with its reason, and a button for what would free some.

    Returns the id of the node that a person has just chosen, to be shown in the picture.
    """
    st.markdown("**What stayed, and why**")
    if not folded.kept:
        st.caption("Nothing that looks foldable stayed: all that is left depends on an input.")
        return None
    _remedies(model, folded, key)
    rows = [_kept_row(each) for each in folded.kept]
    event = st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key=f"fold:stayed:{key}",
        on_select="rerun",
        selection_mode="single-row",
        height=min(38 + 35 * len(rows), 320),
        column_config={"Why it stays": st.column_config.Column(width=430)},
        alt="Nodes that look foldable and stayed",
    )
    chosen = folded.kept[event.selection.rows[0]].node if event.selection.rows else None
    last = f"fold:stayed:{key}:last"
    is_news, st.session_state[last] = chosen != st.session_state.get(last), chosen
    return chosen if is_news else None


def _remedies(model: Model, folded: Folded, key: str) -> None:
    """A button for each change of the options that frees most."""
    sizes = {axis.name: axis.default for axis in open_sizes([model])}
    with st.container(horizontal=True, gap="small"):
        for place, change in enumerate(changes_for(folded.kept, sizes)[:MOST_REMEDIES]):
            pressed = st.button(
                md(change.label, 120),
                key=f"fold:remedy:{key}:{place}",
                icon=":material/healing:",
                on_click=options.apply,
                args=(model, change),
                help=f"Fold anew with this: {nodes(change.nodes)} may go then. It can be taken back.",
            )
            if pressed:
                # The options are outside of the fragment that this is in.
                st.rerun()


def _kept_row(each: Kept) -> dict[str, str]:
    return {
        "Operator": plain(each.op_type, 60),
        "Reason": str(each.reason),
        "Why it stays": plain(each.sentence, 300),
        "What would help": plain(each.remedy.sentence, 200) if each.remedy else "",
        "Stands in the way": plain(each.blocker, 120),
        "Node": plain(each.node, 120),
    }
