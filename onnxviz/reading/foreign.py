"""Model files of other frameworks without a signature: told by the fields of a protobuf, or by their name.

Field numbers are those of each format's own `.proto`: TensorFlow's saved_model.proto and graph.proto, Core
ML's Model.proto, Caffe's caffe.proto, Paddle's framework.proto.
"""

from __future__ import annotations

from onnxviz.reading.sniff import Verdict, field_at

_LOOKED_AT = 200
"""Fields at the top level that are looked at."""

_CAFFE_LAYERS = (2, 100)
_CORE_ML_KINDS = 200
"""The kinds of model of Core ML have field numbers from here on."""

_TENSORFLOW = Verdict(
    "is a TensorFlow graph", "Convert its SavedModel folder with tf2onnx, then open the .onnx file"
)
_PADDLE = Verdict("is a PaddlePaddle model", "Convert it with paddle2onnx, then open the .onnx file")
_CORE_ML = Verdict("is a Core ML model", "Open the .onnx file that it was made from, or export one")
_CAFFE = Verdict("is a Caffe model", "Convert it to ONNX, then open the .onnx file")

_BY_NAME = {
    "mnn": Verdict("is an MNN model by its name", "Open the .onnx file that it was made from"),
    "engine": Verdict("is a TensorRT engine by its name", "Open the .onnx file that it was made from"),
    "plan": Verdict("is a TensorRT engine by its name", "Open the .onnx file that it was made from"),
    "trt": Verdict("is a TensorRT engine by its name", "Open the .onnx file that it was made from"),
    "bin": Verdict("is a file of weights by its name", "Open the model that it belongs to, together with it"),
    "data": Verdict(
        "is a file of weights by its name", "Open the model that it belongs to, together with it"
    ),
    "weight": Verdict(
        "is a file of weights by its name", "Open the model that it belongs to, together with it"
    ),
    "pdiparams": Verdict("holds weights of a PaddlePaddle model by its name", _PADDLE.remedy),
    "pdmodel": _PADDLE,
    "pb": _TENSORFLOW,
    "mlmodel": _CORE_ML,
    "caffemodel": _CAFFE,
}
"""What lies in files with these endings, where nothing in them tells."""


def by_fields(data: bytes) -> Verdict | None:
    """What a protobuf that is no `ModelProto` is, or None where that is not known."""
    fields = _fields(data)
    if not fields:
        return None
    numbers = {number for number, _, _ in fields}
    first, kind, content = fields[0]
    if first == 1 and kind == 2:
        if numbers & set(_CAFFE_LAYERS[1:]) or (2 in numbers and content.isascii()):
            return _CAFFE
        # A block begins with its number, a node with its name.
        return _PADDLE if content[:1] == b"\x08" else _TENSORFLOW if content[:1] == b"\x0a" else None
    if first == 1 and kind == 0:
        if max(numbers) >= _CORE_ML_KINDS:
            return _CORE_ML
        if numbers == {1, 2} and b"serve" in data[: 1 << 20]:
            return _TENSORFLOW
    return None


def by_name(name: str) -> Verdict | None:
    """What a file that cannot be told by its content may be, by its ending."""
    return _BY_NAME.get(name.rpartition(".")[2].lower()) if "." in name else None


def _fields(data: bytes) -> list[tuple[int, int, bytes]]:
    """(number, wire type, first bytes of the content) of the first fields; empty for what is no protobuf."""
    found: list[tuple[int, int, bytes]] = []
    at = 0
    while at < len(data) and len(found) < _LOOKED_AT:
        field = field_at(data, at)
        if field is None or field.at < 0 or not field.number:
            return []
        found.append((field.number, field.kind, data[field.at : field.at + min(field.size, 64)]))
        at = field.at + field.size
    return found
