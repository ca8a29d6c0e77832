"""onnxsim one pass at a time: the steps that changed something, and the graph after each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st

from onnxviz import jobs
from onnxviz.delivery import waiting
from onnxviz.jobs import Job
from onnxviz.model import Model
from onnxviz.rewrites.watch import Step, Watched, WatchOptions, watch_into_store
from onnxviz.ui import problems
from onnxviz.ui.optimizing import choosing, stepgraph, stepwords
from onnxviz.ui.session import Session
from onnxviz.ui.text import md, nodes, plain
from onnxviz.ui.work import Work

SHOWN = "simplify:watched"
"""Digest of a model -> what was watched on it."""

_NARROW = {"Step": 42, "Pass": 150, "Nodes": 92, "What changed": 170}
"""Pixels of the table's columns."""

_RINGLESS = "<style>main.stMain[data-testid='stMain']:focus-visible::before { box-shadow: none; }</style>"
"""Who clicks beside a field and then steps by key has the whole page in focus, whose ring would flash up."""

PURPOSE = (
    "onnxsim runs some 60 passes, shape inference and constant folding, again and again until nothing "
    "changes. Here they run one at a time, and each that changed something becomes a step."
)


@dataclass(frozen=True, slots=True)
class _Taken:
    """What was watched with `options`, its files in the store and held there for the session."""

    watched: Watched
    options: WatchOptions


def show(mine: Session, model: Model) -> None:
    """The sizes, the button, the progress, and the steps."""
    st.markdown(PURPOSE)
    options = WatchOptions(set_dims=choosing.sizes(model))
    work: Work[Watched] = Work(f"simplify:watch:{model.digest}")
    if st.button("Watch onnxsim's passes", type="primary", icon=":material/slow_motion_video:"):
        _let_go(mine, model.digest)
        st.session_state[f"simplify:watch-with:{model.digest}"] = options
        work.start(lambda: _ask(mine, model, options))
    watched = work.show()
    if watched is not None:
        with problems.shown():
            _take(mine, model, watched)
        work.clear()
    taken = _all().get(model.digest)
    if taken is None:
        return
    if taken.options.key() != options.key():
        st.warning("These steps were watched with other sizes.", icon=":material/history:")
    _outcome(taken.watched)
    if taken.watched.steps:
        _steps(model, taken.watched)


def sweep(mine: Session) -> None:
    """Let go of what was watched on models that were removed."""
    for digest in [digest for digest in _all() if digest not in mine.entries]:
        _let_go(mine, digest)


def _ask(mine: Session, model: Model, options: WatchOptions) -> Job[Watched]:
    store = mine.store
    return jobs.submit(
        "rewrite",
        f"Watching onnxsim on {model.name}",
        watch_into_store,
        model.unnamed(),
        store.root,
        store.cap_bytes,
        options,
        key=("watch", model.digest, options.key()),
        still_good=lambda watched: waiting(store, watched.after),
    )


def _take(mine: Session, model: Model, watched: Watched) -> None:
    """Hold the files in the store for as long as the session lasts, without a place in its list."""
    (after,) = mine.receive([watched.after], _owner(model.digest))
    options = st.session_state[f"simplify:watch-with:{model.digest}"]
    whole = replace(watched, before=model, after=after.renamed(f"{model.name} · onnxsim"))
    _all()[model.digest] = _Taken(whole, options)
    # One step in: the first picture that is shown is one in which something happened.
    st.session_state[_place_key(model)] = min(1, len(watched.steps))


def _let_go(mine: Session, digest: str) -> None:
    _all().pop(digest, None)
    mine.held.let_go(_owner(digest))


def _owner(digest: str) -> tuple[str, str]:
    """Who holds what was watched on the model of this digest."""
    return (SHOWN, digest)


def _all() -> dict[str, _Taken]:
    found: dict[str, _Taken] = st.session_state.setdefault(SHOWN, {})
    return found


def _place_key(model: Model) -> str:
    return f"simplify:place:{model.digest}"


def _outcome(watched: Watched) -> None:
    st.markdown(stepwords.outcome(watched))
    for note in watched.notes:
        st.caption(f":material/info: {md(note)}")


@problems.fragment
def _steps(model: Model, watched: Watched) -> None:
    """Everything about one step, and ways to the others."""
    st.html(_RINGLESS)
    place = _choose(model, watched)
    step = watched.steps[place - 1] if place else None
    st.subheader(_title(model, step, len(watched.steps)), anchor=False)
    st.markdown(md(stepwords.changes(step), 600) if step else "Nothing has been done to it.")
    left, right = st.columns([5, 6], gap="medium")
    with left:
        _table(model, watched, place)
    with right:
        stepgraph.show(model, watched, place)


def _choose(model: Model, watched: Watched) -> int:
    """The slider and a button on either side of it, each with an arrow key."""
    key, last = _place_key(model), len(watched.steps)
    # The widget's own value is gone after a visit to another page, and buttons set it.
    place = min(int(st.session_state.setdefault(key, st.session_state.get(f"{key}:kept", 1))), last)

    def go(by: int) -> None:
        st.session_state[key] = min(max(int(st.session_state[key]) + by, 0), last)

    before, middle, after = st.columns([2, 6, 2], vertical_alignment="bottom")
    before.button(
        "Previous",
        shortcut="Left",
        icon=":material/chevron_left:",
        on_click=go,
        args=(-1,),
        disabled=place == 0,
        width="stretch",
    )
    place = middle.slider(
        "Step",
        0,
        last,
        key=key,
        help="0 is the original. The arrow keys step too, once you have clicked beside a field.",
    )
    after.button(
        "Next",
        shortcut="Right",
        icon=":material/chevron_right:",
        icon_position="right",
        on_click=go,
        args=(1,),
        disabled=place == last,
        width="stretch",
    )
    st.session_state[f"{key}:kept"] = place
    return place


def _title(model: Model, step: Step | None, last: int) -> str:
    if step is None:
        return f"The original: {nodes(model.graph.node_count())}"
    counts = nodes(step.after.nodes)
    if step.before.nodes != step.after.nodes:
        counts = f"{step.before.nodes:,} → {counts}"
    return f"Step {step.number} of {last}: {md(step.name)} · {counts}"


def _table(model: Model, watched: Watched, place: int) -> None:
    rows = [
        {
            "Step": step.number,
            "Pass": plain(step.name, 80),
            "Nodes": f"{step.before.nodes:,} → {step.after.nodes:,}"
            if step.before.nodes != step.after.nodes
            else f"{step.after.nodes:,}",
            "What changed": plain(stepwords.changes(step), 200),
            "Round": step.round,
        }
        for step in watched.steps
    ]
    # A key for each place, since a selection can only be given to a table that is new.
    key = f"{_place_key(model)}:table:{place}"

    def chosen() -> None:
        selected = st.session_state[key].selection.rows
        if selected:
            st.session_state[_place_key(model)] = selected[0] + 1

    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key=key,
        on_select=chosen,
        selection_mode="single-row",
        selection_default={"selection": {"rows": [place - 1]}} if place else None,
        height=min(38 + 35 * len(rows), 620),
        column_config={name: st.column_config.Column(width=width) for name, width in _NARROW.items()},
    )
