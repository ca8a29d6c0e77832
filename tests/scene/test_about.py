"""What flows into a group and out of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from onnxviz.errors import BadUsage
from onnxviz.model import Graph, Node, Value
from onnxviz.scene.about import GroupFacts, about
from onnxviz.scene.hierarchy import arrange
from onnxviz.scene.wires import wire
from tests.scene.graphs import chain, graphs, parsed
from tests.scene.test_repeats import resnet


def facts(graph: Graph, title: str) -> GroupFacts:
    hierarchy = arrange(graph)
    found = next(g for g in hierarchy.groups.values() if g.title == title)
    return about(wire(graph), hierarchy, found.id)


def names(values: tuple[Value, ...]) -> list[str]:
    return [value.name for value in values]


def test_a_group_takes_what_comes_from_elsewhere_and_gives_what_is_read_elsewhere() -> None:
    graph = replace(
        chain(6, scopes=("a", "a", "b", "b", "c", "c")), values={"v1": Value("v1", "float", ("n", 3))}
    )
    found = facts(graph, "b")
    assert [value.type_text for value in found.takes] == ["float[n, 3]"]
    assert names(found.gives) == ["v3"]
    assert (found.kind, found.total, found.ops) == ("module", 2, (("Relu", 2),))


def test_a_tensor_that_is_read_many_times_is_named_once() -> None:
    nodes = [Node("h", "Relu", inputs=("x",), outputs=("h", "h2"), scope=("a",))]
    nodes += [Node("i", "Relu", inputs=("h",), outputs=("i",), scope=("a",))]
    nodes += [
        Node(f"r{i}", "Add", inputs=("h", "h2", "i"), outputs=(f"r{i}",), scope=("b",)) for i in range(4)
    ]
    graph = Graph("g", tuple(nodes), {}, ("x",), tuple(f"r{i}" for i in range(4)))
    assert names(facts(graph, "b").takes) == ["h", "h2", "i"]
    assert names(facts(graph, "a").gives) == ["h", "h2", "i"]


def test_weights_belong_to_the_group_and_are_counted() -> None:
    hierarchy = arrange(resnet())
    block = next(g for g in hierarchy.groups.values() if g.kind == "block")
    found = about(wire(resnet()), hierarchy, block.id)
    assert found.parameters == 16 * 4
    assert len(found.takes) == len(found.gives) == 1


def test_the_outermost_group_takes_the_inputs_and_gives_the_outputs() -> None:
    found = facts(chain(3), "g")
    assert names(found.takes) == ["x"]
    assert names(found.gives) == ["v2"]


BRANCHES = """<ir_version: 10, opset_import: ["" : 20]>
g (bool c, float[2] x) => (float[2] y) {
    z = Neg(x)
    w = Neg(z)
    y = If (c) <
        then_branch = t () => (float[2] a) { b = Relu(z) a = Relu(b) },
        else_branch = e () => (float[2] d) { d = Add(w, w) }
    >
}"""


def test_a_body_takes_what_it_captures_and_gives_its_outputs() -> None:
    found = facts(parsed(BRANCHES), "then_branch of If")
    assert (names(found.takes), names(found.gives)) == (["z"], ["a"])
    found = facts(parsed(BRANCHES), "else_branch of If")
    assert (names(found.takes), names(found.gives)) == (["w"], ["d"])


def test_a_group_of_inputs_gives_them() -> None:
    inputs = tuple(f"x{i}" for i in range(30))
    graph = Graph("g", (Node("y", "Sum", inputs=inputs, outputs=("y",)),), {}, inputs, ("y",))
    assert names(facts(graph, "30 inputs").gives) == list(inputs)
    assert names(facts(graph, "g").takes) == list(inputs)


def test_a_group_that_is_not_there_is_refused_in_words() -> None:
    with pytest.raises(BadUsage, match="is not in this graph"):
        about(wire(chain(2)), arrange(chain(2)), "no\nsuch")


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs(80))
def test_what_a_group_takes_is_taken_by_its_parent_or_made_there(graph: Graph) -> None:
    wiring, hierarchy = wire(graph), arrange(graph)
    found = {group: about(wiring, hierarchy, group) for group in hierarchy.groups}
    for group in hierarchy.groups.values():
        around = hierarchy.groups.get(group.parent or "")
        if around is None or group.kind == "body":
            continue
        made = {n for g in around.children if g != group.id for n in names(found[g].gives)}
        made |= {o for n in around.nodes if n in wiring.nodes for o in wiring.nodes[n].outputs}
        inside = {end.name for end in wiring.ends.values() if end.is_input}
        assert set(names(found[group.id].takes)) <= made | inside | set(names(found[around.id].takes))
