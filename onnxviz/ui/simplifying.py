"""The parts of the Simplify page: the options as widgets, and what changed as table and chart."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from onnxviz import jobs
from onnxviz.errors import BadUsage
from onnxviz.model import Model
from onnxviz.numbers import whole_number
from onnxviz.rewrites.simplify import SimplifyOptions, optimizer_passes, parse_size
from onnxviz.rewrites.types import Rewrite
from onnxviz.ui import problems
from onnxviz.ui.text import md, plain, size
from onnxviz.ui.work import Work

MOST_OPS_IN_CHART = 20


def options(model: Model) -> SimplifyOptions | None:
    """The widgets, each with a line of help; None, after a sentence, while a value cannot be used."""
    with st.expander("Options of onnxsim", icon=":material/tune:"):
        left, middle, right = st.columns(3)
        with left:
            folding = st.toggle(
                "Fold constants",
                value=True,
                key="simplify:folding",
                persist_state="session",
                help="Compute what depends on constants alone once, now, and store the value.",
            )
            passes = st.toggle(
                "Run the optimizer's passes",
                value=True,
                key="simplify:passes",
                persist_state="session",
                help="Fuse (BatchNormalization into Conv, …) and remove what does nothing.",
            )
            shapes = st.toggle(
                "Infer shapes",
                value=True,
                key="simplify:shapes",
                persist_state="session",
                help="Needed to fold shape arithmetic. Switch it off when inference itself fails.",
            )
        with middle:
            subgraphs = st.toggle(
                "Subgraphs too",
                value=False,
                key="simplify:subgraphs",
                persist_state="session",
                help="Ask for the bodies of If and Loop as well. onnxsim 0.8.1 takes this option and does "
                "nothing with it; newer ones may.",
            )
            inline = st.toggle(
                "Inline functions",
                value=False,
                key="simplify:inline",
                persist_state="session",
                help="Replace calls of the model's own functions by their content first.",
            )
            checks = st.number_input(
                "Checks on random inputs",
                min_value=0,
                max_value=20,
                value=1,
                key="simplify:checks",
                persist_state="session",
                help="Run the model before and after on this many seeded inputs and compare. 0 skips it.",
            )
        with right:
            threshold = st.text_input(
                "Largest value to store",
                value="1.5GB",
                key="simplify:threshold",
                persist_state="session",
                help="A folded tensor above this size is not stored, so that the file does not grow. "
                "Below 2GB; for example 10KB or 1MB.",
            )
            skipped = _passes_to_skip()
        input_shapes = _input_shapes(model)
    if input_shapes is None:
        return None
    try:
        parse_size(threshold)
    except BadUsage as error:
        problems.show(error)
        return None
    return SimplifyOptions(
        input_shapes=input_shapes,
        skipped_optimizers=skipped,
        skip_optimization=not passes,
        skip_constant_folding=not folding,
        skip_shape_inference=not shapes,
        tensor_size_threshold=threshold,
        include_subgraph=subgraphs,
        inline_functions=inline,
        checks=int(checks),
    )


def _passes_to_skip() -> tuple[str, ...]:
    """Their names are onnxsim's to tell, in a worker; asked for when a person wants to choose."""
    if not st.toggle(
        "Skip single passes",
        value=False,
        key="simplify:skip",
        persist_state="session",
        help="Leave out some of the optimizer's passes, to see what each does.",
    ):
        return ()
    asked: Work[tuple[str, ...]] = Work("simplify:pass-names")
    if not st.session_state.get("simplify:asked"):
        st.session_state["simplify:asked"] = True
        asked.start(
            lambda: jobs.submit("rewrite", "Asking for onnxsim's passes", optimizer_passes, key="passes")
        )
    names = asked.show()
    if names is None:
        if not asked.running() and st.button("Ask again", icon=":material/refresh:"):
            st.session_state["simplify:asked"] = False
            st.rerun()
        return ()
    return tuple(st.multiselect("Passes to skip", names, key="simplify:skipped", persist_state="session"))


