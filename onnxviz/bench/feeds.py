"""Seeded inputs that a model accepts, of the right types and sizes, with numbers that make sense.

Each input's numbers depend on the seed, its name, type and shape alone, so two models with the same
inputs (before and after a rewrite) get the same numbers, whatever the order of their inputs.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from onnxviz.bench.dims import Sizes
from onnxviz.bench.meanings import Meaning, dims_of, meanings, narrowest
from onnxviz.errors import BenchFailed
from onnxviz.model import Dim

if TYPE_CHECKING:
    import onnx

Feed = dict[str, NDArray[Any]]

MAX_BYTES = 1 << 30
"""Refuse to make more than this for one input: a size given wrongly, more likely than a wish."""

WORDS = ("alpha", "beta", "gamma", "delta")


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a model. `elem_type` is the TensorProto.DataType code."""

    name: str
    elem_type: int
    shape: tuple[Dim, ...]
    meaning: Meaning | None = None


def feeds(model: onnx.ModelProto, seed: int = 0, dims: Mapping[str, int] | None = None) -> Feed:
    """Inputs for `model` by name; `dims` gives sizes to symbolic dimensions. Raises BenchFailed."""
    return make(inputs_of(model), seed, dims)


def digest(feed: Mapping[str, NDArray[Any]]) -> str:
    """Equal where two feeds have the same numbers under the same names."""
    found = hashlib.sha256()
    for name in sorted(feed):
        array = feed[name]
        found.update(f"{name}\0{array.dtype}\0{array.shape}\0".encode("utf-8", "replace"))
        found.update(repr(array.tolist()).encode() if array.dtype.kind == "O" else array.tobytes())
    return found.hexdigest()


def load(path: str) -> onnx.ModelProto:
    """The model at `path`, without its external data. Raises BenchFailed."""
    import onnx

    try:
        return onnx.load(path, load_external_data=False)
    except Exception as error:  # protobuf's DecodeError is an Exception and no more; protobuf has no types
        raise BenchFailed(
            "The model", "it cannot be read as ONNX", "Give an .onnx file that opens.", detail=str(error)
        ) from error


def inputs_of(model: onnx.ModelProto) -> tuple[Input, ...]:
    """The inputs that a caller has to give: those without an initializer.

    Raises BenchFailed, in one sentence, for an input that is no tensor or has no rank, and for a name that is
    no text. An optional input is refused too, since a feed cannot say "nothing" for it.
    """
    given = {tensor.name for tensor in model.graph.initializer}
    given |= {tensor.values.name for tensor in model.graph.sparse_initializer}
    for value in model.graph.output:
        _refuse_bytes(f"Output {value.name!r}", value.name)
    wanted = [value for value in model.graph.input if value.name not in given]
    found = tuple(_input(value) for value in wanted)
    known = meanings(model.graph, [one.name for one in found])
    return tuple(replace(one, meaning=known.get(one.name) or _by_name(one)) for one in found)


def agreed(models: Mapping[str, tuple[Input, ...]]) -> dict[str, tuple[Input, ...]]:
    """The inputs of several models (by any key), those that are alike with one meaning that suits all.

    A rewrite may fold away what told the meaning of an input, and the other version still tells it;
    both have to get the same numbers.
    """
    found: dict[tuple[str, int, tuple[Dim, ...]], list[Meaning]] = {}
    for one in itertools.chain.from_iterable(models.values()):
        found.setdefault(_kind(one), []).extend([one.meaning] if one.meaning else [])
    return {
        key: tuple(replace(one, meaning=narrowest(found[_kind(one)])) for one in inputs)
        for key, inputs in models.items()
    }


def _kind(one: Input) -> tuple[str, int, tuple[Dim, ...]]:
    return one.name, one.elem_type, one.shape


def make(
    inputs: Iterable[Input], seed: int = 0, dims: Mapping[str, int] | None = None, batch: int = 0
) -> Feed:
    """Numbers for `inputs`; `batch`, where it is above 0, is the size of every first axis that is open.

    Raises BenchFailed where they would be too big, or of a type nobody can make, or no first axis is open.
    """
    inputs, dims = _with_batch(list(inputs), dict(dims or {}), batch)
    sizes = Sizes(dims)
    # Plain names first, so that `past + sequence` finds the sizes that it is the sum of.
    for one in inputs:
        for axis, dim in enumerate(one.shape):
            if isinstance(dim, str) and dim.isidentifier():
                sizes.of(dim, axis, len(one.shape))
    return {one.name: _array(one, sizes, seed) for one in inputs}


def _with_batch(inputs: list[Input], dims: dict[str, int], batch: int) -> tuple[list[Input], dict[str, int]]:
    if not batch:
        return inputs, dims
    first = [one.shape[0] for one in inputs if one.shape]
    fixed = sorted({dim for dim in first if isinstance(dim, int) and dim >= 0})
    if fixed != [batch] and not any(isinstance(dim, str) or dim is None or dim < 0 for dim in first):
        cause = f"the model's batch is fixed at {fixed[0]}" if fixed else "no input has a first axis"
        raise BenchFailed(f"Batch {batch}", cause, "Export it with a dynamic first axis")
    named = {dim: batch for dim in first if isinstance(dim, str) and dim}
    opened = [
        replace(one, shape=(batch, *one.shape[1:])) if one.shape and one.shape[0] in (None, "", -1) else one
        for one in inputs
    ]
    return opened, {**named, **dims}


