"""Shape arithmetic on lists of sizes of which only some are known, element by element.

`Shape(x)` of `[batch, 3, 224, 224]` is not known, and its second element is: `Gather(Shape(x), 1)` is 3
whatever the batch. Lists are object arrays of their true shape, with ints, symbols (`"batch"`) and None. The
operators are those of https://onnx.ai/onnx/operators/; one that is not here is not followed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from onnxviz.rewrites.fold.graphs import Array, Call, Tensor

MOST = 64
"""Elements that are followed: more than any tensor has axes."""

_INT32, _INT64, _BOOL = 6, 7, 9

_RANGES = {_INT32: (-(2**31), 2**31 - 1), _INT64: (-(2**63), 2**63 - 1), _BOOL: (0, 1)}


def elements_of(tensor: Tensor | None) -> Array | None:
    """The elements of a short list of whole numbers, or None."""
    if tensor is None:
        return None
    if not tensor.is_known:
        return tensor.elements
    if tensor.dtype not in _RANGES or tensor.shape is None or _count(tensor) > MOST:
        return None
    return tensor.value().astype(object)


def follow(call: Call) -> tuple[Array, int] | None:
    """(elements, TensorProto.DataType) of the first output of a call; None where they cannot be followed."""
    import numpy as np

    if not call.is_standard or not call.makes or call.makes[0] is None:
        return None
    if call.op_type == "Shape":
        found = shape_elements(call)
        return None if found is None else (found, _INT64)
    verb = _VERBS.get(call.op_type)
    if verb is None or len(call.makes) != 1:
        return None
    given = [elements_of(tensor) for tensor in call.reads]
    if not given or any(e is None and t is not None for e, t in zip(given, call.reads, strict=True)):
        return None
    # A wrong axis or place is the model's fault: what it would do in a run is not foretold.
    try:
        array = np.asarray(verb(call, given), dtype=object)
    except (IndexError, ValueError, TypeError, ArithmeticError):
        return None
    if array.size > MOST:
        return None
    dtype = _dtype(call)
    return (array, dtype) if dtype in _RANGES and _fits(array, dtype) else None


def shape_elements(call: Call) -> Array | None:
    """https://onnx.ai/onnx/operators/onnx__Shape.html, with `start` and `end` of version 15."""
    source = call.read(0)
    if source is None or source.shape is None:
        return None
    start, end = call.attribute("start"), call.attribute("end")
    return _objects(source.shape[start.i if start else None : end.i if end else None])


def is_whole(array: Array) -> bool:
    """Whether every element is known."""
    return all(isinstance(item, int) for item in array.reshape(-1))


def _count(tensor: Tensor) -> int:
    count = 1
    for dim in tensor.shape or ():
        count *= dim if isinstance(dim, int) else MOST + 1
    return count


def _objects(items: Any) -> Array:
    import numpy as np

    array = np.empty(len(items), dtype=object)
    array[:] = [int(item) if isinstance(item, int) else item for item in items]
    return array


def _dtype(call: Call) -> int:
    if call.op_type == "Cast":
        return call.integer("to", 0)
    if call.op_type == "Equal":
        return _BOOL
    first = call.read(1 if call.op_type == "Where" else 0)
    return first.dtype if first is not None else 0


def _fits(array: Array, dtype: int) -> bool:
    low, high = _RANGES[dtype]
    return all(low <= item <= high for item in array.reshape(-1) if isinstance(item, int))


def _ints(array: Array) -> list[int] | None:
    """The whole numbers of a list; None where it is left out. Raises TypeError for one that is not known."""
    return None if array is None else [_int(item) for item in array.reshape(-1)]


def _int(item: Any) -> int:
    if not isinstance(item, int):
        raise TypeError("not known")
    return int(item)


def _axes(call: Call, given: list[Any]) -> list[int] | None:
    """An input from opset 13 on, an attribute before."""
    found = call.attribute("axes")
    if found is not None:
        return list(found.ints)
    return _ints(given[1]) if len(given) > 1 else None


