"""The comparison as files to take away."""

from __future__ import annotations

import json
from io import BytesIO
from typing import BinaryIO

import streamlit as st

from onnxviz import jobs
from onnxviz.diff.markdown import to_markdown
from onnxviz.jobs import Job
from onnxviz.report import report
from onnxviz.rewrites.reasons import Explanation
from onnxviz.rewrites.types import Agreement
from onnxviz.ui.comparing.changes import Changes
from onnxviz.ui.comparing.pair import Pair
from onnxviz.ui.comparing.searching import Search
from onnxviz.ui.text import file_stem, size
from onnxviz.ui.work import Work


def show(pair: Pair, changes: Changes, search: Search, agreement: Agreement | None) -> None:
    """The buttons. A file is made when its button is pressed, with the reasons that are there by then."""
    stem = f"{file_stem(pair.before.name)}-to-{file_stem(pair.after.name)}"
    st.caption(
        "Everything that differs, with the reasons that have come in and the comparison of outputs if there "
        "was one: JSON for a program, Markdown for an issue or a review."
    )
    with st.container(horizontal=True):
        st.download_button(
            "JSON",
            lambda: _bytes(as_json(pair, changes, search, agreement)),
            f"{stem}.json",
            "application/json",
            key="compare:json",
            on_click="ignore",
            icon=":material/data_object:",
        )
        st.download_button(
            "Markdown",
            lambda: _bytes(
                to_markdown(changes.diff, pair.before.name, pair.after.name, explanation(search), agreement)
            ),
            f"{stem}.md",
            "text/markdown",
            key="compare:markdown",
            on_click="ignore",
            icon=":material/markdown:",
        )
    _report(pair, changes, search, agreement, stem)


def _report(pair: Pair, changes: Changes, search: Search, agreement: Agreement | None, stem: str) -> None:
    """A page is large and takes a while to make: first made, then taken."""
    work: Work[str] = Work(f"compare:report:{pair.key}")
    st.markdown("**One HTML file** that opens without a server")
    st.caption(
        "The graphs, to zoom and search, the reasons, the tables and the comparison of outputs, as far as "
        "they are known when it is made. "
        + ("" if agreement else "Outputs were not compared yet: see “Is it the same function?”.")
    )
    if st.button(
        "Make the report", icon=":material/description:", key="compare:report", disabled=work.running()
    ):
        work.start(lambda: _ask(pair, changes, search, agreement))
    made = work.show()
    if made is not None:
        st.download_button(
            f"Download the report ({size(len(made.encode('utf-8', 'replace')))})",
            lambda: _bytes(made),
            f"{stem}.html",
            "text/html",
            key="compare:html",
            on_click="ignore",
            type="primary",
            icon=":material/download:",
        )


def _ask(pair: Pair, changes: Changes, search: Search, agreement: Agreement | None) -> Job[str]:
    # Without a key: what is known grows while reasons come in.
    return jobs.submit(
        "look",
        "Making the report",
        report,
        pair.before,
        pair.after,
        changes.diff,
        explanation(search),
        agreement,
        pair.how,
    )


def explanation(search: Search) -> Explanation:
    """What has come in so far."""
    reasons = search.reasons
    return Explanation(
        tuple(reasons.removed.values()),
        tuple(reasons.kept.values()),
        search.seconds,
        reasons.is_complete,
        reasons.notes,
    )


def as_json(pair: Pair, changes: Changes, search: Search, agreement: Agreement | None) -> str:
    """The diff as the CLI's `diff --json` has it, and beside it what else is known."""
    document = {
        "models": [{"name": model.name, "sha256": model.digest} for model in (pair.before, pair.after)],
        "diff": changes.diff.to_json(),
        **explanation(search).to_json(),
        "optimizer": pair.how.optimizer or None,
        "verified": agreement.to_json() if agreement is not None else None,
    }
    return json.dumps(document, indent=1)


def _bytes(text: str) -> BinaryIO:
    # A name in a model may hold half a surrogate pair, which no file can.
    return BytesIO(text.encode("utf-8", "replace"))
