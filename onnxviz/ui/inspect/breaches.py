"""Why a file is no valid ONNX model: all of it above the picture, what is at the selected box beside it."""

from __future__ import annotations

import streamlit as st

from onnxviz.model import Model, Problem
from onnxviz.reading.validity import blocking
from onnxviz.scene.flags import places
from onnxviz.ui.inspect.panel import Panel, index_of
from onnxviz.ui.inspect.style import CLASS, STYLE
from onnxviz.ui.text import md

SHOWN = 3
"""Problems that stand above the picture; the others are in a fold-out."""

MOST_LISTED = 50
MOST_HERE = 5

_LONGEST = 300


def listing(model: Model, key: str) -> str | None:
    """The problems, each a link to its place; returns the id of the box that the person asks to go to.

    Call it in a container of its own, whether there are problems or not.
    """
    if not model.problems:
        return None
    targets: dict[int, str] = {}
    for leaf, here in places(index_of(model.digest, model).wiring, model.problems).items():
        for problem in here:
            targets.setdefault(id(problem), leaf)
    wanted = None
    st.html(STYLE)
    with st.container(border=True, gap="xxsmall", key=f"{key}-problems-{CLASS}"):
        st.markdown(_head(model))
        for number, problem in enumerate(model.problems[:SHOWN]):
            wanted = _line(problem, targets.get(id(problem)), f"{key}:problem:{number}") or wanted
        rest = model.problems[SHOWN:MOST_LISTED]
        if not rest:
            return wanted
        more = len(model.problems) - SHOWN
        fold = st.expander(f"{more:,} more", key=f"{key}:problems", type="compact", on_change="rerun")
        if fold.open:
            with fold:
                for number, problem in enumerate(rest, SHOWN):
                    wanted = _line(problem, targets.get(id(problem)), f"{key}:problem:{number}") or wanted
                if more > len(rest):
                    st.caption(f"and {more - len(rest):,} more")
    return wanted


def _head(model: Model) -> str:
    count = len(model.problems)
    head = f":red[:material/warning: **{count:,} problem{'s' if count > 1 else ''}**] "
    if blocking(model):
        return head + "This file is no valid ONNX model. It is drawn as it is; it cannot be run or rewritten."
    return head + "ONNX's checker refuses this file. It can be run all the same."


def _line(problem: Problem, target: str | None, key: str) -> str | None:
    text = _sentence(problem)
    if target is None:
        st.markdown(f"{text}")
        return None
    is_asked = st.button(f":blue[{text}]", key=key, type="tertiary")
    return target if is_asked else None


def show(panel: Panel) -> None:
    """What is wrong at the selected box or, for a group, where in it."""
    if not panel.model.problems:
        return
    found = places(panel.index.wiring, panel.model.problems)
    group = panel.hierarchy.groups.get(panel.selected)
    if group is not None:
        inside = [leaf for leaf in _leaves(panel, panel.selected) if leaf in found]
        if inside:
            panel.links("problems at", inside, "breaches")
        return
    here = found.get(panel.selected, ())
    for problem in here[:MOST_HERE]:
        st.markdown(f":red[:material/warning: {_sentence(problem)}]")
    if len(here) > MOST_HERE:
        st.caption(f"and {len(here) - MOST_HERE:,} more problems here")


def _leaves(panel: Panel, group: str) -> list[str]:
    """The leaves in a group, at any depth."""
    found: list[str] = []
    groups = [group]
    while groups:
        inner = panel.hierarchy.groups[groups.pop()]
        found.extend(inner.nodes)
        groups.extend(reversed(inner.children))
    return found


def _sentence(problem: Problem) -> str:
    """The problem as a sentence of Markdown."""
    text = md(problem.sentence, _LONGEST)
    return f"{text[:1].upper()}{text[1:]}."
