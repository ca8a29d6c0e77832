"""The sizes that models leave open: found, asked for, and what the inputs become once they are given."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from onnxviz.bench.dims import Sizes, default_size, evaluate
from onnxviz.model import Dim, Model
from onnxviz.ui.text import md

Shape = tuple[int, ...]

MOST_SIZES = 24
"""Number inputs on the page; a model with more symbolic names than this has made them up."""


@dataclass(frozen=True, slots=True)
class OpenSize:
    """A symbolic dimension to give a size to. `where`: the inputs that have it, as `x: float[batch]`."""

    name: str
    default: int
    where: tuple[str, ...]


def open_sizes(models: Iterable[Model]) -> tuple[OpenSize, ...]:
    """Every symbolic dimension of the models' inputs, with the size that `bench.feeds` would choose.

    One name is one size in all models, so that they are timed on the same work. A name that is a sum or
    product of others (`past + sequence`) follows from them and is left out.
    """
    places: dict[str, list[tuple[str, int, int]]] = {}
    fixed: dict[str, int] = {}
    inputs = list(_inputs(models))
    known = {
        (name, axis): dim
        for name, _, shape in inputs
        for axis, dim in enumerate(shape)
        if isinstance(dim, int)
    }
    for name, text, shape in inputs:
        for axis, dim in enumerate(shape):
            if isinstance(dim, str) and dim:
                # A rewrite may have fixed what the original leaves open: both are timed on that.
                if (name, axis) in known:
                    fixed.setdefault(dim, known[name, axis])
                places.setdefault(dim, []).append((f"{name}: {text}", axis, len(shape)))
    sizes: dict[str, int] = {}
    found = []
    # Plain names first, as in `feeds.make`: the sums among the others follow from them.
    for name in sorted(places, key=lambda name: not name.isidentifier()):
        if _follows(name, sizes) is not None:
            continue
        _, axis, rank = places[name][0]
        sizes[name] = fixed.get(name) or default_size(name, axis, rank)
        where = tuple(dict.fromkeys(text for text, _, _ in places[name]))
        found.append(OpenSize(name, sizes[name], where))
    return tuple(found)


def _follows(name: str, sizes: Mapping[str, int]) -> int | None:
    value = None if name.isidentifier() else evaluate(name, sizes)
    return None if value is None or value < 0 else value


def input_shapes(model: Model, given: Mapping[str, int]) -> dict[str, Shape | None]:
    """Input name -> the shape that is timed; None where not even the rank is known."""
    sizes = Sizes(given)
    shapes = {
        name: model.graph.values[name].shape for name in model.graph.inputs if name in model.graph.values
    }
    for shape in shapes.values():
        for axis, dim in enumerate(shape or ()):
            if isinstance(dim, str) and dim.isidentifier():
                sizes.of(dim, axis, len(shape or ()))
    return {name: None if shape is None else sizes.shape(shape) for name, shape in shapes.items()}


def unlike(models: Sequence[Model], given: Mapping[str, int]) -> tuple[str, ...]:
    """What the models do not agree on in their inputs, one phrase each; empty when they get the same work."""
    if len(models) < 2:
        return ()
    shapes = [input_shapes(model, given) for model in models]
    phrases = []
    for name in dict.fromkeys(name for one in shapes for name in one):
        seen = [_words(one[name]) if name in one else "not there" for one in shapes]
        if len(set(seen)) > 1:
            phrases.append(f"{name} is {' and '.join(dict.fromkeys(seen))}")
    return tuple(phrases)


def _words(shape: Shape | None) -> str:
    if shape is None:
        return "of unknown rank"
    return "×".join(map(str, shape)) if shape else "a single number"


def has_unnamed(models: Iterable[Model]) -> bool:
    """Whether some input has an unknown dimension without a name, which nobody can set."""
    return any(dim is None or dim == "" for _, _, shape in _inputs(models) for dim in shape)


def _inputs(models: Iterable[Model]) -> Iterator[tuple[str, str, tuple[Dim, ...]]]:
    for model in models:
        for name in model.graph.inputs:
            value = model.graph.values.get(name)
            if value is not None and value.shape is not None:
                yield name, value.type_text, value.shape


def choose(models: Sequence[Model], batches: Mapping[str, int] | None = None) -> dict[str, int]:
    """The sizes of the symbolic dimensions, and what they make of the inputs.

    `batches` are names whose sizes were chosen elsewhere: not asked for here, and not in the answer.
    """
    elsewhere = dict(batches or {})
    found = [one for one in open_sizes(models) if one.name not in elsewhere]
    sizes = {one.name: one.default for one in found}
    if found:
        columns = st.columns(4)
        for at, one in enumerate(found[:MOST_SIZES]):
            with columns[at % 4]:
                sizes[one.name] = _size(one)
    _notes(models, found, {**elsewhere, **sizes})
    return sizes


def _notes(models: Sequence[Model], found: Sequence[OpenSize], sizes: dict[str, int]) -> None:
    notes = []
    if found:
        notes.append(
            "The models leave these sizes open. The defaults go by their names: 1 for a batch, 16 for a "
            "sequence, 224 for the side of an image, else 1."
        )
    if len(found) > MOST_SIZES:
        notes.append(f"{len(found) - MOST_SIZES:,} more keep their defaults.")
    if has_unnamed(models):
        notes.append("Sizes without a name cannot be set here, and are chosen by their place.")
    if notes and len(models) == 1:
        notes.append(f"So the inputs are {_shown(models[0], sizes)}.")
    if notes:
        st.caption(" ".join(notes))
    differences = unlike(models, sizes)
    if differences:
        st.warning(
            "These models do not get the same work, so their times tell little about each other: "
            f"{'; '.join(md(phrase, 120) for phrase in differences[:4])}.",
            icon=":material/balance:",
        )


def _size(one: OpenSize) -> int:
    # A name may be of any length and of any characters; a key must not be.
    key = f"benchmark:size:{hashlib.sha256(one.name.encode('utf-8', 'replace')).hexdigest()[:16]}"
    where = "; ".join(md(text, 80) for text in one.where[:4])
    value = st.number_input(
        f"Size of {md(one.name, 40)}",
        min_value=1,
        max_value=1_000_000,
        value=one.default,
        step=1,
        key=key,
        persist_state="session",
        help=f"In {where}. Default {one.default}.",
    )
    return int(value)


def _shown(model: Model, sizes: dict[str, int], most: int = 4) -> str:
    shown = []
    for name, shape in list(input_shapes(model, sizes).items())[:most]:
        dtype = model.graph.values[name].dtype or "?"
        dims = "?" if shape is None else ", ".join(map(str, shape))
        shown.append(f"{md(name, 60)} {md(f'{dtype}[{dims}]', 80)}")
    rest = len(model.graph.inputs) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")
