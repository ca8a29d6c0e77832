"""One operator call as its formula sees it: shapes, attributes and small constants by position."""

from __future__ import annotations

import re
from collections.abc import Mapping

from onnxviz.costs.dims import Shape, Sizes
from onnxviz.costs.types import Unknown
from onnxviz.model import Attribute, Node, Value
from onnxviz.scene.text import shorten

_INTS = re.compile(r"\[?\s*(-?\d{1,19}(?:\s*,\s*-?\d{1,19})*)?\s*\]?")


class Call:
    """A node among its values. Every method raises `Unknown` for what is not known before a run.

    `seen` keeps the shapes that were asked for, by tensor name.
    """

    __slots__ = ("node", "seen", "sizes", "values")

    def __init__(self, node: Node, values: Mapping[str, Value], sizes: Sizes) -> None:
        self.node = node
        self.values = values
        self.sizes = sizes
        self.seen: dict[str, Shape] = {}

    def has(self, slot: int) -> bool:
        """Whether the optional input at `slot` is given."""
        return slot < len(self.node.inputs) and self.node.inputs[slot] != ""

    def shape(self, slot: int) -> Shape:
        """Shape of an input."""
        return self._of(self.node.inputs, slot, "input")[0]

    def count(self, slot: int) -> int:
        """Elements of an input."""
        return self._of(self.node.inputs, slot, "input")[1]

    def out_shape(self, slot: int = 0) -> Shape:
        """Shape of an output."""
        return self._of(self.node.outputs, slot, "output")[0]

    def out(self, slot: int = 0) -> int:
        """Elements of an output."""
        return self._of(self.node.outputs, slot, "output")[1]

    def same(self) -> int:
        """Elements of the first output, or of the first input where only that is known.

        For operators whose output has the shape of their first input.
        """
        try:
            return self.out()
        except Unknown:
            if not self.has(0):
                raise
            return self.count(0)

    def axis(self, shape: Shape, axis: int) -> int:
        """Size of one axis, counted from the back where negative."""
        if not -len(shape) <= axis < len(shape):
            raise Unknown(f"a tensor of rank {len(shape)} has no axis {axis}")
        return shape[axis]

    def whole(self, name: str, default: int) -> int:
        """An attribute of one integer."""
        found = self.wholes(name)
        if found is not None and len(found) != 1:
            raise Unknown(f"attribute {name} is no single number")
        return default if found is None else found[0]

    def wholes(self, name: str) -> tuple[int, ...] | None:
        """An attribute of integers; None where it is not given."""
        attribute = self._attribute(name)
        return None if attribute is None else _parsed(attribute.text, f"attribute {name}")

    def word(self, name: str, default: str = "") -> str:
        """An attribute of text."""
        attribute = self._attribute(name)
        return default if attribute is None else attribute.text

    def constant(self, slot: int) -> tuple[int, ...] | None:
        """The integers of a small constant input; None where the input is missing or computed."""
        value = self.values.get(self.node.inputs[slot]) if self.has(slot) else None
        if value is None or not value.is_constant or value.preview is None:
            return None
        return _parsed(value.preview, f"constant {shorten(value.name, 40)}")

    def _attribute(self, name: str) -> Attribute | None:
        return next((a for a in self.node.attributes if a.name == name), None)

    def _of(self, names: tuple[str, ...], slot: int, side: str) -> tuple[Shape, int]:
        name = names[slot] if slot < len(names) else ""
        if not name:
            raise Unknown(f"{side} {slot + 1} is missing")
        value = self.values.get(name)
        if value is None:
            raise Unknown(f"the shape of {shorten(name, 60)} is not known")
        found = self.sizes.shape(value)
        self.seen[name] = found[0]
        return found


def _parsed(text: str, what: str) -> tuple[int, ...]:
    found = _INTS.fullmatch(text)
    if found is None:
        raise Unknown(f"{what} has no numbers that are known before a run")
    return tuple(int(part) for part in found[1].split(",")) if found[1] else ()
