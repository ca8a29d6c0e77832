"""Which models are measured: chosen beforehand, until a person chooses."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from onnxviz.ui.session import Entry, Session
from onnxviz.ui.text import plain

CHOSEN = "benchmark:chosen"
REQUEST = "benchmark:models"
"""Another page leaves digests here to have them chosen: `["before", "after"]`, the baseline first."""

MOST_MODELS = 8
"""All of them are open together, and more rows than this are no picture."""


@dataclass(slots=True)
class _Preset:
    """What was chosen for the person, for which current model, and what stood there in the last run."""

    current: str = ""
    chosen: tuple[str, ...] = ()
    last: list[str] | None = None


def preset(mine: Session) -> list[str]:
    """The current model and its latest rewrite, or its original and itself; the older one is the baseline."""
    entry = mine.current
    if entry is None:
        return []
    digest = entry.model.digest
    rewrites = mine.children(digest)
    if rewrites:
        return [digest, rewrites[-1].model.digest]
    return [entry.parent, digest] if entry.parent in mine.entries else [digest]


def choose(mine: Session) -> list[Entry]:
    """The models, the baseline first."""
    st.session_state[CHOSEN] = _wanted(mine)
    labels = {digest: plain(entry.model.name, 80) for digest, entry in mine.entries.items()}
    chosen = st.multiselect(
        "Models",
        list(labels),
        format_func=lambda digest: labels.get(digest, digest),
        key=CHOSEN,
        max_selections=MOST_MODELS,
        help="The first is the baseline: the others are compared with it. They run by turns, so that "
        "whatever slows this machine down meets all of them alike.",
    )
    memory: _Preset = st.session_state["benchmark:preset"]
    memory.last = list(chosen)
    return [mine.entries[digest] for digest in chosen]


def _wanted(mine: Session) -> list[str]:
    """What another page asked for, else what the person chose, else the preset for the current model.

    The preset follows the current model until the person chooses; a choice stays until a model that is
    not among it becomes current.
    """
    memory: _Preset = st.session_state.setdefault("benchmark:preset", _Preset())
    requested = [d for d in st.session_state.pop(REQUEST, ()) if d in mine.entries]
    # The widget's own value is gone after a visit to another page.
    before = st.session_state.get(CHOSEN, memory.last)
    chosen = [d for d in before or () if d in mine.entries]
    untouched = before is None or tuple(before) == memory.chosen or (bool(before) and not chosen)
    moved = mine.current_digest != memory.current and mine.current_digest not in chosen
    memory.current = mine.current_digest
    if requested:
        return list(dict.fromkeys(requested))[:MOST_MODELS]
    if untouched or moved:
        chosen = preset(mine)
        memory.chosen = tuple(chosen)
    return chosen
