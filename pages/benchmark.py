"""Benchmark: how fast models run, on which execution provider, and whether a difference is real."""

from __future__ import annotations

import streamlit as st

from onnxviz.ui import empty
from onnxviz.ui.bench import against, choosing, earlier, machineresult, machines, result, running
from onnxviz.ui.bench.asked import Asked
from onnxviz.ui.bench.shown import Shown
from onnxviz.ui.session import Session, session

PURPOSE = "See how long a model takes to run, on which execution provider, and whether a difference is real."


def main() -> None:
    """The choices, the button, and the results, which stay with the plans that made them."""
    mine = session()
    if mine.current is None:
        empty.show("Benchmark", PURPOSE)
        return
    st.title("Benchmark")
    st.markdown(PURPOSE)
    asked = choosing.choose(mine)
    with st.container():
        chosen = machines.choose()
    if not (machines.run(asked, chosen) if machines.is_for(chosen) else running.run(asked)):
        return
    with st.container():
        if (compared := machines.last()) is not None:
            machineresult.show(compared)
    found = earlier.all_shown()
    if found:
        _result(mine, asked, found)
    if len(found) > 1:
        with st.expander("Compare two results", icon=":material/compare_arrows:", expanded=True):
            against.show(found)
    with st.expander("Earlier results", icon=":material/history:", expanded=not found):
        earlier.show()


def _result(mine: Session, asked: Asked | None, found: list[Shown]) -> None:
    st.subheader("Result")
    shown = earlier.chosen(found)
    if shown.asked is not None and (asked is None or not asked.is_same(shown.asked)):
        st.info(
            "The choice above has changed since this was measured. Press Measure for a new result.",
            icon=":material/history:",
        )
    result.show(mine, shown)


main()