def _same(call: Call, given: list[Any]) -> Array:
    return given[0]


def _gather(call: Call, given: list[Any]) -> Array:
    import numpy as np

    places = np.array(_ints(given[1]), dtype=np.int64).reshape(given[1].shape)
    return np.take(given[0], places, axis=call.integer("axis", 0))


def _concat(call: Call, given: list[Any]) -> Array:
    import numpy as np

    return np.concatenate(given, axis=call.integer("axis", 0))


def _slice(call: Call, given: list[Any]) -> Array:
    """https://onnx.ai/onnx/operators/onnx__Slice.html: bounds are inputs from opset 10 on."""
    data, *bounds = given
    if call.attribute("starts") is not None:
        lists = [list(found.ints) if (found := call.attribute(name)) else None for name in _BOUNDS]
    else:
        lists = [_ints(bound) for bound in bounds]
    starts, ends, axes, steps = (*lists, None, None)[:4]
    if starts is None or ends is None:
        raise ValueError("no bounds")
    cuts = [slice(None)] * data.ndim
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        axis, step = axes[number] if axes else number, steps[number] if steps else 1
        size = data.shape[axis]
        # Counted from the back, and beyond the front: Python would begin again from the back.
        stop = None if step < 0 and end + (size if end < 0 else 0) < 0 else end
        first = 0 if start < -size else start
        if step < 0 and start < -size:
            raise ValueError("nothing is before the first")
        cuts[axis] = slice(first, stop, step)
    return data[tuple(cuts)]


_BOUNDS = ("starts", "ends", "axes")


def _unsqueeze(call: Call, given: list[Any]) -> Array:
    import numpy as np

    return np.expand_dims(given[0], tuple(_axes(call, given) or ()))


def _squeeze(call: Call, given: list[Any]) -> Array:
    import numpy as np

    axes = _axes(call, given)
    return np.squeeze(given[0], None if axes is None else tuple(axes))


def _reshape(call: Call, given: list[Any]) -> Array:
    target = _ints(given[1]) or []
    if 0 in target:
        raise ValueError("a 0 copies a size")
    return given[0].reshape(target)


def _where(call: Call, given: list[Any]) -> Array:
    import numpy as np

    return np.frompyfunc(lambda c, a, b: (a if c else b) if isinstance(c, int) else None, 3, 1)(*given)


def _equal(a: Any, b: Any) -> bool | None:
    if isinstance(a, int) and isinstance(b, int):
        return a == b
    # A size is never negative, whatever it is.
    pair = (a, b) if isinstance(b, int) else (b, a)
    return False if isinstance(pair[0], str) and isinstance(pair[1], int) and pair[1] < 0 else None


def _divided(a: int, b: int) -> int | None:
    """Towards zero, as C does it; by zero nothing is foretold."""
    if b == 0:
        return None
    found = abs(a) // abs(b)
    return found if (a < 0) == (b < 0) else -found


def _pairwise(verb: Callable[[Any, Any], Any]) -> Callable[[Call, list[Any]], Array]:
    def both(a: Any, b: Any) -> Any:
        return verb(a, b) if isinstance(a, int) and isinstance(b, int) else None

    return _elementwise(both)


def _elementwise(verb: Callable[[Any, Any], Any]) -> Callable[[Call, list[Any]], Array]:
    def apply(call: Call, given: list[Any]) -> Array:
        import numpy as np

        return np.frompyfunc(verb, 2, 1)(*given)

    return apply


_VERBS: dict[str, Callable[[Call, list[Any]], Any]] = {
    "Identity": _same,
    "Cast": _same,
    "Gather": _gather,
    "Concat": _concat,
    "Slice": _slice,
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Reshape": _reshape,
    "Where": _where,
    "Equal": _elementwise(_equal),
    "Add": _pairwise(lambda a, b: a + b),
    "Sub": _pairwise(lambda a, b: a - b),
    "Mul": _pairwise(lambda a, b: a * b),
    "Div": _pairwise(_divided),
    "Min": _pairwise(min),
    "Max": _pairwise(max),
}
