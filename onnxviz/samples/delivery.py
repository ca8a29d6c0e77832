"""A sample exported by a worker and put into the store by the program that asked.

The worker leaves the file in a folder of the store and the program takes it in from there: only the
program knows which models are held, and taking one in may evict others.
"""

from __future__ import annotations

import shutil
import uuid
from dataclasses import dataclass, replace
from pathlib import Path

from onnxviz.errors import RefusedFile
from onnxviz.model import Model
from onnxviz.progress import report
from onnxviz.reading import read_model
from onnxviz.samples.export import export
from onnxviz.samples.options import ExportOptions
from onnxviz.store import MAIN, Store, digest_of


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a worker made. `model.path` is valid after `receive` alone; `seconds` are those of the export."""

    model: Model
    folder: str
    seconds: float
    notes: tuple[str, ...]


def export_into_store(
    sample_id: str, options: ExportOptions, name: str, root: Path, cap_bytes: int
) -> Delivery:
    """Export a sample into a folder below the store's `root`, and read it under the display name `name`.

    For a worker of kind `torch`. Raises as `onnxviz.samples.export.export` and `read_model` do; nothing
    is left behind then. A folder that nobody receives is swept by the store after a day.
    """
    with Store(root, cap_bytes).workspace() as entry:
        done = export(sample_id, entry / MAIN, options)
        report("Reading the file", 0.95)
        model = read_model(entry / MAIN, name, digest_of(entry / MAIN))
        # Out of the workspace, which goes when this block ends; the prefix is what the store sweeps.
        folder = Path(root) / f".tmp-{uuid.uuid4().hex}"
        entry.rename(folder)
    return Delivery(model, str(folder), done.seconds, done.notes)


def waiting(store: Store, delivery: Delivery) -> bool:
    """True while `receive` can still succeed."""
    return delivery.model.digest in store or (Path(delivery.folder) / MAIN).is_file()


def receive(store: Store, delivery: Delivery) -> Model:
    """Take a delivery into the store; the entry is held. The same delivery may be received many times.

    Raises `RefusedFile` where it was evicted, and as `Store.adopt` does.
    """
    folder, digest = Path(delivery.folder), delivery.model.digest
    if digest in store or not folder.exists():
        store.hold(digest)
        shutil.rmtree(folder, ignore_errors=True)
    else:
        try:
            store.adopt(folder, digest, hold=True)
        except RefusedFile:
            # Another session of this program may have been first with the same export.
            if digest not in store:
                raise
            store.hold(digest)
    return replace(delivery.model, path=str(store.path(digest)))
