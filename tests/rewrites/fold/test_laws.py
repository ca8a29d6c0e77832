"""Laws of folding, on random models of constant and variable parts."""

from __future__ import annotations

import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
import onnx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onnxviz.model import Graph, Node
from onnxviz.rewrites.fold import Did, Folded, FoldOptions, limits, replay
from onnxviz.rewrites.fold.rules import COMPUTED
from onnxviz.rewrites.prepare import reads
from onnxviz.rewrites.running import unoptimized_session
from tests.rewrites.fold.checking import check_counts, folded
from tests.rewrites.fold.drawn import COLUMNS, ROWS, drawn_model

MODELS = st.tuples(st.integers(0, 10**9), st.integers(1, 14))


def outputs(path: str, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    feed = {
        "x": rng.standard_normal((ROWS, COLUMNS)).astype(np.float32),
        "b": np.array(bool(seed % 2)),
    }
    session = unoptimized_session(path)
    wanted = {value.name for value in session.get_inputs()}
    return list(session.run(None, {name: array for name, array in feed.items() if name in wanted}))


def check_function(found: Folded, original: Path) -> None:
    for seed in range(2):
        for before, after in zip(outputs(str(original), seed), outputs(found.after.path, seed), strict=True):
            np.testing.assert_array_equal(before, after)


def varying(graph: Graph) -> set[str]:
    """Names whose values a run may change: found by walking the model, by no code of the engine's."""
    found = set(graph.inputs)
    for node in graph.nodes:
        reads_shape = node.op_type in ("Shape", "Size", "EyeLike")
        if not reads_shape and found & (set(node.inputs) | captured(node)):
            found.update(node.outputs)
    return found


def captured(node: Node) -> set[str]:
    return {
        name for _, body in node.subgraphs for inner in body.walk() for name in (*inner.inputs, *body.outputs)
    }


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(MODELS)
def test_folding_keeps_the_function_and_never_touches_what_depends_on_an_input(
    drawn: tuple[int, int],
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "model.onnx"
        onnx.save(drawn_model(*drawn), path)
        found = folded(path, folder, FoldOptions(checks=0), runs=False)
        onnx.checker.check_model(found.after.path, full_check=True)
        check_function(found, path)
        varies = varying(found.start)
        steps = [step for step in found.steps if step.did is Did.FOLDED]
        # An If whose branch is always the same varies only if that branch does: looked at by its own nodes.
        made_by_if = {name for node in found.start.nodes if node.subgraphs for name in node.outputs}
        downstream = varying_from(found.start, made_by_if)
        assert [step.node for step in steps if step.node in varies - downstream] == []


def varying_from(graph: Graph, names: set[str]) -> set[str]:
    found = set(names)
    for node in graph.nodes:
        if found & (set(node.inputs) | captured(node)):
            found.update(node.outputs)
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(MODELS, st.sampled_from([0, 8, 16]), st.sampled_from([0, 24, 10**6]), st.sampled_from([0, 48, 200]))
def test_under_any_limits_it_keeps_the_function_and_folds_nothing_more_the_second_time(
    drawn: tuple[int, int], light: int, tensor_bytes: int, total_bytes: int
) -> None:
    options = FoldOptions(checks=0, tensor_bytes=tensor_bytes, total_bytes=total_bytes)
    with tempfile.TemporaryDirectory() as name, mock.patch.object(limits, "LIGHT", light):
        folder = Path(name)
        path = folder / "model.onnx"
        onnx.save(drawn_model(*drawn), path)
        found = folded(path, folder, options, runs=False)
        onnx.checker.check_model(found.after.path, full_check=True)
        check_function(found, path)
        assert all(node in {n.id for n in found.after.graph.walk()} for node in [k.node for k in found.kept])


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(MODELS)
def test_the_counters_are_those_of_the_graph_after_each_step_and_what_is_ready_can_fold(
    drawn: tuple[int, int],
) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "model.onnx"
        onnx.save(drawn_model(*drawn), path)
        found = folded(path, Path(name), FoldOptions(checks=0), runs=False)
    check_counts(found)
    graphs = [replay(found, count) for count in range(len(found.steps) + 1)]
    for step in found.steps:
        here = complete(graphs[step.number - 1])
        assert step.node in here
        if step.rule == COMPUTED and here[step.node]:
            assert complete(graphs[step.ready])[step.node], "all that it reads was constant by then"
        if step.did is Did.INLINED:
            assert complete(graphs[step.ready])[step.node]
        if step.node == step.at:
            continue
        inlined = [s for s in found.steps[: step.ready] if s.did is Did.INLINED and step.at.startswith(s.at)]
        assert inlined, "it has another name since it came out of a branch"


def complete(graph: Graph, around: frozenset[str] = frozenset()) -> dict[str, bool]:
    """Node -> whether all that it reads by name is constant; the condition alone of an If."""
    constant = around | {name for name, value in graph.values.items() if value.is_constant}
    found = {}
    for node in graph.nodes:
        found[node.id] = {name for name in node.inputs if name} <= constant
        for _, body in node.subgraphs:
            found.update(complete(body, constant))
    return found


def test_drawn_models_have_what_the_laws_are_about() -> None:
    ops = {node.op_type for seed in range(40) for node in drawn_model(seed, 14).graph.node}
    assert {"If", "Loop", "Shape", "Gather", "ConstantOfShape", "Reshape", "Not"} <= ops
    assert any(set(reads(node)) for node in drawn_model(1, 14).graph.node)
