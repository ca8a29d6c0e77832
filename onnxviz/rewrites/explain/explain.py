"""The verb: why each node that went is gone, and why each foldable-looking one stayed.

Run it in a worker: it runs both models, and onnxsim where passes are to be named.
"""

from __future__ import annotations

import time
from pathlib import Path

from onnxviz.diff.diffing import diff_descriptions
from onnxviz.diff.models import digests_of
from onnxviz.diff.types import Diff, Digests
from onnxviz.model import Model
from onnxviz.progress import deliver, report
from onnxviz.reading import read_in_place
from onnxviz.rewrites.explain.went.removed import Finder
from onnxviz.rewrites.reasons import SECONDS, Explanation, How, Kept

NO_HOW = How()


def explain(
    before: Model,
    after: Model,
    diff: Diff,
    how: How = NO_HOW,
    seconds: float = SECONDS,
    digests: tuple[Digests, Digests] | None = None,
) -> Explanation:
    """Reasons for all that `diff` (of `diff_models`, of these two files) says to be gone, and what stayed.

    Each node of `explain.went.removed.gone` gets exactly one `Removed`. Tuples of `Removed` and of `Kept` are
    handed over with `progress.deliver` as they are checked; a `Removed` that comes again, with the passes
    that did it, replaces the one before. After `seconds` nothing more is checked: what is left is
    UNEXPLAINED, and `is_complete` is false. `digests` are those of both files' constants, where the diff was
    made with them: else the weights are read once more.

    Models that ONNX Runtime cannot run get the reasons that structure alone shows, and a note. Raises
    RefusedFile where a file is not what it was when it was read.
    """
    from onnxviz.rewrites.explain.went.naming_passes import name_passes

    start = time.perf_counter()
    deadline = start + seconds
    finder = Finder(before, after, diff, how, deadline, digests)
    for batch in finder.batches():
        deliver(batch)
    stayed = _stayed(before, after, diff, how, deadline)
    notes = list(finder.notes)
    for part in name_passes(before, how, finder.in_order(), deadline, notes):
        finder.replaced({removed.node: removed for removed in part})
        deliver(part)
    took = time.perf_counter() - start
    return Explanation(finder.in_order(), stayed, took, finder.is_complete, tuple(notes))


def explain_files(before: Path, after: Path, how: How = NO_HOW, seconds: float = SECONDS) -> Explanation:
    """`explain` for two files. Raises RefusedFile where one is no model."""
    models = [read_in_place(path) for path in (before, after)]
    return explain_models(models[0], models[1], how, seconds)


def explain_models(before: Model, after: Model, how: How = NO_HOW, seconds: float = SECONDS) -> Explanation:
    """`explain` for two models that were read: their diff is made first, and is not counted."""
    digests = digests_of(Path(before.path), Path(after.path))
    report("Matching nodes")
    return explain(before, after, diff_descriptions(before, after, digests), how, seconds, digests)


def _stayed(before: Model, after: Model, diff: Diff, how: How, deadline: float) -> tuple[Kept, ...]:
    from onnxviz.rewrites.explain.stayed.kept import kept

    found: list[Kept] = []
    for one in kept(before, after, diff, how, deadline):
        found.append(one)
        deliver((one,))
    return tuple(found)
