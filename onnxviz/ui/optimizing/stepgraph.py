"""The graph after a step of onnxsim: with what the step changed marked in it, or as it is."""

from __future__ import annotations

import streamlit as st

from onnxviz import jobs
from onnxviz.jobs import Job
from onnxviz.model import UNNAMED, Model
from onnxviz.reading import read_model
from onnxviz.rewrites.watch import Watched
from onnxviz.ui.comparing.picture import compare_view
from onnxviz.ui.graph import graph_view
from onnxviz.ui.work import Work

PATIENCE_SECONDS = 5.0
"""A step's model is read within a second, most often; the one before stays while it is."""

CHANGES, PLAIN = "What it changed", "The graph after it"
HEIGHT = 560


def show(model: Model, watched: Watched, place: int) -> None:
    """The picture at `place`; 0 is the original."""
    if place == 0:
        graph_view(model, "simplify:step", height=HEIGHT, inspect="below")
        return
    how = st.segmented_control(
        "Show",
        [CHANGES, PLAIN],
        default=CHANGES,
        required=True,
        key="simplify:step-view",
        persist_state="session",
        label_visibility="collapsed",
    )
    after = _model(model, watched, place, "after")
    before = _model(model, watched, place - 1, "before") if how == CHANGES else None
    if after is None:
        return
    if how != CHANGES:
        graph_view(after, "simplify:step", height=HEIGHT, inspect="below", like=model)
    elif before is not None:
        compare_view(before, after, "simplify:step-changes", layout="merged", height=HEIGHT)


def _model(model: Model, watched: Watched, place: int, slot: str) -> Model | None:
    """The model at `place`, by way of a worker; None while it is read, or after saying why it is not."""
    if place == 0:
        return model
    step = watched.steps[place - 1]
    path = str(watched.path(step))
    work: Work[Model] = Work(f"simplify:step:{slot}", PATIENCE_SECONDS)
    wanted, asked = (step.digest, path), f"simplify:step:{slot}:asked"
    if st.session_state.get(asked) != wanted:
        st.session_state[asked] = wanted
        work.start(lambda: _reading(model, watched, place))
    found = work.show()
    return found.renamed(f"{model.name}, step {step.number}") if found is not None else None


def _reading(model: Model, watched: Watched, place: int) -> Job[Model]:
    step = watched.steps[place - 1]
    path, label = watched.path(step), f"Reading {model.name}, step {step.number}"
    key = ("step", str(path), step.digest)
    return jobs.submit("look", label, read_model, path, UNNAMED, step.digest, key=key)
