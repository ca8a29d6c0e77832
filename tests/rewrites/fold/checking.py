"""What every folding in the tests is held to, whatever it is about."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import onnx
from onnx import parser

from onnxviz.model import Graph
from onnxviz.reading import read_model
from onnxviz.rewrites.fold import Counts, Folded, FoldOptions, fold, replay
from onnxviz.rewrites.fold.counting import held_bytes
from onnxviz.scene.functions import expand
from onnxviz.scene.grouping.hierarchy import arrange
from onnxviz.scene.overlays import overlay

OPSET = '<ir_version: 8, opset_import: ["": 17]>\n'


def saved(model: onnx.ModelProto | str, folder: Path) -> Path:
    """A model, or its text (with a head of its own or under opset 17), as a file."""
    if isinstance(model, str):
        model = parser.parse_model(model if model.lstrip().startswith("<") else OPSET + model)
    path = folder / "model.onnx"
    onnx.save(model, path)
    return path


def folded(
    model: onnx.ModelProto | str | Path,
    folder: Path,
    options: FoldOptions | None = None,
    *,
    runs: bool = True,
) -> Folded:
    """The folding of a model, checked: see `check`. `runs` is false where the runtime cannot run it."""
    path = model if isinstance(model, Path) else saved(model, folder)
    found = fold(read_model(path), folder / "folded.onnx", options)
    check(found, folder, options, runs=runs)
    return found


def check(found: Folded, folder: Path, options: FoldOptions | None = None, *, runs: bool = True) -> None:
    """The laws: same outputs, valid, replayed exactly, nothing more folds, goes through a worker's pipe."""
    if runs:
        onnx.checker.check_model(found.after.path, full_check=True)
        assert found.agreement is not None
        assert found.agreement.agrees, found.agreement.sentence
    assert [node.id for node in replay(found, 0).walk()] == [node.id for node in found.start.walk()]
    assert replay(found, len(found.steps)) == found.after.graph
    assert pickle.loads(pickle.dumps(found)) == found
    assert [step.number for step in found.steps] == list(range(1, len(found.steps) + 1))
    assert all(a.bytes_after == b.bytes_before for a, b in zip(found.steps, found.steps[1:], strict=False))
    start = {node.id for node in found.start.walk()}
    assert {step.at for step in found.steps} <= start
    assert all(0 <= step.ready < step.number for step in found.steps)
    assert len(found.counts) == len(found.steps) + 1
    assert all(b.wave - a.wave in (0, 1) for a, b in zip(found.steps, found.steps[1:], strict=False))
    again = fold(found.after, folder / "again.onnx", replace(options or FoldOptions(), set_dims={}))
    assert [step.sentence for step in again.steps] == []
    assert again.after.graph == found.after.graph
    ids = {node.id for node in found.after.graph.walk()}
    ids |= {node.id for _, body in found.after.functions for node in body.walk()}
    assert {each.node for each in found.kept} <= ids


def ops(found: Folded) -> dict[str, int]:
    """Op type -> nodes of the result."""
    return found.after.graph.op_counts()


def reasons(found: Folded) -> dict[str, str]:
    """Node -> why it stayed."""
    return {each.node: str(each.reason) for each in found.kept}


def reckoned(found: Folded, count: int) -> Counts:
    """What the graph after `count` steps says itself, and its overlay."""
    graph: Graph = replay(found, count)
    whole = expand(graph, found.start_model.functions)
    shown = overlay("flops", whole, arrange(whole), assume=1)
    has_any = shown.of or not shown.unknown
    return Counts(
        graph.node_count(),
        len(graph.initializers),
        held_bytes(graph),
        int(shown.total) if has_any else None,
        shown.unknown,
    )


def check_counts(found: Folded) -> None:
    """The counters are those of the graphs themselves, whichever way they were reckoned."""
    assert found.counts == tuple(reckoned(found, count) for count in range(len(found.steps) + 1))
    after = found.after.graph
    assert (found.counts[-1].nodes, found.counts[-1].initializers) == (
        after.node_count(),
        len(after.initializers),
    )
