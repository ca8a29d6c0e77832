"""A model in which every text that the format can hold is somebody's payload, and the payloads.

What a text is comes from the format's own description (the descriptors of `onnx-ml.proto`), so that a field
which a later version of ONNX adds is filled too, or fails the test that counts them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import onnx
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from onnx import TensorProto, helper, parser

PAYLOADS: dict[str, str] = {
    "script": "<script>window.hacked=1</script>",
    "onerror": "<img src=x onerror=window.hacked=1>",
    "closes the script": "</script></style></title><svg onload=window.hacked=1>",
    "closes an attribute": "\"'><iframe src=//example.org>",
    "comment and entities": "<!-- --><![CDATA[ &lt;b&gt; &#60;img src=x&#62;",
    "markdown": "[a](http://example.org) ![i](http://example.org/i.png) **b** `c` | d\n# e\n- f",
    "streamlit": ":material/bolt: :red[r] :streamlit: $\\frac{1}{2}$ <-> -- >",
    "addresses": "javascript:window.hacked=1 http://example.org www.example.org a@example.org @octocat #1",
    "style": "}</style><style>@import 'http://example.org/x.css';*{background:url(//example.org)}",
    "DOT": '"]; evil [label="x"]; evil -> evil; a [label="\\N\\G\\E',
    "DOT markup": "<<b>bold</b><table><tr><td href='http://example.org'>x</td></tr></table>>",
    "DOT record": "{a|<p>b|c}\\l\\r\\n",
    "terminal": "\x1b[2J\x1b]0;title\x07\x1b]8;;http://example.org\x07click\x1b\\\b\b\r\x9b31m",
    "formula": "=cmd|'/C calc'!A0",
    "turned around": "\u202egnp.exe\u2066\u200b\u200f\ufeff\u2028new line\u2029",
    "control characters": "a\0b\nc\td\x7f\x85e",
    "path": "../../../../etc/passwd\\..\\..\\C:\\x:y",
    "format": "{0.__class__} {} %s %n ${HOME} $(id) `id`",
    "long": "n" * 19_000,
}
"""What the text would do, if it were obeyed -> the text."""

_SKELETON = """<ir_version: 11, opset_import: ["" : 18, "own" : 1]>
g (float[batch, 4] x, bool go) => (float[batch, 4] y, zebra) <float[4] w = {1, 2, 3, 4}> {
  h = Add(x, w)
  r = own.twice <alpha = 2.0>(h)
  y = If (go) <then_branch = yes () => (float[batch, 4] a) { a = Relu(r) },
               else_branch = no () => (float[batch, 4] b) { b = Neg(r) }>
  zebra = Text <s = "s", strings = ["s", "t"]>(y)
}
<domain: "own", opset_import: ["" : 18]>
twice <alpha> (p) => (q) { q = LeakyRelu <alpha: float = @alpha> (p) }"""

NUMBERS = {"onnx.TensorProto.raw_data"}
"""Bytes that are no text."""

_ONE_OF = {"onnx.AttributeProto", "onnx.TypeProto"}
"""Messages that hold one of several: the skeleton has each kind, and none is added."""

_VALUES = {"onnx.AttributeProto.s", "onnx.AttributeProto.strings", "onnx.AttributeProto.ref_attr_name"}
"""An attribute has one of these at most, as its type says; the skeleton has one with each."""


def everything(payload: str) -> onnx.ModelProto:
    """A model with `payload` in every text, its names still linked; nothing of it can run."""
    model = skeleton()
    _fill(model, payload.encode("utf-8", "surrogatepass").decode("utf-8", "replace"), ())
    return model


def skeleton() -> onnx.ModelProto:
    """The same model with harmless texts: attributes, types and tensors of every kind."""
    model = parser.parse_model(_SKELETON)
    graph = model.graph
    text = graph.node[-1]
    words = helper.make_tensor("t", TensorProto.STRING, [2], [b"one", b"two"])
    sparse = helper.make_sparse_tensor(
        helper.make_tensor("v", TensorProto.FLOAT, [1], [1.0]),
        helper.make_tensor("i", TensorProto.INT64, [1], [2]),
        [4],
    )
    tensor_type = helper.make_tensor_type_proto(TensorProto.FLOAT, ["batch"])
    types = [
        helper.make_sequence_type_proto(tensor_type),
        helper.make_optional_type_proto(tensor_type),
        helper.make_map_type_proto(TensorProto.STRING, tensor_type),
        helper.make_sparse_tensor_type_proto(TensorProto.FLOAT, ["batch"]),
    ]
    values: dict[str, Any] = {"t": words, "ts": [words], "sp": sparse, "sps": [sparse], "tp": types[0]}
    text.attribute.extend(helper.make_attribute(name, value) for name, value in values.items())
    text.attribute.append(onnx.AttributeProto(name="tps", type=onnx.AttributeProto.TYPE_PROTOS))
    text.attribute[-1].type_protos.extend(types)
    graph.initializer.append(words)
    graph.sparse_initializer.append(sparse)
    opaque = onnx.TypeProto(opaque_type=onnx.TypeProto.Opaque(domain="own", name="handle"))
    types.append(opaque)
    graph.value_info.extend(helper.make_value_info(f"v{n}", each) for n, each in enumerate(types))
    return model


def texts(message: Message, found: set[str] | None = None) -> Iterator[tuple[str, str]]:
    """(full name of a text field, its text) for every text that is set."""
    for field, value in message.ListFields():
        for each in value if field.is_repeated else [value]:
            if field.message_type is not None:
                yield from texts(each)
            elif is_text(field):
                yield field.full_name, each if isinstance(each, str) else each.decode()


def text_fields() -> set[str]:
    """The full names of all text fields that a model can hold, by the format's description."""
    return {
        field.full_name
        for each in _reachable(onnx.ModelProto.DESCRIPTOR)
        for field in each.fields
        if is_text(field)
    }


