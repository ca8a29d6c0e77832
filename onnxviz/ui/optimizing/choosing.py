"""What to run: which optimizers, and the options that all of them share. Widgets that make an `Asked`."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import cycle

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

import onnxviz
from onnxviz.model import Model
from onnxviz.rewrites.optimizers import DEFAULT, OptimizeOptions, find, names
from onnxviz.rewrites.simplify import SimplifyOptions
from onnxviz.ui.benchsizes import MOST_SIZES, OpenSize, open_sizes
from onnxviz.ui.optimizing import onnxsim
from onnxviz.ui.text import md

CHOSEN = "simplify:optimizers"
KEPT = "simplify:optimizers-kept"
FIRST_IR_WITH_FREE_WEIGHTS = 4
"""Before it every initializer was an input too (https://onnx.ai/onnx/repo-docs/IR.html#graphs)."""

MOST_OPEN = 2
"""Optimizers that are described in the open: the results are what a person came for."""

MOST_CHECKS = 20
LARGEST_SEED = 2**31 - 1

AXES_HELP = (
    "An exporter may leave some sizes open, each under a name: PyTorch calls these *dynamic axes*, ONNX "
    "*symbolic dimensions*. Give one a size, and arithmetic on shapes becomes constant and can be folded; "
    "the result then takes that size alone. Empty: it stays open."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which optimizers, in the order in which they are shown, and with what."""

    names: tuple[str, ...]
    options: OptimizeOptions


def choose(model: Model) -> Asked | None:
    """Every choice; None, after a sentence, while there is nothing to run or a value cannot be used."""
    chosen = _optimizers()
    found, columns = _axes(model)
    with next(columns):
        checks = _whole("Inputs to compare on", "checks", 1, MOST_CHECKS, _CHECKS_HELP)
    with next(columns):
        seed = _whole("Seed of these inputs", "seed", 0, LARGEST_SEED, _SEED_HELP)
    with next(columns):
        freeze = _freeze(model)
    own: SimplifyOptions | None = SimplifyOptions()
    if DEFAULT in chosen:
        own = onnxsim.choose(model)
    if not chosen:
        st.caption("Choose an optimizer.")
        return None
    if own is None:
        return None
    return Asked(chosen, OptimizeOptions(found, checks, seed, freeze, own))


def _optimizers() -> tuple[str, ...]:
    there = [name for name in names() if is_installed(find(name).library)]
    # The widget's own value is gone after a visit to another page, and a button may set it.
    st.session_state.setdefault(
        CHOSEN, [name for name in st.session_state.get(KEPT, [DEFAULT]) if name in there]
    )

    def everything() -> None:
        st.session_state[CHOSEN] = there

    st.markdown("**Optimizers**", help="Choose one to see what it did, or several to see them side by side.")
    with st.container(horizontal=True, vertical_alignment="center"):
        picked = st.pills(
            "Optimizers",
            there,
            selection_mode="multi",
            key=CHOSEN,
            label_visibility="collapsed",
            width="content",
        )
        st.button("All", on_click=everything, key="simplify:all", icon=":material/done_all:")
    chosen = tuple(name for name in there if name in picked)
    st.session_state[KEPT] = chosen
    lines = [f"- {_described(name)}" for name in chosen]
    lines += [f"- **{name}** is not installed." for name in names() if name not in there]
    if len(lines) > MOST_OPEN:
        with st.expander("What these are", icon=":material/info:"):
            st.caption("\n".join(lines))
    elif lines:
        st.caption("\n".join(lines))
    return chosen


def _described(name: str) -> str:
    known = find(name)
    version = version_of(known.library)
    library = md(f"{known.library} {version}".strip() if known.library != name else version)
    return f"**{md(name)}** ({library + ', ' if library else ''}{md(known.licence)}): {md(known.about)}"


@cache
def is_installed(library: str) -> bool:
    """Whether it can be imported; nothing is."""
    return importlib.util.find_spec(library.replace("-", "_")) is not None


@cache
def version_of(library: str) -> str:
    """The version of a distribution; empty where another one brings its module.

    This program need not be installed to run.
    """
    if library == onnxviz.__name__:
        return onnxviz.__version__
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return ""


def sizes(model: Model) -> dict[str, int]:
    """The sizes alone, for what has no other choice; by name."""
    return _axes(model)[0]


def _axes(model: Model) -> tuple[dict[str, int], Iterator[DeltaGenerator]]:
    """Sizes by name, and places in the row behind their fields for what comes next."""
    axes = open_sizes([model])
    if axes:
        st.markdown("**Sizes of the dynamic axes**", help=AXES_HELP)
    columns = cycle(st.columns(4, vertical_alignment="bottom"))
    found: dict[str, int] = {}
    for axis in axes[:MOST_SIZES]:
        with next(columns):
            size = _size(model, axis)
        if size is not None:
            found[axis.name] = size
    if len(axes) > MOST_SIZES:
        st.caption(f"{len(axes) - MOST_SIZES:,} more stay open.")
    return found, columns


_CHECKS_HELP = (
    "The original and each result run on this many random inputs, ONNX Runtime's own optimizations off, and "
    "their outputs are compared. 0 skips it."
)
_SEED_HELP = "The same seed makes the same inputs."


def _size(model: Model, axis: OpenSize) -> int | None:
    # A name may be of any length and of any characters; a key must not be.
    name = hashlib.sha256(axis.name.encode("utf-8", "replace")).hexdigest()[:16]
    return size_field(f"simplify:size:{model.digest}:{name}", axis)


def size_field(key: str, axis: OpenSize) -> int | None:
    """A field for the size of an open dimension; None while it stays open."""
    where = "; ".join(md(text, 80) for text in axis.where[:4])
    found = st.number_input(
        md(axis.name, 40),
        min_value=1,
        max_value=1_000_000,
        value=None,
        step=1,
        placeholder="stays open",
        key=key,
        persist_state="session",
        help=f"In {where}.",
    )
    return None if found is None else int(found)


def _whole(label: str, key: str, value: int, most: int, help_text: str) -> int:
    found = st.number_input(
        label,
        min_value=0,
        max_value=most,
        value=value,
        step=1,
        key=f"simplify:{key}",
        persist_state="session",
        help=help_text,
    )
    return int(found)


def _freeze(model: Model) -> bool:
    """Asked only where weights are inputs too."""
    if model.ir_version >= FIRST_IR_WITH_FREE_WEIGHTS or not model.graph.initializers:
        return False
    return st.toggle(
        "Freeze weights",
        key="simplify:freeze",
        persist_state="session",
        help=f"IR version {model.ir_version} lists the weights among the inputs, so that a caller may "
        "replace them; an optimizer that minds this folds nothing that comes from them. Frozen, they can be "
        "folded and no longer replaced.",
    )
