"""What passes the border of a group."""

from __future__ import annotations

from pathlib import Path

from onnx import helper

from onnxviz.inspecting.borders import border, leaves
from onnxviz.inspecting.index import index
from onnxviz.model import Model
from onnxviz.reading import read_model
from onnxviz.scene.grouping.hierarchy import arrange
from tests.conftest import wheel_data
from tests.inspecting.models import save

BODY = """ g (bool c, float[1] x) => (float[1] y) <float[1] w = {1}> {
    a = Add(x, w)
    y = If (c) <then_branch = t () => (float[1] z) { z = Abs(a) },
                else_branch = e () => (float[1] z2) { k = Mul(a, x) z2 = Add(k, w) }> }"""


def flows(model: Model, group: str) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    found = border(index(model), arrange(model.graph), group)
    return tuple({flow.value.name: flow.ends for flow in side} for side in (found.takes, found.gives))  # type: ignore[return-value]


def test_a_module_takes_what_its_nodes_read_from_outside_and_gives_what_others_read(tmp_path: Path) -> None:
    names = ["/a/Relu_0", "/a/Relu_1", "/b/Relu_2", "/b/Relu_3"]
    nodes = [helper.make_node("Relu", [f"x{at}"], [f"x{at + 1}"], name=name) for at, name in enumerate(names)]
    nodes.append(helper.make_node("Add", ["x1", "x4"], ["y"], name="/c/Add"))
    ends = [helper.make_tensor_value_info(name, 1, [2]) for name in ("x0", "y")]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:])
    model = read_model(
        save(tmp_path, helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8))
    )
    assert flows(model, "module:a") == ({"x0": ("in:x0",)}, {"x1": ("y",), "x2": ("x3",)})
    assert flows(model, "module:b") == ({"x2": ("x2",)}, {"x4": ("y",)})
    found = border(index(model), arrange(model.graph), "module:a")
    assert [flow.value.type_text for flow in (*found.takes, *found.gives)] == ["float[2]"] * 3


def test_a_body_takes_what_it_captures_and_gives_its_own_outputs(tmp_path: Path) -> None:
    model = read_model(save(tmp_path, BODY))
    takes, gives = flows(model, "y/else_branch")
    assert takes == {"a": ("a",), "x": ("in:x",)}
    assert gives == {"z2": ("y/else_branch/out:z2",)}


def test_what_passes_the_border_is_exactly_what_has_one_end_inside() -> None:
    for path in sorted((wheel_data() / "light").glob("*.onnx"))[:4]:
        model = read_model(path)
        found, hierarchy = index(model), arrange(model.graph)
        for group in hierarchy.groups:
            inside = leaves(found, hierarchy, group)
            passing = border(found, hierarchy, group)
            assert all(end not in inside for flow in (*passing.takes, *passing.gives) for end in flow.ends)
            count = sum(
                1 for w in found.wiring.wires if w.value and (w.source in inside) != (w.target in inside)
            )
            ends = sum(len(flow.ends) for flow in (*passing.takes, *passing.gives))
            assert ends <= count
            assert (ends == 0) == (count == 0)
