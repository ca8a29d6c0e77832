"""How many of the nodes that went have a reason, and which: a bar that is always in plain sight."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Literal

import streamlit as st

from onnxviz.rewrites.reasons import Went
from onnxviz.ui import problems
from onnxviz.ui.comparing import searching
from onnxviz.ui.comparing.changes import Changes
from onnxviz.ui.comparing.pair import Pair
from onnxviz.ui.comparing.searching import Search
from onnxviz.ui.text import md

POLL_SECONDS = 0.4

WORDS = {
    Went.FOLDED: "computed beforehand: its value is the same in every run",
    Went.NO_OP: "gave what it got",
    Went.FUSED: "another node computes it too now",
    Went.MERGED: "a twin computes the same",
    Went.DEAD: "nothing needs what it makes",
    Went.REWRITTEN: "became other nodes that compute the same",
    Went.UNEXPLAINED: "no reason could be shown",
}

COLOURS: dict[Went, Literal["blue", "violet", "green", "gray", "orange", "red"]] = {
    Went.FOLDED: "blue",
    Went.NO_OP: "gray",
    Went.FUSED: "violet",
    Went.MERGED: "green",
    Went.DEAD: "gray",
    Went.REWRITTEN: "orange",
    Went.UNEXPLAINED: "red",
}
"""Of badges. The words in them say the same, so that nobody needs to tell the colours apart."""


def bar(pair: Pair, changes: Changes) -> None:
    """The bar for this pair, which fills while reasons come in; runs the page once more when all have."""
    more = others(changes)
    search = searching.of(pair)
    if search.job is None:
        _drawn(pair, changes, search, more)
        return

    @problems.fragment(run_every=POLL_SECONDS)
    def poll() -> None:
        awaited = search.awaited
        done = search.collect()
        if done or (awaited and (awaited in search.reasons.removed or awaited in search.reasons.kept)):
            search.awaited = ""
            st.rerun()
        _drawn(pair, changes, search, more)

    poll()


def others(changes: Changes) -> list[str]:
    """The removed nodes that need no reason."""
    found = []
    if changes.stored:
        count = len(changes.stored)
        are = "Constant node is an initializer" if count == 1 else "Constant nodes are initializers"
        found.append(f"{count:,} {are} now")
    if changes.moved:
        found.append(f"{len(changes.moved):,} moved to another body")
    return found


def told(counts: Mapping[str, int], total: int, more: Sequence[str], *, is_over: bool) -> str:
    """`412 of 470 explained`, the reasons as badges, what is to come, and `more`; Markdown of ours alone."""
    found = [(Went(reason), count) for reason, count in counts.items() if count]
    explained = sum(count for reason, count in found if reason != Went.UNEXPLAINED)
    parts = [f"**{explained:,} of {total:,} explained**" if total else "**No node went**"]
    parts += [f":{COLOURS[reason]}-badge[{count:,} {reason.value}]" for reason, count in found]
    waiting = max(0, total - sum(count for _, count in found))
    if waiting:
        parts.append(f":gray[{waiting:,} {'not looked at' if is_over else 'to come'}]")
    return " ".join([*parts, *(f":gray[· {md(text)}]" for text in more)])


def looking(kept: Iterable[str], added: Container[str]) -> list[str]:
    """How many nodes look foldable, by id in the model after: one that is new there has not stayed."""
    found = list(kept)
    new = sum(1 for node in found if node in added)
    stayed = len(found) - new
    parts = [f"{stayed:,} that look{'' if stayed > 1 else 's'} foldable stayed"] if stayed else []
    if new:
        parts.append(f"{new:,} that look{'' if new > 1 else 's'} foldable came")
    return parts


def _drawn(pair: Pair, changes: Changes, search: Search, more: list[str]) -> None:
    counts, total = search.reasons.counts(), len(changes.gone)
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        more = [*more, *looking(search.reasons.kept, changes.added)]
        text = told(counts, total, more, is_over=search.is_over)
        if total:
            explained = sum(counts.values()) - counts[Went.UNEXPLAINED]
            st.progress(min(1.0, explained / total), text=text)
        else:
            st.markdown(text, width="stretch")
        _buttons(pair, search)
    if search.error is not None:
        problems.show(search.error)
    for note in search.reasons.notes:
        st.caption(md(note))


def _buttons(pair: Pair, search: Search) -> None:
    if search.job is not None:
        now = search.job.progress()
        st.caption(md(f"{now.text} · {now.seconds:.0f} s"), width="content")
        if st.button("Cancel", icon=":material/close:", key="compare:reasons:cancel"):
            search.cancel()
            st.rerun()
    elif search.error is not None and st.button(
        "Look again", icon=":material/refresh:", key="compare:reasons:again"
    ):
        searching.again(pair)
        st.rerun()
