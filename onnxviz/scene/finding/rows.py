"""What can be found: one row for each box that there could be, with everything it is known by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from onnxviz.model import Dim, Node, Value
from onnxviz.scene.finding.query import attribute_text, dotted
from onnxviz.scene.grouping.homes import parents
from onnxviz.scene.labels import NAMELESS, value_text
from onnxviz.scene.text import clean, shorten
from onnxviz.scene.types import Group, Hierarchy
from onnxviz.scene.wires import End, Names, Wiring

_FIELD_CHARS = 1000
"""Characters of one name or value that are looked at, half of them from its end."""

_PREVIEW_ELEMENTS = 8
"""Constants up to this size are found by their value: those whose value stands in the box."""


class Tensor(NamedTuple):
    """A tensor of a row. `role` says what it is to the box, as a verb or noun (`"reads"`, `"input"`)."""

    role: str
    value: Value
    text: str
    """Name, type and small value as they are in the model: `searched` makes it comparable."""

    @property
    def is_constant(self) -> bool:
        return self.role in ("reads initializer", "reads constant", "is constant")


@dataclass(slots=True)
class Row:
    """One possible box. `text` is everything that a plain word can be in, one fact a line, lower case."""

    id: str
    subject: Node | End | Group
    op: str = ""
    """Op type with its domain, lower case; empty for what is no node."""
    name: str = ""
    """In lower case."""
    scope: str = ""
    """In lower case, dotted: what the exporter wrote, else `path`."""
    path: str = ""
    """Titles of the groups around it as they are shown, where the exporter wrote no scope; else empty."""
    classes: str = ""
    """Classes of those modules, in lower case."""
    tensors: tuple[Tensor, ...] = ()
    text: str = ""
    status: str = ""
    """Of a node, input or output in a comparison: `removed`, `added`, `changed` or `kept`."""


def title_of(subject: Node | End | Group) -> str:
    """`Conv layer1.conv`, `Input tokens`, or a group's title: at most about 80 characters, cleaned."""
    if isinstance(subject, Group):
        return shorten(subject.title, 60) or "(no name)"
    if isinstance(subject, End):
        return f"{'Input' if subject.is_input else 'Output'} {shorten(subject.name, 40)}".rstrip()
    return f"{shorten(subject.qualified_op, 40)} {shorten(name_of(subject), 40)}".strip()


def name_of(node: Node) -> str:
    """The node's name, or that of its first tensor, as most exporters leave some nodes without."""
    return node.name or next((name for name in node.outputs if name), node.id)


def rows(wiring: Wiring, hierarchy: Hierarchy) -> list[Row]:
    """All rows in topological order, a group before what is in it; linear in nodes and tensors.

    The outermost group has no row, since it is no box.
    """
    known = parents(hierarchy, wiring)
    places = _places(wiring, hierarchy)
    found: list[tuple[float, int, Row]] = []
    for row in (*_node_rows(wiring), *_end_rows(wiring)):
        if not row.scope and row.id in known:
            place = places[known[row.id]]
            row.path, row.scope = place.path, place.scope
        if wiring.changes is not None:
            row.status = wiring.changes.leaves.get(row.id, "kept")
        found.append((wiring.order.get(row.id, 0), len(places), row))
    for group in hierarchy.groups.values():
        if group.id != hierarchy.root:
            place = places[group.id]
            found.append((place.first, place.depth, _group_row(group, place)))
    found.sort(key=lambda item: item[:2])
    return [row for _, _, row in found]


class _Place(NamedTuple):
    """Of a group: titles from the outside in, and the same dotted; order of its first leaf; groups around."""

    path: str
    scope: str
    first: float
    depth: int


def _places(wiring: Wiring, hierarchy: Hierarchy) -> dict[str, _Place]:
    path = {hierarchy.root: ""}
    depth = {hierarchy.root: 0}
    outside_in = [hierarchy.root]
    for group_id in outside_in:
        for child in hierarchy.groups[group_id].children:
            title = clean(hierarchy.groups[child].title)
            path[child] = f"{path[group_id]} › {title}"[-_FIELD_CHARS:] if path[group_id] else title
            depth[child] = depth[group_id] + 1
            outside_in.append(child)
    first: dict[str, float] = {}
    for group_id in reversed(outside_in):
        group = hierarchy.groups[group_id]
        begun = [wiring.order[n] for n in group.nodes if n in wiring.order]
        earliest = min((*begun, *(first[c] for c in group.children)), default=float(len(wiring.order)))
        body = wiring.bodies.get(group_id)
        first[group_id] = earliest if body is None else wiring.order.get(body.owner, 0) + 0.5
    return {g: _Place(path[g], dotted(path[g].lower()), first[g], depth[g]) for g in outside_in}


def _group_row(group: Group, place: _Place) -> Row:
    title = searched(group.title)
    classes = "" if group.kind in NAMELESS else searched(group.kind)
    made = group.kind if group.kind in MADE else ""
    text = f"{title}\n{classes}\n{made}"
    return Row(group.id, group, name=title, scope=place.scope, path=place.path, classes=classes, text=text)


MADE = ("part", "block", "repeat")
"""Kinds of groups that no exporter wrote: their titles are made of the op types in them."""


