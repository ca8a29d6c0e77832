"""Two models as a picture: two panes that move, open and select together, or one merged graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import streamlit as st

from onnxviz import jobs
from onnxviz.jobs import Job
from onnxviz.model import Model
from onnxviz.scene.finding.find import HELP, Found
from onnxviz.scene.finding.query import HELP_ON_CHANGES
from onnxviz.scene.pairing import Side
from onnxviz.scene.picture import Ids, Picture, Pictures, ids, pictures
from onnxviz.scene.stage import Source
from onnxviz.ui import problems, viewlink
from onnxviz.ui.comparing.selection import About, Selection, Whose, describe
from onnxviz.ui.marking import found_by, marks, shades
from onnxviz.ui.messages import Controls, Pane
from onnxviz.ui.saving import save
from onnxviz.ui.showing import again, controls, drawn, heard, limits, state_of, to_address
from onnxviz.ui.text import plain
from onnxviz.ui.viewer import ViewerEvent, agree, send_again, viewer
from onnxviz.ui.viewstate import FAMILY, ViewState

Layout = Literal["side", "merged"]

_SIDES: dict[Layout, tuple[Side, ...]] = {"side": ("before", "after"), "merged": ("both",)}
_TITLES: dict[Side, str] = {"before": "Before", "after": "After", "both": ""}
_CHANGES = (FAMILY, "Changes", "What was removed (−), added (+) or changed (~)")


def compare_view(
    before: Model,
    after: Model,
    key: str,
    *,
    layout: Layout = "side",
    height: int = 620,
    link: dict[str, list[str]] | None = None,
    about: About | None = None,
) -> None:
    """Draw two models so that what they share is seen to be the same, with the selection described below.

    `about` is called beside the description of a selected node. `link` are the query parameters that open
    this pair again: the address then names the view as well. What is selected is told by `selected`, and
    `go_to` selects from elsewhere on the page. A change of `layout` keeps what is open and selected.
    """
    for side in _TITLES:
        agree(f"viewer:{key}:{side}", st.session_state.get(f"chosen:{key}"))
        send_again(f"viewer:{key}:{side}")
    _compare_view(before, after, key, layout, height, link, about)


def selected(key: str) -> tuple[Whose, str] | None:
    """The node that is selected in the picture `key`, with the model that its id is of.

    None for another box, and for none. A node of both models is told as one of the model after.
    """
    found: tuple[Whose, str] | None = st.session_state.get(f"selected:{key}")
    return found


def go_to(key: str, whose: Whose, node: str) -> None:
    """Select a node of one of the models when the picture `key` is drawn next, opening what is around it."""
    st.session_state[f"go:{key}"] = (whose, node)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """What is drawn in one run, and where on the page."""

    before: Model
    after: Model
    key: str
    height: int
    state: ViewState
    source: Source

    def ask(self, layout: Layout) -> Job[Pictures]:
        view, sides = self.state.wanted, _SIDES[layout]
        label = f"Comparing {self.before.name} with {self.after.name}"
        key = ("pictures", self.source, sides, view)
        return jobs.submit("look", label, pictures, self.source, sides, view, limits=limits(), key=key)

    def ids(self) -> Ids | None:
        """Which node is which; asked for once for each pair, and None where that failed, which is said."""
        kept: tuple[Source, Ids] | None = st.session_state.get(f"ids:{self.key}")
        if kept is None or kept[0] != self.source:
            kept = None
            with problems.shown():
                kept = self.source, jobs.run("look", "Comparing", ids, self.source, key=("ids", self.source))
            st.session_state[f"ids:{self.key}"] = kept
        return kept and kept[1]

    def panes(self, wish: str | None) -> dict[Side, ViewerEvent]:
        """Draw what there is, and hear what is done to it."""
        with st.container():
            found = found_by(self.state, self.source)
        panes = self.state.panes
        places = st.columns(len(panes), gap="small") if len(panes) > 1 else [st.container()]
        events: dict[Side, ViewerEvent] = {}
        for place, (side, drawing) in zip(places, panes, strict=True):
            with place:
                events[side] = self._pane(side, drawing, found, wish, leads=not events)
        return events

    def _pane(
        self, side: Side, drawing: Picture, found: Found | None, wish: str | None, *, leads: bool
    ) -> ViewerEvent:
        state = self.state
        with st.container():
            colours = shades(state, self.source.on(side), drawing)
        event = viewer(
            drawing.scene,
            key=f"viewer:{self.key}:{side}",
            height=self.height,
            selected=wish,
            label=f"Graph of {plain(self.name(side))}",
            look=state.shown_look,
            controls=self._controls(drawing),
            marks=marks(state, found, drawing),
            shades=colours,
            download=state.download,
            pane=Pane(self.key, _TITLES[side], leads),
        )
        # A file is sent once, and to one of the panes.
        state.download = None
        return event

    def name(self, side: Side) -> str:
        """What to call one side, or both."""
        if side == "both":
            return f"{self.before.name} and {self.after.name}"
        return f"{(self.before if side == 'before' else self.after).name}, {side}"

    def _controls(self, drawing: Picture) -> Controls:
        was, now = self.before.graph.op_counts(), self.after.graph.op_counts()
        ops = {op: max(was.get(op, 0), now.get(op, 0)) for op in {**was, **now}}
        ordered = dict(sorted(ops.items(), key=lambda item: (-item[1], item[0])))
        made = controls(self.state, ordered, drawing.scene.notes)
        focus = self.state.view.focus
        steps = focus.steps if focus is not None and focus.kind == "changes" else -1
        overlays = (_CHANGES, *(each for each in made.overlays if each[0] != FAMILY))
        return replace(made, changes=steps, overlays=overlays, help=(*HELP_ON_CHANGES, *HELP))

    def chosen(self, events: Mapping[Side, ViewerEvent], wish: str | None, known: Ids) -> str | None:
        """The box that is selected in all panes: what the page wished, or what one of them said last.

        None where the pair has no such box: another one may have been in this place since.
        """
        kept = f"chosen:{self.key}"
        if wish:
            st.session_state[kept] = wish
        for event in events.values():
            if event.spoke:
                st.session_state[kept] = event.selected
        found: str | None = st.session_state.get(kept)
        if found is not None and not self._is_here(found, known):
            st.session_state[kept] = found = None
        for side in events:
            agree(f"viewer:{self.key}:{side}", found)
        return found

    def _is_here(self, box: str, known: Ids) -> bool:
        if box in known.status or (self.state.shown and box in self.state.shown.hierarchy.groups):
            return True
        return any(each.id == box for _, pane in self.state.panes for each in pane.scene.boxes)

    def hear(self, events: Mapping[Side, ViewerEvent]) -> bool:
        """Do what was asked for in any pane; True when there is something new to be drawn for it."""
        changed = False
        for side, event in events.items():
            named = self.after.renamed(self.name(side))
            saving = partial(save, self.state, self.source.on(side), named)
            changed |= heard(self.state, event, saving)
        return changed


@problems.fragment
def _compare_view(
    before: Model,
    after: Model,
    key: str,
    layout: Layout,
    height: int,
    link: dict[str, list[str]] | None,
    about: About | None,
) -> None:
    state = state_of(key, f"{before.digest}:{after.digest}", link)
    source = Source.of_pair((before.path, before.digest), (after.path, after.digest))
    this = _Comparison(before, after, key, height, state, source)
    if state.panes and tuple(side for side, _ in state.panes) != _SIDES[layout]:
        state.asked, state.panes = None, ()
    is_new = drawn(state, key, partial(this.ask, layout), state.take_pair)
    known = this.ids()
    if state.shown is None or known is None or not state.panes:
        return
    wish = state.wish if is_new else None
    events = this.panes(wish)
    state.granted(wish)
    selection = Selection(known, this.chosen(events, wish, known), before, after, state.panes)
    if this.hear(events):
        again()
    st.session_state[f"selected:{key}"] = selection.node
    going = describe(selection, key, about)
    going = selection.box_of(*st.session_state.pop(f"go:{key}", ("after", ""))) or going
    if going:
        state.show_box(going)
        again()
    if link is not None:
        to_address(link, viewlink.write(state, selection.box))
