"""Why not: each node of a result that looks foldable and stayed, what blocks it, and what would free it.

A reason says what the analysis of `origins` shows, or what an option or a limit is; "no rule" is said of this
optimizer, and where another one takes the node out, that was tried. Our own folding knows its reasons itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from onnxviz.collecting import without_collecting
from onnxviz.diff.types import Diff
from onnxviz.errors import OnnxvizError
from onnxviz.model import Model
from onnxviz.reading.tensors import text_of
from onnxviz.rewrites.explain.origins import origins
from onnxviz.rewrites.explain.stayed.blocking import Blocking
from onnxviz.rewrites.explain.stayed.case import Case, Verdict
from onnxviz.rewrites.explain.stayed.exact import Exact
from onnxviz.rewrites.explain.stayed.habits import habits
from onnxviz.rewrites.explain.stayed.looks import looks
from onnxviz.rewrites.explain.stayed.others import settled
from onnxviz.rewrites.fold.folding import stayed
from onnxviz.rewrites.optimizers.by_fold import NAME as FOLD
from onnxviz.rewrites.reasons import How, Kept, Stayed

if TYPE_CHECKING:
    import onnx


def kept(before: Model, after: Model, diff: Diff, how: How, deadline: float) -> Iterator[Kept]:
    """Each node of `after` that looks foldable, those whose reason needs no run first.

    `deadline` is a time of `time.perf_counter`: past it no other optimizer is tried. The files of both
    models must be there.
    """
    with without_collecting():
        verdicts = _verdicts(before, after, diff, how)
        if how.optimizer == FOLD:
            verdicts = _by_itself(after, verdicts)
    yield from (verdict.kept for verdict in verdicts if not verdict.seeks)
    waiting = [verdict for verdict in verdicts if verdict.seeks]
    if waiting:
        yield from settled(waiting, before if how.optimizer else after, after, how, deadline)


def _verdicts(before: Model, after: Model, diff: Diff, how: How) -> list[Verdict]:
    found = origins(after.graph, after.functions, replaceable(after, how))
    origin = {there: here for here, there in diff.pairs().items()}
    reasons = Blocking(Case(before, after, found, how, origin))
    return [reasons.verdict(node, look) for node, look in looks(after, found, Exact(after.path))]


_SOUGHT = (Stayed.SIZE_LIMIT, Stayed.NO_RULE)
"""Reasons of our folding that other optimizers need not share."""


def _by_itself(after: Model, verdicts: list[Verdict]) -> list[Verdict]:
    """Our folding's own reasons, where the analysis of its result has another or none."""
    try:
        own = {one.node: one for one in stayed(after)}
    except OnnxvizError:
        return verdicts
    # A function's own remedy is an option that optimizers do not share: the analysis tries others.
    same = {
        verdict.kept.node
        for verdict in verdicts
        if verdict.kept.node in own
        and own[verdict.kept.node].reason in (verdict.kept.reason, Stayed.FUNCTION)
    }
    rest = [verdict for verdict in verdicts if verdict.kept.node in same or verdict.kept.node not in own]
    return [*rest, *(Verdict(one, one.reason in _SOUGHT) for one in own.values() if one.node not in same)]


def replaceable(model: Model, how: How) -> frozenset[str]:
    """Weights that are inputs of the model too, where that kept the optimizer from folding them."""
    if how.optimizer and (not habits(how.optimizer).keeps_listed or how.options.freeze_weights):
        return frozenset()
    import onnx

    proto: onnx.ModelProto = onnx.load(Path(model.path), load_external_data=False)
    inputs = {text_of(value.name) for value in proto.graph.input}
    return frozenset(name for name in model.graph.initializers if name in inputs)
