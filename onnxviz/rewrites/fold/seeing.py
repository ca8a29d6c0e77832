"""How tensors are shown in steps, and how known ones are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onnxviz.model import Value
from onnxviz.reading.tensors import SMALL_BYTES, constant_value, dtype_name, listing, preview, scalar_text
from onnxviz.rewrites.fold.graphs import Call, Tensor
from onnxviz.rewrites.fold.types import Seen

if TYPE_CHECKING:
    import onnx

_SHOWN = 8
"""Elements of a list in a step."""


def described(tensor: Tensor) -> Value:
    """A known tensor as `Graph` holds it."""
    if tensor.array is None and tensor.source is not None:
        return constant_value(tensor.name, tensor.source)
    if tensor.nbytes <= SMALL_BYTES:
        return constant_value(tensor.name, stored_proto(tensor))
    shape = tuple(int(size) for size in tensor.array.shape)
    return Value(tensor.name, dtype_name(tensor.dtype), shape, tensor.nbytes, None, is_constant=True)


def stored_proto(tensor: Tensor) -> onnx.TensorProto:
    """A known tensor as the file holds it, under the name that it has now."""
    import numpy as np
    from onnx import TensorProto, numpy_helper

    if tensor.source is not None:
        found = TensorProto()
        found.CopyFrom(tensor.source)
        found.name = tensor.name
        return found
    return numpy_helper.from_array(
        np.ascontiguousarray(tensor.value()).reshape(tensor.array.shape), tensor.name
    )


def seen_inputs(call: Call, *, types_only: bool = False) -> tuple[Seen, ...]:
    """What the call reads, by slot, without what is left out."""
    given = [tensor for tensor in call.reads if tensor is not None]
    if types_only:
        return tuple(Seen(tensor.name, type_text(tensor), is_known=False) for tensor in given)
    return tuple(_seen(tensor, call) for tensor in given)


def seen_outputs(call: Call) -> tuple[Seen, ...]:
    """What it makes: values."""
    return tuple(Seen(tensor.name, _value_text(tensor)) for tensor in call.made)


def _seen(tensor: Tensor, call: Call) -> Seen:
    maker = tensor.maker
    if tensor.is_known and (maker is None or maker.wave < (call.wave or maker.wave + 1)):
        return Seen(tensor.name, _value_text(tensor))
    if tensor.elements is not None:
        return Seen(tensor.name, elements_text(tensor))
    return Seen(tensor.name, type_text(tensor), is_known=False)


def elements_text(tensor: Tensor) -> str:
    """`[batch, 3, ?]`."""
    array = tensor.elements
    items = [_element(item) for item in array.reshape(-1)[:_SHOWN]]
    return listing(items, array.size) if array.ndim else items[0]


def _element(item: object) -> str:
    # The inference makes up names for sizes that it does not know.
    return "?" if item is None or (isinstance(item, str) and item.startswith("unk__")) else str(item)


def type_text(tensor: Tensor) -> str:
    """`float[batch, 3]`."""
    return Value("", dtype_name(tensor.dtype) if tensor.dtype else None, tensor.shape).type_text


def _value_text(tensor: Tensor) -> str:
    """`3`, `[1, 3]`; with its type where it has more axes, and that alone where it is large."""
    if tensor.array is None and tensor.source is not None:
        text = preview(tensor.source)
    elif tensor.nbytes <= SMALL_BYTES:
        flat = tensor.array.reshape(-1)
        items = [scalar_text(item) for item in flat[:_SHOWN]]
        text = listing(items, flat.size) if tensor.array.ndim else items[0]
    else:
        text = None
    if text is None:
        return type_text(tensor)
    return text if len(tensor.shape or ()) < 2 else f"{type_text(tensor)} {text}"
