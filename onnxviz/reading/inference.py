"""Shape inference on a copy without weights."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from onnxviz.reading.external import tensors_of
from onnxviz.reading.graphs import bodies_of
from onnxviz.reading.propagation import may_become_long, may_propagate
from onnxviz.reading.tensors import is_small, shorten, text_of

if TYPE_CHECKING:
    import onnx

_CRASHING = ("RegexFullMatch",)
_SKIPPED = "onnxviz.not-inferred"

_DATA_FIELDS = (
    "raw_data",
    "float_data",
    "int32_data",
    "string_data",
    "int64_data",
    "double_data",
    "uint64_data",
)

_TAGS = re.compile(r"\[\w*InferenceError\] ")
"""Names of classes that onnx writes into its messages."""

MOST_CALLS = 200_000
"""Nodes that inference may visit once every function call is expanded. Functions that call others twice
double the count at each level: 16 levels, 65,536 calls, took 0.24 s with onnx 1.23.2 on one core, so
this bound stands for about a second."""


def strip(model: onnx.ModelProto, tensors: Iterable[onnx.TensorProto] | None = None) -> None:
    """Take out, in place, whatever inference does not need: large data, notes and documentation.

    `tensors` are all of the model where they were found already.

    Inference reads the *content* of constants only where it says something about shapes, and those
    are small. A large one keeps its type and its dims.
    """
    for tensor in tensors_of(model) if tensors is None else tensors:
        if not is_small(tensor):
            for name in _DATA_FIELDS:
                tensor.ClearField(name)
    for name in ("training_info", "metadata_props", "doc_string"):
        model.ClearField(name)
    graphs = [model.graph]
    while graphs:
        for node in graphs.pop().node:
            node.ClearField("metadata_props")
            node.ClearField("doc_string")
            graphs.extend(body for _, _, body in bodies_of(node))


def infer(model: onnx.ModelProto) -> tuple[onnx.GraphProto | None, str]:
    """The graph of `model` (stripped) with the types that inference found, or None; and a note or "".

    With data propagation first, which finds the target of most `Reshape`s
    (https://onnx.ai/onnx/api/shape_inference.html); without it where that fails.
    """
    import onnx

    if expanded_calls(model) > MOST_CALLS:
        return None, "shapes were not inferred: its functions call one another too often"
    refusals = (
        onnx.shape_inference.InferenceError,
        onnx.checker.ValidationError,
        RuntimeError,
        ValueError,
        TypeError,
    )
    disarmed = _disarm(model)
    try:
        return _inferred(model, refusals)
    finally:
        for node, domain in disarmed:
            node.domain = domain


def _disarm(model: onnx.ModelProto) -> list[tuple[onnx.NodeProto, str]]:
    """Give operators at which inference crashes a domain that it skips; the nodes with their own domains.

    RegexFullMatch of an input without a type reads through a null pointer (onnx 1.23.2: SIGSEGV).
    """
    typed = {text_of(info.name) for info in (*model.graph.input, *model.graph.value_info) if _has_type(info)}
    nodes = [*model.graph.node, *(node for function in model.functions for node in function.node)]
    found = [
        (node, node.domain)
        for node in _with_bodies(nodes)
        if node.op_type in _CRASHING and not typed.issuperset(map(text_of, node.input))
    ]
    for node, _ in found:
        node.domain = _SKIPPED
    if found:
        model.opset_import.add(domain=_SKIPPED, version=1)
    return found


def _has_type(info: onnx.ValueInfoProto) -> bool:
    return info.type.HasField("tensor_type") and info.type.tensor_type.elem_type != 0


def _inferred(
    model: onnx.ModelProto, refusals: tuple[type[Exception], ...]
) -> tuple[onnx.GraphProto | None, str]:
    import onnx

    said: list[str] = []

    def once(with_data: bool) -> onnx.GraphProto | None:
        try:
            return onnx.shape_inference.infer_shapes(model, data_prop=with_data).graph
        except refusals as e:
            said.append(str(e))
            return None

    plain, propagates = None, may_propagate(model.graph)
    if propagates and may_become_long(model.graph):
        # Whether a list gets too long on the way is known after a pass without data.
        plain = once(False)
        propagates = plain is None or may_propagate(plain)
    found = (once(True) if propagates else None) or plain or once(False)
    if found is not None:
        return found, ""
    words = _TAGS.sub("", said[0])
    return None, f"shape inference failed, so types may be missing: {shorten(words, 200)}"


def expanded_calls(model: onnx.ModelProto) -> int:
    """Nodes after every call of a model-local function has been replaced by its body.

    A function that calls itself counts as more than `MOST_CALLS`.
    """
    bodies = {(f.domain, f.name): list(f.node) for f in model.functions}
    if not bodies:
        return 0
    sizes: dict[tuple[str, str], int] = {}
    for key in bodies:
        stack = [key]
        entered: set[tuple[str, str]] = set()
        while stack:
            top = stack[-1]
            calls = [(n.domain, n.op_type) for n in _with_bodies(bodies[top])]
            waiting = [call for call in calls if call in bodies and call not in sizes]
            if not waiting:
                sizes[top] = min(MOST_CALLS + 1, sum(1 + sizes.get(call, 0) for call in calls))
                stack.pop()
            elif top in entered:
                sizes[top] = MOST_CALLS + 1
                stack.pop()
            else:
                entered.add(top)
                stack.extend(dict.fromkeys(waiting))
    top_level = _with_bodies(list(model.graph.node))
    return sum(1 + sizes.get((node.domain, node.op_type), 0) for node in top_level)


def _with_bodies(nodes: list[onnx.NodeProto]) -> list[onnx.NodeProto]:
    found, waiting = [], list(nodes)
    while waiting:
        node = waiting.pop()
        found.append(node)
        for _, _, body in bodies_of(node):
            waiting.extend(body.node)
    return found
