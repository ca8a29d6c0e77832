"""The optimizers by name. A new one is an entry here, or a call of `register`."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from onnxviz.errors import BadUsage
from onnxviz.model import Model
from onnxviz.rewrites.optimizers.types import OptimizeOptions
from onnxviz.rewrites.types import Rewrite

Optimize = Callable[[Model, Path, OptimizeOptions], Rewrite]
"""`before` into the file `out`. Raises BadUsage for options that do not fit the model, RewriteFailed when the
optimizer gives up."""


DEFAULT = "onnxsim"
"""The one that is meant where none is named."""


@dataclass(frozen=True, slots=True)
class Optimizer:
    """One optimizer. `about` is a sentence, `library` its distribution, `licence` an SPDX name.

    `target` says where its `Optimize` is ("package.module:function"), so that a list of optimizers imports
    none. `can_be_watched` is true where `rewrites.watch` shows its passes one at a time.
    """

    name: str
    about: str
    library: str
    licence: str
    target: str
    can_be_watched: bool = False

    def load(self) -> Optimize:
        """Its function; imports its module, not yet its library."""
        module, _, function = self.target.partition(":")
        found: Optimize = getattr(importlib.import_module(module), function)
        return found


_HERE = "onnxviz.rewrites.optimizers"

_KNOWN: dict[str, Optimizer] = {}


def register(optimizer: Optimizer) -> None:
    """Add one, or put it in the place of another of the same name."""
    _KNOWN[optimizer.name] = optimizer


def names() -> tuple[str, ...]:
    """In the order in which they are shown."""
    return tuple(_KNOWN)


def find(name: str) -> Optimizer:
    """Raises BadUsage where there is none of that name."""
    if name not in _KNOWN:
        near = difflib.get_close_matches(name, _KNOWN, n=1)
        remedy = f"Did you mean {near[0]}?" if near else f"There are {', '.join(_KNOWN)}"
        raise BadUsage(f"The optimizer {name[:40]!r}", "is not known", remedy)
    return _KNOWN[name]


for _optimizer in (
    Optimizer(
        DEFAULT,
        "Folds constants, infers shapes and runs some 60 passes until nothing changes.",
        "onnxsim",
        "MIT",
        f"{_HERE}.by_onnxsim:optimize",
        can_be_watched=True,
    ),
    Optimizer(
        "onnxslim",
        "Folds constants with symbolic shapes, and fuses and removes by patterns, in Python.",
        "onnxslim",
        "MIT",
        f"{_HERE}.by_onnxslim:optimize",
    ),
    Optimizer(
        "onnxscript",
        "Folds what reads at most 8,192 elements and makes at most 262,144, and applies rewrite rules; "
        "PyTorch's exporter uses it.",
        "onnxscript",
        "MIT",
        f"{_HERE}.by_onnxscript:optimize",
    ),
    Optimizer(
        "ort-basic",
        "ONNX Runtime's rewrites that keep to standard operators: folding, removals, fusions.",
        "onnxruntime",
        "MIT",
        f"{_HERE}.by_runtime:basic",
    ),
    Optimizer(
        "ort-extended",
        "And its fusions into operators of its own, for its CPU, CUDA and ROCm providers.",
        "onnxruntime",
        "MIT",
        f"{_HERE}.by_runtime:extended",
    ),
    Optimizer(
        "ort-all",
        "And another layout of the data, chosen for the processor at hand.",
        "onnxruntime",
        "MIT",
        f"{_HERE}.by_runtime:everything",
    ),
    Optimizer(
        "fold",
        "Folds constants and does nothing else, in steps that can be shown, with a reason for what stays.",
        "onnxviz",
        "MIT",
        f"{_HERE}.by_fold:optimize",
    ),
):
    register(_optimizer)
