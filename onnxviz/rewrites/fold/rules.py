"""When a node folds, and when it does not. Rules are cited by their numbers.

What folds:

R1. `Constant` (https://onnx.ai/onnx/operators/onnx__Constant.html): its value becomes an initializer.
R2. A node of the ONNX standard, all of whose inputs are known: its outputs are computed once. That holds for
    a `Loop` or `Scan` too, where all that its body reads from outside is known; `ConstantOfShape`
    (https://onnx.ai/onnx/operators/onnx__ConstantOfShape.html) is the commonest.
R3. `Shape` (https://onnx.ai/onnx/operators/onnx__Shape.html) of a tensor whose sizes are known, between its
    `start` and `end`: the tensor itself need not be.
R4. `Size` (https://onnx.ai/onnx/operators/onnx__Size.html) of a tensor all of whose sizes are known.
R5. Shape arithmetic that asks only for what is known of a shape: `Shape` -> `Gather` of a known axis
    (https://onnx.ai/onnx/operators/onnx__Gather.html), `Slice`, `Concat` and the others of `partial`.
R6. `EyeLike` (https://onnx.ai/onnx/operators/onnx__EyeLike.html) reads a shape alone, and `CastLike`
    (https://onnx.ai/onnx/operators/onnx__CastLike.html) the type alone of its second input.
R7. `If` (https://onnx.ai/onnx/operators/onnx__If.html) whose condition is known: the branch that it takes
    stands in its place, under names that are free.
R8. A known output of a graph keeps its name: it becomes a `Constant`, since the name belongs to the caller.
    (So does what a body gives out.)
R9. A node, initializer or constant that nothing reads any more goes with the last that read it; a node of an
    unknown domain does not, since it may do more than compute. What nothing read before either is left.

What does not, although it looks so:

N1. Operators whose result differs from run to run: those that ONNX calls non-deterministic
    (https://onnx.ai/onnx/operators/onnx__RandomNormal.html and its kin), `Dropout` in training.
N2. Operators outside the ONNX standard: nobody here knows what they do. Calls of model-local functions,
    unless they are inlined.
N3. Values that would make the model larger than the limits let it: see `limits`.
N4. Sequences, optionals, maps and sparse tensors: an initializer holds a tensor.
N5. What cannot be computed: by neither runtime, or not of the type that shape inference found.
N6. Weights that are inputs of the graph too (IR version 3), and what is computed from them: a caller may
    replace them. `freeze_weights` takes them off the list.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from onnxviz.rewrites.fold import partial
from onnxviz.rewrites.fold.graphs import Array, Call, Tensor, is_there, known

CONSTANT, COMPUTED, SHAPE, SIZE, ARITHMETIC, LIKE, BRANCH, OUTPUT, UNREAD = range(1, 10)

RANDOM_BY_SCHEMA_ALONE = frozenset({"If", "Loop", "Scan", "SequenceMap", "AffineGrid", "Dropout"})
"""What onnx 1.23.2 calls non-deterministic for its body's sake, or for its training mode, or (AffineGrid) for
no reason to be seen: its page has arithmetic only."""


@dataclass(frozen=True, slots=True)
class Decision:
    """That a call folds, by `rule`. `array` is its value where that is known; else it is to be computed."""

    rule: int
    array: Array = None


def decide(call: Call) -> Decision | None:
    """Whether a call folds now; None for "not yet", which may mean never."""
    if not has_rules(call):
        return None
    if call.op_type == "Constant":
        return Decision(CONSTANT) if call.made and call.made[0].source is not None else None
    if call.op_type == "If":
        return Decision(BRANCH) if branch_taken(call) is not None else None
    if not call.made or call.failure:
        return None
    if call.is_standard and (call.op_type in ("Shape", "Size") or not known(call.reads)):
        # Of a weight too: its shape is known without a look at its data.
        return _from_types(call)
    if not known(call.reads) or not known(captured(call)) or is_random(call):
        return None
    return Decision(COMPUTED)


def captured(call: Call) -> list[Tensor]:
    """What its bodies read from outside, as far as what reads it is there still."""
    return [
        tensor
        for tensor in call.captures
        if any(_is_within(reader, call) for reader in tensor.readers if is_there(reader))
    ]


def _is_within(reader: Call, call: Call) -> bool:
    return reader is call or call in reader.body.owners()


def branch_taken(call: Call) -> int | None:
    """The place of the body that an If always takes, by its condition."""
    condition = call.read(0)
    if condition is None or not condition.is_known or condition.dtype != _BOOL:
        return None
    value = condition.value()
    if value.size != 1:
        return None
    name = "then_branch" if bool(value.reshape(-1)[0]) else "else_branch"
    bodies = [attribute.name for attribute in call.proto.attribute if attribute.HasField("g")]
    return bodies.index(name) if name in bodies else None


_BOOL = 9


def _from_types(call: Call) -> Decision | None:
    """R3 to R6: what follows from shapes and types, while the values are not known."""
    import numpy as np
    from onnx import helper

    source = call.read(0)
    if call.op_type == "Size" and source is not None and _is_static(source):
        sizes = [dim for dim in source.shape or () if isinstance(dim, int)]
        return Decision(SIZE, np.array(int(np.prod(sizes, dtype=object)) if sizes else 1, np.int64))
    if call.op_type == "EyeLike" and source is not None and _is_static(source):
        return _eye(call, source)
    if call.op_type == "CastLike":
        return _cast(call)
    found = partial.follow(call)
    if found is None:
        return None
    array, dtype = found
    if not partial.is_whole(array):
        return None
    return Decision(
        SHAPE if call.op_type == "Shape" else ARITHMETIC,
        array.astype(helper.tensor_dtype_to_np_dtype(dtype)),
    )


def _is_static(tensor: Tensor) -> bool:
    return tensor.shape is not None and all(isinstance(dim, int) for dim in tensor.shape)


def _eye(call: Call, source: Tensor) -> Decision | None:
    import numpy as np
    from onnx import helper

    dtype = call.integer("dtype", source.dtype)
    if not dtype or source.shape is None or len(source.shape) != 2:
        return None
    rows, columns = (dim for dim in source.shape if isinstance(dim, int))
    if rows * columns > MOST_ELEMENTS:
        return None
    eye = np.eye(rows, columns, call.integer("k", 0), dtype=np.float32)
    return Decision(LIKE, eye.astype(helper.tensor_dtype_to_np_dtype(dtype)))


MOST_ELEMENTS = 1 << 24
"""Of an EyeLike that is computed before anybody asks for its size."""

_PLAIN = frozenset({1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13})
"""`TensorProto.DataType`s between which numpy's conversion is that of `Cast`, for numbers that fit."""


