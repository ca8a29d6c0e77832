"""The first values of a tensor, laid out by its shape."""

from __future__ import annotations

import math
from dataclasses import dataclass

from onnxviz.inspecting.contents import Array, Contents, plain_array
from onnxviz.reading.tensors import scalar_text

ROW_VALUES = 64
"""Values of a vector."""

SIDE = 8
"""Rows and columns of a matrix."""


@dataclass(frozen=True, slots=True)
class Corner:
    """The beginning of a vector (one row), or the upper left corner of a matrix.

    `label` says which slice of a tensor with more dimensions it is (`"[0, 0, :, :]"`); it is empty where
    the whole tensor is one vector or matrix. `more_rows` and `more_columns` count what is left out.
    """

    label: str
    rows: tuple[tuple[str, ...], ...]
    more_rows: int = 0
    more_columns: int = 0

    def text(self, columns: int = SIDE, rows: int = SIDE) -> str:
        """Right-aligned columns for a fixed-width font; a vector is wrapped after `columns` values."""
        if len(self.rows) == 1:
            row = self.rows[0]
            lines = [row[at : at + columns] for at in range(0, len(row), columns)]
            more = self.more_columns
            tail = [f"… {more:,} more"] if more else []
        else:
            cut = self.more_columns > 0 or len(self.rows[0]) > columns if self.rows else False
            lines = [(*row[:columns], "…") if cut else row for row in self.rows[:rows]]
            more = self.more_rows + max(0, len(self.rows) - rows)
            tail = [f"… {more:,} more rows" if more > 1 else "… 1 more row"] if more else []
        width = max((len(item) for line in lines for item in line if item != "…"), default=0)
        return "\n".join(
            [" ".join(item if item == "…" else item.rjust(width) for item in line) for line in lines] + tail
        )


def corner(contents: Contents) -> Corner:
    """The corner of a tensor; sizes of 1 are passed over, and of what is left the last two count."""
    if contents.elements == 0:
        return Corner("", ())
    shape = contents.shape
    axes = [axis for axis, size in enumerate(shape) if size > 1][-2:]
    label = ", ".join(":" if axis in axes else "0" for axis in range(len(shape)))
    label = f"[{label}]" if len(axes) < len(shape) else ""
    if len(axes) < 2:
        length = shape[axes[0]] if axes else 1
        step = math.prod(shape[axes[0] + 1 :]) if axes else 1
        shown = min(length, ROW_VALUES)
        # Behind the only size above 1 there are none but 1, so its elements lie side by side.
        assert step == 1
        return Corner(label, (_texts(contents.read(0, shown)),), 0, length - shown)
    height, width = (shape[axis] for axis in axes)
    columns = min(width, SIDE)
    starts = [row * width for row in range(min(height, SIDE))]
    rows = tuple(_texts(contents.read(start, start + columns)) for start in starts)
    return Corner(label, rows, height - len(rows), width - columns)


def _texts(values: Array) -> tuple[str, ...]:
    plain = plain_array(values)
    if plain.dtype.kind == "f":
        return tuple(f"{item:.4g}" for item in plain)
    return tuple(scalar_text(item) for item in plain)
