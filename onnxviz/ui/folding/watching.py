"""A folding to watch: the picture with its player, what happens in each step, and the tables of all of it."""

from __future__ import annotations

import streamlit as st

from onnxviz.model import Model
from onnxviz.rewrites.fold import FoldOptions
from onnxviz.scene.stage import Source
from onnxviz.ui import details, problems, viewlink
from onnxviz.ui.folding import linking, playing, runs, sources, tables, telling, words
from onnxviz.ui.folding.asking import fates_of
from onnxviz.ui.folding.fates import Fate
from onnxviz.ui.folding.options import USUAL
from onnxviz.ui.folding.playing import Player
from onnxviz.ui.folding.runs import Taken
from onnxviz.ui.graph import ask, draw
from onnxviz.ui.saving import save
from onnxviz.ui.session import Session
from onnxviz.ui.showing import again, drawn, heard, state_of, to_address
from onnxviz.ui.text import md
from onnxviz.ui.viewer import ViewerEvent, played, send_again
from onnxviz.ui.viewstate import ViewState

WIDTHS = (5, 7)
"""Of what happens in a step, and of the table of all steps."""
PAGE = "page"
"""Key of the folding that the page Fold shows."""


def fold_view(
    mine: Session,
    model: Model,
    key: str,
    *,
    height: int = 520,
    compact: bool = True,
    options: FoldOptions = USUAL,
) -> None:
    """Fold `model` and draw it with a player, with what happens in a step beside it.

    The model need not be in the session's list. `key` names the place on the page: one folding is kept for
    each, and another model in the same place lets go of the one before. `compact` leaves the tables out.
    Progress, a refusal and "nothing folds" are shown in place.
    """
    with st.container():
        taken = runs.folded(mine, model, options, key)
        if taken is not None and not taken.folded.steps:
            why = md(words.nothing_folds(taken.folded), 600)
            st.markdown(f"{words.headline(taken.folded)} {why}")
    if taken is not None:
        watch(taken, model, height=height, has_tables=not compact)


def watch(
    taken: Taken,
    model: Model,
    *,
    height: int,
    link: dict[str, list[str]] | None = None,
    in_place: bool = True,
    has_tables: bool = True,
) -> None:
    """The picture, the step, and the tables of a folding of `model`. `link` opens the page again.

    `in_place` draws the model as it was, with what folded marked; else the graph that each step leaves.
    """
    send_again(_viewer(taken))
    _watch(taken, model, height, link, in_place, has_tables)


@problems.fragment
def _watch(
    taken: Taken,
    model: Model,
    height: int,
    link: dict[str, list[str]] | None,
    in_place: bool,
    has_tables: bool,
) -> None:
    player, state = _player(taken), _state(taken, link)
    if taken.folded.steps:
        st.markdown(words.headline(taken.folded))
    event = _picture(taken, state, player, height, in_place=in_place)
    left, right = st.columns(WIDTHS, gap="medium")
    going = None
    with left:
        telling.show(taken.folded, player.place, player.unit)
    with right:
        if has_tables and taken.folded.steps:
            tables.steps(taken, player.place, player.go)
        if event is not None:
            going = _about(taken, event.selected, state, player, in_place=in_place)
    if has_tables:
        going = tables.stayed(model, taken.folded, f"{taken.key}:{taken.id}") or going
    if going is not None:
        state.show_box(going)
        again()
    if link is not None and event is not None:
        step = {linking.STEP: str(player.place)} if player.place else {}
        to_address(link, {**viewlink.write(state, event.selected), **step})


def _player(taken: Taken) -> Player:
    key = f"fold:{taken.key}:player:{taken.id}"
    if key not in st.session_state:
        # The address speaks of the page's own folding.
        wanted = linking.wanted_number(linking.STEP) if taken.key == PAGE else None
        st.session_state[key] = playing.first(taken.folded.steps, wanted)
    found: Player = st.session_state[key]
    return found


def _viewer(taken: Taken) -> str:
    return f"viewer:fold:{taken.key}"


def _state(taken: Taken, link: dict[str, list[str]] | None) -> ViewState:
    return state_of(f"fold:{taken.key}", taken.folded.start_model.digest, link)


def _picture(
    taken: Taken, state: ViewState, player: Player, height: int, *, in_place: bool
) -> ViewerEvent | None:
    """The picture with its player; None while there is none."""
    folded, key = taken.folded, _viewer(taken)
    model = folded.start_model
    player.hear(played(key, taken.script.digest))
    source = sources.start(folded) if in_place else Source.of_step(folded, player.place)
    _ask_anew(taken, state, source)
    is_new = drawn(state, f"fold:{taken.key}", lambda: ask(model, state, source), state.take)
    if state.shown is None:
        return None
    wish = state.wish if is_new else None
    play = sources.play(taken.script, state.shown, player, in_place=in_place) if folded.steps else None
    event = draw(state, source, model, key, height, wish, play=play)
    if heard(state, event, lambda asked: save(state, source, model, asked)):
        again()
    return event


def _ask_anew(taken: Taken, state: ViewState, source: Source) -> None:
    """Another graph than before has to be asked for, though it is looked at in the same way."""
    key = f"fold:{taken.key}:drawn"
    last: Source = st.session_state.get(key, source)
    st.session_state[key] = source
    if last != source:
        state.asked = None
        # The graph after a step may be much smaller than the model: it is shown whole at first.
        state.look += bool(last.trace) != bool(source.trace)


def _about(taken: Taken, node: str | None, state: ViewState, player: Player, *, in_place: bool) -> str | None:
    """What becomes of the node that is selected, and what is known of it; the id of a box to go to."""
    if node is None:
        return None
    folded = taken.folded
    fate = fates_of(folded, [node]).get(node)
    if fate is not None:
        st.divider()
        _fate(node, fate, player, taken.key)
    # The rest of a panel speaks of the model as it was.
    if not in_place or state.shown is None:
        return None
    with st.expander("All about it", key=f"fold:{taken.key}:about", on_change="rerun") as more:
        if not more.open:
            return None
        return details.show(
            folded.start_model,
            state.shown.hierarchy,
            node,
            key=f"inspect:fold:{taken.key}",
            scene=state.shown.scene,
        )


def _fate(node: str, fate: Fate, player: Player, key: str) -> None:
    st.markdown(f"**{md(fate.op_type)}** :gray[:small[{md(node, 80)}]]  \n{md(fate.sentence, 400)}")
    if fate.step:
        st.button(
            f"Go to step {fate.step:,}",
            key=f"fold:{key}:fate:{fate.step}",
            icon=":material/skip_next:",
            on_click=player.go,
            args=(fate.step,),
        )