def _end_rows(wiring: Wiring) -> Iterator[Row]:
    for end in wiring.ends.values():
        noun = "input" if end.is_input else "output"
        tensors = [_tensor(noun, end.value or Value(end.name))]
        if end.constant is not None:
            tensors.append(_tensor("is constant", end.constant))
        text = _searched([noun, *(tensor.text for tensor in tensors)])
        yield Row(end.id, end, name=searched(end.name), tensors=tuple(tensors), text=text)


@dataclass(slots=True)
class _Tensors:
    """The tensors of one graph as its nodes know them. Each is made once for all nodes that read it."""

    names: Names
    makers: Mapping[str, Mapping[str, str]]
    """Body -> output -> name of the `Constant` node that makes it."""
    made: dict[str, Tensor] = field(default_factory=dict)
    read: dict[str, Tensor] = field(default_factory=dict)
    constants: dict[str, Tensor] = field(default_factory=dict)

    def making(self, name: str) -> Tensor:
        """The tensor called `name`, for the node that makes it."""
        found = self.made.get(name)
        if found is None:
            found = self.made[name] = _tensor("makes", self.names.value(name) or Value(name))
        return found

    def reading(self, name: str) -> Tensor:
        """The tensor called `name`, for the nodes that read it."""
        found = self.read.get(name)
        if found is None:
            made = self.made.get(name) or _tensor("reads", self.names.value(name) or Value(name))
            found = self.read[name] = Tensor("reads", made.value, made.text)
        return found

    def constant(self, name: str, value: Value) -> Tensor:
        """The constant that the graph knows as `name`; its text has the name of its node too."""
        found = self.constants.get(name)
        if found is not None:
            return found
        at: Names | None = self.names
        while at is not None and name not in at.sources:
            at = at.outer
        maker = self.makers[at.body].get(name) if at is not None else None
        found = _tensor("reads constant" if maker is not None else "reads initializer", value)
        if maker:
            found = found._replace(text=f"{found.text} {maker}")
        self.constants[name] = found
        return found


def _node_rows(wiring: Wiring) -> Iterator[Row]:
    makers = {
        body: {name: node.name for node in names.graph.nodes if node.is_constant for name in node.outputs}
        for body, names in wiring.names.items()
    }
    tensors = {body: _Tensors(names, makers) for body, names in wiring.names.items()}
    for node_id, node in wiring.nodes.items():
        yield _node_row(node, tensors[wiring.body_of[node_id]], wiring.constants.get(node_id, ()))


def _node_row(node: Node, known: _Tensors, constants: Sequence[tuple[int, Value]]) -> Row:
    tied = {slot for slot, _ in constants}
    tensors = [known.making(name) for name in node.outputs if name]
    tensors += [known.constant(node.inputs[slot], value) for slot, value in constants]
    tensors += [known.reading(n) for slot, n in enumerate(node.inputs) if n and slot not in tied]
    name = name_of(node)
    scope, classes = _scope_texts(node.scope, node.scope_types)
    lines = [node.qualified_op, name, scope, classes, *map(attribute_text, node.attributes)]
    lines += [tensor.text for tensor in tensors]
    text = _searched(lines)
    op = searched(node.qualified_op)
    return Row(node.id, node, op, searched(name), scope, "", classes, tuple(tensors), text)


@lru_cache(maxsize=8192)
def _scope_texts(scope: tuple[str, ...], types: tuple[str, ...]) -> tuple[str, str]:
    return dotted(searched(" › ".join(scope))), searched(" ".join(types))


def _tensor(role: str, value: Value) -> Tensor:
    name = value.name if len(value.name) < _FIELD_CHARS // 2 else shorten(value.name, _FIELD_CHARS // 2)
    text = f"{name} {_type_text(value.dtype, value.shape)}"
    if value.is_constant and value.preview and is_small(value):
        text += f" = {value.preview}"
    return Tensor(role, value, text)


def is_small(value: Value) -> bool:
    """Whether the value of a constant is worth a look."""
    elements = 1
    for dim in value.shape or ():
        elements *= dim if isinstance(dim, int) else _PREVIEW_ELEMENTS + 1
    return elements <= _PREVIEW_ELEMENTS


def tensor_note(tensor: Tensor) -> str:
    """`makes t12 float[1, 64]`, `reads initializer epsilon float[] = 1e-05`."""
    value = tensor.value
    words = [tensor.role, shorten(value.name, 40), value_text(value)]
    if tensor.is_constant and value.preview and is_small(value):
        words.append(f"= {shorten(value.preview, 60)}")
    return " ".join(word for word in words if word)


@lru_cache(maxsize=8192)
def _type_text(dtype: str | None, shape: tuple[Dim, ...] | None) -> str:
    return Value("", dtype, shape).type_text


def searched(text: str) -> str:
    """As it is shown, in lower case: what a term is compared with."""
    return (shorten(text, _FIELD_CHARS) if len(text) > _FIELD_CHARS else clean(text)).lower()


def _searched(lines: Sequence[str]) -> str:
    """The same for many texts, a line each; the short way is the usual one, and five times as fast."""
    if sum(map(len, lines)) <= _FIELD_CHARS and "".join(lines).isprintable():
        return "\n".join(lines).lower()
    return "\n".join(map(searched, lines))
