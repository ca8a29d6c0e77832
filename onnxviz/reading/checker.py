"""What `onnx.checker` finds beyond our own checks, each at its node.

The checker stops at the first fault and names nodes by a name that may be empty or repeat. So the nodes are
renamed in the copy that it gets, and where it refuses that, each node is given to it alone. It is native
code: call this in a worker.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from onnxviz.model import Graph, Node
from onnxviz.reading.graphs import bodies_of
from onnxviz.reading.problems import MOST_OF_A_RULE, Problems
from onnxviz.reading.structure import called
from onnxviz.reading.tensors import dtype_name, shorten, text_of

if TYPE_CHECKING:
    import onnx

MOST_ALONE = 20_000
"""Nodes that are given to the checker one by one: about a second of work."""

_MARK = "onnxviz-node-"
_WORDS = 200
_NAMES = ("cycle", "order", "twice", "unmade")
"""Rules whose breach the checker stops at, with other words for it."""

_Call = tuple["onnx.NodeProto", Node]


def check_rest(
    model: onnx.ModelProto,
    tensors: Iterable[onnx.TensorProto],
    graph: Graph,
    functions: tuple[tuple[str, Graph], ...],
    found: Problems,
) -> None:
    """Add what the checker refuses to `found`, which has what our own checks found.

    `model` is the one that `graph` and `functions` were made of, stripped; it is spoilt.
    """
    calls = list(_calls(model, graph, functions))
    _prepare(model, tensors, [node for node, _ in calls])
    words = _refused(model)
    if words is None:
        return
    known = {
        node for rule in ("operator", "data", "type") for p in found.found.get(rule, ()) for node in p.nodes
    }
    for node, words_of_node in _alone(model, calls, known):
        sentence = f"{called(node)} breaks a rule of its operator: {words_of_node}"
        found.add("node", sentence, [node.id], subject=node.id)
    if "node" not in found.found and not _is_known(words, found):
        _add_elsewhere(model, words, calls, found)


def _calls(model: onnx.ModelProto, graph: Graph, functions: tuple[tuple[str, Graph], ...]) -> Iterator[_Call]:
    """Every node with what became of it, those of bodies and functions included."""
    pairs = [(model.graph.node, graph.nodes)]
    pairs += [(proto.node, body.nodes) for proto, (_, body) in zip(model.functions, functions, strict=True)]
    while pairs:
        protos, nodes = pairs.pop(0)
        for proto, node in zip(protos, nodes, strict=True):
            yield proto, node
            bodies = zip(bodies_of(proto), node.subgraphs, strict=True)
            pairs += [(body_proto.node, body.nodes) for (_, _, body_proto), (_, body) in bodies]


def _prepare(
    model: onnx.ModelProto, tensors: Iterable[onnx.TensorProto], nodes: list[onnx.NodeProto]
) -> None:
    """Mend what is known already, so that it does not hide the rest, and number the nodes."""
    import onnx

    for tensor in tensors:
        # Without elements no data is missing: they are gone, or lie in other files.
        name, kind = tensor.name, tensor.data_type
        tensor.Clear()
        tensor.name, tensor.data_type = name, kind if _is_type(kind) else onnx.TensorProto.FLOAT
        tensor.dims.append(0)
    for number, node in enumerate(nodes):
        node.name = f"{_MARK}{number}"
    if not 0 < model.ir_version <= onnx.IR_VERSION:
        model.ir_version = onnx.IR_VERSION
    if not any(entry.domain in ("", "ai.onnx") for entry in model.opset_import):
        model.opset_import.add(domain="", version=onnx.defs.onnx_opset_version())


def _is_type(code: int) -> bool:
    name = dtype_name(code)
    return name != "undefined" and not name.startswith("type ")


def _refused(model: onnx.ModelProto) -> str | None:
    """The checker's words, or None where it accepts the model."""
    from google.protobuf.message import EncodeError
    from onnx import checker

    try:
        checker.check_model(model)
    except (checker.ValidationError, EncodeError, RuntimeError, TypeError, ValueError) as e:
        return str(e) or type(e).__name__
    return None


def _alone(model: onnx.ModelProto, calls: list[_Call], known: set[str]) -> Iterator[tuple[Node, str]]:
    """The nodes that the checker refuses by themselves, and why; not those that are `known` to be wrong."""
    from onnx import checker

    context = type(checker.DEFAULT_CONTEXT)()
    context.ir_version = model.ir_version
    context.opset_imports = {
        text_of(entry.domain): max(0, min(entry.version, 2**31 - 1)) for entry in model.opset_import
    }
    refused = 0
    for proto, node in calls[:MOST_ALONE]:
        if node.id in known:
            continue
        try:
            checker.check_node(_without_bodies(proto), context)
        except (checker.ValidationError, RuntimeError, TypeError, ValueError) as e:
            words = str(e)
            # Our own check has these, and knows which of them ONNX Runtime brings along.
            if not words.startswith("No Op registered"):
                refused += 1
                yield node, _plain(words, calls)
        if refused >= MOST_OF_A_RULE:
            return


def _without_bodies(node: onnx.NodeProto) -> onnx.NodeProto:
    """The node for a check of itself: what is in its bodies is checked apart."""
    if not any(True for _ in bodies_of(node)):
        return node
    bare = type(node)()
    bare.CopyFrom(node)
    for _, _, body in bodies_of(bare):
        body.Clear()
        body.name = "body"
    return bare


def _is_known(words: str, found: Problems) -> bool:
    """Whether the checker stopped at something that is said already."""
    if words.startswith("No Op registered"):
        return True
    return any(rule in found.found for rule in _NAMES)


def _add_elsewhere(model: onnx.ModelProto, words: str, calls: list[_Call], found: Problems) -> None:
    """A fault that is no single node's."""
    graph = model.graph
    lacking = [text_of(each.name) for each in (*graph.input, *graph.output) if not _is_typed(each)]
    if words.startswith("Field '") and lacking:
        for name in lacking:
            sentence = f"the file does not say type and shape of {shorten(name, 60)!r}, which ONNX asks for"
            found.add("graph", sentence, (), [name])
        return
    nodes = [calls[int(number)][1].id for number in re.findall(rf"{_MARK}(\d+)", words)]
    found.add("graph", f"ONNX's checker refuses the model: {_plain(words, calls)}", nodes)


def _is_typed(info: onnx.ValueInfoProto) -> bool:
    kind = info.type.WhichOneof("value")
    if kind == "tensor_type":
        return info.type.tensor_type.HasField("shape") and info.type.tensor_type.elem_type != 0
    return kind is not None


def _plain(words: str, calls: list[_Call]) -> str:
    """The checker's first line, with our names for its nodes and without its own terms."""
    line = re.sub(
        r"[Nn]ode\s?(?:\([^()]*\))? with schema\((\S*?)::(\w+):(\d+)\)",
        r"version \3 of \2",
        words.split("\n\n")[0],
    )
    line = re.sub(rf"{_MARK}(\d+)", lambda match: calls[int(match[1])][1].op_type, line)
    return shorten(line, _WORDS).rstrip(".")