def _input(value: onnx.ValueInfoProto) -> Input:
    kind = value.type.WhichOneof("value")
    subject = f"Input {value.name!r}"
    _refuse_bytes(subject, value.name)
    if kind != "tensor_type":
        what = {"sequence_type": "a sequence", "map_type": "a map", "optional_type": "an optional value",
                "sparse_tensor_type": "a sparse tensor"}.get(kind or "", "of no type")  # fmt: skip
        raise BenchFailed(
            subject, f"it is {what}, and only tensors can be made up", "Give it a tensor input."
        )
    tensor = value.type.tensor_type
    if not tensor.HasField("shape"):
        raise BenchFailed(
            subject, "the model does not even say its rank", "Export the model with the shape of its inputs."
        )
    return Input(value.name, tensor.elem_type, dims_of(tensor))


def _refuse_bytes(subject: str, name: str | bytes) -> None:
    """Protobuf hands over bytes where a string field is not UTF-8."""
    if isinstance(name, bytes):
        cause = "its name is not UTF-8 text, as ONNX demands"
        raise BenchFailed(subject[:80], cause, "Export the model again.")


def _by_name(one: Input) -> Meaning | None:
    """A mask that is all ones hides nothing, which is what a model sees in use without padding."""
    is_mask = "mask" in one.name.lower()
    return Meaning(low=1, high=1) if is_mask and dtype_of(one).kind in "iub" else None


def dtype_of(one: Input) -> np.dtype[Any]:
    """What NumPy calls its element type. Raises BenchFailed for a code that ONNX does not define."""
    from onnx import helper

    try:
        return np.dtype(helper.tensor_dtype_to_np_dtype(one.elem_type))
    except (KeyError, TypeError, ValueError) as error:
        cause = f"its element type has the code {one.elem_type}, which ONNX does not define"
        raise BenchFailed(f"Input {one.name!r}", cause, "Export the model again.") from error


def _array(one: Input, sizes: Sizes, seed: int) -> NDArray[Any]:
    dtype, shape = dtype_of(one), sizes.shape(one.shape)
    count = 1
    for size in shape:
        count *= size
    if count * dtype.itemsize > MAX_BYTES:
        text = " × ".join(map(str, shape))
        raise BenchFailed(
            f"Input {one.name!r}",
            f"{text} elements take {count * dtype.itemsize / 2**30:.1f} GiB",
            f"Give smaller sizes; at most {MAX_BYTES >> 30} GiB are made up for one input.",
        )
    digest = hashlib.sha256(
        f"{seed}\0{one.name}\0{one.elem_type}\0{shape}".encode("utf-8", "replace")
    ).digest()
    random = np.random.default_rng(int.from_bytes(digest[:8], "little"))
    # Arithmetic on an array without dims gives a number, which ONNX Runtime does not take.
    return np.asarray(_fill(one.meaning, dtype, shape, sizes, random))


def _fill(
    meaning: Meaning | None,
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
    sizes: Sizes,
    random: np.random.Generator,
) -> NDArray[Any]:
    count = int(np.prod(shape, dtype=np.int64))
    if dtype.kind == "O":
        return np.array(random.choice(WORDS, count).tolist(), dtype=object).reshape(shape)
    if meaning is None:
        return _without_meaning(dtype, shape, random)
    size = sizes.of(meaning.size, 0, 1) if meaning.size is not None else None
    if meaning.pattern == "count":
        flat = np.arange(count)
    elif meaning.pattern == "rest":
        flat = np.where(np.arange(count) == 0, -1, 1)
    elif meaning.pattern == "whole":
        flat = np.where(np.arange(count) == 0, size or 0, 0)
    else:
        high = max(size - 1, 0) if size is not None else meaning.high
        return _uniform(meaning.low, high, dtype, shape, random)
    return flat.astype(dtype).reshape(shape)


def _uniform(
    low: float, high: float, dtype: np.dtype[Any], shape: tuple[int, ...], random: np.random.Generator
) -> NDArray[Any]:
    if dtype.kind in "iu":
        top = min(int(high), int(np.iinfo(dtype).max))
        return random.integers(min(int(low), top), top, shape, endpoint=True).astype(dtype)
    if dtype.kind == "b":
        return random.integers(int(low), max(int(low), min(int(high), 1)), shape, endpoint=True).astype(dtype)
    return np.asarray(random.uniform(low, high, shape)).astype(dtype)


def _without_meaning(
    dtype: np.dtype[Any], shape: tuple[int, ...], random: np.random.Generator
) -> NDArray[Any]:
    """Reals from the standard normal, as a normalised picture or feature is; a byte over its whole range, as
    a pixel is; other integers from 0 to 9, small enough for an index or a size that was not recognised."""
    if dtype.kind == "b":
        return random.integers(0, 2, shape).astype(dtype)
    if dtype.kind in "iu" and dtype.itemsize == 1:
        limits = np.iinfo(dtype)
        return random.integers(limits.min, limits.max, shape, endpoint=True).astype(dtype)
    if dtype.kind in "iu":
        return random.integers(0, 10, shape).astype(dtype)
    reals = np.asarray(random.standard_normal(shape))
    if dtype.kind == "c":
        return (reals + 1j * random.standard_normal(shape)).astype(dtype)
    # Clipped, since half of the narrow types (float8, int4) turn what is too big into infinity or wrap.
    return np.clip(reals, -3, 3).astype(dtype)
