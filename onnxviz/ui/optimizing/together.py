"""Several optimizers on one model, side by side: a table that fills as they are done, and more below it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import altair as alt
import pandas as pd
import streamlit as st

from onnxviz.errors import JobCancelled
from onnxviz.model import Model
from onnxviz.ui import problems
from onnxviz.ui.optimizing import figures, results, runs
from onnxviz.ui.optimizing.figures import Figures
from onnxviz.ui.optimizing.runs import Run
from onnxviz.ui.session import Session
from onnxviz.ui.text import md, plain, seconds, size

WIDTHS = (30, 33, 32, 29, 26, 40, 38)
HEADS = ("Optimizer", "Nodes", "Initializers", "Size", "Time", "Same function?", "Open the result")
_SMALL = """<style>@media (max-width: 1150px) {
  .st-key-simplify-together [data-testid="stMarkdownContainer"] p { font-size: 0.78rem; }
  .st-key-simplify-together [data-testid="stCaptionContainer"] p { font-size: 0.68rem; }
}</style>"""
"""In a small window the longest words of a column, `onnxscript` and `Initializers`, stay in one line."""

LOOKS = {
    "good": ("green", ":material/balance:"),
    "bad": ("red", ":material/warning:"),
    "unknown": ("orange", ":material/help:"),
}
TABS = ("In full", "Nodes", "By op type")
MOST_TIMED = 8
"""As many models as Benchmark takes."""


def show(mine: Session, model: Model, found: list[Run]) -> None:
    """The table, where to go from it, and more below it."""
    for run in found:
        run.collect()
    # None is left out because another came first.
    if sum(runs.join(mine, model, run) for run in found):
        # The side bar was drawn before these were in it.
        st.rerun()
    if any(run.job is not None for run in found):
        runs.watching(lambda: _table(mine, model, found), found)
    else:
        _table(mine, model, found)
    there = {run.name: after for run in found if (after := runs.result(mine, run)) is not None}
    if there:
        _onward(model, there)
        _more(model, [run for run in found if run.name in there], there)


def _table(mine: Session, model: Model, found: list[Run]) -> None:
    done = {
        run.name: Figures.of(run.rewrite.after, run.rewrite.seconds)
        for run in found
        if run.rewrite is not None and not figures.is_wrong(run.rewrite)
    }
    best = figures.best(done)
    st.html(_SMALL)
    with st.container(border=True, gap="xsmall", key="simplify-together"):
        for column, head in zip(st.columns(WIDTHS, gap="xsmall"), HEADS, strict=True):
            column.caption(f"**{head}**")
        _original(model)
        for run in found:
            _row(mine, model, run, {column: names.get(run.name, "") for column, names in best.items()})


def _original(model: Model) -> None:
    columns = st.columns(WIDTHS, gap="xsmall")
    values = Figures.of(model)
    columns[0].markdown("*the original*")
    columns[1].markdown(f"{values.nodes:,}")
    columns[2].markdown(f"{values.initializers:,}")
    columns[3].markdown(size(values.nbytes))


def _row(mine: Session, model: Model, run: Run, marks: dict[str, str]) -> None:
    if run.rewrite is None:
        name, rest = st.columns([WIDTHS[0], sum(WIDTHS[1:])], gap="xsmall", vertical_alignment="center")
        name.markdown(f"**{md(run.name)}**")
        with rest:
            _unfinished(run)
        return
    columns = st.columns(WIDTHS, gap="xsmall", vertical_alignment="center")
    values = Figures.of(run.rewrite.after, run.rewrite.seconds)
    notes = run.rewrite.notes
    badge = f" :gray-badge[{len(notes)} note{'s' if len(notes) != 1 else ''}]" if notes else ""
    columns[0].markdown(f"**{md(run.name)}**{badge}")
    fewer = figures.change(model.graph.node_count(), values.nodes)
    columns[1].markdown(f"{_cell(f'{values.nodes:,}', marks['nodes'])}  \n:small[{fewer}]")
    columns[2].markdown(_cell(f"{values.initializers:,}", marks["initializers"]))
    columns[3].markdown(_cell(size(values.nbytes), marks["nbytes"]))
    columns[4].markdown(_cell(seconds(run.rewrite.seconds), marks["seconds"]))
    words, kind = figures.check(run.rewrite.agreement)
    color, icon = LOOKS[kind]
    columns[5].markdown(f":{color}[{icon}] {md(words)}")
    with columns[6]:
        _doors(mine, model, run)


def _cell(value: str, mark: str) -> str:
    return f"**{value}** :green-badge[{mark}]" if mark else value


def _unfinished(run: Run) -> None:
    if run.job is not None:
        runs.progress(run)
    elif isinstance(run.error, JobCancelled):
        st.markdown(":gray[:material/cancel: Cancelled.]")
    elif run.error is not None:
        detail = f"```\n{run.error.detail[-2000:].replace('```', '')}\n```" if run.error.detail else None
        # The row begins with the name.
        sentence = str(run.error).removeprefix(f"{run.name}: ")
        st.markdown(f":red[:material/error:] {md(sentence, 1000)}", help=detail)


def _doors(mine: Session, model: Model, run: Run) -> None:
    after = runs.result(mine, run)
    if after is None:
        st.caption("Removed from the list." if run.in_session else "")
        return
    if after.digest == model.digest:
        st.caption("It is the original.")
        return
    # Words alone: with icons they do not stand beside each other in a window of 1,100 points.
    with st.container(horizontal=True, gap="xsmall"):
        if st.button(":primary[Graph]", key=f"simplify:explore:{run.name}", type="tertiary"):
            results.explore(mine, after)
        if st.button(":primary[Compare]", key=f"simplify:compare:{run.name}", type="tertiary"):
            results.compare(model, after)


def _onward(model: Model, there: dict[str, Model]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Time all", icon=":material/speed:", key="simplify:time"):
            results.time([model, *there.values()][:MOST_TIMED])
        st.caption("“=” marks a tie. Fewer nodes is not faster: time them to know.")


@problems.fragment
def _more(model: Model, found: list[Run], there: dict[str, Model]) -> None:
    """Each is made when it is looked at: charts bring megabytes of script with them."""
    parts: list[Callable[[], None]] = [
        partial(_in_full, model, found),
        partial(_chart, model, there),
        partial(_ops, model, there),
    ]
    for tab, part in zip(st.tabs(TABS, key="simplify:more", on_change="rerun"), parts, strict=True):
        if tab.open:
            with tab:
                part()


def _in_full(model: Model, found: list[Run]) -> None:
    """What the comparison of each says, and its notes."""
    lines, made = [], {model.digest: "the original"}
    for run in found:
        if run.rewrite is None:
            continue
        compared = run.rewrite.agreement
        sentence = compared.sentence if compared else "Not compared: the number of inputs was 0."
        lines.append(f"- **{md(run.name)}**: {md(sentence, 1000)}")
        lines += [f"    - {md(note, 1000)}" for note in run.rewrite.notes]
        own = f"that of {run.name}"
        first = made.setdefault(run.rewrite.after.digest, own)
        if first != own:
            lines.append(f"    - The same file, byte for byte, as {md(first)}.")
    st.markdown("\n".join(lines))


def _chart(model: Model, there: dict[str, Model]) -> None:
    counts = {"the original": model.graph.node_count()}
    counts |= {name: after.graph.node_count() for name, after in there.items()}
    table = pd.DataFrame({"Optimizer": list(counts), "Nodes": list(counts.values())})
    table["Original"] = table["Optimizer"] == "the original"
    y = alt.Y("Optimizer:N", sort=None, title=None, axis=alt.Axis(labelLimit=200))
    bars = alt.Chart(table).encode(y=y, x=alt.X("Nodes:Q", axis=alt.Axis(tickMinStep=1, format=",d")))
    color = alt.Color(
        "Original:N", scale=alt.Scale(domain=[True, False], range=["#8b98a5", "#0b7fd6"]), legend=None
    )
    bar = bars.mark_bar().encode(color=color, tooltip=["Optimizer", alt.Tooltip("Nodes:Q", format=",")])
    text = bars.mark_text(align="left", dx=4, color="#8b98a5").encode(text=alt.Text("Nodes:Q", format=","))
    chart = alt.layer(bar, text).properties(height=60 + 34 * len(counts))
    st.altair_chart(chart, width="stretch")


def _ops(model: Model, there: dict[str, Model]) -> None:
    rows = figures.op_rows(model, there)
    frame = pd.DataFrame([{**row, "Op type": plain(str(row["Op type"]))} for row in rows])
    st.dataframe(frame, hide_index=True, height=min(38 + 35 * len(rows), 500))
