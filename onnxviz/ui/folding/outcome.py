"""The folded model: whether it is the same function, and where it can go from here."""

from __future__ import annotations

import json
from pathlib import Path

import streamlit as st

from onnxviz import jobs
from onnxviz.jobs import Job
from onnxviz.model import Model
from onnxviz.rewrites.fold import FoldOptions
from onnxviz.rewrites.optimizers import OptimizeOptions
from onnxviz.rewrites.reasons import How
from onnxviz.rewrites.types import Agreement
from onnxviz.rewrites.verify import compare_outputs
from onnxviz.ui import problems
from onnxviz.ui.comparing import how
from onnxviz.ui.files import download
from onnxviz.ui.folding.runs import Taken
from onnxviz.ui.optimizing import results
from onnxviz.ui.session import Session
from onnxviz.ui.text import file_stem, md
from onnxviz.ui.work import Work

CHECKS = 1
"""Random inputs on which both models run."""


def show(mine: Session, model: Model, taken: Taken) -> None:
    """Buttons for the folded model, and whether both give the same outputs; nothing where nothing folded."""
    folded = taken.folded
    if not folded.steps:
        return
    entry = mine.entries.get(folded.after.digest)
    with st.container(horizontal=True, gap="small"):
        if entry is None:
            kept = st.button(
                "Keep the folded model",
                type="primary",
                icon=":material/add_circle:",
                key="fold:keep",
                help="It comes into the list of models, for every other page.",
            )
            if kept:
                _keep(mine, model, taken)
        elif entry.model.digest != model.digest:
            _onward(mine, model, entry.model)
        download(folded.after, key="fold:download", label="Download it")
        st.download_button(
            "Steps as JSON",
            lambda: json.dumps(folded.to_json(), indent=1, ensure_ascii=False),
            f"{file_stem(model.name)}-steps.json",
            "application/json",
            key="fold:steps-json",
            on_click="ignore",
            icon=":material/data_object:",
        )
    # The last one sums the steps up, as the line above the picture does.
    for note in folded.notes[:-1]:
        st.caption(f":material/info: {md(note)}")
    _agreement(model, taken)


def _onward(mine: Session, model: Model, after: Model) -> None:
    if st.button("Compare before and after", icon=":material/difference:", key="fold:compare"):
        results.compare(model, after)
    if st.button("Time before and after", icon=":material/speed:", key="fold:time"):
        results.time([model, after])
    if st.button("Explore the result", icon=":material/account_tree:", key="fold:explore"):
        results.explore(mine, after)


def _keep(mine: Session, model: Model, taken: Taken) -> None:
    after = taken.folded.after
    with problems.shown():
        mine.add(after, f"fold of {model.name}", model.digest, select=False)
        how.remember(model.digest, after.digest, _how(taken.options))
        # The side bar was drawn before it was in the list.
        st.rerun()


def _how(options: FoldOptions) -> How:
    """How it was made, where the optimizer `fold` makes the same of these options."""
    shared = FoldOptions(options.set_dims, options.freeze_weights, checks=options.checks)
    if options.key() != shared.key():
        return How()
    return How("fold", OptimizeOptions(dict(options.set_dims), freeze_weights=options.freeze_weights))


def _agreement(model: Model, taken: Taken) -> None:
    """Whether the outputs agree: compared once the picture is there, since it may take seconds."""
    work: Work[Agreement] = Work("fold:agreement")
    after = taken.folded.after
    wanted = (model.digest, after.digest)
    if st.session_state.get("fold:agreement-of") != wanted:
        st.session_state["fold:agreement-of"] = wanted
        work.start(lambda: _compared(model, after))
    found = work.show()
    if found is None:
        work.offer_again("Compare the outputs again", lambda: _compared(model, after))
    else:
        results.agreement(found)


def _compared(model: Model, after: Model) -> Job[Agreement]:
    return jobs.submit(
        "fold",
        "Comparing the outputs before and after",
        compare_outputs,
        Path(model.path),
        Path(after.path),
        CHECKS,
        0,
        inside=True,
        key=("fold agreement", model.digest, after.digest),
    )
