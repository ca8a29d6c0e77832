"""Running optimizers by name: one, one into the store, or several on one model."""

from __future__ import annotations

import contextvars
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from onnxviz.delivery import leave
from onnxviz.errors import BadUsage, OnnxvizError
from onnxviz.model import Model
from onnxviz.progress import listening, report
from onnxviz.reading import read_in_place
from onnxviz.rewrites.optimizers.registry import find
from onnxviz.rewrites.optimizers.types import OptimizeOptions
from onnxviz.rewrites.types import Rewrite, summary
from onnxviz.store import MAIN, Store


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one optimizer of several made: a rewrite, or the sentence (`failure`) why there is none.

    `detail` is the library's own words behind a failure.
    """

    name: str
    rewrite: Rewrite | None = None
    failure: str = ""
    detail: str = ""

    def to_json(self) -> dict[str, Any]:
        """One row: nodes, initializers and bytes of the result, seconds, and the comparison."""
        if self.rewrite is None:
            return {"optimizer": self.name, "error": self.failure}
        agreement = self.rewrite.agreement
        return {
            "optimizer": self.name,
            **summary(self.rewrite.after),
            "seconds": self.rewrite.seconds,
            "notes": list(self.rewrite.notes),
            "verified": agreement.to_json() if agreement else None,
            "path": self.rewrite.after.path,
        }


def optimize(name: str, before: Model, out: Path, options: OptimizeOptions | None = None) -> Rewrite:
    """`before` into the file `out` by the optimizer called `name`.

    A result of 2 GB or more has its tensors beside it in `<name>.data`. Raises BadUsage for a name or
    options that do not fit, RewriteFailed when the optimizer gives up.
    """
    return find(name).load()(before, out, options or OptimizeOptions())


def optimize_file(name: str, path: Path, out: Path, options: OptimizeOptions | None = None) -> Rewrite:
    """`optimize` for a file that has not been read yet; raises RefusedFile too."""
    return optimize(name, read_in_place(path), out, options)


def optimize_into_store(
    name: str, before: Model, root: Path, cap_bytes: int, options: OptimizeOptions | None = None
) -> Rewrite:
    """`optimize`, with the result left in the store at `root` for `delivery.receive`."""
    with Store(root, cap_bytes).workspace() as entry:
        rewrite = optimize(name, before, entry / MAIN, options)
        return replace(rewrite, after=leave(entry, rewrite.after, root))


def optimize_all(
    before: Model, folder: Path, names: Sequence[str], options: OptimizeOptions | None = None
) -> tuple[Outcome, ...]:
    """Each optimizer in turn, its result in `folder` as `<name>.onnx`. One that fails stops no other.

    Raises BadUsage for a name that is not known, or twice in the list; before any has run.
    """
    for name in names:
        find(name)
    if len(set(names)) < len(names):
        raise BadUsage("The optimizers", "have one of them twice", "Name each once")
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for number, name in enumerate(names):
        with _share(name, number, len(names)):
            found.append(_outcome(name, before, folder / f"{name}.onnx", options))
    return tuple(found)


def _outcome(name: str, before: Model, out: Path, options: OptimizeOptions | None) -> Outcome:
    try:
        return Outcome(name, optimize(name, before, out, options))
    except OnnxvizError as error:
        return Outcome(name, failure=str(error), detail=error.detail)


def _share(name: str, number: int, count: int) -> AbstractContextManager[None]:
    """Reports of the enclosed work as part `number` of `count`."""
    outside = contextvars.copy_context()
    reached = 0.0

    def tell(text: str, fraction: float | None) -> None:
        nonlocal reached
        # The parts of one optimizer's work each count from nothing.
        reached = max(reached, fraction or 0.0)
        outside.run(report, f"{name}: {text}", (number + reached) / count)

    return listening(tell)
