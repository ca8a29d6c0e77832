"""What is in one constant tensor of a model file: a verb for a worker of kind "look"."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from onnxviz.inspecting.contents import Array, Contents, plain_array
from onnxviz.inspecting.corner import Corner, corner
from onnxviz.inspecting.opening import opened
from onnxviz.inspecting.places import find_constant, load
from onnxviz.inspecting.statistics import Distinct, Histogram, Moments, Number, histogram
from onnxviz.progress import report
from onnxviz.reading.tensors import shorten


@dataclass(frozen=True, slots=True)
class TensorFacts:
    """Figures of a tensor. `minimum` to `std` are of its finite values, None where there are none.

    `elements` counts what the shape has and `nbytes` what is stored; `distinct` is None for more than
    `statistics.MOST_DISTINCT` values. Figures of a complex tensor are of its magnitudes; a tensor of
    strings has counts alone. `where` says in which file it lies.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    elements: int
    nbytes: int
    where: str
    minimum: Number | None = None
    maximum: Number | None = None
    mean: float | None = None
    std: float | None = None
    zeros: int = 0
    nans: int = 0
    infinities: int = 0
    distinct: int | None = None
    histogram: Histogram | None = None
    first: Corner = field(default_factory=lambda: Corner("", ()))
    notes: tuple[str, ...] = ()

    @property
    def zero_share(self) -> float:
        """Zeros among all elements, 0 to 1."""
        return self.zeros / self.elements if self.elements else 0.0


def tensor_facts(path: str | Path, place: str, name: str) -> TensorFacts:
    """The figures of the constant that `name` means at `place` in the model at `path`.

    `place` is as in `places.find_constant`: a `Node.id`, or empty for the graph itself. The tensor is
    read twice, in pieces. Raises `BadUsage` where the name is none of a constant, and `RefusedFile` where
    its data is missing or damaged.
    """
    path = Path(path)
    report("Reading the file")
    constant = find_constant(load(path), place, name)
    with opened(constant, path.parent, path.name) as contents:
        if contents.dtype == "string":
            return _of_strings(contents, name)
        return _of_numbers(contents, name)


def _of_numbers(contents: Contents, name: str) -> TensorFacts:
    moments, distinct, kind = Moments(), Distinct(), "f"
    for piece in _pieces(contents, 0.0):
        kind = piece.dtype.kind
        moments.add(piece)
        distinct.add(piece)
    more_zeros = contents.elements - contents.stored
    moments.add_zeros(more_zeros)
    if more_zeros:
        distinct.add(np.zeros(1))
    spread = histogram(_pieces(contents, 0.5), moments, more_zeros, whole=kind in "iub")
    notes = ["The figures are of the magnitudes of its complex numbers."] if kind == "c" else []
    if contents.is_sparse:
        notes.append(f"It is sparse: {contents.stored:,} elements are stored, and the others are zeros.")
    return TensorFacts(
        name,
        contents.dtype,
        contents.shape,
        contents.elements,
        contents.nbytes,
        contents.where,
        moments.low,
        moments.high,
        _finite(moments.mean) if moments.finite else None,
        _finite(moments.std),
        moments.zeros,
        moments.nans,
        moments.infinities,
        distinct.count,
        spread,
        corner(contents),
        tuple(notes),
    )


def _of_strings(contents: Contents, name: str) -> TensorFacts:
    distinct, longest = Distinct(), 0
    for piece in _pieces(contents, 0.0):
        distinct.add(piece)
        longest = max(longest, *map(len, piece))
    return TensorFacts(
        name,
        contents.dtype,
        contents.shape,
        contents.elements,
        contents.nbytes,
        contents.where,
        distinct=distinct.count,
        first=corner(contents),
        notes=(f"The longest string has {longest:,} characters.",) if contents.elements else (),
    )


def _pieces(contents: Contents, done: float) -> Iterator[Array]:
    """The stored pieces in types of numpy's own; reports from the fraction `done` on, half in all."""
    label = f"Reading {shorten(contents.name, 60)}"
    read = 0
    for piece in contents.stored_pieces():
        yield plain_array(piece)
        read += len(piece)
        report(label, done + 0.5 * read / contents.stored)


def _finite(value: float) -> float | None:
    """None where values near the end of a float64's range made the figure overflow."""
    return value if math.isfinite(value) else None
