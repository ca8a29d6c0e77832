"""The values of a constant tensor: figures, a histogram, the first of them, and all as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import streamlit as st

from onnxviz import jobs
from onnxviz.inspecting.npy import save_npy
from onnxviz.inspecting.statistics import MOST_DISTINCT, Histogram
from onnxviz.inspecting.tensors import TensorFacts, tensor_facts
from onnxviz.jobs import Job
from onnxviz.model import Value
from onnxviz.store import Store
from onnxviz.ui.inspect.panel import Panel
from onnxviz.ui.session import store
from onnxviz.ui.text import file_stem, md, size
from onnxviz.ui.work import Work

if TYPE_CHECKING:
    import altair as alt

LARGEST_DOWNLOAD = 1_000_000_000
"""Bytes: what is downloaded passes through the memory of the app."""

_COLUMNS = 3
_CHART_HEIGHT = 110


def values_of(panel: Panel, constant: Value, place: str, slot: str) -> None:
    """A fold-out with what is in a constant, read from the file when it is opened.

    `place` is where the constant's name is to be looked up, see `onnxviz.inspecting.places`.
    """
    key = panel.key_of("values", slot)
    fold = st.expander("Values", key=key, type="compact", on_change="rerun")
    if fold.open:
        with fold:
            _shown(panel, constant, place, key)


def _shown(panel: Panel, constant: Value, place: str, key: str) -> None:
    work: Work[TensorFacts] = Work(key)
    asked = f"{key}:asked"
    if not st.session_state.get(asked):
        st.session_state[asked] = True
        work.start(lambda: _ask(panel, constant, place))
    facts = work.show()
    if facts is not None:
        _figures(facts)
        _download(panel, facts, place, key)
    elif not work.running() and st.button("Try again", key=f"{key}:again", icon=":material/refresh:"):
        st.session_state[asked] = False
        st.rerun()


def _ask(panel: Panel, constant: Value, place: str) -> Job[TensorFacts]:
    model = panel.model
    key = ("tensor", model.digest, place, constant.name)
    label = f"Reading {constant.name}"
    return jobs.submit("look", label, tensor_facts, model.path, place, constant.name, key=key)


def _figures(facts: TensorFacts) -> None:
    rows = figure_rows(facts)
    st.markdown("  \n".join(f":gray[{name}] {value}" for name, value in rows))
    if facts.histogram is not None and len(facts.histogram.counts) > 1:
        st.altair_chart(_chart(facts.histogram), width="stretch", height=_CHART_HEIGHT)
    if facts.first.rows:
        st.caption(md(f"First values {facts.first.label}"))
        st.code(facts.first.text(_COLUMNS), language=None)
    for note in facts.notes:
        st.caption(md(note))


def figure_rows(facts: TensorFacts) -> list[tuple[str, str]]:
    """(what, how much) of a tensor, what says nothing left out."""
    rows = [("Elements", f"{facts.elements:,}"), ("Size", f"{size(facts.nbytes)} {md(facts.where)}")]
    for name, number in (("Minimum", facts.minimum), ("Maximum", facts.maximum)):
        if number is not None:
            rows.append((name, md(_number(number))))
    for name, number in (("Mean", facts.mean), ("Std. deviation", facts.std)):
        if number is not None and facts.elements > 1:
            rows.append((name, md(_number(number))))
    if facts.minimum is not None:
        rows.append(("Zeros", _share(facts.zeros, facts.elements)))
    rows += [("NaN", _share(facts.nans, facts.elements))] if facts.nans else []
    rows += [("Infinite", _share(facts.infinities, facts.elements))] if facts.infinities else []
    if facts.elements > 1:
        distinct = f"{facts.distinct:,}" if facts.distinct is not None else f"over {MOST_DISTINCT}"
        rows.append(("Distinct values", distinct))
    return rows


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.6g}"


def _share(count: int, total: int) -> str:
    return f"{count:,} ({count / total:.3g} of all)" if 0 < count < total else f"{count:,}"


def _chart(shown: Histogram) -> alt.Chart:
    import altair as alt
    import pandas as pd

    edges = pd.Series(shown.edges)
    frame = pd.DataFrame({"From": edges[:-1], "To": edges[1:].to_numpy(), "Elements": shown.counts})
    chart: alt.Chart = (
        alt.Chart(frame)
        .mark_bar(binSpacing=0)
        .encode(
            x=alt.X("From:Q", title=None, bin="binned", axis=alt.Axis(tickCount=4, format=".3~g")),
            x2="To:Q",
            y=alt.Y("Elements:Q", title=None, axis=alt.Axis(tickCount=3, format="~s")),
            tooltip=[
                alt.Tooltip("From:Q", format=".4g"),
                alt.Tooltip("To:Q", format=".4g"),
                alt.Tooltip("Elements:Q", format=","),
            ],
        )
    )
    return chart


def _download(panel: Panel, facts: TensorFacts, place: str, key: str) -> None:
    if facts.nbytes > LARGEST_DOWNLOAD:
        limit = size(LARGEST_DOWNLOAD)
        st.caption(f"Too large to download here (over {limit}). In Python, onnx.numpy_helper reads it.")
        return
    path, held = panel.model.path, store()
    st.download_button(
        "Download .npy",
        lambda: _saved(held, path, place, facts.name),
        f"{file_stem(facts.name)}.npy",
        "application/octet-stream",
        key=f"{key}:npy",
        on_click="ignore",
        icon=":material/download:",
    )


def _saved(held: Store, path: str, place: str, name: str) -> BinaryIO:
    """The array, open for reading: written by a worker, and gone from the disk once it is closed."""
    with held.workspace() as folder:
        target = folder / "tensor.npy"
        jobs.run("look", f"Saving {name}", save_npy, path, place, name, str(target))
        return target.open("rb")
