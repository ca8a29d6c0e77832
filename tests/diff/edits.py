"""Single edits of ONNX models, each with what a diff should say of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from onnxviz.diff import Diff
from tests.diff.renaming import bodies, reads

Fact = tuple[str, str, str]
"""What happened (`removed`, `added`, `changed`, `constant`, `input`, `output`), to which id or name, and the
field that changed."""

LARGEST = 2**16
"""Elements of a constant that is edited: more would only take time."""


@dataclass
class Edit:
    """A model after one edit, and the facts that tell it."""

    kind: str
    model: ModelProto
    facts: set[Fact]
    before: ModelProto | None = None
    """Where the edit needed a model of its own to begin with."""


def told(diff: Diff) -> set[Fact]:
    """The facts that a diff tells, but for types: those follow from what was edited further up."""
    facts = {("removed", node.id, "") for node in diff.removed_nodes()}
    facts |= {("added", node.id, "") for node in diff.added_nodes()}
    for one in diff.walk():
        for match in one.changed:
            facts |= {("changed", match.before, change.field) for change in match.changes}
        for what, part in (("constant", one.constants), ("input", one.inputs), ("output", one.outputs)):
            facts |= {(f"{what} removed", value.name, "") for value in part.removed}
            facts |= {(f"{what} added", value.name, "") for value in part.added}
            for twin in part.changed:
                facts |= {(what, twin.before, change.field) for change in twin.changes}
    return {fact for fact in facts if not fact[2].startswith("type:") and fact[::2] != ("output", "type")}


def kinds(facts: set[Fact]) -> Counter[tuple[str, str]]:
    """The facts without names: what they have in common with others that say as much."""
    return Counter((what, changed) for what, _, changed in facts)


@dataclass
class Draft:
    """A copy of a model to edit, and who reads what in it."""

    model: ModelProto
    rng: random.Random
    makers: dict[str, int] = field(init=False)
    readers: dict[str, list[tuple[int, int]]] = field(init=False)

    def __post_init__(self) -> None:
        copy = ModelProto()
        copy.CopyFrom(self.model)
        self.model = copy
        self.makers = {name: at for at, node in enumerate(self.nodes) for name in node.output if name}
        self.readers = {}
        for at, node in enumerate(self.nodes):
            for slot, name in enumerate(node.input):
                self.readers.setdefault(name, []).append((at, slot))

    @property
    def nodes(self) -> list[NodeProto]:
        """Those of the main graph, in order; change them in place."""
        return list(self.model.graph.node)

    @property
    def outputs(self) -> set[str]:
        """What the graph gives out."""
        return {info.name for info in self.model.graph.output}

    def is_captured(self, name: str) -> bool:
        """True where a body reads the tensor."""
        return any(
            name in reads(node) and name not in node.input for node in self.nodes if list(bodies(node))
        )

    def pick(self) -> int | None:
        """Some node that is no constant, has one output and no bodies; None where there is none."""
        plain = [
            at
            for at, node in enumerate(self.nodes)
            if node.op_type != "Constant"
            and len(list(filter(None, node.output))) == 1
            and not list(bodies(node))
        ]
        return self.rng.choice(plain) if plain else None

    def rewired(self, name: str) -> set[Fact]:
        """The facts on all who read a tensor."""
        return {
            ("changed", next(filter(None, self.nodes[at].output)), f"input:{slot}")
            for at, slot in self.readers.get(name, ())
        }

    def read_instead(self, old: str, new: str) -> None:
        """Let all readers of one tensor read another."""
        for at, slot in self.readers.get(old, ()):
            self.nodes[at].input[slot] = new

    def insert(self, at: int, node: NodeProto) -> None:
        """Put a node before the one at `at`."""
        nodes = self.nodes
        del self.model.graph.node[:]
        self.model.graph.node.extend([*nodes[:at], node, *nodes[at:]])


def attribute(model: ModelProto, rng: random.Random) -> Edit | None:
    """Another number or word in one attribute, now and then in the last digit."""
    draft = Draft(model, rng)
    found = [
        (node, one)
        for node in draft.nodes
        for one in node.attribute
        if node.op_type != "Constant"
        and (one.HasField("i") or one.HasField("f") or one.ints or one.HasField("s"))
    ]
    if not found:
        return None
    node, one = rng.choice(found)
    if one.HasField("f"):
        one.f = float(np.nextafter(np.float32(one.f), np.float32(1e30)))
    elif one.HasField("i"):
        one.i += 1
    elif one.ints:
        one.ints[rng.randrange(len(one.ints))] += 1
    else:
        one.s = one.s + b"x"
    node_id = next(filter(None, node.output))
    return Edit("attribute", draft.model, {("changed", node_id, f"attribute:{one.name}")})


def dtype(model: ModelProto, rng: random.Random) -> Edit | None:
    """Another element type of an initializer or an input."""
    draft = Draft(model, rng)
    graph = draft.model.graph
    weights = [t for t in _weights(draft.model) if t.data_type in (TensorProto.FLOAT, TensorProto.INT64)]
    inputs = [info for info in graph.input if info.name not in {t.name for t in graph.initializer}]
    if not weights or (inputs and rng.random() < 0.3):
        if not inputs:
            return None
        info = rng.choice(inputs)
        old = info.type.tensor_type.elem_type
        info.type.tensor_type.elem_type = (
            TensorProto.DOUBLE if old != TensorProto.DOUBLE else TensorProto.FLOAT
        )
        return Edit("dtype", draft.model, {("input", info.name, "type")})
    tensor = rng.choice(weights)
    name = tensor.name
    new = np.float64 if tensor.data_type == TensorProto.FLOAT else np.int32
    tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(new), name))
    return Edit("dtype", draft.model, {("constant", name, "dtype"), ("constant", name, "value")})


def rewire(model: ModelProto, rng: random.Random) -> Edit | None:
    """A node reads another tensor that was made before it."""
    draft = Draft(model, rng)
    constants = {name for node in draft.nodes if node.op_type == "Constant" for name in node.output}
    at = draft.pick()
    if at is None:
        return None
    node = draft.nodes[at]
    slots = [slot for slot, name in enumerate(node.input) if draft.makers.get(name, at) < at]
    earlier = [name for one in draft.nodes[:at] for name in one.output if name and name not in constants]
    earlier += [info.name for info in draft.model.graph.input]
    slots = [slot for slot in slots if node.input[slot] not in constants]
    if not slots:
        return None
    slot = rng.choice(slots)
    others = [name for name in earlier if name != node.input[slot]]
    if not others:
        return None
    node.input[slot] = rng.choice(others)
    return Edit("rewire", draft.model, {("changed", next(filter(None, node.output)), f"input:{slot}")})


def remove(model: ModelProto, rng: random.Random) -> Edit | None:
    """A node goes, and its readers read what it read."""
    draft = Draft(model, rng)
    at = draft.pick()
    if at is None:
        return None
    node = draft.nodes[at]
    name = next(filter(None, node.output))
    if name in draft.outputs or draft.is_captured(name) or not node.input or not node.input[0]:
        return None
    facts = {("removed", name, ""), *draft.rewired(name)}
    draft.read_instead(name, node.input[0])
    del draft.model.graph.node[at]
    return Edit("removed node", draft.model, facts)


def insert(model: ModelProto, rng: random.Random) -> Edit | None:
    """A node between a tensor and its readers, under a new name or under that of the tensor."""
    draft = Draft(model, rng)
    at = draft.pick()
    if at is None:
        return None
    name = next(filter(None, draft.nodes[at].output))
    if name in draft.outputs or draft.is_captured(name) or name not in draft.readers:
        return None
    op = rng.choice(("Identity", "Neg", "Relu", "Erf"))
    facts = draft.rewired(name)
    if rng.random() < 0.5:
        draft.read_instead(name, "inserted")
        new = helper.make_node(op, [name], ["inserted"])
        facts.add(("added", "inserted", ""))
    else:
        slot = list(draft.nodes[at].output).index(name)
        draft.nodes[at].output[slot] = "before_it"
        new = helper.make_node(op, ["before_it"], [name])
        facts.add(("added", name, ""))
    draft.insert(at + 1, new)
    return Edit("inserted node", draft.model, facts)


def value(model: ModelProto, rng: random.Random) -> Edit | None:
    """One element of an initializer or of a Constant."""
    draft = Draft(model, rng)
    weights = list(_weights(draft.model))
    constants = [
        node
        for node in draft.nodes
        if node.op_type == "Constant" and node.attribute[0].HasField("t") and _is_small(node.attribute[0].t)
    ]
    if weights and (not constants or rng.random() < 0.7):
        tensor = rng.choice(weights)
        _change_one(tensor, rng)
        return Edit("initializer's value", draft.model, {("constant", tensor.name, "value")})
    if not constants:
        return None
    node = rng.choice(constants)
    _change_one(node.attribute[0].t, rng)
    return Edit("initializer's value", draft.model, {("changed", node.output[0], "value")})


def _weights(model: ModelProto) -> Iterator[TensorProto]:
    return (t for t in model.graph.initializer if _is_small(t))


def _is_small(tensor: TensorProto) -> bool:
    numbers = (TensorProto.FLOAT, TensorProto.INT64, TensorProto.INT32, TensorProto.BOOL, TensorProto.DOUBLE)
    return tensor.data_type in numbers and 0 < int(np.prod(tensor.dims)) <= LARGEST


def _change_one(tensor: TensorProto, rng: random.Random) -> None:
    array = numpy_helper.to_array(tensor).copy()
    flat = array.reshape(-1)
    at = rng.randrange(flat.size)
    flat[at] = not flat[at] if array.dtype == np.bool_ else flat[at] + 1
    if array.dtype.kind == "f" and rng.random() < 0.5:
        flat[at] = np.nextafter(flat[at], np.inf)
    tensor.CopyFrom(numpy_helper.from_array(flat.reshape(array.shape), tensor.name))


EDITS: tuple[Callable[[ModelProto, random.Random], Edit | None], ...] = (
    attribute,
    dtype,
    rewire,
    remove,
    insert,
    value,
)
