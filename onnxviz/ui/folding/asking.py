"""Why nodes go or stay, with what only a worker can say."""

from __future__ import annotations

from collections.abc import Collection

from onnxviz import jobs
from onnxviz.errors import OnnxvizError
from onnxviz.rewrites.fold import Folded
from onnxviz.ui import problems, waiting
from onnxviz.ui.folding import fates
from onnxviz.ui.folding.depending import depends
from onnxviz.ui.folding.fates import Fate

PATIENCE_SECONDS = 20.0
"""Of a large model it takes half a second, once; it may wait for other work."""

UNKNOWN = "It stays, and nothing here can say why."


def fates_of(folded: Folded, nodes: Collection[str]) -> dict[str, Fate]:
    """The fate of each of these nodes of the start; ids that are no nodes of it are left out."""
    known = fates.of(folded, nodes)
    asked = frozenset(nodes) - known.keys()
    ops = {node.id: node.qualified_op for node in folded.start.walk() if node.id in asked} if asked else {}
    reasons = _depending(folded, tuple(ops)) if ops else {}
    stay = {
        node: Fate(op_type, f"It stays. {reasons[node]}" if node in reasons else UNKNOWN)
        for node, op_type in ops.items()
    }
    return known | stay


def _depending(folded: Folded, nodes: tuple[str, ...]) -> dict[str, str]:
    model = folded.start_model
    job = jobs.submit(
        "look", "Looking for what they depend on", depends, model.path, model.digest, nodes,
        key=("depends", model.digest, nodes),
    )  # fmt: skip
    waiting.in_place(job, PATIENCE_SECONDS)
    try:
        return job.result(0)
    except OnnxvizError as error:
        problems.show(error)
    except TimeoutError:
        waiting.not_yet("This", job, "Ask again in a moment")
    return {}
