"""The verbs: one folder on a model, or all of them. Run them in a worker of kind "rewrite"."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from onnxviz.errors import BadUsage, OnnxvizError
from onnxviz.model import Model
from onnxviz.progress import deliver, report
from onnxviz.reading import read_model
from onnxviz.rewrites.beside.counting import computing, folded, gone, is_within
from onnxviz.rewrites.beside.folders import FOLDERS, OURS, Folder
from onnxviz.rewrites.beside.staying import Staying
from onnxviz.rewrites.beside.types import Beside, Column, failed, join
from onnxviz.rewrites.explain.origins import Origins, origins
from onnxviz.rewrites.fold import Did, FoldOptions, fold
from onnxviz.rewrites.functions import inlined
from onnxviz.rewrites.optimizers.frame import prepared, save
from onnxviz.rewrites.optimizers.types import OptimizeOptions
from onnxviz.rewrites.reasons import Kept

if TYPE_CHECKING:
    from onnxviz.rewrites.fold import Folded


def beside(before: Model, options: FoldOptions | None = None) -> Beside:
    """Every folder in turn; each `Column` is handed over with `progress.deliver` as it is done.

    One that gives up costs its own column alone. Raises as `column` does.
    """
    columns = []
    for number, (name, folder) in enumerate(FOLDERS.items()):
        report(f"{folder.label} is folding", number / len(FOLDERS))
        columns.append(column(name, before, options))
        deliver(columns[-1])
    return join(before, columns)


def column(name: str, before: Model, options: FoldOptions | None = None) -> Column:
    """What the folder called `name` does with the model, and why what looks foldable stays.

    `set_dims`, `freeze_weights` and `inline_functions` of `options` are done to the model first, whoever
    folds it; the rest is for our own. Raises BadUsage for a name that is not known or options that do not
    fit the model, RewriteFailed for a model that cannot be made ready. A folder that gives up has
    `Column.error`.
    """
    if name not in FOLDERS:
        raise BadUsage(f"The folder {name[:40]!r}", "is not known", f"There are {', '.join(FOLDERS)}")
    options = options or FoldOptions()
    with tempfile.TemporaryDirectory(prefix=".beside-") as where:
        start = _start(before, Path(where), options)
        out = Path(where) / "folded.onnx"
        report(f"{FOLDERS[name].label} is folding", 0.1)
        try:
            if name == OURS:
                return _ours(start, out, options)
            return _theirs(FOLDERS[name], start, out)
        except OnnxvizError as error:
            return failed(name, error)


def _start(before: Model, folder: Path, options: FoldOptions) -> Model:
    """The model that all of them get."""
    import onnx

    shared = OptimizeOptions(set_dims=options.set_dims, checks=0)
    source, _ = prepared(before, folder, shared, freeze=options.freeze_weights)
    if options.inline_functions and before.functions:
        proto = inlined(onnx.load(source), before.name)
        source = folder / "inlined.onnx"
        save(proto, source)
    return before if source == Path(before.path) else read_model(source, before.name)


def _ours(start: Model, out: Path, options: FoldOptions) -> Column:
    # Dims, weights and functions are done with.
    how = FoldOptions(tensor_bytes=options.tensor_bytes, total_bytes=options.total_bytes, checks=0)
    found = fold(start, out, how)
    where = origins(start.graph, start.functions)
    return _column(OURS, start, found.after, found.seconds, _steps(start, found, where), found.kept)


def _steps(start: Model, found: Folded, where: Origins) -> tuple[str, ...]:
    """The nodes of the steps, counted as for the others: see `counting.folded`."""
    here = {node.id for node in computing(start.graph)}
    went = {step.node for step in found.steps}
    folding = {step.node for step in found.steps if step.did is not Did.DROPPED}
    return tuple(
        node
        for node in dict.fromkeys(step.node for step in found.steps)
        if node in here and (node in folding or where.known(node)) and not is_within(node, went, where)
    )


def _theirs(folder: Folder, start: Model, out: Path) -> Column:
    assert folder.run is not None
    rewrite = folder.run(start, out, {})
    report(f"Why {folder.label} leaves what it leaves", 0.7)
    where = origins(start.graph, start.functions)
    lost = gone(start, rewrite.after)
    done = folded(start, rewrite.after, lost, where)
    reasons = Staying(folder, start, rewrite.after, where, lost, out.parent).reasons()
    return _column(folder.name, start, rewrite.after, rewrite.seconds, done, reasons, rewrite.notes)


def _column(
    name: str,
    start: Model,
    after: Model,
    seconds: float,
    done: tuple[str, ...],
    reasons: tuple[Kept, ...],
    notes: tuple[str, ...] = (),
) -> Column:
    count = sum(1 for _ in computing(start.graph))
    left = sum(1 for _ in computing(after.graph))
    return Column(name, done, reasons, count, left, seconds, after.nbytes, notes)
