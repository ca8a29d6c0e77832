"""Content digests of a model file's constants: equal contents have equal digests, however they are stored.

Run it in a worker: it reads every weight once. Layouts are those of `TensorProto`
(https://github.com/onnx/onnx/blob/v1.23.2/onnx/onnx.proto): bytes in the file, typed fields, or bytes of
another file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from onnxviz.diff.types import Digests, Place
from onnxviz.errors import RefusedFile
from onnxviz.reading import external
from onnxviz.reading.graphs import bodies_of
from onnxviz.reading.tensors import dtype_name, element_count, promised_bytes, shorten, text_of

if TYPE_CHECKING:
    import onnx

    Body: TypeAlias = onnx.GraphProto | onnx.FunctionProto

_SIZE = 16
"""Bytes of a digest: two contents among 2**32 collide by chance with probability 2**-64."""

_PIECE = 1 << 20
"""Bytes of an external tensor that are in memory at a time."""

_STANDARD = ("", "ai.onnx")

_AGAIN = "Open the model again"

# Field of TensorProto -> the numpy type of its entries.
_FIELDS = (
    ("float_data", "<f4"),
    ("double_data", "<f8"),
    ("int64_data", "<i8"),
    ("uint64_data", "<u8"),
    ("int32_data", "<i4"),
)

# Attribute of Constant -> (field of AttributeProto, TensorProto.DataType, numpy type):
# https://onnx.ai/onnx/operators/onnx__Constant.html
_PLAIN = {
    "value_float": ("f", 1, "<f4"),
    "value_floats": ("floats", 1, "<f4"),
    "value_int": ("i", 7, "<i8"),
    "value_ints": ("ints", 7, "<i8"),
    "value_string": ("s", 8, ""),
    "value_strings": ("strings", 8, ""),
}


def constant_digests(path: Path) -> Digests:
    """The digests of the model at `path`, with its external data beside it.

    Data that is not what its dtype and shape promise has a digest of its own. Raises `RefusedFile` for a
    file that cannot be read any more, and as `reading.external.check` does for its data files.
    """
    path = Path(path)
    subject = shorten(path.name, 100)
    model = _load(path, subject)
    external.check(external.references(external.tensors_of(model), subject), path.parent, subject)
    reader = _Reader(path.parent, subject)
    reader.body(model.graph, ())
    for number, function in enumerate(model.functions):
        reader.body(function, (-1 - number,))
    return Digests(reader.values, reader.attributes)


def _load(path: Path, subject: str) -> onnx.ModelProto:
    from google.protobuf.message import DecodeError
    from onnx import ModelProto

    model = ModelProto()
    try:
        model.ParseFromString(path.read_bytes())
    except OSError as e:
        raise RefusedFile(subject, "cannot be read any more", _AGAIN, detail=str(e)) from e
    except DecodeError as e:
        raise RefusedFile(subject, "is no ONNX model any more", _AGAIN, detail=str(e)) from e
    return model


class _Reader:
    """Goes through a model and keeps digests by place."""

    def __init__(self, folder: Path, subject: str) -> None:
        self.folder = folder
        self.subject = subject
        self.values: dict[tuple[Place, str], str] = {}
        self.attributes: dict[tuple[Place, int, str], str] = {}

    def body(self, body: Body, place: Place) -> None:
        """A graph or function, its nodes' attributes, and the bodies within."""
        for number, node in enumerate(body.node):
            for attribute in node.attribute:
                self._attribute(node, attribute, place, number)
            for at, (_, _, inner) in enumerate(bodies_of(node)):
                self.body(inner, (*place, number, at))
        # As in reading, an initializer goes before a Constant of the same name. A function has none.
        for tensor in getattr(body, "initializer", ()):
            self.values[place, text_of(tensor.name)] = self.tensor(tensor)
        for sparse in getattr(body, "sparse_initializer", ()):
            self.values[place, text_of(sparse.values.name)] = self.sparse(sparse)

    def _attribute(
        self, node: onnx.NodeProto, attribute: onnx.AttributeProto, place: Place, number: int
    ) -> None:
        name = text_of(attribute.name)
        is_constant = node.op_type == "Constant" and node.domain in _STANDARD and len(node.output) > 0
        found = "" if attribute.ref_attr_name else self._content(attribute, name if is_constant else "")
        if not found:
            return
        self.attributes[place, number, name] = found
        if is_constant and (name in _PLAIN or name in ("value", "sparse_value")) and node.output[0]:
            self.values[place, text_of(node.output[0])] = found

    def _content(self, attribute: onnx.AttributeProto, constant: str) -> str:
        """Of attributes whose text rounds or shortens; empty for the others and for bodies."""
        if constant in _PLAIN:
            return _plain(attribute, *_PLAIN[constant])
        if attribute.HasField("t"):
            return self.tensor(attribute.t)
        if attribute.HasField("sparse_tensor"):
            return self.sparse(attribute.sparse_tensor)
        if len(attribute.tensors) or len(attribute.sparse_tensors):
            parts = [self.tensor(one) for one in attribute.tensors]
            return _joined([*parts, *(self.sparse(one) for one in attribute.sparse_tensors)])
        if attribute.HasField("f") or len(attribute.floats):
            return _joined([_bytes([attribute.f], "<f4").hex(), _bytes(attribute.floats, "<f4").hex()])
        return ""

    def tensor(self, tensor: onnx.TensorProto) -> str:
        """Of dtype, shape and elements."""
        digest = _begun(tensor.data_type, tensor.dims)
        if tensor.data_type == 8:
            _strings(digest, tensor.string_data)
            return digest.hexdigest()
        needed = promised_bytes(tensor)
        if external.is_external(tensor):
            for piece in self._external(tensor, needed or 0):
                digest.update(piece)
            return digest.hexdigest()
        data = tensor.raw_data if tensor.HasField("raw_data") else _typed(tensor)
        if needed is None or len(data) != needed:
            digest.update(b"not what was promised")
        digest.update(_tidy(tensor, data))
        return digest.hexdigest()

    def sparse(self, sparse: onnx.SparseTensorProto) -> str:
        """Of the dense shape, and of what is stored and where."""
        return _joined([str(list(sparse.dims)), self.tensor(sparse.values), self.tensor(sparse.indices)])

    def _external(self, tensor: onnx.TensorProto, needed: int) -> Iterator[bytes]:
        reference = external.reference_of(tensor, self.subject)
        left = needed
        with (self.folder / reference.location).open("rb") as stream:
            stream.seek(reference.offset)
            while left > 0 and (piece := stream.read(min(left, _PIECE))):
                left -= len(piece)
                yield _tidy(tensor, piece, is_last=left == 0)


