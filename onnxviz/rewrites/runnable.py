"""A model that ONNX Runtime refuses to load, as a copy that it loads and that computes the same.

Two causes have a remedy:

1. An operator set older than 7, for which the runtime has few kernels (its oldest promise is opset 7:
   https://onnxruntime.ai/docs/reference/compatibility.html#onnx-opset-support). ONNX's own version converter
   writes the copy.
2. A locale that this machine lacks, which `StringNormalizer` asks for: the copy asks for "C", where letters
   beyond ASCII keep their case.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from onnxviz.reading.external import is_external, tensors_of

if TYPE_CHECKING:
    import onnx

OLDEST = 7
"""Version of the default operator set from which on ONNX Runtime runs all operators."""

_NO_KERNEL = ("Could not find an implementation for", "NOT_IMPLEMENTED")
_NO_LOCALE = "Failed to construct locale"


@dataclass(frozen=True, slots=True)
class Runnable:
    """`proto` runs in place of the model; `note` is a sentence on how it differs."""

    proto: onnx.ModelProto
    note: str


def runnable(proto: onnx.ModelProto, refusal: str) -> Runnable | None:
    """The copy, where `refusal`, which is what the runtime says of `proto`, has one of the two causes.

    None for another cause, and where the converter gives up.
    """
    if _NO_LOCALE in refusal:
        return _without_locale(proto)
    version = _default_opset(proto)
    if version < OLDEST and any(words in refusal for words in _NO_KERNEL):
        return _converted(proto, version)
    return None


def is_known(refusal: str) -> bool:
    """Whether what the runtime says may have a remedy, so that the model is worth loading for it."""
    return any(words in refusal for words in (*_NO_KERNEL, _NO_LOCALE))


def _default_opset(proto: onnx.ModelProto) -> int:
    return next((each.version for each in proto.opset_import if each.domain in ("", "ai.onnx")), OLDEST)


def _converted(proto: onnx.ModelProto, version: int) -> Runnable | None:
    from onnx import version_converter

    if any(is_external(tensor) for tensor in tensors_of(proto)):
        # The converter looks into some weights. No model this old has them outside: IR version 4 began that.
        return None
    copy = type(proto)()
    copy.CopyFrom(proto)
    # Before IR version 4 a weight had to be an input too, and the converter insists; some optimizers do not.
    copy.ir_version = max(copy.ir_version, 4)
    _spread_slopes(copy)
    try:
        made = version_converter.convert_version(copy, OLDEST)
    # It is native code: `RuntimeError` of its own, `ConvertError`, and what its C++ throws.
    except Exception:  # noqa: BLE001 - then the runtime's own refusal stands
        return None
    note = f"Its opset {version} is older than what ONNX Runtime runs: a copy converted to {OLDEST} ran."
    return Runnable(made, note)


def _spread_slopes(proto: onnx.ModelProto) -> None:
    """Give slopes of `PRelu` with one number a channel the axes of opset 7, which the converter leaves out.

    Before, the slope belonged to axis 1; since, it broadcasts from the last one
    (https://onnx.ai/onnx/operators/onnx__PRelu.html).
    """
    from onnx import helper

    rank = _ranks(proto)
    for place, node in reversed(list(enumerate(proto.graph.node))):
        if node.op_type != "PRelu" or len(node.input) != 2 or rank.get(node.input[1]) != 1:
            continue
        missing = rank.get(node.input[0], 0) - 2
        if missing > 0:
            slope, spread = node.input[1], f"{node.output[0]}~slope"
            axes = list(range(1, 1 + missing))
            proto.graph.node.insert(place, helper.make_node("Unsqueeze", [slope], [spread], axes=axes))
            proto.graph.node[place + 1].input[1] = spread


def _ranks(proto: onnx.ModelProto) -> dict[str, int]:
    from onnx import shape_inference

    graph = shape_inference.infer_shapes(proto).graph
    ranks = {tensor.name: len(tensor.dims) for tensor in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        if value.type.tensor_type.HasField("shape"):
            ranks[value.name] = len(value.type.tensor_type.shape.dim)
    return ranks


def _without_locale(proto: onnx.ModelProto) -> Runnable | None:
    from onnx import helper

    copy = type(proto)()
    copy.CopyFrom(proto)
    nodes = [node for node in copy.graph.node if node.op_type == "StringNormalizer"]
    for node in nodes:
        others = [each for each in node.attribute if each.name != "locale"]
        del node.attribute[:]
        node.attribute.extend([*others, helper.make_attribute("locale", "C")])
    note = "This machine lacks the locale that StringNormalizer asks for: a copy with the locale C ran."
    return Runnable(copy, note) if nodes else None