def _input_shapes(model: Model) -> dict[str, tuple[int, ...]] | None:
    dynamic = [
        value
        for name in model.graph.inputs
        if (value := model.graph.values.get(name)) is not None
        and value.shape is not None
        and any(not isinstance(dim, int) for dim in value.shape)
    ]
    found: dict[str, tuple[int, ...]] = {}
    if not dynamic:
        return found
    st.markdown("**Fix the shape of dynamic inputs**")
    st.caption("A fixed shape lets shape arithmetic fold; the result then takes that shape alone.")
    for value in dynamic:
        text = st.text_input(
            md(f"{value.name}: {value.type_text}"),
            key=f"simplify:shape:{model.digest}:{value.name}",
            persist_state="session",
            placeholder="empty: stays dynamic; or sizes like 1, 3, 224, 224",
        )
        if not text.strip():
            continue
        try:
            found[value.name] = _sizes(value.name, text, len(value.shape or ()))
        except BadUsage as error:
            problems.show(error)
            return None
    return found


def _sizes(name: str, text: str, rank: int) -> tuple[int, ...]:
    parts = [part.strip() for part in text.replace("x", ",").replace("×", ",").split(",")]
    sizes = tuple(whole_number(part) or 0 for part in parts)
    if len(sizes) != rank or 0 in sizes:
        raise BadUsage(
            f"The shape of {name!r}",
            f"{text!r} is not {rank} sizes of at least 1",
            "Write them like 1, 3, 224",
        )
    return sizes


def headline(rewrite: Rewrite) -> None:
    """Figures before and after, whether the outputs agree, and what was done to make it work."""
    before, after = rewrite.before, rewrite.after
    graphs = (before.graph, after.graph)
    with st.container(horizontal=True, gap="large"):
        _figure("Nodes", *(graph.node_count() for graph in graphs))
        _figure("Op types", *(len(graph.op_counts()) for graph in graphs))
        _figure("Initializers", *(len(graph.initializers) for graph in graphs))
        # A file that grew is the price of folding and no fault, so its change gets no colour.
        st.metric("Size", f"{size(before.nbytes)} → {size(after.nbytes)}", width="content")
    st.caption(f"{rewrite.name} took {rewrite.seconds:.2f} s.")
    agreement = rewrite.agreement
    if agreement is not None and agreement.error:
        st.warning(md(agreement.sentence, 1000), icon=":material/help:")
    elif agreement is not None and agreement.agrees:
        st.success(md(agreement.sentence), icon=":material/balance:")
    elif agreement is not None:
        st.error(md(agreement.sentence), icon=":material/warning:")
    for note in rewrite.notes:
        st.info(md(note), icon=":material/info:")


def _figure(label: str, before: int, after: int) -> None:
    change = f"{(after - before) / before:+.0%}" if before and after != before else None
    st.metric(label, f"{before:,} → {after:,}", change, delta_color="inverse", width="content")


def op_table(rewrite: Rewrite) -> None:
    """Where the reduction came from: a table of op types, and bars before and after."""
    rows = [
        {"Op type": plain(op), "Before": old, "After": new, "Change": new - old}
        for op, old, new in rewrite.op_changes()
    ]
    table = pd.DataFrame(rows, columns=["Op type", "Before", "After", "Change"])
    left, right = st.columns([2, 3])
    left.dataframe(table, hide_index=True, height=min(38 + 35 * len(rows), 500))
    shown = table.head(MOST_OPS_IN_CHART)
    tall = shown.melt("Op type", ["Before", "After"], "When", "Nodes")
    chart = (
        alt.Chart(tall)
        .mark_bar()
        .encode(
            x=alt.X("Nodes:Q", title="Nodes", axis=alt.Axis(tickMinStep=1, format="d")),
            y=alt.Y("Op type:N", sort=list(shown["Op type"]), title=None, axis=alt.Axis(labelOverlap=False)),
            yOffset=alt.YOffset("When:N", sort=["Before", "After"]),
            color=alt.Color(
                "When:N",
                sort=["Before", "After"],
                scale=alt.Scale(domain=["Before", "After"], range=["#8b98a5", "#0b7fd6"]),
                legend=alt.Legend(title=None, orient="top"),
            ),
            tooltip=["Op type", "When", "Nodes"],
        )
        .properties(height=90 + 32 * len(shown))
    )
    right.altair_chart(chart, width="stretch")
    if len(rows) > MOST_OPS_IN_CHART:
        right.caption(f"The {MOST_OPS_IN_CHART} op types that changed most; the table has all {len(rows)}.")
