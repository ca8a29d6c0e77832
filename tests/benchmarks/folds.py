"""What our own folding folds, beside what three others fold, and what it costs.

    python -m tests.benchmarks.folds [--samples] [FILE ...]

The nine light models (their weights frozen, since nothing of theirs is constant otherwise), with `--samples`
every sample at its defaults from both exporters, its batch fixed and dynamic, and further files. Nodes are
counted by `rewrites.beside`. What onnxscript or onnxsim fold has to be folded by ours too, or be in `kept`
with its reason. Each result goes through the ONNX checker, and has to give the outputs of the original.
Seconds are processor time.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import onnx

from onnxviz.errors import OnnxvizError
from onnxviz.model import Graph, Model
from onnxviz.reading import read_model
from onnxviz.rewrites import prepare
from onnxviz.rewrites.beside import FOLDERS, Beside, beside
from onnxviz.rewrites.fold import Folded, FoldOptions, fold, replay
from onnxviz.rewrites.types import Agreement
from onnxviz.rewrites.verify import compare_outputs
from onnxviz.samples.catalog import SAMPLES
from tests.benchmarks.tables import load, seconds, table, verdict
from tests.conftest import wheel_data

SECONDS = {1746: 3.0, 4000: 6.0, 6000: 12.0}
"""Nodes up to which a folding with its steps takes at most so long."""

REPLAY_MS = 50.0
RTOL = 1e-5

BINDING = ("onnxscript", "onnxsim")
"""What these fold, ours folds or excuses. ONNX Runtime is shown, and explained, without a bar."""


def frozen(path: Path, folder: Path) -> Path:
    """The same model, its weights no inputs any more."""
    proto = onnx.load(path)
    if prepare.freeze_weights(proto) is None:
        return path
    out = folder / path.name
    onnx.save(proto, out)
    return out


def samples(folder: Path) -> Iterator[Path]:
    """Every sample at its defaults, by each exporter that can, its batch fixed and dynamic."""
    from onnxviz.samples.export import export
    from onnxviz.samples.options import ExportOptions

    for sample in SAMPLES.values():
        batch = {spec.name: {0: "batch"} for spec in sample.inputs if spec.axes}
        for exporter in sample.exporters:
            for dynamic in ({}, batch):
                out = folder / f"{sample.id}_{exporter}{'_batch' if dynamic else ''}.onnx"
                try:
                    yield export(sample.id, out, ExportOptions(exporter=exporter, dynamic=dynamic)).path
                except OnnxvizError as error:
                    print(f"{out.stem} is not exported: {str(error)[:160]}")


@dataclass(frozen=True, slots=True)
class Measured:
    """One model. `unexcused` has, by folder, what that one folds and ours neither folds nor excuses."""

    name: str
    found: Folded
    beside: Beside
    seconds: float
    replay_ms: float
    agreement: Agreement
    invalid: str = ""
    unexcused: dict[str, list[str]] = field(default_factory=dict)


def measured(path: Path, folder: Path) -> Measured:
    """One model, by all."""
    before = read_model(frozen(path, folder))
    out = folder / "folded.onnx"
    began = time.process_time()
    found = fold(before, out, FoldOptions(checks=0))
    took = time.process_time() - began
    agreement = compare_outputs(Path(before.path), out, 1)
    compared = beside(before)
    unexcused = {name: missing(found, compared, name) for name in FOLDERS if name != "fold"}
    return Measured(
        path.stem, found, compared, took, replayed(found), agreement, fault(found.after), unexcused
    )


def missing(found: Folded, compared: Beside, folder: str) -> list[str]:
    """Nodes that the other one folds, and ours neither folds nor excuses."""
    ours, theirs = compared.column("fold"), compared.column(folder)
    if ours is None or theirs is None:
        return []
    done = {*ours.folded, *(each.node for each in found.kept)}
    return sorted(set(theirs.folded) - done)


def fault(model: Model) -> str:
    """What the ONNX checker says of a model, shapes included; empty where it is content."""
    try:
        onnx.checker.check_model(model.path, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        return str(error).splitlines()[0]
    return ""


def replayed(found: Folded) -> float:
    """The longest of 21 replays, in milliseconds."""
    longest = 0.0
    for part in range(21):
        count = len(found.steps) * part // 20
        began = time.process_time()
        graph: Graph = replay(found, count)
        longest = max(longest, 1000 * (time.process_time() - began))
        assert graph.outputs == found.after.graph.outputs
    return longest


def show(rows: Iterable[Measured]) -> None:
    """A table, then what others fold and ours says nothing of, then why the others leave what they leave."""
    head = ("model", "nodes", *(each.label for each in FOLDERS.values()), "unexcused", "waves", "s",
            "replay ms", "bytes more", "kept", "bars")  # fmt: skip
    rows = list(rows)
    print(table(head, map(line, rows)))
    for each in rows:
        for folder, nodes in each.unexcused.items():
            if nodes:
                print(f"{each.name}: {folder} folds {len(nodes)} that ours does not, as {nodes[:4]}")
        for column in each.beside.columns:
            if column.error:
                print(f"{each.name}: {column.label} gave nothing: {column.error[:160]}")
    reasons(rows)
    print(load())


def line(each: Measured) -> tuple[object, ...]:
    """One row of the table."""
    found, agreement = each.found, each.agreement
    most = next((most for nodes, most in SECONDS.items() if found.before.graph.node_count() <= nodes), 24.0)
    binding = sum(len(nodes) for folder, nodes in each.unexcused.items() if folder in BINDING)
    checks = [("unexcused", float(binding), 0.0), ("took", each.seconds, most)]
    checks += [("replay", each.replay_ms, REPLAY_MS), ("invalid", float(bool(each.invalid)), 0.0)]
    checks += [("differs", float(not agreement.agrees and not agreement.error), 0.0)]
    checks += [("relative error", agreement.relative, RTOL)] if not agreement.error else []
    kept = Counter(str(one.reason) for one in found.kept)
    said = f" (not compared: {agreement.error})" if agreement.error else ""
    return (
        each.name,
        f"{each.beside.columns[0].nodes:,}",
        *("–" if column.error else f"{len(column.folded):,}" for column in each.beside.columns),
        "/".join(str(len(nodes)) for nodes in each.unexcused.values()),
        found.waves,
        seconds(each.seconds),
        f"{each.replay_ms:.1f}",
        f"{found.after.nbytes - found.before.nbytes:,}",
        ", ".join(f"{count} {reason}" for reason, count in kept.items()) or "–",
        verdict(checks, "") + (f": {each.invalid}" if each.invalid else "") + said,
    )


def reasons(rows: list[Measured]) -> None:
    """How often each reason is given for what one folder leaves and another folds."""
    counts: Counter[tuple[str, str]] = Counter()
    for each in rows:
        for row in each.beside.rows:
            counts.update((folder, str(kept.reason)) for folder, kept in row.left_by)
    for folder, each_of in FOLDERS.items():
        found = {reason: count for (name, reason), count in counts.most_common() if name == folder}
        print(f"{each_of.label} leaves: {', '.join(f'{n:,} {r}' for r, n in found.items()) or 'nothing'}")


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description="Fold models, and compare with what others fold.")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="further .onnx files")
    parser.add_argument("--samples", action="store_true", help="export every sample, and fold it too")
    given = parser.parse_args()
    # Loaded here, so that their time is not counted.
    import onnxruntime  # noqa: F401
    import onnxscript.optimizer  # noqa: F401
    import onnxsim  # noqa: F401

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = [*sorted((wheel_data() / "light").glob("*.onnx")), *given.files]
        if given.samples:
            (folder / "samples").mkdir()
            files += samples(folder / "samples")
        show(measured(path, folder) for path in files)


if __name__ == "__main__":
    main()