def _begun(data_type: int, dims: Iterable[int]) -> blake2b:
    return blake2b(f"{data_type} {list(dims)} ".encode(), digest_size=_SIZE)


def _joined(parts: Iterable[str]) -> str:
    return blake2b("\n".join(parts).encode(), digest_size=_SIZE).hexdigest()


def _strings(digest: blake2b, items: Iterable[bytes]) -> None:
    for item in items:
        digest.update(len(item).to_bytes(8, "little"))
        digest.update(item)


def _plain(attribute: onnx.AttributeProto, field: str, data_type: int, kind: str) -> str:
    """What `tensor` gives for the tensor that a number, a string or a list of them stands for."""
    held = getattr(attribute, field)
    is_list = field.endswith("s") and field != "s"
    items = list(held) if is_list else [held]
    digest = _begun(data_type, [len(items)] if is_list else [])
    if kind:
        digest.update(_bytes(items, kind))
    else:
        _strings(digest, items)
    return digest.hexdigest()


def _bytes(items: Iterable[float], kind: str) -> bytes:
    import numpy as np

    return np.asarray(list(items), dtype=kind).tobytes()


def _typed(tensor: onnx.TensorProto) -> bytes:
    """The elements as `raw_data` would hold them."""
    import numpy as np

    for field, kind in _FIELDS:
        held = getattr(tensor, field)
        if not len(held):
            continue
        array = np.asarray(held, dtype=kind)
        # Narrow types lie in wider entries; of a packed type one entry holds one byte.
        width = {"int32_data": 4, "uint64_data": 8}.get(field)
        count = element_count(tensor)
        wanted = (promised_bytes(tensor) or 0) // count if count else 0
        if width is not None and wanted < width and dtype_name(tensor.data_type) != "undefined":
            array = array.astype(f"<u{max(wanted, 1)}")
        return array.tobytes()
    return b""


def _tidy(tensor: onnx.TensorProto, data: bytes, *, is_last: bool = True) -> bytes:
    """`data` with every true bool a 1 and the unused bits behind a packed type's last element cleared."""
    name = dtype_name(tensor.data_type)
    if name == "bool":
        return data.translate(_BOOLS)
    narrow = next((bits for bits in (4, 2, 6) if name.startswith(_NARROW[bits])), 0)
    used = element_count(tensor) * narrow % 8
    if not narrow or not is_last or not used or not data:
        return data
    return data[:-1] + bytes([data[-1] & ((1 << used) - 1)])


_BOOLS = bytes([0] + [1] * 255)
_NARROW = {4: ("int4", "uint4", "float4"), 2: ("int2", "uint2"), 6: ("float6",)}
