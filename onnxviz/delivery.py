"""A model that a worker made, on its way into the store of the program that asked for it.

The worker leaves the files in a folder of the store and the program takes them in from there: only the
program knows which models are held, and taking one in may evict others.
"""

from __future__ import annotations

import os
import shutil
import uuid
from dataclasses import replace
from pathlib import Path

from onnxviz.errors import RefusedFile
from onnxviz.model import Model
from onnxviz.store import MAIN, Store
from onnxviz.store.files import TEMPORARY, temporary_prefix


def leave(entry: Path, model: Model, root: Path) -> Model:
    """In the worker: move the filled workspace `entry` to where it outlasts the block that made it.

    Returns the model with its path there. A folder that nobody receives is swept by the store an hour
    later, or once the program is gone, as its prefix says.
    """
    # Named for the program that waits, since the worker may be gone before it is received.
    folder = root / f"{temporary_prefix(os.getppid())}{uuid.uuid4().hex}"
    entry.rename(folder)
    return replace(model, path=str(folder / MAIN))


def discard(model: Model) -> None:
    """Drop the files of a model that was left, where the store has them already."""
    folder = Path(model.path).parent
    if folder.name.startswith(TEMPORARY):
        shutil.rmtree(folder, ignore_errors=True)


def waiting(store: Store, model: Model) -> bool:
    """True while `receive` can still succeed."""
    return model.digest in store or Path(model.path).is_file()


def receive(store: Store, model: Model) -> Model:
    """Take a model that was left into the store; the entry is held. It may be received many times.

    Raises `RefusedFile` where it was evicted or never left, and as `Store.adopt` does.
    """
    folder, digest = Path(model.path).parent, model.digest
    if digest in store or not folder.exists():
        store.hold(digest)
        discard(model)
    elif not folder.name.startswith(TEMPORARY):
        # To adopt is to move: the folder of a model that somebody keeps elsewhere is theirs.
        raise RefusedFile(model.name, "was left by no worker", "Open its file first")
    else:
        try:
            store.adopt(folder, digest, hold=True)
        except RefusedFile:
            # Another session of this program may have been first with the same result.
            if digest not in store:
                raise
            store.hold(digest)
    return replace(model, path=str(store.path(digest)))
