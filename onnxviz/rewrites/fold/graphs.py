"""The model while it is folded: tensors, and the calls that make and read them.

Names are looked up as in the ONNX IR specification (https://onnx.ai/onnx/repo-docs/IR.html): in the graph,
then in the graphs around it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from onnxviz.errors import RewriteFailed
from onnxviz.model import Dim, Graph, Node
from onnxviz.reading.graphs import PLAIN_CONSTANTS, bodies_of
from onnxviz.reading.tensors import BITS, dtype_name, promised_bytes, shorten

if TYPE_CHECKING:
    import onnx

Array = Any
"""A numpy array; ml_dtypes carries the types that numpy has not."""

STANDARD = ("", "ai.onnx")


@dataclass(eq=False, slots=True)
class Tensor:
    """One tensor. Its value is known once `is_known`: it is `array`, or lies in `source` still.

    `elements` is an object array of a short list of sizes: ints, and a symbol or None for what is not known.
    `readers` read it as an input or give it out of their body; `watchers` hold a body that reads it.
    """

    name: str
    body: Body
    maker: Call | None = None
    readers: list[Call] = field(default_factory=list)
    watchers: list[Call] = field(default_factory=list)
    given_out: bool = False
    is_known: bool = False
    is_listed: bool = False
    """A weight that is an input of the graph too, so that a caller may replace it."""
    source: onnx.TensorProto | None = None
    array: Array = None
    elements: Array = None
    dtype: int = 0
    shape: tuple[Dim, ...] | None = None
    kind: str = ""
    """`sequence_type` and its like; empty for a tensor, and where nothing is known."""
    light: onnx.TensorProto | None = None
    typed: int = 0
    """The wave that its type and shape had to wait for; 0 for what the model says from the start."""

    def value(self) -> Array:
        """Its array. Only for one that is known. Raises RewriteFailed for data of another size."""
        if self.array is None:
            from onnx import numpy_helper

            assert self.source is not None
            try:
                self.array = numpy_helper.to_array(self.source)
            except (TypeError, ValueError) as error:
                kind = f"{dtype_name(self.source.data_type)}{list(self.source.dims)[:8]}"
                raise RewriteFailed(
                    f"The tensor {shorten(self.name, 60)!r}",
                    f"does not hold the data of its type and shape, {kind}",
                    "Export the model again",
                    detail=str(error),
                ) from error
        return self.array

    @property
    def nbytes(self) -> int:
        """Of a known tensor, as a file stores it."""
        if self.array is None and self.source is not None:
            stored = promised_bytes(self.source)
            return stored if stored is not None else sum(map(len, self.source.string_data))
        return nbytes_of(self.array)

    def learn(self, array: Array) -> None:
        """Take a value."""
        self.array, self.is_known, self.elements = array, True, None
        self.dtype, self.shape = dtype_of(array), tuple(array.shape)


@dataclass(eq=False, slots=True)
class Call:
    """One node. `reads` and `makes` go by slot, None for one left out; `captures` are read by its bodies."""

    proto: onnx.NodeProto
    body: Body
    id: str
    at: str
    """The id that it had before any If became a branch."""
    reads: list[Tensor | None] = field(default_factory=list)
    makes: list[Tensor | None] = field(default_factory=list)
    captures: list[Tensor] = field(default_factory=list)
    bodies: list[Body] = field(default_factory=list)
    is_folded: bool = False
    """Its value is known; whether it goes is decided at the end."""
    is_gone: bool = False
    wave: int = 0
    rule: int = 0
    failure: str = ""
    """Why a value that could be known is not."""
    failed_for_size: bool = False
    is_local: bool = False
    """Whether it calls a function of the model."""

    @property
    def op_type(self) -> str:
        """As in the file."""
        return str(self.proto.op_type)

    @property
    def is_standard(self) -> bool:
        """Whether it is an operator of the default domain."""
        return not self.is_local and self.proto.domain in STANDARD

    @property
    def made(self) -> list[Tensor]:
        """What it makes, without what is left out."""
        return [tensor for tensor in self.makes if tensor is not None]

    @property
    def all_reads(self) -> list[Tensor]:
        """What it and its bodies read."""
        return [tensor for tensor in self.reads if tensor is not None] + self.captures

    def attribute(self, name: str) -> onnx.AttributeProto | None:
        """The attribute of that name."""
        return next((each for each in self.proto.attribute if each.name == name), None)

    def integer(self, name: str, default: int) -> int:
        """An attribute that is a whole number."""
        found = self.attribute(name)
        return int(found.i) if found is not None else default

    def read(self, slot: int) -> Tensor | None:
        """What it reads there, None where that is left out."""
        return self.reads[slot] if slot < len(self.reads) else None


@dataclass(eq=False, slots=True)
class Body:
    """A graph, or the body of a call (`owner`). `path` begins the ids of its nodes."""

    proto: onnx.GraphProto
    path: str = ""
    owner: Call | None = None
    tensors: dict[str, Tensor] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    gives: list[Tensor | None] = field(default_factory=list)
    moved: list[Body] = field(default_factory=list)
    """Branches that stand in it now."""

    def find(self, name: str) -> Tensor | None:
        """The tensor that a name means here."""
        here: Body | None = self
        while here is not None:
            if name in here.tensors:
                return here.tensors[name]
            here = here.owner.body if here.owner is not None else None
        return None

    def owners(self) -> Iterator[Call]:
        """The calls whose bodies it is within, from the inside out."""
        owner = self.owner
        while owner is not None:
            yield owner
            owner = owner.body.owner

    def walk(self) -> Iterator[Call]:
        """Every call in it, those of its bodies included, a call before its bodies."""
        for call in self.calls:
            yield call
            for body in call.bodies:
                yield from body.walk()


def is_there(call: Call) -> bool:
    """Whether it is in the graph still, and so is the call that holds it."""
    return not call.is_gone and not any(owner.is_gone for owner in call.body.owners())


def build(proto: onnx.GraphProto, graph: Graph, owner: Call | None = None, path: str = "") -> Body:
    """The calls of a graph and its bodies. `graph` describes it: the same nodes in the same order."""
    body = Body(proto, path, owner)
    _constants(body)
    for info in proto.input:
        tensor = body.tensors.setdefault(info.name, Tensor(info.name, body))
        if tensor.is_known:
            tensor.is_listed, tensor.is_known = True, False
    for node, described in zip(proto.node, graph.nodes, strict=True):
        call = Call(node, body, described.id, described.id)
        body.calls.append(call)
        call.makes = [_made(name, call) for name in node.output]
        _take_constant(call)
    for call, described in zip(body.calls, graph.nodes, strict=True):
        call.reads = [_read(name, call) for name in call.proto.input]
        _add_bodies(call, described)
    body.gives = [_given_out(info.name, body) for info in proto.output]
    return body


def _constants(body: Body) -> None:
    for tensor in body.proto.initializer:
        found = body.tensors[tensor.name] = Tensor(tensor.name, body, is_known=True, source=tensor)
        found.dtype, found.shape = tensor.data_type, tuple(tensor.dims)
    for sparse in body.proto.sparse_initializer:
        body.tensors[sparse.values.name] = Tensor(sparse.values.name, body, kind="sparse_tensor_type")


def _made(name: str, call: Call) -> Tensor | None:
    if not name:
        return None
    found = call.body.tensors[name] = Tensor(name, call.body, call)
    return found


def _read(name: str, call: Call) -> Tensor | None:
    """Look a name up, and have the tensor know who reads it."""
    found = call.body.find(name) if name else None
    if found is None:
        return None
    found.readers.append(call)
    _watch(found, call.body)
    return found


def _watch(tensor: Tensor, body: Body) -> None:
    """Have the calls between `body` and the tensor's own graph know that they capture it."""
    for owner in body.owners():
        if body is tensor.body or tensor in owner.captures:
            return
        owner.captures.append(tensor)
        tensor.watchers.append(owner)
        body = owner.body


