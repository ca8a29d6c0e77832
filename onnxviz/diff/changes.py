"""What differs between two nodes that are matched."""

from __future__ import annotations

from collections.abc import Iterator

from onnxviz.diff.constants import constant_changes
from onnxviz.diff.matching import Matching
from onnxviz.diff.table import NONE, Table
from onnxviz.diff.types import Change
from onnxviz.model import Value

_VALUES = ("value", "sparse_value", "value_float", "value_floats", "value_int", "value_ints", "value_string",
           "value_strings")  # fmt: skip
"""Attributes of a `Constant`: https://onnx.ai/onnx/operators/onnx__Constant.html."""


def changes_of(m: Matching, i: int, j: int) -> Iterator[Change]:
    """See `Change` for the fields. What its bodies hold is told by their own diffs."""
    before, after = m.a.nodes[i], m.b.nodes[j]
    if before.op_type != after.op_type:
        yield Change("op_type", before.op_type, after.op_type)
    if (before.domain or "ai.onnx") != (after.domain or "ai.onnx"):
        yield Change("domain", before.domain, after.domain)
    yield from _constant(m, i, j) if _are_constant(m, i, j) else _attributes(m, i, j)
    for slot, (mine, its) in enumerate(_filled(m.a.sources[i], m.b.sources[j])):
        if not m.same(mine, its):
            yield Change(f"input:{slot}", *told_apart(m, mine, its))
    yield from _outputs(m, i, j)


def told_apart(m: Matching, mine: int, its: int) -> tuple[str | None, str | None]:
    """The names of two tensors that are not the same, with what makes them where the names are equal."""
    before, after = _name(m.a, mine), _name(m.b, its)
    if before != after:
        return before, after
    return f"{before} of {_maker(m.a, mine)}", f"{after} of {_maker(m.b, its)}"


def _maker(table: Table, tensor: int) -> str:
    node = table.makers[tensor]
    if node != NONE:
        return table.nodes[node].qualified_op
    return "an initializer" if table.fixed[tensor] != NONE else "an input"


def contradict(x: Value, y: Value) -> bool:
    """True where both types are known and cannot both be right; to know more is no change of the function."""
    if x.dtype is not None and y.dtype is not None and x.dtype != y.dtype:
        return True
    if x.shape is None or y.shape is None:
        return False
    if len(x.shape) != len(y.shape):
        return True
    return any(p != q and p is not None and q is not None for p, q in zip(x.shape, y.shape, strict=True))


def _are_constant(m: Matching, i: int, j: int) -> bool:
    made = (*m.a.made[i][:1], *m.b.made[j][:1])
    return m.a.nodes[i].is_constant and m.b.nodes[j].is_constant and len(made) == 2 and NONE not in made


def _constant(m: Matching, i: int, j: int) -> Iterator[Change]:
    """A value is compared as such, since any of eight attributes may hold it."""
    mine, its = m.a.made[i][0], m.b.made[j][0]
    changes = list(constant_changes(m, mine, its))
    yield from changes
    certain = m.a.certain[mine] and m.b.certain[its]
    yield from _attributes(m, i, j, _VALUES if changes or certain else ())


def _attributes(m: Matching, i: int, j: int, left_out: tuple[str, ...] = ()) -> Iterator[Change]:
    before, after = m.a.nodes[i].attributes, m.b.nodes[j].attributes
    if before == after and not m.a.digests.attributes:
        return
    mine, its = {one.name: one for one in before}, {one.name: one for one in after}
    for name in sorted({*mine, *its}.difference(left_out)):
        x, y = mine.get(name), its.get(name)
        if x is None or y is None or (x.kind, x.text) != (y.kind, y.text):
            yield Change(f"attribute:{name}", x.text if x else None, y.text if y else None)
            continue
        marks = m.a.attribute_digest(i, name), m.b.attribute_digest(j, name)
        if marks[0] and marks[1] and marks[0] != marks[1]:
            # Both texts are rounded to the same six digits.
            yield Change(f"attribute:{name}", f"{x.text} #{marks[0][:8]}", f"{y.text} #{marks[1][:8]}")


def _outputs(m: Matching, i: int, j: int) -> Iterator[Change]:
    for slot, (mine, its) in enumerate(_filled(m.a.made[i], m.b.made[j])):
        if (mine == NONE) != (its == NONE):
            yield Change(f"output:{slot}", _name(m.a, mine), _name(m.b, its))
        elif mine != NONE and m.a.fixed[mine] == NONE:
            before, after = m.a.value(mine), m.b.value(its)
            if contradict(before, after):
                yield Change(f"type:{slot}", before.type_text, after.type_text)


def _filled(mine: tuple[int, ...], its: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Slot by slot; one that is left out at the end is the same as one that is not there."""
    for slot in range(max(len(mine), len(its))):
        yield mine[slot] if slot < len(mine) else NONE, its[slot] if slot < len(its) else NONE


def _name(table: Table, tensor: int) -> str | None:
    return None if tensor == NONE else table.names[tensor]
