"""Whether another optimizer takes out what this one leaves: tried, as long as there is time."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from onnxviz.errors import OnnxvizError
from onnxviz.model import Model
from onnxviz.progress import report
from onnxviz.rewrites.explain.stayed.case import Verdict
from onnxviz.rewrites.explain.stayed.habits import habits
from onnxviz.rewrites.explain.stayed.looks import Seems
from onnxviz.rewrites.explain.stayed.remedies import applied
from onnxviz.rewrites.explain.trying import freed
from onnxviz.rewrites.optimizers import optimize
from onnxviz.rewrites.reasons import How, Kept, Remedy, Stayed

_SECONDS_A_NODE = {"onnxsim": 3e-4, "ort-basic": 3e-4, "onnxslim": 2e-3, "onnxscript": 1.2e-3}
"""What each takes at most, the reading and the comparing included, on one core of a 2-core machine; in the
order in which they are tried. ONNX Runtime's higher levels make operators that others do not know."""

_BYTES_A_SECOND = 2e8
"""Of weights that are folded, written, read and hashed."""

_FIRST, _A_NODE = 0.7, 8e-4
"""Seconds that all trials together may take, whatever the deadline: the other reasons need theirs."""


def settled(
    waiting: Sequence[Verdict], source: Model, after: Model, how: How, deadline: float
) -> Iterator[Kept]:
    """Each of `waiting` with the optimizer that takes it out of `source`, or as it is where none does.

    Past `deadline`, a time of `time.perf_counter`, none is begun.
    """
    left = {verdict.kept.node: verdict for verdict in waiting}
    tried: dict[str, list[str]] = {node: [] for node in left}
    count = source.graph.node_count()
    deadline = min(deadline, time.perf_counter() + _FIRST + _A_NODE * count)
    for name, cost in _SECONDS_A_NODE.items():
        nodes = [node for node, verdict in left.items() if _may(name, verdict)]
        needed = cost * count + max(source.nbytes, after.nbytes) / _BYTES_A_SECOND
        if not nodes or name == how.optimizer or time.perf_counter() + needed > deadline:
            continue
        report(f"Trying {name} on what stayed")
        remedy = Remedy(f"Use {name}, which takes it out.", optimizer=name)
        gone = _freed_by(remedy, source, after, how, nodes)
        for node in nodes if gone is not None else ():
            tried[node].append(name)
        for node in nodes:
            if gone is not None and node in gone:
                yield _with_remedy(left.pop(node).kept, remedy)
    for node, verdict in left.items():
        words = f"{_listed(tried[node])} too" if tried[node] else "tried with no other optimizer"
        yield replace(verdict.kept, evidence=(*verdict.kept.evidence, ("checked", words)))


def _may(optimizer: str, verdict: Verdict) -> bool:
    """Whether it is worth trying: not where it is known to leave such a node."""
    known, one = habits(optimizer), verdict.kept
    is_tidying = verdict.seems in (Seems.NO_OP, Seems.TWIN)
    if one.reason is Stayed.FUNCTION:
        return known.inlines
    if one.reason is Stayed.BODY:
        return known.tidies_in_bodies if is_tidying else known.folds_in_bodies
    if verdict.seems is Seems.NO_OP:
        return known.tidies is None or one.op_type in known.tidies
    return True


def _with_remedy(one: Kept, remedy: Remedy) -> Kept:
    evidence = (*one.evidence, ("checked", f"{remedy.optimizer} takes it out"))
    reason = Stayed.NO_RULE if one.reason is Stayed.UNEXPLAINED else one.reason
    return replace(one, reason=reason, remedy=remedy, evidence=evidence)


def _freed_by(
    remedy: Remedy, source: Model, after: Model, how: How, nodes: Sequence[str]
) -> frozenset[str] | None:
    """None where the other optimizer gives up on the model: that says nothing about the nodes."""
    name, options = applied(how, remedy)
    with tempfile.TemporaryDirectory(prefix=".kept-") as folder:
        try:
            rewrite = optimize(name, source, Path(folder) / "other.onnx", replace(options, checks=0))
        except OnnxvizError:
            return None
        return freed(after, rewrite.after, nodes)


def _listed(names: Sequence[str]) -> str:
    leave = "leaves it" if len(names) == 1 else "leave it"
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{listed} {leave}"
