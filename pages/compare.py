"""Compare: two models side by side, what differs, why, and whether both compute the same."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from onnxviz import jobs
from onnxviz.diff.models import diff_models
from onnxviz.diff.types import Diff
from onnxviz.jobs import Job
from onnxviz.ui import empty
from onnxviz.ui.comparing import choosing, offering, reasons, searching, summary, views
from onnxviz.ui.comparing.changes import Changes
from onnxviz.ui.comparing.pair import Pair
from onnxviz.ui.session import Session, session
from onnxviz.ui.work import Work

PURPOSE = "Set two models side by side: see what went, what came and what stayed, and why."


def main() -> None:
    """Which two, how much differs, the picture, and below it the whole in tables and checks."""
    mine = session()
    if mine.current is None:
        empty.show("Compare", PURPOSE)
        return
    jobs.warm("rewrite")
    # In one line: the picture is what a person came for.
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.title("Compare", anchor=False, width="content")
        st.markdown(PURPOSE, width="content")
    if offering.is_due(mine):
        offering.show(mine)
        return
    pair = choosing.choose(mine)
    diff = _diff(pair) if pair is not None else None
    if pair is not None and diff is not None:
        _compared(mine, pair, _changes(pair.files, pair, diff))


def _diff(pair: Pair) -> Diff | None:
    """What differs; None, after showing progress or an error, while that is not known."""
    work: Work[Diff] = Work("compare:diff", 5.0)
    if st.session_state.get("compare:diff-of") != pair.files:
        st.session_state["compare:diff-of"] = pair.files
        work.start(lambda: _ask(pair))
    found = work.show()
    if found is None and not work.running() and st.button("Compare again", icon=":material/refresh:"):
        work.start(lambda: _ask(pair))
        st.rerun()
    return found


def _ask(pair: Pair) -> Job[Diff]:
    before, after = Path(pair.before.path), Path(pair.after.path)
    return jobs.submit(
        "look",
        f"Comparing {pair.before.name} and {pair.after.name}",
        diff_models,
        before,
        after,
        key=("diff", *pair.files),
    )


@st.cache_resource(max_entries=4, show_spinner=False)
def _changes(files: tuple[str, str], _pair: Pair, _diff: Diff) -> Changes:
    return Changes.of(_pair, _diff)


def _compared(mine: Session, pair: Pair, changes: Changes) -> None:
    if summary.show(pair, changes):
        offering.instead(mine)
    above = st.container()
    views.picture(mine, pair, changes)
    # The picture comes first: only now is there time for reasons.
    searching.begin(pair)
    with above:
        reasons.bar(pair, changes)
    views.tables(mine, pair, changes)


main()
