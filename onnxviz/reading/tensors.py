"""Types, sizes and short texts of tensors and attributes.

Data types and their widths are those of `TensorProto.DataType`
(https://github.com/onnx/onnx/blob/v1.23.2/onnx/onnx.proto).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from onnxviz.model import Attribute, Dim, Value

if TYPE_CHECKING:
    import onnx

SMALL_BYTES = 4096
"""Tensors up to this serialized size are kept for shape inference and get a preview: any list of axes
or sizes fits (512 int64), while the smallest weights worth the name do not."""

_MOST_DIMS = 1000
"""Sizes that are multiplied; `limits.MOST_DIMS` keeps out tensors with more."""

_PREVIEW_ITEMS = 8
_LIST_ITEMS = 16
_PIECE = 1 << 14
_TEXT_CHARS = 120

BITS = {
    "float": 32, "uint8": 8, "int8": 8, "uint16": 16, "int16": 16, "int32": 32, "int64": 64, "bool": 8,
    "float16": 16, "double": 64, "uint32": 32, "uint64": 64, "complex64": 64, "complex128": 128,
    "bfloat16": 16, "float8e4m3fn": 8, "float8e4m3fnuz": 8, "float8e5m2": 8, "float8e5m2fnuz": 8,
    "float8e8m0": 8, "uint4": 4, "int4": 4, "float4e2m1": 4, "uint2": 2, "int2": 2, "float6e2m3": 6,
    "float6e3m2": 6,
}  # fmt: skip
"""Bits of one element; sub-byte types are packed."""


def text_of(value: str | bytes) -> str:
    """A string field as text. Protobuf hands over bytes where they are not UTF-8."""
    return value if isinstance(value, str) else value.decode("utf-8", "backslashreplace")


def shorten(text: str, chars: int = _TEXT_CHARS) -> str:
    """At most `chars` characters, on one line: for display, never for an id."""
    flat = " ".join(text[: 4 * chars].split())
    return flat if len(flat) <= chars and len(text) <= 4 * chars else flat[: chars - 1] + "…"


@lru_cache(maxsize=256)
def dtype_name(code: int) -> str:
    """`float`, `int64`, …; `type 99` for a number that this release of onnx does not know."""
    from onnx import TensorProto

    try:
        return str(TensorProto.DataType.Name(code)).lower()
    except ValueError:
        return f"type {code}"


def type_of(proto: onnx.TypeProto) -> tuple[str | None, tuple[Dim, ...] | None]:
    """(dtype, shape) as `Value` holds them."""
    kind = proto.WhichOneof("value")
    if kind in ("tensor_type", "sparse_tensor_type"):
        tensor = getattr(proto, kind)
        name = dtype_name(tensor.elem_type) if tensor.elem_type else None
        if kind == "sparse_tensor_type":
            name = f"sparse_tensor({name or '?'})"
        return name, tuple(map(_dim, tensor.shape.dim)) if tensor.HasField("shape") else None
    if kind is None:
        return None, None
    return _element(proto), None


def _element(proto: onnx.TypeProto) -> str:
    kind = proto.WhichOneof("value")
    if kind == "sequence_type":
        return f"seq({_element(proto.sequence_type.elem_type)})"
    if kind == "optional_type":
        return f"optional({_element(proto.optional_type.elem_type)})"
    if kind == "map_type":
        return f"map({dtype_name(proto.map_type.key_type)}, {_element(proto.map_type.value_type)})"
    if kind == "tensor_type":
        return f"tensor({type_of(proto)[0] or '?'})"
    return type_of(proto)[0] or "?" if kind == "sparse_tensor_type" else "?"


def _dim(dim: onnx.TensorShapeProto.Dimension) -> Dim:
    if dim.HasField("dim_value"):
        # Old exporters wrote -1 for a size that is not known.
        return dim.dim_value if dim.dim_value >= 0 else None
    return text_of(dim.dim_param) or None


def element_count(tensor: onnx.TensorProto) -> int:
    """Elements that the dims promise; 0 where one is negative. Of very many dims the first count."""
    dims = tensor.dims[:_MOST_DIMS]
    count = 1
    for size in dims:
        if size <= 0:
            return 0
        count *= size
    return count


def promised_bytes(tensor: onnx.TensorProto) -> int | None:
    """Bytes that dtype and dims promise, or None for strings and unknown types."""
    bits = BITS.get(dtype_name(tensor.data_type))
    return None if bits is None else -(-element_count(tensor) * bits // 8)


def is_small(tensor: onnx.TensorProto) -> bool:
    """True up to `SMALL_BYTES`, by what the tensor promises and by what it holds."""
    # ByteSize serializes the message (0.1 s for 100 MB), so the promise goes first.
    return (promised_bytes(tensor) or 0) <= SMALL_BYTES and tensor.ByteSize() <= SMALL_BYTES


def constant_value(name: str, tensor: onnx.TensorProto) -> Value:
    """An initializer or the output of a `Constant`, as a value with its size and, if small, a preview."""
    nbytes = promised_bytes(tensor)
    if nbytes is None:
        nbytes = sum(map(len, tensor.string_data)) + len(tensor.raw_data)
    shape = tuple(d if d >= 0 else None for d in tensor.dims)
    return Value(name, dtype_name(tensor.data_type), shape, nbytes, preview(tensor), is_constant=True)


def sparse_value(name: str, sparse: onnx.SparseTensorProto) -> Value:
    """A sparse initializer; `nbytes` counts what is stored, values and indices."""
    stored = (promised_bytes(sparse.values) or 0) + (promised_bytes(sparse.indices) or 0)
    kind = f"sparse_tensor({dtype_name(sparse.values.data_type)})"
    return Value(name, kind, tuple(sparse.dims), stored, preview(sparse.values), is_constant=True)


def preview(tensor: onnx.TensorProto) -> str | None:
    """`[1, 2, 3, …]`, the elements flattened; None for a large, damaged or external tensor."""
    from onnx import TensorProto, numpy_helper

    large = tensor.data_location == TensorProto.EXTERNAL or not is_small(tensor)
    if large or min(tensor.dims, default=0) < 0:
        return None
    try:
        array = numpy_helper.to_array(tensor)
    except (ValueError, TypeError, KeyError, OverflowError, MemoryError, NotImplementedError):
        return None
    if array.ndim == 0:
        return scalar_text(array[()])
    items = [scalar_text(item) for item in array.reshape(-1)[:_PREVIEW_ITEMS]]
    return listing(items, array.size)


def listing(items: Iterable[str], total: int) -> str:
    """`[a, b, …]` for the first items out of `total`."""
    shown = list(items)
    return f"[{', '.join(shown + ['…'] * (total > len(shown)))}]"


def scalar_text(item: Any) -> str:
    """One element: numbers to six digits, strings quoted and shortened."""
    if isinstance(item, (str, bytes)):
        return '"' + shorten(text_of(item), 40) + '"'
    if getattr(item, "dtype", None) is not None and item.dtype.kind in "biu":
        return str(item)
    if isinstance(item, int):
        return str(item)
    if getattr(item, "dtype", None) is not None and item.dtype.kind == "c":
        return f"{complex(item):.6g}"
    return f"{float(item):.6g}"


def attribute_of(proto: onnx.AttributeProto) -> Attribute:
    """An attribute with its short text.

    A text that leaves something out ends in `#` and eight digits of the content's SHA-256, so that
    different contents have different texts.
    """
    kind = _kind(proto)
    name = text_of(proto.name)
    if proto.ref_attr_name:
        return Attribute(name, kind, "@" + shorten(text_of(proto.ref_attr_name)))
    return Attribute(name, kind, _attribute_text(proto, kind))


def _kind(proto: onnx.AttributeProto) -> str:
    from onnx import AttributeProto

    if proto.type:
        try:
            return str(AttributeProto.AttributeType.Name(proto.type)).lower()
        except ValueError:
            return f"type {proto.type}"
    # IR version 1 wrote no type: the field that is filled tells.
    for kind, field in (("float", "f"), ("int", "i"), ("string", "s"), ("tensor", "t"), ("graph", "g")):
        if proto.HasField(field):
            return kind
    filled = (
        kind for kind in ("floats", "ints", "strings", "tensors", "graphs") if len(getattr(proto, kind))
    )
    return next(filled, "undefined")


def _attribute_text(proto: onnx.AttributeProto, kind: str) -> str:
    if kind == "int":
        return str(proto.i)
    if kind == "float":
        return scalar_text(proto.f)
    if kind == "string":
        return _string(proto.s)
    if kind in ("ints", "floats"):
        items = getattr(proto, kind)
        if len(items) <= _LIST_ITEMS:
            return listing(map(scalar_text, items), len(items))
        return _marked_list(listing(map(scalar_text, items[:_LIST_ITEMS]), len(items)), items)
    if kind == "strings":
        shown = listing((f'"{_string(item)}"' for item in proto.strings[:_LIST_ITEMS]), len(proto.strings))
        return shown if len(proto.strings) <= _LIST_ITEMS else _marked_list(shown, proto.strings)
    if kind == "tensor":
        return tensor_text(proto.t)
    if kind == "tensors":
        return listing(map(tensor_text, proto.tensors[:_LIST_ITEMS]), len(proto.tensors))
    if kind == "sparse_tensor":
        value = sparse_value("", proto.sparse_tensor)
        return _marked(value.type_text, proto.sparse_tensor.SerializeToString())
    if kind == "type_proto":
        return Value("", *type_of(proto.tp)).type_text
    return ""


def tensor_text(tensor: onnx.TensorProto) -> str:
    """`int64[2] [1, 2]`, or type and content mark for what has no full preview."""
    shown = preview(tensor)
    head = f"{dtype_name(tensor.data_type)}{list(tensor.dims)}"
    if shown is not None and "…" not in shown:
        return f"{head} {shown}"
    return _marked(f"{head} {shown}" if shown else head, _content(tensor))


def _content(tensor: onnx.TensorProto) -> bytes:
    """The elements as bytes, the same whichever field of the proto holds them."""
    from onnx import TensorProto, numpy_helper

    if tensor.data_location == TensorProto.EXTERNAL:
        return repr([(entry.key, entry.value) for entry in tensor.external_data]).encode()
    try:
        array = numpy_helper.to_array(tensor)
    except (ValueError, TypeError, KeyError, OverflowError, MemoryError, NotImplementedError):
        return bytes(tensor.SerializeToString(deterministic=True))
    return repr(array.tolist()).encode() if array.dtype.kind in "OTU" else array.tobytes()


def _string(value: bytes) -> str:
    text = text_of(value)
    short = shorten(text)
    return short if short == text else _marked(short, value)


def _marked(text: str, content: bytes) -> str:
    return f"{text} #{hashlib.sha256(content).hexdigest()[:8]}"


def _marked_list(text: str, items: Sequence[object]) -> str:
    """The mark of a list of items, hashed in pieces: as text ten million of them take half a gigabyte."""
    digest = hashlib.sha256()
    for start in range(0, len(items), _PIECE):
        digest.update(repr(list(items[start : start + _PIECE])).encode())
    return f"{text} #{digest.hexdigest()[:8]}"
