"""Settings that free a node: made here, merged into what a rewrite was made with, and tried by `trying`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from onnxviz.bench.dims import Sizes
from onnxviz.errors import BadUsage
from onnxviz.model import Graph
from onnxviz.rewrites.explain.origins.causes import Cause
from onnxviz.rewrites.optimizers.registry import DEFAULT
from onnxviz.rewrites.optimizers.types import OptimizeOptions
from onnxviz.rewrites.reasons import How, Remedy
from onnxviz.rewrites.simplify import LARGEST_THRESHOLD
from onnxviz.scene.text import shorten


def sizes_set(dims: Sequence[Cause], graph: Graph, how: How, sizes: Sizes) -> Remedy | None:
    """The symbols of `dims` set; a size without a symbol by the shape of its whole input, in onnxsim alone.

    None where the dims cannot be set.
    """
    named = [cause for cause in dims if cause.dim]
    found: dict[str, int] = {}
    for cause in named:
        shape = graph.values[cause.blocker].shape or ()
        found[cause.dim] = max(1, sizes.of(cause.dim, cause.axis, len(shape)))
    shapes: dict[str, tuple[int, ...]] = {}
    for cause in dims:
        if not cause.dim:
            shape = graph.values[cause.blocker].shape or ()
            shapes[cause.blocker] = tuple(max(1, size) for size in sizes.shape(shape))
    if shapes and how.optimizer not in ("", DEFAULT):
        return None
    parts = [f"{shorten(name, 40)} = {size:,}" for name, size in found.items()]
    parts += [f"the shape of {shorten(name, 40)} = {list(shape)}" for name, shape in shapes.items()]
    options: dict[str, Any] = {"set_dims": found} if found else {}
    if shapes:
        options["simplify"] = {"input_shapes": shapes}
    return Remedy(f"Set {', '.join(parts)}; other sizes do as well.", options)


def threshold_raised(nbytes: int) -> Remedy | None:
    """onnxsim's size limit just above `nbytes`; None where it takes no such limit."""
    size = -(-nbytes // 1024)
    if size * 1024 > LARGEST_THRESHOLD:
        return None
    text = f"{size}KB" if size < 1024**2 else f"{-(-size // 1024)}MB"
    return Remedy(
        f"Raise the tensor size threshold to {text}.", {"simplify": {"tensor_size_threshold": text}}
    )


def switched(sentence: str, how: How, fields: Mapping[str, Any]) -> Remedy | None:
    """Options of onnxsim set to `fields`, as far as they are set otherwise; None where all are so already."""
    changed = {name: value for name, value in fields.items() if getattr(how.options.simplify, name) != value}
    return Remedy(sentence, {"simplify": changed}) if changed else None


def both(first: Remedy | None, second: Remedy | None) -> Remedy | None:
    """One remedy that does what both do; None where one of them is missing."""
    if first is None or second is None:
        return None
    options: dict[str, Any] = {**first.options, **second.options}
    for name in ("set_dims", "simplify"):
        if name in first.options and name in second.options:
            options[name] = {**first.options[name], **second.options[name]}
    return Remedy(f"{first.sentence} {second.sentence}", options, second.optimizer or first.optimizer)


def applied(how: How, remedy: Remedy) -> tuple[str, OptimizeOptions]:
    """The optimizer and the options under which the remedy is in force.

    Raises BadUsage for options that are none.
    """
    given = dict(remedy.options)
    options = how.options
    try:
        if "set_dims" in given:
            given["set_dims"] = {**options.set_dims, **given["set_dims"]}
        if "simplify" in given:
            given["simplify"] = replace(options.simplify, **given["simplify"])
        options = replace(options, **given)
    except TypeError as error:
        raise BadUsage("The remedy", "names an option that there is not", detail=str(error)) from error
    return remedy.optimizer or how.optimizer or DEFAULT, options
