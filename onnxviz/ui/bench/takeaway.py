"""What a person takes away from a result: files, the command that repeats it, and where it was measured."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from onnxviz.bench.types import Environment
from onnxviz.ui.bench import files
from onnxviz.ui.bench.shown import Shown
from onnxviz.ui.text import md, seconds, size


def show(shown: Shown) -> None:
    """Three files, the same from a shell, and the machine."""
    result = shown.result
    kinds = (
        ("JSON", "benchmark.json", "application/json", lambda: files.json_text(result)),
        ("Samples as CSV", "samples.csv", "text/csv", lambda: files.samples_csv(result)),
        ("Table as Markdown", "benchmark.md", "text/markdown", lambda: files.markdown_table(result)),
    )
    columns = st.columns([1, 1, 1, 1])
    for column, (label, name, mime, text) in zip(columns, kinds, strict=False):
        column.download_button(
            label,
            text,
            name,
            mime,
            key=f"benchmark:download:{shown.key}:{name}",
            on_click="ignore",
            icon=":material/download:",
            width="stretch",
        )
    if shown.asked is not None:
        with st.expander("The same from a shell", icon=":material/terminal:"):
            st.code(files.command(shown.asked.plan), language="bash", wrap_lines=True)
            st.caption(
                "The files lie where this app keeps what is open now. Elsewhere, put your own in their place."
            )
    with st.expander("Where it was measured", icon=":material/computer:"):
        _machine(result.environment)


def _machine(machine: Environment) -> None:
    rows = [
        ("Processor", machine.cpu),
        ("Cores this app may use", str(machine.cores)),
        ("Threads inside a node, by default", str(machine.threads)),
        ("Memory", size(machine.memory_bytes)),
        ("System", machine.os),
        ("Python", machine.python),
        ("ONNX Runtime", machine.onnxruntime),
        ("Cores busy with other work just before", f"{machine.busy:.0%}"),
        ("Load average of one minute", "not known" if machine.load is None else f"{machine.load:.2f}"),
        ("Step of the clock", seconds(machine.clock_step_s)),
    ]
    table = [{"What": what, "Value": md(value)} for what, value in rows]
    st.table(pd.DataFrame(table), border="horizontal", hide_index=True, hide_header=True, width="content")
