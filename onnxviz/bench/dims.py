"""How big a symbolic or unknown dimension is when nobody says.

The same name has the same size everywhere in a model, and a name that is a sum or product of others
(`past_sequence_length + sequence_length`, as exporters write it) follows from them.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping

from onnxviz.model import Dim

SEQUENCE = 16
"""Tokens or time steps: enough to be a sequence, and below the smallest position table in common use
(tiny test models have 20 to 64 rows; a longer feed would read past their end)."""

IMAGE_SIDE = 224
"""Side of an image: what ImageNet classifiers are trained with, and a multiple of 32, the usual stride of
a whole network."""

CHANNELS = 3

_SEQUENCE_WORD = re.compile(r"seq|len|token|time|frame|step|past|total|context|word", re.IGNORECASE)
_SIDE_WORD = re.compile(r"height|width|^[hw]$|(^|_)[hw](_|$)|img|image_size", re.IGNORECASE)
_CHANNEL_WORD = re.compile(r"channel|^c$", re.IGNORECASE)

_OPERATIONS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Div: operator.floordiv,
    ast.Mod: operator.mod,
}


def default_size(dim: Dim, axis: int, rank: int) -> int:
    """A size for one dimension: as given, else by its name, else by its place.

    A batch, and whatever is not understood, is 1: it is legal almost everywhere, and the time of one item is
    what most people want first. Without a name, axes 2 and up of a rank of four or more are sides of an
    image and axis 1 its channels (the layout of the Conv operator), and axis 1 of rank two or three is
    a sequence.
    """
    if isinstance(dim, int) and dim >= 0:
        return dim
    if isinstance(dim, str) and dim and not _is_serial(dim):
        return _by_name(dim)
    if axis == 0:
        return 1
    if rank >= 4:
        return CHANNELS if axis == 1 else IMAGE_SIDE
    return SEQUENCE if axis == 1 else 1


def _is_serial(name: str) -> bool:
    """A name that a tool made up says nothing: `unk__12`, `s0`, `dim_3`, `?`."""
    return (
        re.fullmatch(r"\?|(unk|unknown|dim|dynamic|s|d|none|dyn|axes|i)[_\-]*\d*[_\d]*", name, re.IGNORECASE)
        is not None
    )


def _by_name(name: str) -> int:
    if "batch" in name.lower():
        return 1
    if _SIDE_WORD.search(name):
        return IMAGE_SIDE
    if _CHANNEL_WORD.search(name):
        return CHANNELS
    return SEQUENCE if _SEQUENCE_WORD.search(name) else 1


def evaluate(expression: str, sizes: Mapping[str, int]) -> int | None:
    """The value of `2*s0 + 1` when every name in it has a size; None when it has not, or is no such sum."""
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    try:
        return _value(tree.body, sizes)
    except (KeyError, ZeroDivisionError, RecursionError):
        return None


def _value(tree: ast.expr, sizes: Mapping[str, int]) -> int:
    """Raises KeyError for a name without a size, and for anything that is not plain arithmetic."""
    if isinstance(tree, ast.Constant) and type(tree.value) is int:
        return tree.value
    if isinstance(tree, ast.Name):
        return sizes[tree.id]
    if isinstance(tree, ast.BinOp) and type(tree.op) in _OPERATIONS:
        return _OPERATIONS[type(tree.op)](_value(tree.left, sizes), _value(tree.right, sizes))
    raise KeyError(type(tree).__name__)


class Sizes:
    """The sizes of one model's dimensions: those given first, the rest as they are first asked for."""

    def __init__(self, given: Mapping[str, int] | None = None) -> None:
        self._sizes: dict[str, int] = dict(given or {})

    def of(self, dim: Dim, axis: int, rank: int) -> int:
        """The size of `dim`, which stands on `axis` of a tensor of `rank`."""
        if not isinstance(dim, str) or not dim:
            return default_size(dim, axis, rank)
        if dim not in self._sizes:
            value = evaluate(dim, self._sizes)
            self._sizes[dim] = default_size(dim, axis, rank) if value is None or value < 0 else value
        return self._sizes[dim]

    def shape(self, dims: tuple[Dim, ...]) -> tuple[int, ...]:
        """Every size of a shape."""
        return tuple(self.of(dim, axis, len(dims)) for axis, dim in enumerate(dims))
