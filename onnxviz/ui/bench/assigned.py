"""Which provider ran what: as the runtime tells it, and on the graph."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from onnxviz.bench.profiles import Profile
from onnxviz.bench.types import Assigned, Measurement
from onnxviz.ui.bench import profiling, words
from onnxviz.ui.bench.onegraph import begin_with
from onnxviz.ui.bench.shown import Shown
from onnxviz.ui.graph import graph_view
from onnxviz.ui.marking import Given
from onnxviz.ui.session import Session
from onnxviz.ui.text import md, nodes

WHY = (
    "Looks up which provider runs each node of the model, and lays it onto the graph: about 2 seconds. It "
    "also tells where the time goes."
)

FOLDED = "folded or fused away"


def show(mine: Session, shown: Shown) -> None:
    """The table of one configuration, then the graph."""
    one = profiling.pick(shown, "assigned")
    if one.assignment is None:
        st.caption("This build of ONNX Runtime does not tell which provider runs which node.")
    elif not one.assignment:
        st.caption("No node was left to run: the runtime had folded every one away.")
    else:
        st.markdown(sentence(one))
        st.table(
            pd.DataFrame(op_rows(one, one.assignment)), border="horizontal", hide_index=True, width="content"
        )
        st.caption(
            "Nodes as they run, after the runtime's own optimizations: some are several of the model's in "
            "one, and some are the runtime's own."
        )
    if shown.asked is None:
        return
    found = profiling.taken(shown, one) or profiling.take(shown, one, "Show on the graph", WHY)
    model = shown.model_of(mine, one)
    if found is None or model is None:
        return
    key = "benchmark:assigned"
    begin_with(key, model, "status")
    graph_view(model, key, height=560, given=on_graph(found, one, f"{shown.key}:{one.label}"))


def sentence(one: Measurement) -> str:
    """How many nodes ran where, as Markdown; what ran elsewhere than asked for is marked."""
    parts = one.assignment or ()
    total = sum(part.nodes for part in parts)
    said = []
    for part in parts:
        text = f"**{part.nodes:,} of {total:,}** nodes ran on **{md(part.provider)}**"
        if part.provider != one.provider_requested:
            text += f" :orange-badge[:material/alt_route: not on {md(one.provider_requested)}]"
        said.append(text)
    return ", ".join(said) + "."


def op_rows(one: Measurement, parts: tuple[Assigned, ...]) -> list[dict[str, str]]:
    """A row for each operator and a column for each provider, those with most nodes first; Markdown."""
    totals: dict[str, int] = {}
    for part in parts:
        for op, count in part.ops:
            totals[op] = totals.get(op, 0) + count
    by_provider = {part.provider: dict(part.ops) for part in parts}
    rows = []
    for op in sorted(totals, key=lambda op: (-totals[op], op)):
        row = {"Operator": md(op, 60)}
        for provider, ops in by_provider.items():
            count = ops.get(op, 0)
            head = f"on {md(provider)}" + ("" if provider == one.provider_requested else ", not asked for")
            row[head] = f"{count:,}" if count else words.NO_VALUE
        rows.append(row)
    return rows


def on_graph(found: Profile, one: Measurement, digest: str) -> Given:
    """1 for each node that ran elsewhere than asked for, 0 for the others that ran."""
    asked = one.provider_requested
    away = {node: float(provider != asked) for node, provider in found.ran_on}
    elsewhere = sum(1 for value in away.values() if value)
    note = f"{nodes(len(away) - elsewhere)} ran on {asked}, {elsewhere:,} elsewhere"
    if found.unknown:
        note += f"; {nodes(len(found.unknown))} without a colour: {FOLDED}, or not told of"
    return Given(
        "status",
        "Ran elsewhere",
        digest,
        away,
        note,
        texts={node: f"on {provider}" for node, provider in found.ran_on},
        hidden=frozenset(found.unknown),
        ends=(f"on {asked}", "elsewhere"),
    )
