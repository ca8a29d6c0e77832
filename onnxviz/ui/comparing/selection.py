"""What is selected in a comparison, as a box of the picture and as a node of each model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import streamlit as st

from onnxviz.model import Model
from onnxviz.scene.pairing import Side
from onnxviz.scene.picture import Ids, Picture
from onnxviz.scene.types import Group, Hierarchy
from onnxviz.ui import details

Whose = Literal["before", "after"]

About = Callable[[Whose, str], None]
"""Say what is known of a node, by its id in the model after, or in the one before where it went."""

_TITLES: dict[Whose, str] = {"after": "After", "before": "Before"}


@dataclass(frozen=True, slots=True)
class Selection:
    """`box` is the id on the pictures `panes`; `ids` says which node of each model that is."""

    ids: Ids
    box: str | None
    before: Model
    after: Model
    panes: tuple[tuple[Side, Picture], ...]

    @property
    def node(self) -> tuple[Whose, str] | None:
        """The node, with the model that its id is of; None for a group, an input, an output or nothing."""
        for whose in _TITLES:
            found = self.of(whose).get(self.box or "")
            if found is not None:
                return whose, found
        return None

    def of(self, whose: Whose) -> Mapping[str, str]:
        """Box -> node of one model."""
        return self.ids.after if whose == "after" else self.ids.before

    def box_of(self, whose: Whose, node: str) -> str | None:
        """The box of a node of one model."""
        return next((box for box, found in self.of(whose).items() if found == node), None)

    def holders(self) -> list[Whose]:
        """The models that have what is selected."""
        if self.box in self.ids.status:
            return [whose for whose in _TITLES if self.box in self.of(whose)]
        drawn = dict(self.panes)
        panes = [(whose, drawn[whose]) for whose in _TITLES if whose in drawn]
        found = [whose for whose, pane in panes if any(box.id == self.box for box in pane.scene.boxes)]
        return found or list(_TITLES)

    def groups(self, whose: Whose) -> tuple[Picture, Hierarchy]:
        """The picture that shows a model, and its groups with the model's own node ids and no others."""
        drawn, own = dict(self.panes), self.of(whose)
        pane = drawn.get(whose) or drawn["both"]

        def renamed(group: Group) -> Group:
            held = (node for node in group.nodes if node in own or node not in self.ids.status)
            return replace(group, nodes=tuple(own.get(node, node) for node in held))

        groups = {name: renamed(group) for name, group in pane.hierarchy.groups.items()}
        return pane, Hierarchy(pane.hierarchy.root, groups)


def describe(selection: Selection, key: str, about: About | None) -> str | None:
    """Everything about the selection; returns the id of a box to go to, where one was asked for."""
    if selection.box is None:
        st.caption("Click a box to see what became of it. Double-click a group to open or close it.")
        return None
    told = about is not None and selection.node is not None
    left, right = st.columns([2, 3] if told else [3, 2], gap="medium")
    if about is not None and selection.node is not None:
        with left:
            about(*selection.node)
    with right if told else left:
        return _panels(selection, key)


def _panels(selection: Selection, key: str) -> str | None:
    """The panel of the model that has the box; one in a tab for each where both have it."""
    holders = selection.holders()
    if len(holders) == 1:
        return _panel(selection, key, holders[0])
    going = None
    tabs = st.tabs([_TITLES[whose] for whose in holders], key=f"whose:{key}", on_change="rerun")
    for tab, whose in zip(tabs, holders, strict=True):
        if tab.open:
            with tab:
                going = _panel(selection, key, whose)
    return going


def _panel(selection: Selection, key: str, whose: Whose) -> str | None:
    own = selection.of(whose)
    pane, groups = selection.groups(whose)
    model = selection.after if whose == "after" else selection.before
    box = selection.box or ""
    wanted = details.show(model, groups, own.get(box, box), key=f"inspect:{key}:{whose}", scene=pane.scene)
    if wanted is None or wanted in groups.groups:
        return wanted
    return selection.box_of(whose, wanted) or wanted
