"""What is known of the selected node of a comparison: why it went, why it stayed, what it became."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from onnxviz.rewrites.reasons import Evidence, Kept, Removed, Went
from onnxviz.ui.comparing.changes import (
    ADDED,
    CHANGED,
    MOVED,
    REMOVED,
    REWIRED,
    SIGNS,
    STORED,
    Changes,
    in_words,
)
from onnxviz.ui.comparing.pair import Pair, Side
from onnxviz.ui.comparing.reasons import COLOURS
from onnxviz.ui.comparing.searching import Search
from onnxviz.ui.inspect.style import CLASS, STYLE
from onnxviz.ui.text import md

MOST_LINKS = 6
MOST_CHANGES = 12

Go = Callable[[Side, str], object]
"""Have the picture select this node of that model."""

Try = Callable[[Kept], None]
"""Offer to carry out the remedy of a node that stayed."""

HEADS = {
    REMOVED: "Removed",
    ADDED: "Added",
    CHANGED: "Changed",
    REWIRED: "Kept; what it reads is made elsewhere",
    "": "Kept as it was",
}
_BADGES = {REMOVED: "red", ADDED: "green", CHANGED: "orange"}


@dataclass(frozen=True, slots=True)
class About:
    """What the panel speaks of, and what its buttons do. `key` is the start of the keys of its widgets."""

    pair: Pair
    changes: Changes
    search: Search
    go: Go
    attempt: Try
    key: str = "compare:about"

    def show(self, side: Side, node: str) -> None:
        """Everything that is known of one node; `side` says of which model its id is."""
        st.html(STYLE)
        with st.container(gap="xsmall", key=f"{self.key}-{CLASS}"):
            self._describe(side, node)

    def _describe(self, side: Side, node: str) -> None:
        status = self.changes.status(side, node)
        badges = [f":{_BADGES.get(status, 'gray')}-badge[{SIGNS[status]} {HEADS[status]}]"]
        if status == REMOVED:
            word, colour = self._why(node)
            badges += [f":{colour}-badge[{md(word)}]"] if word else []
        st.markdown(" ".join(badges))
        if status == REMOVED:
            self._went(node)
            return
        match = self.changes.match(side, node)
        if match is not None and match.changes:
            self._changed([in_words(change) for change in match.changes])
        elif status == CHANGED:
            st.markdown("A constant that it reads has another value.")
        after = node if match is None else match.after
        self._made_of(after)
        kept = self.search.reasons.kept.get(after)
        if kept is not None:
            self._stayed(kept, is_new=status == ADDED)
        if match is not None and match.before != match.after:
            old, new = md(match.before, 120), md(match.after, 120)
            st.caption(f"It is called {new} in the model after, and {old} in the one before.")

    def _why(self, node: str) -> tuple[str, str]:
        """The reason in a word, and the colour that it has in the bar."""
        if node in self.changes.moved:
            return MOVED, "gray"
        if node in self.changes.stored:
            return STORED, "gray"
        found = self.search.reasons.removed.get(node)
        return (str(found.reason), COLOURS[found.reason]) if found is not None else ("", "")

    def _went(self, node: str) -> None:
        moved, stored = self.changes.moved.get(node), self.changes.stored.get(node)
        found = self.search.reasons.removed.get(node)
        if moved is not None:
            st.markdown("The same node stands in another body now.")
            self._links("now", [("after", moved)], "moved")
        elif stored is not None:
            st.markdown(f"Its value is the initializer {md(stored, 200)} now.")
        elif found is not None:
            self._reason(found)
        else:
            self._unknown(node)

    def _unknown(self, node: str) -> None:
        if not self.search.is_over:
            self.search.awaited = node
            st.caption(":material/hourglass_top: Its reason is still being checked.")
        elif self.search.error is not None:
            st.caption("It was not explained: the search for reasons did not come to its end.")
        else:
            st.caption("It was not looked at.")

    def _reason(self, found: Removed) -> None:
        st.markdown(f"**{md(found.sentence, 600)}**")
        self._evidence(found.evidence)
        after = [("after", target) for target in found.after_nodes]
        words = "into" if found.reason in (Went.FUSED, Went.REWRITTEN) else "now"
        self._links(words, after, "after")  # type: ignore[arg-type]  # a list of Side pairs
        before = [("before", other) for other in found.before_nodes]
        self._links("together with", before, "before")  # type: ignore[arg-type]  # a list of Side pairs
        if found.passes:
            st.caption(by_passes(found.passes))

    def _stayed(self, kept: Kept, *, is_new: bool) -> None:
        # What was not there before has not stayed.
        head = "Why it was not folded" if is_new else "Why it stayed"
        st.markdown(f"**{head}** :gray-badge[{md(str(kept.reason))}]")
        st.markdown(md(kept.sentence, 600))
        if kept.looks:
            st.caption(f"It looks foldable: {md(kept.looks, 300)}.")
        self._evidence(kept.evidence)
        if kept.blocker in self.changes.after:
            self._links("held by", [("after", kept.blocker)], "blocker")
        elif kept.blocker:
            st.caption(f"Held by {md(kept.blocker, 200)}.")
            readers = [node.id for node in self.changes.after.values() if kept.blocker in node.inputs]
            self._links("which goes into", [("after", reader) for reader in readers], "readers")
        if kept.remedy is not None:
            st.markdown(f":material/lightbulb: {md(kept.remedy.sentence, 400)}")
            self.attempt(kept)

    def _made_of(self, after: str) -> None:
        sources = self.search.reasons.made_of.get(after, [])
        if sources:
            self._links("took in", [("before", each) for each in sources], "made")

    def _changed(self, texts: Sequence[str]) -> None:
        lines = [f"- {md(text, 240)}" for text in texts[:MOST_CHANGES]]
        if len(texts) > MOST_CHANGES:
            lines.append(f"- and {len(texts) - MOST_CHANGES:,} more")
        st.markdown("\n".join(lines))

    def _evidence(self, evidence: Evidence) -> None:
        if evidence:
            st.markdown("\n".join(f"- :gray[{md(label, 60)}] {md(text, 300)}" for label, text in evidence))

    def _links(self, before: str, targets: Sequence[tuple[Side, str]], where: str) -> None:
        if not targets:
            return
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            st.caption(md(before), width="content")
            for side, target in targets[:MOST_LINKS]:
                label = md(self.changes.label(side, target), 40)
                key = self._key(where, side, target)
                if st.button(f":blue[{label}]", key=key, type="tertiary", help=f"Select it ({side})"):
                    self.go(side, target)
            if len(targets) > MOST_LINKS:
                st.caption(f"and {len(targets) - MOST_LINKS:,} more", width="content")

    def _key(self, *parts: str) -> str:
        text = "\0".join((self.pair.key, *parts))
        return (
            f"{self.key}:{hashlib.blake2b(text.encode('utf-8', 'surrogatepass'), digest_size=9).hexdigest()}"
        )


def by_passes(passes: Sequence[str]) -> str:
    """Which of onnxsim's passes did it, and how that was shown."""
    names = [md(name) for name in passes]
    if len(names) == 1:
        return f"By {names[0]}: this comes with it, and stays away without it."
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    one = "either" if len(names) == 2 else "any of them"
    return f"By {listed} together: this stays away when {one} is left out."
