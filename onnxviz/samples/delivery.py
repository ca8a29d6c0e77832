"""A sample exported by a worker, for the program that asked to receive."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from onnxviz.delivery import leave
from onnxviz.model import Model
from onnxviz.progress import report
from onnxviz.reading import read_model
from onnxviz.samples.export import export
from onnxviz.samples.options import ExportOptions
from onnxviz.store import MAIN, Store, digest_of


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a worker made: `model` is to be received; `seconds` are those of the export."""

    model: Model
    seconds: float
    notes: tuple[str, ...]


def export_into_store(
    sample_id: str, options: ExportOptions, name: str, root: Path, cap_bytes: int
) -> Delivery:
    """Export a sample into a folder below the store's `root`, and read it under the display name `name`.

    For a worker of kind `torch`. Raises as `onnxviz.samples.export.export` and `read_model` do; nothing
    is left behind then.
    """
    with Store(root, cap_bytes).workspace() as entry:
        done = export(sample_id, entry / MAIN, options)
        report("Reading the file", 0.95)
        model = read_model(entry / MAIN, name, digest_of(entry / MAIN))
        left = leave(entry, model, root)
    return Delivery(left, done.seconds, done.notes)
