"""What every part of the panel needs: the model, where things are in it, and links from box to box."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from onnxviz.inspecting.index import Index, index
from onnxviz.model import Model
from onnxviz.scene.types import Hierarchy
from onnxviz.ui.text import md

MOST_LINKS = 5
"""Links that stand side by side; the others are in a fold-out."""

MOST_FOLDED = 100
"""Links in a fold-out: each is a button of its own, and one epsilon may have thousands of readers."""

_LABEL_CHARS = 34


@dataclass(slots=True)
class Panel:
    """The panel for one selected box. `wanted` is the box that the person asks to go to, if any.

    `key` is the start of the key of every widget in it: two panels on one page need two.
    """

    model: Model
    index: Index
    hierarchy: Hierarchy
    selected: str
    key: str
    wanted: str | None = None

    def heading(self, text: str) -> None:
        """The head of a part of the panel."""
        st.markdown(f"###### {text}", anchors=False)

    def label(self, box: str) -> str:
        """What a link to a box says."""
        group = self.hierarchy.groups.get(box)
        return group.title if group is not None else self.index.label(box)

    def key_of(self, *parts: str) -> str:
        """A key for a widget, the same from run to run: short, whatever the names in `parts` are."""
        text = "\0".join((self.model.digest, self.selected, *parts))
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=9).hexdigest()
        return f"{self.key}:{digest}"

    def link(self, label: str, target: str, *where: str) -> None:
        """A link to another box; `where` tells links to the same box apart."""
        if st.button(
            f":blue[{md(label, _LABEL_CHARS)}]", key=self.key_of("go", target, *where), type="tertiary"
        ):
            self.wanted = target

    def links(self, before: str, targets: Sequence[str], *where: str) -> None:
        """A word and the links that it is about, the first few at once and others on demand."""
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            st.caption(before, width="content")
            for target in targets[:MOST_LINKS]:
                self.link(self.label(target), target, before, *where)
        rest = targets[MOST_LINKS:]
        if not rest:
            return
        key = self.key_of("more", before, *where)
        more = st.expander(f"{len(rest):,} more", key=key, type="compact", on_change="rerun")
        if more.open:
            with more:
                for target in rest[:MOST_FOLDED]:
                    self.link(self.label(target), target, before, *where)
                if len(rest) > MOST_FOLDED:
                    st.caption(f"and {len(rest) - MOST_FOLDED:,} more, which the search finds")


@st.cache_resource(max_entries=4, show_spinner=False)
def index_of(digest: str, _model: Model) -> Index:
    """The index of a model, made once for all sessions that have it open."""
    return index(_model)
