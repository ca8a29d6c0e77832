"""Protos of calls and bodies as they are now: names changed by inlining, folded nodes left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from onnxviz.reading.graphs import bodies_of
from onnxviz.rewrites.fold.graphs import Body, Call, Tensor

if TYPE_CHECKING:
    import onnx

Store = Callable[[Tensor], "onnx.TensorProto"]
"""How a known tensor is written: with its data, or without."""


def left(body: Body) -> list[Call]:
    """The calls that still compute; a `Constant` is among the stored tensors."""
    return [
        call
        for call in body.calls
        if not (call.is_folded or call.is_gone or any(made.source is not None for made in call.made))
    ]


def given_constants(body: Body) -> list[Tensor]:
    """Known tensors that the body gives out and a node made: R8 has them made by a `Constant`."""
    stored = [tensor for tensor in body.gives if tensor is not None and tensor.body is body]
    return [tensor for tensor in dict.fromkeys(stored) if tensor.maker is not None and is_stored(tensor)]


def is_stored(tensor: Tensor) -> bool:
    """Whether its value stands in the graph, or would if what is known were written now."""
    return tensor.is_known or (tensor.source is not None and tensor.maker is not None)


_TENSOR = 4
"""`AttributeProto.TENSOR`."""


@dataclass(frozen=True, slots=True)
class Copier:
    """Copies nodes and constants as they are now, without names, notes and documentation of nodes.

    `noted` keeps the shapes that the file notes for what bodies take and give. Without it they are left out:
    what a loop hands to its body may change from turn to turn, and a note may be wrong. `names` are other
    names for some tensors.
    """

    store: Store
    noted: bool = False
    names: Mapping[Tensor, str] = field(default_factory=dict)

    def nodes(self, body: Body, into: onnx.GraphProto) -> None:
        """All that computes in a body, and its constants."""
        given = given_constants(body)
        for tensor in body.tensors.values():
            if is_stored(tensor) and tensor not in given:
                into.initializer.append(self._stored(tensor))
        for tensor in given:
            node = into.node.add(op_type="Constant")
            node.output.append(self.name(tensor))
            attribute = node.attribute.add(name="value", type=_TENSOR)
            attribute.t.CopyFrom(self._stored(tensor))
        for call in left(body):
            self.call(call, into.node.add())

    def call(self, call: Call, into: onnx.NodeProto) -> None:
        """One node, its bodies as they are now."""
        node = call.proto
        into.op_type, into.domain, into.overload = node.op_type, node.domain, node.overload
        into.input.extend(
            self.name(tensor) if tensor is not None else name
            for name, tensor in zip(node.input, call.reads, strict=True)
        )
        into.output.extend(self.name(made) if made is not None else "" for made in call.makes)
        bodies = iter(call.bodies)
        for attribute in node.attribute:
            copy = into.attribute.add()
            if not (attribute.HasField("g") or attribute.graphs):
                copy.CopyFrom(attribute)
                continue
            copy.name, copy.type = attribute.name, attribute.type
            if attribute.HasField("g"):
                self._body(next(bodies), copy.g)
            for _ in attribute.graphs:
                self._body(next(bodies), copy.graphs.add())

    def name(self, tensor: Tensor) -> str:
        """What it is called in the copy."""
        return self.names.get(tensor, tensor.name)

    def _stored(self, tensor: Tensor) -> onnx.TensorProto:
        found = self.store(tensor)
        if found.name != self.name(tensor):
            found.name = self.name(tensor)
        return found

    def _body(self, body: Body, into: onnx.GraphProto) -> None:
        into.name = body.proto.name or "body"
        for info in body.proto.input:
            self._info(info, body.tensors.get(info.name), into.input.add())
        for info, tensor in zip(body.proto.output, body.gives, strict=True):
            self._info(info, tensor, into.output.add())
        self.nodes(body, into)

    def _info(self, info: onnx.ValueInfoProto, tensor: Tensor | None, into: onnx.ValueInfoProto) -> None:
        into.CopyFrom(info)
        into.name = self.name(tensor) if tensor is not None else info.name
        if not self.noted and into.type.HasField("tensor_type"):
            into.type.tensor_type.ClearField("shape")


def inputs(call: Call) -> list[str]:
    """Names of what it reads now."""
    return [
        tensor.name if tensor is not None else name
        for name, tensor in zip(call.proto.input, call.reads, strict=True)
    ]


def name_anew(call: Call, node: onnx.NodeProto) -> None:
    """Give a copy of the call's own proto the names that its tensors have now."""
    name_node(call, node)
    for body, (_, _, graph) in zip(call.bodies, bodies_of(node), strict=True):
        for inner, proto in zip(body.calls, graph.node, strict=True):
            name_anew(inner, proto)
        name_outputs(body, graph)


def name_node(call: Call, node: onnx.NodeProto) -> None:
    """The same for the node alone, without its bodies; what has its name already is not touched."""
    for at, name in enumerate(inputs(call)):
        if node.input[at] != name:
            node.input[at] = name
    for at, made in enumerate(call.makes):
        if made is not None and node.output[at] != made.name:
            node.output[at] = made.name


def name_outputs(body: Body, graph: onnx.GraphProto) -> None:
    """The same for what a body gives out."""
    for tensor, info in zip(body.gives, graph.output, strict=True):
        if tensor is not None and info.name != tensor.name:
            info.name = tensor.name