def _cast(call: Call) -> Decision | None:
    """`CastLike` of a known value to a known type; types that need rounding modes are left alone."""
    import numpy as np
    from onnx import helper

    source, like = call.read(0), call.read(1)
    if source is None or like is None or not source.is_known:
        return None
    if source.dtype not in _PLAIN or like.dtype not in _PLAIN or source.nbytes > MOST_ELEMENTS:
        return None
    with np.errstate(all="ignore"):
        array = source.value()
        cast = array.astype(helper.tensor_dtype_to_np_dtype(like.dtype))
    if array.dtype.kind == "f" and cast.dtype.kind in "iu":
        # What does not fit is undefined: https://onnx.ai/onnx/operators/onnx__Cast.html.
        info = np.iinfo(cast.dtype)
        if not bool(((array >= info.min) & (array <= info.max)).all()):
            return None
    return Decision(LIKE, np.asarray(cast))


def has_rules(call: Call) -> bool:
    """N2: whether the ONNX standard says what it does."""
    return not call.is_local and is_standard(call.op_type, call.proto.domain)


@lru_cache(maxsize=4096)
def is_standard(op_type: str, domain: str) -> bool:
    """Whether the ONNX standard has such an operator and says all that it does."""
    from onnx import defs

    if domain in ("ai.onnx.preview.training", "ai.onnx.training"):
        return False
    try:
        return bool(defs.has(op_type, "" if domain == "ai.onnx" else domain))
    except TypeError:
        # A name that is no UTF-8.
        return False


def is_random(call: Call) -> bool:
    """N1: whether two runs on the same input may differ, in its bodies too."""
    return _draws(call) or any(_draws(inner) for body in call.bodies for inner in body.walk())


def _draws(call: Call) -> bool:
    if not has_rules(call):
        # Unknown within a body is as good as random.
        return True
    if call.op_type == "Dropout" and call.is_standard:
        return _is_training(call)
    return call.op_type not in RANDOM_BY_SCHEMA_ALONE and _is_nondeterministic(
        call.op_type, call.proto.domain
    )


def _is_training(call: Call) -> bool:
    """https://onnx.ai/onnx/operators/onnx__Dropout.html: an input from opset 12 on, an attribute below 7."""
    test, mode = call.attribute("is_test"), call.read(2)
    if test is not None:
        return not test.i
    if mode is None:
        return False
    return not mode.is_known or bool(mode.value().any())


@lru_cache(maxsize=4096)
def _is_nondeterministic(op_type: str, domain: str) -> bool:
    from onnx import defs

    schema = defs.get_schema(op_type, "" if domain == "ai.onnx" else domain)
    # The stubs of onnx 1.23.2 lack it.
    return str(getattr(schema, "node_determinism", "")).endswith("NonDeterministic")
