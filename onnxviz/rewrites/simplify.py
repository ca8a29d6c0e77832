"""Simplification with onnxsim: a Model -> a Rewrite. Run it in a worker of kind "rewrite".

onnxsim (https://github.com/onnxsim/onnxsim, version 0.8.1) alternates graph optimizations, shape
inference and constant folding until nothing changes.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onnxviz import disk
from onnxviz.delivery import leave
from onnxviz.errors import BadUsage, OnnxvizError, RewriteFailed
from onnxviz.library_words import said
from onnxviz.model import Model
from onnxviz.progress import report
from onnxviz.reading import read_in_place, read_model, require_valid
from onnxviz.rewrites import naming, prepare
from onnxviz.rewrites.passes import optimizer_passes
from onnxviz.rewrites.types import Rewrite
from onnxviz.rewrites.verify import compare_outputs
from onnxviz.store import MAIN, Store

if TYPE_CHECKING:
    import onnx

__all__ = [
    "OPTIMIZERS",
    "SimplifyOptions",
    "optimizer_passes",
    "parse_size",
    "simplify",
    "simplify_file",
    "simplify_into_store",
]

OPTIMIZERS = ("onnxsim",)

LARGEST_THRESHOLD = 2**31 - 9999
"""onnxsim 0.8.1 refuses a tensor size threshold above this many bytes."""

_SIZE = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)\s*(B|KB|MB|GB)", re.IGNORECASE)
_UNITS = {"B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}

_GROWTH = 2
"""A result this many times the size of the original gets a note on why it grew."""


@dataclass(frozen=True, slots=True)
class SimplifyOptions:
    """The parameters of `onnxsim.simplify` that matter.

    `input_shapes` fixes dynamic inputs (name -> sizes). `tensor_size_threshold` is a size with a unit
    (`"1.5GB"`): a folded tensor above it is not stored. `checks` counts the seeded inputs on which the
    outputs before and after are compared (our own comparison, which keeps indices in range, in place
    of onnxsim's `check_n`).
    """

    input_shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    skipped_optimizers: tuple[str, ...] = ()
    skip_optimization: bool = False
    skip_constant_folding: bool = False
    skip_shape_inference: bool = False
    tensor_size_threshold: str = "1.5GB"
    include_subgraph: bool = False
    inline_functions: bool = False
    checks: int = 1

    def key(self) -> tuple[Any, ...]:
        """A hashable identity, for the cache of results."""
        shapes = tuple(sorted(self.input_shapes.items()))
        return (shapes, *(getattr(self, name) for name in self.__slots__ if name != "input_shapes"))


def parse_size(text: str) -> int:
    """Bytes of `"512KB"`, `"1.5GB"`; units of 1024. Raises BadUsage."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise BadUsage(f"The size {text!r}", "is not a number with a unit", "Write it like 512KB or 1.5GB")
    size = int(float(match[1]) * _UNITS[match[2].upper()])
    if size > LARGEST_THRESHOLD:
        raise BadUsage(f"The size {text!r}", "is 2 GB or more, which onnxsim refuses", "Give less than 2GB")
    return size


def simplify(before: Model, out: Path, options: SimplifyOptions | None = None) -> Rewrite:
    """Simplify `before` into the file `out`.

    A result of 2 GB or more has its tensors beside it in `out.data`. Raises BadUsage for options
    that do not fit the model, RewriteFailed when onnxsim gives up.
    """
    options = options or SimplifyOptions()
    require_valid(before)
    _check(before, options)
    report("Preparing the model", 0.05)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".simplify-") as folder:
        notes = _simplify_file(before, out, options, Path(folder))
    seconds = time.perf_counter() - start
    report("Reading the result", 0.7)
    after = read_model(out, f"{before.name} · onnxsim")
    agreement = None
    if options.checks:
        agreement = compare_outputs(Path(before.path), out, options.checks)
    return Rewrite("onnxsim", before, after, seconds, (*notes, *_remarks(before, after, options)), agreement)


def simplify_file(path: Path, out: Path, options: SimplifyOptions | None = None) -> Rewrite:
    """`simplify` for a file that has not been read yet; raises RefusedFile too."""
    return simplify(read_in_place(path), out, options)


def simplify_into_store(
    before: Model, root: Path, cap_bytes: int, options: SimplifyOptions | None = None
) -> Rewrite:
    """`simplify`, with the result left in the store at `root` for `delivery.receive`."""
    with Store(root, cap_bytes).workspace() as entry:
        rewrite = simplify(before, entry / MAIN, options)
        return replace(rewrite, after=leave(entry, rewrite.after, root))


def _check(before: Model, options: SimplifyOptions) -> None:
    parse_size(options.tensor_size_threshold)
    if options.checks < 0:
        raise BadUsage("The number of checks", f"is {options.checks}", "Give 0 for none, or more")
    for name, shape in options.input_shapes.items():
        if name not in before.graph.inputs:
            known = ", ".join(before.graph.inputs) or "none"
            raise BadUsage(f"The input {name!r}", f"is not in the model (inputs: {known})", "Check the name")
        value = before.graph.values.get(name)
        rank = len(value.shape) if value is not None and value.shape is not None else len(shape)
        if len(shape) != rank or any(size < 1 for size in shape):
            raise BadUsage(
                f"The shape of the input {name!r}",
                f"is {list(shape)}, and the input has {rank} dimensions",
                "Give one size of at least 1 for each",
            )
    if options.skipped_optimizers:
        unknown = sorted(set(options.skipped_optimizers) - set(optimizer_passes()))
        if unknown:
            raise BadUsage(f"The pass {unknown[0]!r}", "is not one of onnxsim's", "Choose from its list")


