"""A picture as a file: asked for in the viewer, made in a worker, saved by the browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from onnxviz import jobs
from onnxviz.model import Model
from onnxviz.scene.stage import Source
from onnxviz.ui import problems
from onnxviz.ui.messages import Download
from onnxviz.ui.takeaway import MIME, take_away
from onnxviz.ui.text import file_stem, md, plain
from onnxviz.ui.viewstate import ViewState


def save(state: ViewState, source: Source, model: Model, asked: Mapping[str, Any]) -> None:
    """Have the viewer save what was asked for: a `format` of `MIME`, `extent` "shown" or "all" open."""
    what = asked.get("format")
    if what not in MIME:
        return
    everything = asked.get("extent") == "all"
    opened = "all" if everything or state.shown is None else state.shown.opened
    view = replace(state.view, opened=opened, coarse=False)
    dark = st.context.theme.type == "dark"
    with problems.shown(), st.spinner(f"Making the {what.upper()} file of {md(model.name)}"):
        text = jobs.run(
            "look",
            f"Drawing {model.name}",
            take_away,
            source,
            view,
            what,
            plain(model.name),
            dark=dark,
            key=("take away", source, view, what, dark, model.name),
        )
        state.saves += 1
        name = f"{file_stem(model.name)}{'-all' if everything else ''}.{what}"
        state.download = Download(name, MIME[what], text, state.saves)
