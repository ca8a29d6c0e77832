"""What the optimizers share: mend the model first, time the work, read the result, compare."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from onnxviz import disk
from onnxviz.errors import OnnxvizError, RewriteFailed
from onnxviz.library_words import said
from onnxviz.model import Model
from onnxviz.progress import report
from onnxviz.reading import read_model, require_valid
from onnxviz.rewrites import fixing, naming, prepare
from onnxviz.rewrites.optimizers.types import OptimizeOptions
from onnxviz.rewrites.types import Rewrite
from onnxviz.rewrites.verify import compare_outputs

if TYPE_CHECKING:
    import onnx

Work = Callable[[Path, Path], tuple[str, ...]]
"""Source, target -> notes: the optimizer itself. What it raises becomes RewriteFailed."""

LARGEST_FILE = 2**31 - 9999
"""Bytes of a model that are still written as one file; above, tensors go into `<name>.data` beside it."""


def rewritten(
    before: Model,
    out: Path,
    options: OptimizeOptions,
    name: str,
    work: Work,
    *,
    freezes: bool = False,
) -> Rewrite:
    """`before` into `out` by `work`, in a frame: faults are mended, options that all share applied.

    `freezes` is for an optimizer that cannot do with weights that are inputs too. `Rewrite.seconds` is what
    `work` took, from file to file.
    """
    report("Preparing the model", 0.05)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".optimize-") as folder:
        freeze = freezes or options.freeze_weights
        source, notes = prepared(before, Path(folder), options, freeze=freeze)
        report(f"{name} is at work", 0.2)
        start = time.perf_counter()
        more = _carried_out(work, source, out, name)
        seconds = time.perf_counter() - start
    report("Reading the result", 0.7)
    after = read_model(out, f"{before.name} · {name}")
    agreement = None
    if options.checks:
        agreement = compare_outputs(Path(before.path), out, options.checks, options.seed, inside=True)
    if after.graph.node_count() == before.graph.node_count():
        more = (*more, "The number of nodes did not change.")
    return Rewrite(name, before, after, seconds, (*notes, *more), agreement)


def prepared(
    before: Model, folder: Path, options: OptimizeOptions, *, freeze: bool
) -> tuple[Path, tuple[str, ...]]:
    """The file to work on, and what was done to it: the model's own where nothing was.

    Raises BadUsage for a dimension that the model has not, RewriteFailed for a fault that cannot be mended.
    """
    import onnx

    require_valid(before)
    proto = onnx.load(before.path, load_external_data=False)
    naming.check(proto)
    prepare.check_reads(proto)
    if not (options.set_dims or prepare.needs(proto) or (freeze and prepare.listed_weights(proto))):
        return Path(before.path), ()
    proto = onnx.load(before.path)
    steps = [fixing.fix_dims(proto, options.set_dims), prepare.name_graph(proto), prepare.sort_nodes(proto)]
    if freeze:
        steps.append(prepare.freeze_weights(proto))
    try:
        steps.append(prepare.complete_outputs(proto))
    except RewriteFailed:
        # Only onnxsim refuses an output of unknown rank, and says so itself.
        steps.append(None)
    path = folder / "prepared.onnx"
    save(proto, path)
    return path, tuple(step for step in steps if step)


def save(proto: onnx.ModelProto, path: Path) -> None:
    """Write the model, its tensors beside it in `<name>.data` where it has 2 GB or more."""
    import onnx

    large = proto.ByteSize() > LARGEST_FILE
    onnx.save(proto, path, save_as_external_data=large, location=f"{path.name}.data" if large else None)


def nbytes_of(path: Path) -> int:
    """Bytes of the model, its external data included."""
    import onnx

    from onnxviz.reading.external import is_external, tensors_of
    from onnxviz.reading.tensors import promised_bytes

    proto = onnx.load(path, load_external_data=False)
    outside = sum(promised_bytes(tensor) or 0 for tensor in tensors_of(proto) if is_external(tensor))
    return path.stat().st_size + outside


def _carried_out(work: Work, source: Path, out: Path, name: str) -> tuple[str, ...]:
    try:
        return work(source.absolute(), out.absolute())
    except OnnxvizError:
        raise
    except MemoryError:
        # The worker that runs this has a sentence for it.
        raise
    except Exception as error:
        if disk.cannot_write(error):
            # The same.
            raise
        raise RewriteFailed(
            name,
            f"gave up: {said(error)}",
            "The original is untouched",
            detail=f"{type(error).__name__}: {error}",
        ) from error