def _simplify_file(before: Model, out: Path, options: SimplifyOptions, folder: Path) -> tuple[str, ...]:
    """Prepare, simplify, and on a failure that has a remedy apply it and try once more."""
    import onnx

    source = Path(before.path)
    proto = onnx.load(source, load_external_data=False)
    notes: tuple[str, ...] = ()
    naming.check(proto)
    prepare.check_reads(proto)
    if prepare.needs(proto):
        source, notes = _prepared(before, folder)
    try:
        _run_onnxsim(source, out, options)
    except RewriteFailed as error:
        if "in initializer but not in graph input" not in error.detail or proto.ir_version >= 4:
            raise
        proto = onnx.load(source)
        sentence = prepare.raise_ir_version(proto)
        source = folder / "raised.onnx"
        _save(proto, source)
        _run_onnxsim(source, out, options)
        notes = (*notes, sentence or "")
    return notes


def _prepared(before: Model, folder: Path) -> tuple[Path, tuple[str, ...]]:
    import onnx

    proto = onnx.load(before.path)
    try:
        notes = prepare.prepare(proto)
    except RewriteFailed as error:
        raise RewriteFailed(
            before.name, f"{error.subject}: {error.cause}", error.remedy, detail=error.detail
        ) from error
    path = folder / "prepared.onnx"
    _save(proto, path)
    return path, notes


def _save(proto: onnx.ModelProto, path: Path) -> None:
    import onnx

    large = proto.ByteSize() > LARGEST_THRESHOLD
    onnx.save(proto, path, save_as_external_data=large, location=f"{path.name}.data" if large else None)


def _run_onnxsim(source: Path, out: Path, options: SimplifyOptions) -> None:
    """onnxsim writes `out` itself: on a large model that saves a copy through Python."""
    import onnxsim

    report("onnxsim is simplifying", 0.2)
    # Where a result gets its weights beside it, onnxsim 0.8.1 first removes a file of that name from the
    # working directory: that must be the result's own folder.
    source, out = source.absolute(), out.absolute()
    previous = os.getcwd()
    os.chdir(out.parent)
    try:
        _, valid = onnxsim.simplify(
            str(source),
            perform_optimization=not options.skip_optimization,
            overwrite_input_shapes={k: list(v) for k, v in options.input_shapes.items()} or None,
            skipped_optimizers=list(options.skipped_optimizers) or None,
            skip_constant_folding=options.skip_constant_folding,
            skip_shape_inference=options.skip_shape_inference,
            include_subgraph=options.include_subgraph,
            tensor_size_threshold=options.tensor_size_threshold.replace(" ", ""),
            inline_functions=options.inline_functions,
            output_path=str(out),
            external_data_threshold="1.9GB",
            # The proof needs a solver that is not a dependency of ours.
            certify=False,
        )
    except OnnxvizError:
        raise
    except MemoryError:
        raise
    except Exception as error:
        if disk.cannot_write(error):
            # The worker that runs this has a sentence for it.
            raise
        raise _in_words(str(error)) from error
    finally:
        os.chdir(previous)
    if not valid:
        raise RewriteFailed(
            "onnxsim", "says that its own result is not valid", "Skip some passes and try again"
        )


_KNOWN = (
    (
        re.compile(r"No Op registered for (\S+)"),
        "the operator {0} is not one that onnxsim knows",
        "Skip shape inference, or register the operator's schema",
    ),
    (
        re.compile(r"topologically sorted, however input '([^']+)'"),
        "its result is out of order at {0!r}",
        "This is a fault of onnxsim 0.8.1: try with fewer passes, or keep the original",
    ),
    (
        re.compile(r"(\S+) in initializer but not in graph input"),
        "folding made the initializer {0!r}, which IR version 3 does not allow",
        "Export the model with a newer IR version",
    ),
    (
        re.compile(r"(?i)data of TensorProto.*?(\S+).*(?:doesn't exist|not exist|is not accessible)"),
        "the external data {0!r} is not beside the model",
        "Upload the data files together with the model",
    ),
)


def _in_words(text: str) -> RewriteFailed:
    """A sentence for what onnxsim says, its own words as the detail."""
    for pattern, cause, remedy in _KNOWN:
        match = pattern.search(text)
        if match:
            return RewriteFailed("onnxsim", cause.format(*match.groups()), remedy, detail=text)
    return RewriteFailed("onnxsim", f"gave up: {said(text)}", "The original is untouched", detail=text)


def _remarks(before: Model, after: Model, options: SimplifyOptions) -> tuple[str, ...]:
    """What a person should know about a result, when it is so."""
    found = []
    if after.nbytes > _GROWTH * before.nbytes and after.nbytes - before.nbytes > 1_000_000:
        found.append(
            f"The file grew from {before.nbytes / 1e6:.1f} to {after.nbytes / 1e6:.1f} MB: values that the "
            "model computed when it ran are now stored. A lower tensor size threshold keeps them computed."
        )
    if after.graph.node_count() == before.graph.node_count():
        found.append("The number of nodes did not change.")
    if options.include_subgraph:
        found.append("onnxsim 0.8.1 accepts the option for subgraphs and does nothing with it.")
    return tuple(found)
