"""Which of onnxsim's passes did it: those that a change comes with, and without which it stays away.

onnxsim runs once with all its passes, then without each candidate, or without several that turn out to change
nothing. A node that is gone in the first and there in the other went because of that pass. Where two passes
would each do, neither is named.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from onnxviz.errors import OnnxvizError
from onnxviz.model import Model
from onnxviz.progress import report
from onnxviz.reading.tensors import text_of
from onnxviz.rewrites.passes import FOLDING, INFERENCE, optimizer_passes, run_only
from onnxviz.rewrites.reasons import How, Removed, Went

if TYPE_CHECKING:
    import onnx

_ALWAYS = {
    Went.FOLDED: (FOLDING,),
    Went.MERGED: ("eliminate_common_subexpression", "eliminate_duplicate_initializer"),
    Went.DEAD: ("eliminate_deadend", FOLDING),
    Went.NO_OP: ("eliminate_nop_with_unit",),
    Went.FUSED: (FOLDING,),
    Went.REWRITTEN: (FOLDING, "fuse_matmul_add_bias_into_gemm_batched", "eliminate_if_with_const_cond"),
}

_SHORT = {"batchnormalization": "bn", "layernormalization": "layer_norm", "matmul": "gemm"}
"""How onnxsim's passes call operators that they do not call by their name."""

_ORDINARY = frozenset(("eliminate", "fuse", "into", "nop", "consecutive", "with", "op", "ops", "const", "on"))

LAST = (INFERENCE, "eliminate_deadend", "eliminate_unused_initializer")
"""Tried when the more likely ones have been."""

ALONE = 4
"""Candidates that are tried alone; the others in groups, which are halved where they matter."""

ROUNDS = 6
"""Of passes and folding, in turn, in one run: onnxsim settles within four on every model at hand, but without
some of its passes it may undo its own work until its bound of 50 (19 s on a decoder of 3,846 nodes)."""

LOAD = 1.5
"""A run is begun where this many times what the first one took is left."""


def name_passes(
    before: Model, how: How, removed: Sequence[Removed], deadline: float, notes: list[str]
) -> Iterator[tuple[Removed, ...]]:
    """Reasons again, with passes, as they are found; sentences for `notes` where something was left out."""
    from onnxviz.rewrites.watch import LARGEST_BYTES

    simplify = how.options.simplify
    if how.optimizer != "onnxsim" or not removed or before.nbytes > LARGEST_BYTES:
        return
    if simplify.input_shapes or simplify.inline_functions or simplify.skip_optimization:
        notes.append("Passes are not named where onnxsim was given other sizes, or functions to be inlined.")
        return
    try:
        yield from _Trials(before, how, removed, deadline, notes).run()
    except OnnxvizError as error:
        notes.append(f"Passes could not be named. {error.subject}: {error.cause}.")


class _Trials:
    def __init__(
        self, before: Model, how: How, removed: Sequence[Removed], deadline: float, notes: list[str]
    ) -> None:
        self._before = before
        self._how = how
        self._removed = {each.node: each for each in removed if each.reason is not Went.UNEXPLAINED}
        self._deadline = deadline
        self._notes = notes

    def run(self) -> Iterator[tuple[Removed, ...]]:
        """The first run with all passes, then one without each candidate."""
        allowed = self._allowed()
        proto = _prepared(self._before, self._how)
        report("Running onnxsim again, to name its passes")
        start = time.perf_counter()
        gone = self._gone(run_only(proto, allowed, rounds=ROUNDS))
        took = time.perf_counter() - start
        candidates = [name for name in self._candidates(gone) if name in allowed]
        # Leaving out more brings back more: a group without which nothing comes back holds no pass to name.
        waiting = [candidates[ALONE:], *([name] for name in reversed(candidates[:ALONE]))]
        while waiting:
            group = waiting.pop()
            if not group:
                continue
            if time.perf_counter() + LOAD * took > self._deadline:
                self._notes.append("The time was up before all of onnxsim's passes were tried.")
                return
            report(f"Running onnxsim without {group[0]}" + (" and others" if len(group) > 1 else ""))
            there = gone - self._gone(self._without(proto, allowed, group))
            if there and len(group) == 1:
                yield tuple(self._named(node, group[0]) for node in sorted(there))
            elif there:
                middle = len(group) // 2
                waiting += [group[middle:], group[:middle]]

    def _without(self, proto: onnx.ModelProto, allowed: list[str], group: list[str]) -> onnx.ModelProto:
        return run_only(proto, [each for each in allowed if each not in group], rounds=ROUNDS)

    def _allowed(self) -> list[str]:
        simplify = self._how.options.simplify
        names = [name for name in optimizer_passes() if name not in simplify.skipped_optimizers]
        names += [] if simplify.skip_constant_folding else [FOLDING]
        return names + ([] if simplify.skip_shape_inference else [INFERENCE])

    def _gone(self, result: onnx.ModelProto) -> set[str]:
        """Ids of the nodes that are not in a result; those of bodies cannot be told by their names."""
        there = {
            (text_of(node.op_type), text_of(output)) for node in result.graph.node for output in node.output
        }
        there |= {("Constant", text_of(tensor.name)) for tensor in result.graph.initializer}
        main = {node.id: node for node in self._before.graph.nodes if node.id in self._removed}
        return {
            name
            for name, node in main.items()
            if not any((node.op_type, output) in there for output in node.outputs if output)
        }

    def _candidates(self, gone: set[str]) -> list[str]:
        """Passes that may have done it, those first that may have done most."""
        counts: dict[str, int] = {}
        for node in gone:
            for name in _likely(self._removed[node]):
                counts[name] = counts.get(name, 0) + 1
        found = sorted(counts, key=lambda name: (-counts[name], name))
        return [*(name for name in found if name not in LAST), *LAST]

    def _named(self, node: str, name: str) -> Removed:
        known = self._removed[node]
        self._removed[node] = found = replace(known, passes=(*known.passes, name))
        return found


def _likely(removed: Removed) -> set[str]:
    """Passes for a kind of reason, and those that have the operators in their names."""
    found = set(_ALWAYS.get(removed.reason, ()))
    if removed.reason not in (Went.NO_OP, Went.FUSED, Went.REWRITTEN):
        return found
    evidence = dict(removed.evidence)
    text = " ".join((removed.op_type, evidence.get("old", ""), evidence.get("new", "")))
    ops = {op.lower() for op in re.findall(r"[A-Za-z]\w*", text)}
    ops |= {_SHORT[op] for op in ops if op in _SHORT}
    for name in optimizer_passes():
        words = set(name.split("_")) - _ORDINARY
        plural = {word.removesuffix("s") for word in words}
        if (words | plural) & ops or any(op in name for op in ops if "_" in op):
            found.add(name)
    return found


def _prepared(before: Model, how: How) -> onnx.ModelProto:
    from onnxviz.rewrites.prepare import freeze_weights
    from onnxviz.rewrites.watch import WatchOptions, prepared

    proto, _ = prepared(before, WatchOptions(set_dims=dict(how.options.set_dims)))
    if how.options.freeze_weights:
        freeze_weights(proto)
    return proto
