"""Constant folding by our own engine: a Model -> a Folded. Run it in a worker of kind "fold"."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from onnxviz.collecting import without_collecting
from onnxviz.delivery import leave
from onnxviz.errors import OnnxvizError, RewriteFailed
from onnxviz.jobs import leaving
from onnxviz.library_words import said
from onnxviz.model import Graph, Model
from onnxviz.progress import report
from onnxviz.reading import read_in_place, read_model
from onnxviz.rewrites.fold.counting import counted
from onnxviz.rewrites.fold.engine import Engine
from onnxviz.rewrites.fold.keeping import kept, kept_in_functions
from onnxviz.rewrites.fold.limits import Limits
from onnxviz.rewrites.fold.replay import after_steps
from onnxviz.rewrites.fold.trace import Trace
from onnxviz.rewrites.fold.types import Folded, FoldOptions, Step
from onnxviz.rewrites.fold.writing import write
from onnxviz.rewrites.functions import inlined
from onnxviz.rewrites.optimizers.frame import prepared, save
from onnxviz.rewrites.optimizers.types import OptimizeOptions
from onnxviz.rewrites.reasons import Kept
from onnxviz.rewrites.verify import compare_outputs
from onnxviz.store import MAIN, Store

if TYPE_CHECKING:
    import onnx

MOST_PASSES = 32
"""Runs of the engine over one model: see `_may_fold_more`. Those at hand need one, or a second that finds
nothing."""


@dataclass(frozen=True, slots=True)
class Work:
    """What the engine did to a proto. `dropped` counts initializers that went."""

    steps: tuple[Step, ...]
    kept: tuple[Kept, ...]
    dropped: int
    notes: tuple[str, ...]


def fold(
    before: Model, out: Path, options: FoldOptions | None = None, beginning: Path | None = None
) -> Folded:
    """`before` folded into the file `out`.

    What the steps begin with is kept as the file `beginning` where one is given and it is not `before`
    itself. A result of 2 GB or more has its tensors beside it in `<name>.data`. Raises BadUsage for options
    that do not fit the model, RewriteFailed where it cannot be folded.
    """
    options = options or FoldOptions()
    report("Preparing the model", 0.02)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".fold-") as folder:
        proto, start, notes = _start(before, Path(folder), options, beginning)
        work = folded_proto(proto, start.graph, options)
        report("Writing the result", 0.7)
        save(proto, out)
    after = read_model(out, f"{before.name} · fold")
    found = (*work.kept, *kept_in_functions(after.functions))
    with without_collecting():
        counts = counted(start.graph, work.steps, after.graph, start.functions)
    seconds = time.perf_counter() - began
    agreement = None
    if options.checks:
        agreement = compare_outputs(Path(before.path), out, options.checks, options.seed, inside=True)
    return Folded(
        before,
        after,
        start,
        work.steps,
        found,
        counts,
        seconds,
        work.dropped,
        (*notes, *work.notes),
        agreement,
    )


def fold_file(path: Path, out: Path, options: FoldOptions | None = None) -> Folded:
    """`fold` for a file that has not been read yet; raises RefusedFile too."""
    return fold(read_in_place(path), out, options)


def fold_into_store(before: Model, root: Path, cap_bytes: int, options: FoldOptions | None = None) -> Folded:
    """`fold`, with its models left in the store at `root` for `delivery.receive`.

    These are `after`, and `start_model` where it is not `before`. The whole is left for workers that draw its
    steps.
    """
    store = Store(root, cap_bytes)
    with store.workspace() as entry, store.workspace() as beginning:
        found = fold(before, entry / MAIN, options, beginning / MAIN)
        start = found.start_model
        if start is not before:
            start = leave(beginning, start, root)
        found = replace(found, after=leave(entry, found.after, root), start_model=start)
    with without_collecting():
        return replace(found, trace=leaving.leave(found))


def folded_proto(proto: onnx.ModelProto, start: Graph, options: FoldOptions) -> Work:
    """Fold `proto` in place; `start` is its description. Raises RewriteFailed."""
    limits = Limits(options.tensor_bytes, options.total_bytes)
    steps: list[Step] = []
    notes: list[str | None] = []
    dropped = 0
    origins: dict[str, str] = {}
    try:
        for _ in range(MOST_PASSES):
            engine = Engine(proto, after_steps(start, steps), limits, origins)
            engine.run()
            trace = Trace(engine)
            trace.run(steps)
            origins = trace.origins()
            found = tuple(kept(engine.body, trace, engine.staying))
            notes += [write(proto, engine.body, trace), _shortfall(engine.note)]
            steps += trace.steps
            dropped += sum(tensor.maker is None for tensor in trace.dropped)
            if not (trace.steps and _may_fold_more(engine, trace)):
                break
    except (OnnxvizError, MemoryError):
        raise
    except Exception as error:
        raise _unreadable(error) from error
    return Work(tuple(steps), found, dropped, (*dict.fromkeys(filter(None, notes)), _summary(steps)))


def stayed(model: Model) -> tuple[Kept, ...]:
    """Why nodes of a model that was folded stayed: found by folding it once more, which changes nothing.

    Raises RewriteFailed.
    """
    import onnx

    work = folded_proto(onnx.load(model.path), model.graph, FoldOptions())
    return (*work.kept, *kept_in_functions(model.functions))


def _may_fold_more(engine: Engine, trace: Trace) -> bool:
    """Whether a second run could find what the first made possible at its end.

    With bodies it can: an If that was too late to be inlined, a loop that nothing holds back once a node in
    it went. Without, a node that went may have counted as a reader when sizes were weighed.
    """
    if any(call.bodies for call in engine.body.walk()):
        return True
    return any(tensor.is_known for call in trace.unread for tensor in call.all_reads)


def _start(
    before: Model, folder: Path, options: FoldOptions, kept_as: Path | None
) -> tuple[onnx.ModelProto, Model, tuple[str, ...]]:
    """The model to begin with, its description, and what was done to it."""
    import onnx

    shared = OptimizeOptions(set_dims=options.set_dims, checks=0)
    source, notes = prepared(before, folder, shared, freeze=options.freeze_weights)
    proto = onnx.load(source)
    if options.inline_functions and proto.functions:
        count = len(proto.functions)
        proto = inlined(proto, before.name)
        source = folder / "inlined.onnx"
        save(proto, source)
        notes = (*notes, f"{count} function{'s were' if count != 1 else ' was'} inlined.")
    if source == Path(before.path):
        return proto, before, notes
    name = f"{before.name} · start"
    if kept_as is not None:
        save(proto, kept_as)
        return proto, read_model(kept_as, name), notes
    return proto, replace(read_model(source, name, "-"), path="", digest=""), notes


def _shortfall(note: str) -> str | None:
    return f"{note[:1].upper()}{note[1:]}." if note else None


def _summary(steps: Sequence[Step]) -> str:
    if not steps:
        return "Nothing folds."
    waves = steps[-1].wave
    step = f"{len(steps):,} step{'s' if len(steps) != 1 else ''}"
    return f"{step} in {waves} wave{'s' if waves != 1 else ''}."


def _unreadable(error: Exception) -> RewriteFailed:
    return RewriteFailed(
        "fold",
        f"gave up: {said(error)}",
        "The original is untouched",
        detail=f"{type(error).__name__}: {error}",
    )
