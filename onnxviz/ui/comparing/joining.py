"""An optimizer's result as a model of the session, for the pages that compare it."""

from __future__ import annotations

from onnxviz import jobs
from onnxviz.delivery import discard, receive, waiting
from onnxviz.jobs import Job
from onnxviz.model import Model
from onnxviz.rewrites.optimizers import DEFAULT, OptimizeOptions, optimize_into_store
from onnxviz.rewrites.reasons import How
from onnxviz.rewrites.types import Rewrite
from onnxviz.store import Store
from onnxviz.ui.comparing import how
from onnxviz.ui.session import Session


def optimizing(store: Store, name: str, model: Model, options: OptimizeOptions) -> Job[Rewrite]:
    """Run the optimizer called `name` in a worker; one run is shared by all pages that ask for the same."""
    return jobs.submit(
        "rewrite",
        f"Simplifying {model.name}" + ("" if name == DEFAULT else f" with {name}"),
        optimize_into_store,
        name,
        model.unnamed(),
        store.root,
        store.cap_bytes,
        options,
        key=("optimize", name, model.digest, options.key()),
        still_good=lambda rewrite: waiting(store, rewrite.after),
    )


def join(mine: Session, model: Model, rewrite: Rewrite, made: How, label: str = "") -> Model:
    """Take a result into the session's list, and note how it was made. Returns it as it is called there.

    `label` goes into its name behind the optimizer's. Raises `RefusedFile` where the store has no room.
    """
    left = rewrite.after
    how.remember(model.digest, left.digest, made)
    entry = mine.entries.get(left.digest)
    if entry is not None:
        discard(left)
        return entry.model
    name = f"{model.name} · {rewrite.name}{f', {label}' if label else ''}"
    after = receive(mine.store, left).renamed(name)
    origin = f"{rewrite.name} of {model.name}{f', {label}' if label else ''}"
    return mine.add(after, origin, model.digest, select=False, held=True).model
