"""Which two models are compared: two lists, a button that swaps them, and what stands there at first."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from onnxviz.ui.comparing import how
from onnxviz.ui.comparing.pair import Pair
from onnxviz.ui.session import Session
from onnxviz.ui.text import md, nodes, plain

BEFORE = "compare:before"
AFTER = "compare:after"
"""The digests that are chosen. Another page leaves two there to have them compared."""


@dataclass(slots=True)
class _Memory:
    """What was compared in the run before, and which model was current then."""

    chosen: tuple[str, ...] = ()
    current: str = ""
    names: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    """Names of models that were removed while they were compared, until something else is chosen."""
    instead: tuple[str, ...] = ()
    """The digests that stand in their place."""


def preset(mine: Session) -> tuple[str, str] | None:
    """The current model and its newest rewrite, or its original and itself, or the one before it in the list
    and itself; None where there is only one."""
    entry = mine.current
    if entry is None or len(mine.entries) < 2:
        return None
    digest = entry.model.digest
    rewrites = mine.children(digest)
    if rewrites:
        return digest, rewrites[-1].model.digest
    if entry.parent in mine.entries:
        return entry.parent or "", digest
    others = [other for other in mine.entries if other != digest]
    earlier = [other for other in list(mine.entries)[: list(mine.entries).index(digest)] if other != digest]
    return (earlier[-1], digest) if earlier else (digest, others[0])


def choose(mine: Session) -> Pair | None:
    """The two lists; None while both name the same model, after saying so. Needs two models."""
    wanted = _wanted(mine)
    for key, digest in zip((BEFORE, AFTER), wanted, strict=True):
        st.session_state[key] = digest
    digests = list(mine.entries)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        before = _list(mine, "Before", BEFORE, digests)
        st.button(
            "Swap",
            icon=":material/swap_horiz:",
            key="compare:swap",
            help="Compare the other way round",
            on_click=_swap,
        )
        after = _list(mine, "After", AFTER, digests)
    _remember(mine, (before, after))
    _tell_what_went((before, after))
    if before == after:
        name = md(mine.entries[before].model.name, 80)
        st.info(f"Both are {name}. Choose another model on one side.", icon=":material/info:")
        return None
    return Pair(mine.entries[before].model, mine.entries[after].model, how.recall(before, after))


def _list(mine: Session, label: str, key: str, digests: list[str]) -> str:
    labels = {
        digest: f"{plain(entry.model.name, 80)} · {nodes(entry.model.graph.node_count())}"
        for digest, entry in mine.entries.items()
    }
    picked = st.selectbox(label, digests, format_func=lambda digest: labels.get(digest, ""), key=key)
    return picked or digests[0]


def select(before: str, after: str) -> None:
    """Have these two digests stand in the lists; before `choose` in a run, in a callback, on another page."""
    st.session_state[BEFORE], st.session_state[AFTER] = before, after


def _swap() -> None:
    state = st.session_state
    state[BEFORE], state[AFTER] = state.get(AFTER), state.get(BEFORE)


def _memory() -> _Memory:
    found: _Memory = st.session_state.setdefault("compare:memory", _Memory())
    return found


def _remember(mine: Session, chosen: tuple[str, str]) -> None:
    memory = _memory()
    memory.chosen, memory.current = chosen, mine.current_digest
    memory.names = tuple(mine.entries[digest].model.name for digest in chosen)


def _wanted(mine: Session) -> tuple[str, str]:
    """What another page asked for or the person chose, else the preset.

    A choice stays until one of its models is removed, or a model that is not among it becomes current.
    """
    memory = _memory()
    # The widgets' own values are gone after a visit to another page.
    before, after = (
        st.session_state.get(key) or known
        for key, known in zip((BEFORE, AFTER), memory.chosen or ("", ""), strict=True)
    )
    gone = tuple(
        name
        for digest, name in zip(memory.chosen, memory.names, strict=True)
        if digest not in mine.entries and digest in (before, after)
    )
    moved = memory.current != mine.current_digest and mine.current_digest not in (before, after)
    if before in mine.entries and after in mine.entries and not moved:
        return before, after
    found = preset(mine)
    if found is None:
        raise ValueError("two models are needed")
    if gone:
        memory.gone, memory.instead = gone, found
    return found


def _tell_what_went(chosen: tuple[str, str]) -> None:
    """A model may have been removed in the side bar, or on another page."""
    memory = _memory()
    if not memory.gone:
        return
    if chosen != memory.instead:
        memory.gone = ()
        return
    names = " and ".join(f"**{md(name, 80)}**" for name in memory.gone)
    verb = "was" if len(memory.gone) == 1 else "were"
    text = f"{names} {verb} removed from the list of models: others are compared."
    st.info(text, icon=":material/delete:")
