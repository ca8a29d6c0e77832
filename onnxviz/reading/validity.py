"""What needs a valid model asks here first, so that a person reads which part is wrong and not how a runtime
or an optimizer stumbled over it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from onnxviz.errors import RefusedFile
from onnxviz.model import Model, Problem
from onnxviz.reading.read import read_model
from onnxviz.reading.tensors import shorten

MENDED = frozenset(("order", "graph"))
"""Rules whose breach does not keep a model from being run: nodes are sorted first, and a missing name, type
or shape is filled in by those that want it."""


def blocking(model: Model, allowed: Collection[str] = MENDED) -> tuple[Problem, ...]:
    """The problems of the model that are not `allowed` ones."""
    return tuple(problem for problem in model.problems if problem.rule not in allowed)


def require_valid(model: Model, allowed: Collection[str] = MENDED) -> None:
    """Raise `RefusedFile`, which names the part, where the model breaks a rule that is not `allowed`.

    Custom operators break none.
    """
    problems = blocking(model, allowed)
    if not problems:
        return
    more = len(problems) - 1
    others = f" ({more:,} more problem{'s' if more > 1 else ''})" if more else ""
    first = problems[0]
    remedy = _EXPORT if first.rule == "version" else _MEND
    raise RefusedFile(
        shorten(model.name, 100), f"cannot be run or rewritten: {first.sentence}{others}", remedy
    )


def require_valid_files(paths: Collection[Path]) -> None:
    """`require_valid` for files; raises as `read_model` does too."""
    for path in paths:
        require_valid(read_model(path, digest="-"))


_MEND = "Mend it where it was made; Explore draws it as it is and marks the place"
_EXPORT = "Export it for versions that are known here; Explore draws it all the same"