def is_text(field: FieldDescriptor) -> bool:
    """Whether the field holds text; bytes do, apart from `NUMBERS`."""
    return field.type in (field.TYPE_STRING, field.TYPE_BYTES) and field.full_name not in NUMBERS


def _reachable(start: Descriptor) -> list[Descriptor]:
    found = {start.full_name: start}
    waiting = [start]
    while waiting:
        for field in waiting.pop().fields:
            inner = field.message_type
            if inner is not None and inner.full_name not in found:
                found[inner.full_name] = inner
                waiting.append(inner)
    return list(found.values())


def _fill(message: Any, payload: str, around: tuple[str, ...]) -> None:
    """Put `payload` before every text of `message`; add what it lacks, no kind within itself."""
    kind = message.DESCRIPTOR.full_name
    present = {field.name for field, _ in message.ListFields()}
    for field in message.DESCRIPTOR.fields:
        if field.message_type is not None:
            _fill_inner(message, field, payload, (*around, kind))
        elif is_text(field) and (field.name in present or _may_be_set(message, field)):
            _fill_text(message, field, payload)


def _may_be_set(message: Any, field: FieldDescriptor) -> bool:
    if field.full_name in _VALUES:
        return False
    return field.containing_oneof is None or message.WhichOneof(field.containing_oneof.name) is None


def _fill_inner(message: Any, field: FieldDescriptor, payload: str, around: tuple[str, ...]) -> None:
    kind = message.DESCRIPTOR.full_name
    is_there = len(getattr(message, field.name)) if field.is_repeated else message.HasField(field.name)
    if not is_there:
        if kind in _ONE_OF or field.message_type.full_name in around:
            return
        if field.is_repeated:
            getattr(message, field.name).add()
        else:
            getattr(message, field.name).SetInParent()
    inner = getattr(message, field.name)
    for each in inner if field.is_repeated else [inner]:
        _fill(each, payload, around)


def _fill_text(message: Any, field: FieldDescriptor, payload: str) -> None:
    def told(text: str) -> Any:
        new = f"{payload} {text or field.name}"
        return new.encode() if field.type == field.TYPE_BYTES else new

    def plain(value: str | bytes) -> str:
        return value.decode() if isinstance(value, bytes) else value

    if not field.is_repeated:
        setattr(message, field.name, told(plain(getattr(message, field.name))))
        return
    inner = getattr(message, field.name)
    # An empty name of an input means that it is left out.
    inner[:] = [told(plain(each)) if each else each for each in inner] or (
        [] if message.DESCRIPTOR.name == "TensorProto" else [told("")]
    )
