"""The options of folding as widgets, and the list of those that a person has changed, each with its undo."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from onnxviz.model import Model
from onnxviz.rewrites.fold import FoldOptions
from onnxviz.ui.benchsizes import MOST_SIZES, OpenSize, open_sizes
from onnxviz.ui.folding.remedies import KIB, Change
from onnxviz.ui.folding.words import LIMITS_HELP
from onnxviz.ui.optimizing.choosing import AXES_HELP, FIRST_IR_WITH_FREE_WEIGHTS, size_field
from onnxviz.ui.text import md, size

MIB = 1 << 20
USUAL = FoldOptions(checks=0)

_FREEZE_HELP = (
    "This file lists its weights among the inputs (as IR version 3 asked for), so that a caller may replace "
    "them: what is computed from them does not fold. Frozen, they fold, and nobody can replace them any more."
)
_INLINE_HELP = (
    "A function of the model is called like an operator, and folding does not look into it. Inlined, its "
    "body stands in the place of each call, and what is constant there folds."
)


def choose(model: Model) -> FoldOptions:
    """The widgets, and what they ask for."""
    fields = Fields(model)
    dims: dict[str, int] = {}
    if fields.sizes:
        st.markdown("**Sizes of the dynamic axes**", help=AXES_HELP)
        columns = st.columns(4, vertical_alignment="bottom")
        for place, axis in enumerate(fields.sizes[:MOST_SIZES]):
            with columns[place % 4]:
                number = size_field(fields.key_of_size(axis.name), axis)
            if number is not None:
                dims[axis.name] = number
        if len(fields.sizes) > MOST_SIZES:
            st.caption(f"{len(fields.sizes) - MOST_SIZES:,} more stay open.")
    freeze = inline = False
    if fields.may_freeze:
        freeze = _toggle("Freeze weights", fields.freeze, _FREEZE_HELP)
    if fields.may_inline:
        inline = _toggle("Inline functions", fields.inline, _INLINE_HELP)
    st.markdown("**How much a folded value may add to the file**")
    left, right, text = st.columns([1, 1, 3], vertical_alignment="top")
    with left:
        tensor = _limit("One tensor, in KiB", fields.tensor, USUAL.tensor_bytes // KIB)
    with right:
        total = _limit("All together, in MiB", fields.total, USUAL.total_bytes // MIB)
    text.caption(LIMITS_HELP)
    return FoldOptions(dims, freeze, inline, tensor * KIB, total * MIB, checks=0)


def apply(model: Model, change: Change) -> None:
    """Set the widgets as a change asks; in a callback, so before they are drawn."""
    fields = Fields(model)
    for name, number in change.dims:
        st.session_state[fields.key_of_size(name)] = number
    if change.freeze:
        st.session_state[fields.freeze] = True
    if change.inline:
        st.session_state[fields.inline] = True
    if change.tensor_bytes:
        st.session_state[fields.tensor] = -(-change.tensor_bytes // KIB)
        total = st.session_state.get(fields.total, USUAL.total_bytes // MIB)
        st.session_state[fields.total] = max(total, -(-change.tensor_bytes // MIB))


def changed(model: Model, options: FoldOptions) -> None:
    """One button for each option that is not as usual, which takes it back; nothing where all are."""
    rows = list(_differences(Fields(model), options))
    if not rows:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("Folded with", width="content")
        for place, (label, undo) in enumerate(rows):
            st.button(
                label,
                key=f"fold:undo:{place}:{label}",
                icon=":material/undo:",
                on_click=undo,
                help="Take this back and fold anew.",
            )


@dataclass(frozen=True, slots=True)
class Fields:
    """Which options a model has, and the keys of their widgets."""

    model: Model

    @property
    def sizes(self) -> tuple[OpenSize, ...]:
        """The sizes that it leaves open."""
        return open_sizes([self.model])

    @property
    def may_freeze(self) -> bool:
        """Whether its weights are inputs too, which only an old IR version lets them be without a word."""
        return self.model.ir_version < FIRST_IR_WITH_FREE_WEIGHTS and bool(self.model.graph.initializers)

    @property
    def may_inline(self) -> bool:
        """Whether it has functions of its own."""
        return bool(self.model.functions)

    def key_of_size(self, name: str) -> str:
        """A name may be of any length and of any characters; a key must not be."""
        return self._key(f"size:{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:16]}")

    @property
    def freeze(self) -> str:
        """Key of the switch."""
        return self._key("freeze")

    @property
    def inline(self) -> str:
        """Key of the switch."""
        return self._key("inline")

    @property
    def tensor(self) -> str:
        """Key of the limit for one tensor."""
        return self._key("tensor")

    @property
    def total(self) -> str:
        """Key of the limit for all."""
        return self._key("total")

    def _key(self, name: str) -> str:
        return f"fold:option:{self.model.digest}:{name}"


def _differences(fields: Fields, options: FoldOptions) -> list[tuple[str, Callable[[], None]]]:
    """(label, what takes it back) of each option that is not as usual."""

    def setting(key: str, value: object) -> Callable[[], None]:
        return lambda: st.session_state.__setitem__(key, value)

    found = [
        (f"{md(name, 40)} = {number:,}", setting(fields.key_of_size(name), None))
        for name, number in options.set_dims.items()
    ]
    if options.freeze_weights:
        found.append(("weights frozen", setting(fields.freeze, False)))
    if options.inline_functions:
        found.append(("functions inlined", setting(fields.inline, False)))
    if options.tensor_bytes != USUAL.tensor_bytes:
        label = f"{size(options.tensor_bytes)} a tensor"
        found.append((label, setting(fields.tensor, USUAL.tensor_bytes // KIB)))
    if options.total_bytes != USUAL.total_bytes:
        label = f"{size(options.total_bytes)} in all"
        found.append((label, setting(fields.total, USUAL.total_bytes // MIB)))
    return found


def _toggle(label: str, key: str, help_text: str) -> bool:
    return st.toggle(label, key=key, persist_state="session", help=help_text)


def _limit(label: str, key: str, usual: int) -> int:
    # Set beforehand and not as `value`: a button may set it too, and Streamlit minds both.
    st.session_state.setdefault(key, usual)
    found = st.number_input(label, min_value=0, max_value=4_000_000, step=1, key=key, persist_state="session")
    return int(found)
