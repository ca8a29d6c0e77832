"""The generated graphs are what the benchmarks take them for."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import onnx
import pytest

from onnxviz.reading import read_model
from onnxviz.scene.grouping.hierarchy import arrange
from tests.benchmarks.graphs import (
    LAYER_NODES,
    WORST,
    bipartite,
    chain,
    decoder,
    graph_of,
    hub,
    many_inputs,
    saved,
)


@pytest.mark.parametrize("scoped", [True, False])
@pytest.mark.parametrize("nodes", [13, 14, 95, 164, 1_000, 5_300])
def test_a_decoder_is_valid_and_has_as_many_nodes_as_asked_for(nodes: int, scoped: bool) -> None:
    model = decoder(nodes, scoped=scoped)
    onnx.checker.check_model(model, full_check=True)
    assert len(model.graph.node) == nodes
    assert graph_of(model).node_count() == nodes


def test_too_small_a_decoder_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 13 nodes"):
        decoder(12)


def test_a_layer_of_a_decoder_is_one_group_where_names_carry_scopes() -> None:
    groups = arrange(graph_of(decoder(1_000))).groups.values()
    layers = [group for group in groups if group.title.startswith("layers.") and "›" not in group.title]
    assert len(layers) == (1_000 - 13) // LAYER_NODES
    assert {group.total for group in layers} == {LAYER_NODES}
    assert all(node.scope for node in graph_of(decoder(1_000)).nodes)
    assert not any(node.scope for node in graph_of(decoder(1_000, scoped=False)).nodes)


def test_a_decoder_computes_finite_numbers() -> None:
    ort = pytest.importorskip("onnxruntime")
    session = ort.InferenceSession(decoder(300).SerializeToString(), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"tokens": [[1, 2, 3], [4, 5, 6]]})
    assert found.shape == (2, 3, 16)
    assert abs(found).max() < 1e6


@pytest.mark.parametrize("name", WORST)
def test_the_worst_cases_are_valid(name: str) -> None:
    onnx.checker.check_model(WORST[name](), full_check=True)


def test_the_worst_cases_have_the_shape_of_their_names() -> None:
    both = graph_of(bipartite(20)).nodes
    assert [len(node.inputs) for node in both] == [1] * 20 + [20] * 20
    line = graph_of(chain(50)).nodes
    assert all(after.inputs == before.outputs for before, after in pairwise(line))
    first, *readers = graph_of(hub(50)).nodes
    assert len(readers) == 50
    assert {node.inputs for node in readers} == {first.outputs}
    assert len(graph_of(many_inputs(50)).inputs) == 50


@pytest.mark.parametrize("scoped", [True, False])
def test_the_graph_in_memory_is_the_one_that_the_app_reads_from_the_file(
    tmp_path: Path, scoped: bool
) -> None:
    read = read_model(saved(decoder(400, scoped=scoped), tmp_path)).graph
    made = graph_of(decoder(400, scoped=scoped))
    assert made == read
    typed = [value for value in read.values.values() if value.dtype is not None]
    assert len(typed) == len(read.values)
