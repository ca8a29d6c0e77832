"""Where a box is: the groups around it as links, the outermost first."""

from __future__ import annotations

import streamlit as st

from onnxviz.scene.grouping.homes import home, parents
from onnxviz.ui.inspect.panel import Panel
from onnxviz.ui.text import md

_JOINT = " › "
"""Between the names of modules that share one group, as `onnxviz.scene.grouping.drafts` joins them."""


def crumbs(panel: Panel, scope: tuple[str, ...] = ()) -> None:
    """The groups around the selected box as links, and then the modules of `scope` that have no group."""
    groups = groups_around(panel)
    rest = without_groups(scope, [panel.hierarchy.groups[group].title for group in groups])
    if not groups and not rest:
        return
    with st.container(horizontal=True, gap="xxsmall", vertical_alignment="center"):
        for place, group in enumerate(groups):
            if place:
                st.caption("›", width="content")
            panel.link(panel.hierarchy.groups[group].title, group, "crumb")
        for place, part in enumerate(rest):
            st.caption(md(f"› {part}" if groups or place else part), width="content")


def groups_around(panel: Panel) -> list[str]:
    """Ids of the groups around the selected box, the outermost first; the whole graph is not among them."""
    known = parents(panel.hierarchy)
    at = home(panel.hierarchy, known, panel.selected)
    found: list[str] = []
    while at is not None and at != panel.hierarchy.root:
        found.append(at)
        at = known.get(at)
    return found[::-1]


def without_groups(scope: tuple[str, ...], titles: list[str]) -> tuple[str, ...]:
    """The modules of `scope` behind the last one that a title names."""
    named = {part for title in titles for part in title.split(_JOINT)}
    last = max((place for place, part in enumerate(scope) if part in named), default=-1)
    return scope[last + 1 :]
