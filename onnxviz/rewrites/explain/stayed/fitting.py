"""Sizes for symbolic dims that the model accepts: a remedy that names others would be no remedy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from onnxviz.bench.dims import Sizes
from onnxviz.model import Model
from onnxviz.reading.inference import strip
from onnxviz.rewrites import fixing

if TYPE_CHECKING:
    import onnx

LARGEST_BYTES = 1 << 28
"""A larger file is not read for this."""

_OTHERS = (32, 64, 16, 8, 128, 4, 2, 256, 384, 512, 1)
"""Sizes that are tried where the usual ones do not fit: sides of images and lengths in common use."""


def fitting_sizes(models: Sequence[Model], given: Mapping[str, int]) -> dict[str, int]:
    """A size for each symbol of the first model's inputs, such that shape inference finds no contradiction.

    `given` are fixed already. The usual sizes (`bench.dims`) where nothing fits, or nothing can be told:
    inference sees no contradiction that only a run would.
    """
    usual = _usual(models[0], given)
    open_ones = [name for name in usual if name not in given]
    if not open_ones or any(model.nbytes > LARGEST_BYTES for model in models):
        return usual
    protos = [_stripped(path) for path in dict.fromkeys(model.path for model in models)]
    wrong = [proto for proto in protos if not _is_sound(proto, usual)]
    # One that is unsound by itself says nothing about sizes.
    if not any(_is_sound(proto, {}) for proto in wrong):
        return usual
    telling = [proto for proto in protos if _is_sound(proto, {})]
    for sizes in _tries(usual, open_ones):
        if all(_is_sound(proto, sizes) for proto in telling):
            return sizes
    return usual


def _usual(model: Model, given: Mapping[str, int]) -> dict[str, int]:
    sizes = Sizes(given)
    found: dict[str, int] = {}
    for name in model.graph.inputs:
        # An input without a name has no value.
        shape = (model.graph.values[name].shape if name in model.graph.values else None) or ()
        for axis, dim in enumerate(shape):
            if isinstance(dim, str):
                found.setdefault(dim, max(1, sizes.of(dim, axis, len(shape))))
    return found


def _tries(usual: Mapping[str, int], names: Sequence[str]) -> Iterator[dict[str, int]]:
    """Another size for one symbol after the other, then for all but those of one item."""
    for size in _OTHERS:
        for name in names:
            yield {**usual, name: size}
    larger = [name for name in names if usual[name] > 1]
    for size in _OTHERS:
        yield {**usual, **dict.fromkeys(larger, size)}


def _stripped(path: str) -> onnx.ModelProto:
    import onnx

    proto = onnx.load(Path(path), load_external_data=False)
    strip(proto)
    return proto


def _is_sound(proto: onnx.ModelProto, sizes: Mapping[str, int]) -> bool:
    import onnx

    tried = onnx.ModelProto()
    tried.CopyFrom(proto)
    symbols = fixing.symbols(tried)
    fixing.fix_dims(tried, {name: size for name, size in sizes.items() if name in symbols})
    try:
        onnx.shape_inference.infer_shapes(tried, strict_mode=True, data_prop=True)
    except (
        onnx.shape_inference.InferenceError,
        onnx.checker.ValidationError,
        RuntimeError,
        TypeError,
        ValueError,
    ):
        return False
    return True