def _add_bodies(call: Call, described: Node) -> None:
    for (_, key, inner), (_, graph) in zip(bodies_of(call.proto), described.subgraphs, strict=True):
        call.bodies.append(build(inner, graph, call, f"{call.id}/{key}/"))


def _given_out(name: str, body: Body) -> Tensor | None:
    found = body.find(name)
    if found is None:
        return None
    if found.body is body:
        found.given_out = True
    elif body.owner is not None:
        # A body may give out what is made around it: then that must stay there.
        found.readers.append(body.owner)
        _watch(found, body)
    return found


def _take_constant(call: Call) -> None:
    """The tensor that a `Constant` holds: https://onnx.ai/onnx/operators/onnx__Constant.html."""
    if call.op_type != "Constant" or not call.is_standard or not call.made:
        return
    made = call.made[0]
    for attribute in call.proto.attribute:
        if attribute.name == "value" and attribute.HasField("t"):
            made.source = attribute.t
        elif attribute.name in PLAIN_CONSTANTS:
            made.source = _plain(attribute)
    if made.source is None:
        made.kind = "sparse_tensor_type"
    else:
        made.dtype, made.shape = made.source.data_type, tuple(made.source.dims)


def _plain(attribute: onnx.AttributeProto) -> onnx.TensorProto:
    from onnx import helper

    key, dtype = PLAIN_CONSTANTS[attribute.name]
    items = getattr(attribute, key)
    is_list = key in ("floats", "ints", "strings")
    values = list(items) if is_list else [items]
    return helper.make_tensor("", dtype, [len(values)] if is_list else [], values)


def dtype_of(array: Array) -> int:
    """`TensorProto.DataType` of an array; objects are strings."""
    from onnx import TensorProto, helper

    return TensorProto.STRING if array.dtype.kind in "OSU" else helper.np_dtype_to_tensor_dtype(array.dtype)


def nbytes_of(array: Array) -> int:
    """Bytes of its elements as a file stores them: types below a byte are packed."""
    code = dtype_of(array)
    bits = BITS.get(dtype_name(code))
    if bits is None:
        return sum(len(item if isinstance(item, bytes) else str(item).encode()) for item in array.reshape(-1))
    return -(-int(array.size) * bits // 8)


def known(tensors: Sequence[Tensor | None]) -> bool:
    """Whether the values of all are known; what is left out is."""
    return all(tensor is None or tensor.is_known for tensor in tensors)
