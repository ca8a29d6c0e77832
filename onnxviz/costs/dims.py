"""Symbolic shapes -> sizes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from onnxviz.bench.dims import evaluate
from onnxviz.costs.types import Unknown
from onnxviz.model import Dim, Value
from onnxviz.scene.text import shorten

_LONGEST_EXPRESSION = 200
"""Characters of a symbolic size that are read as a sum; the exporters' own stay below 60."""

_SUM = re.compile(r"[\w +*/%()-]+")

Shape = tuple[int, ...]


class Sizes:
    """How big each dimension is.

    `dims` gives sizes of symbolic names; an expression of them (`2*batch + 1`, as the exporters write it)
    follows. `assume` is taken for every other size that is not known; with None such a shape is unknown.
    """

    def __init__(self, dims: Mapping[str, int] | None = None, assume: int | None = None) -> None:
        self._dims = dict(dims or {})
        self._assume = assume
        self._known: dict[tuple[Dim, ...], tuple[Shape, int] | str] = {}
        self.assumed: dict[str, None] = {}
        """Names for which `assume` was taken, in order of appearance; `""` stands for those without one."""

    def shape(self, value: Value) -> tuple[Shape, int]:
        """Sizes of `value` and their product. Raises `Unknown`, which names the dimension."""
        dims = value.shape
        if dims is None:
            raise Unknown(f"the shape of {_named(value)} is not known")
        found = self._known.get(dims)
        if found is None:
            found = self._known[dims] = self._resolve(dims)
        if isinstance(found, str):
            raise Unknown(f"{found} of {_named(value)} is not known")
        return found

    def _resolve(self, dims: tuple[Dim, ...]) -> tuple[Shape, int] | str:
        sizes = []
        for axis, dim in enumerate(dims):
            size = dim if isinstance(dim, int) and dim >= 0 else self._size(dim)
            if size is None:
                return f"the size {shorten(dim, 40)}" if isinstance(dim, str) else f"the size of axis {axis}"
            sizes.append(size)
        return tuple(sizes), math.prod(sizes)

    def _size(self, dim: Dim) -> int | None:
        if not isinstance(dim, str):
            return self._assumed("")
        if dim in self._dims:
            return self._dims[dim]
        if len(dim) <= _LONGEST_EXPRESSION and not dim.isidentifier() and _SUM.fullmatch(dim):
            names = _Recorder(self._dims, self._assume)
            size = evaluate(dim, names)
            # A name such as `unk-1` reads as a difference too: what comes out below 1 is no size.
            if size is not None and size >= 1:
                self.assumed.update(names.taken)
                return size
        return self._assumed(dim)

    def _assumed(self, name: str) -> int | None:
        if self._assume is not None:
            self.assumed[name] = None
        return self._assume


class _Recorder(dict[str, int]):
    """Sizes by name that remembers which ones it made up."""

    def __init__(self, dims: Mapping[str, int], assume: int | None) -> None:
        super().__init__(dims)
        self._assume = assume
        self.taken: dict[str, None] = {}

    def __missing__(self, name: str) -> int:
        if self._assume is None:
            raise KeyError(name)
        self.taken[name] = None
        return self._assume


def _named(value: Value) -> str:
    return shorten(value.name, 60) or "a tensor without a name"
