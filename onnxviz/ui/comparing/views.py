"""The views of one comparison: the picture with what is selected, the table, and what stands below them."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from onnxviz.ui import problems
from onnxviz.ui.comparing import counts, linking, listing, same, searching, table, taking, trying
from onnxviz.ui.comparing.about import About, Go
from onnxviz.ui.comparing.changes import Changes
from onnxviz.ui.comparing.pair import Pair, Side
from onnxviz.ui.comparing.picture import Layout, compare_view, go_to
from onnxviz.ui.session import Session
from onnxviz.ui.text import md

SIDES, ONE, TABLE = "Side by side", "One graph", "Table"
VIEW = "compare:view"
TABS = "compare:tabs"
POLL_SECONDS = 1.0

HEIGHT = 520
"""Pixels of a picture: so that what is known of the selected node begins on the same screen."""

_KEY = "compare"
_TO_PICTURE = "compare:to-picture"
_CLICKED = "compare:clicked"

_LAYOUTS: dict[str, Layout] = {SIDES: "side", ONE: "merged"}

Place = tuple[Side, str]
"""A node of one of the two models."""


def picture(mine: Session, pair: Pair, changes: Changes) -> None:
    """The view that is chosen, and what is known of the node that is selected."""
    if st.session_state.pop(_TO_PICTURE, False) and st.session_state.get(VIEW) == TABLE:
        st.session_state[VIEW] = SIDES
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        view = st.segmented_control(
            "View",
            [SIDES, ONE, TABLE],
            key=VIEW,
            default=SIDES,
            required=True,
            label_visibility="collapsed",
            persist_state="session",
        )
        _next(mine, pair)
    if view == TABLE:
        _table(mine, pair, changes)
        return
    linking.forget_others(_KEY)
    # Asked for within the picture: it goes there in the same run.
    about = _about(mine, pair, changes, lambda side, node: _go(changes, side, node))
    compare_view(
        pair.before,
        pair.after,
        _KEY,
        layout=_LAYOUTS[view or SIDES],
        height=HEIGHT,
        link=linking.link(mine, pair),
        about=about,
    )


def _about(mine: Session, pair: Pair, changes: Changes, go: Go) -> Callable[[Side, str], None]:
    def show(side: Side, node: str) -> None:
        search = searching.of(pair)
        About(pair, changes, search, go, lambda kept: trying.offer(mine, pair, kept)).show(side, node)

    return show


def _go(changes: Changes, side: Side, node: str) -> str | None:
    """Have the picture select this node, or the box that it is a line of, which is returned."""
    box = changes.box(side, node)
    if box is None:
        st.toast("Nothing reads it, so that no box of the picture has it.", icon=":material/info:")
        return None
    go_to(_KEY, side, box)
    if box != node:
        text = f"{md(node, 60)} is a line in the box {md(changes.label(side, box), 60)}, which is selected."
        st.toast(text, icon=":material/my_location:")
    return box


def _selecting(changes: Changes) -> Go:
    """The same from elsewhere on the page, which is run once more for it."""

    def select(side: Side, node: str) -> None:
        if _go(changes, side, node) == node:
            st.toast("The picture shows it.", icon=":material/my_location:")
        st.session_state[_TO_PICTURE] = True
        st.rerun()

    return select


def _next(mine: Session, pair: Pair) -> None:
    with st.container(horizontal=True, width="content"):
        if st.button("Time both", icon=":material/speed:", key="compare:time"):
            st.session_state["benchmark:models"] = list(pair.files)
            st.switch_page("pages/benchmark.py")
        if st.button("Explore the result", icon=":material/account_tree:", key="compare:explore"):
            mine.current_digest = pair.after.digest
            st.switch_page("pages/explore.py")


def _table(mine: Session, pair: Pair, changes: Changes) -> None:
    found = table.show(pair, changes, searching.of(pair))
    if found is None:
        return
    st.markdown(f"**{md(changes.label(*found), 200)}**")
    select = _selecting(changes)
    _about(mine, pair, changes, select)(*found)
    if st.button("Show it in the graph", icon=":material/my_location:", key="compare:locate"):
        select(*found)


def tables(mine: Session, pair: Pair, changes: Changes) -> None:
    """Below the picture. Each is made when it is looked at: tables and charts bring 2 MB of script with them,
    which would come before the picture."""
    search, select = searching.of(pair), _selecting(changes)
    parts: dict[str, Callable[[], Place | None]] = {
        "Is it the same function?": lambda: same.show(pair, changes, select),
        "Why they went": lambda: listing.went(pair, changes, searching.of(pair)),
        "Why they stayed": lambda: listing.stayed(pair, searching.of(pair)),
        "Op types": lambda: counts.by_op(pair),
        "Parts": lambda: counts.by_group(changes),
        "Take away": lambda: taking.show(pair, changes, searching.of(pair), same.known(pair)),
    }

    @problems.fragment(run_every=POLL_SECONDS if search.job is not None else None)
    def below() -> None:
        for tab, (name, show) in zip(
            st.tabs(list(parts), key=TABS, on_change="rerun"), parts.items(), strict=True
        ):
            if tab.open:
                with tab:
                    _clicked(name, show(), select)

    below()


def _clicked(source: str, found: Place | None, select: Go) -> None:
    """Select what was clicked in a list, once for each click."""
    known: dict[str, Place | None] = st.session_state.setdefault(_CLICKED, {})
    before, known[source] = known.get(source), found
    if found is not None and found != before:
        select(*found)
