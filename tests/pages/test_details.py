"""The panel for what is selected: what it says of a box, where its links lead, and what it costs when
something fails."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, parser
from streamlit.testing.v1 import AppTest

from onnxviz.errors import BadUsage
from onnxviz.store import Store
from onnxviz.ui.inspect.figures import _saved

Open = Callable[..., AppTest]

HOSTILE = "<img src=x onerror=alert(1)> :red[no] $x$ [a](http://b) `c` **d** # e"

TEXT = """<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1, "my.own" : 1]>
g (float[1,3,8,8] image, bool flag) => (float[1,4,8,8] y, float[2] fixed)
<float[4,3,1,1] weight = {1,2,3,4,5,6,7,8,9,10,11,12}, int64[2] axes = {2,3}, float[2] fixed = {1, 2}> {
    c = Conv<kernel_shape = [1, 1], group = 1>(image, weight)
    r = Relu(c)
    s = com.microsoft.QuickGelu(r)
    t = my.own.Thing(s)
    u = NoSuchOperator(t)
    v = If (flag) <then_branch = then () => (float[1,4,8,8] a) { a = Abs(u) },
                   else_branch = other () => (float[1,4,8,8] b) { b = Add(u, c) }>
    w = Cast<to = 1>(v)
    y = Conv(w, weight)
}"""


def script(path: str, first: str) -> None:
    """The panel alone, which goes where its links lead."""
    from pathlib import Path

    import streamlit as st

    from onnxviz import intake
    from onnxviz.scene.grouping.hierarchy import arrange
    from onnxviz.ui import details
    from onnxviz.ui.session import store

    if "model" not in st.session_state:
        st.session_state["model"] = intake.take_path(store(), Path(path))
        st.session_state["selected"] = first or None
    model = st.session_state["model"]
    hierarchy = arrange(model.graph, model.functions)
    going = details.show(model, hierarchy, st.session_state["selected"])
    if going:
        st.session_state["selected"] = going
        st.rerun()


@pytest.fixture
def panel(open_page: Open, tmp_path: Path) -> Callable[..., AppTest]:
    """`panel("c")`: the panel with the box `c` of `TEXT`, or of another model, selected."""

    def opened(selected: str = "", model: onnx.ModelProto | None = None) -> AppTest:
        path = tmp_path / "m.onnx"
        model = model or parser.parse_model(TEXT)
        # Results are cached by the model's digest, and what one test has spoilt must not serve another.
        model.doc_string = str(tmp_path)
        onnx.save(model, path)
        kwargs = {"path": str(path), "first": selected}
        app = AppTest.from_function(script, kwargs=kwargs, default_timeout=60).run()
        assert not app.exception
        return app

    return opened


def said(app: AppTest) -> str:
    """All text of the panel, the marks that keep names from being read as Markdown taken out."""
    shown = [*app.markdown, *app.caption, *app.code]
    return "\n".join(element.value for element in shown).replace("\\", "").replace("\u2060", "")


def press(app: AppTest, label: str) -> AppTest:
    """The first link of that name."""
    button = next(one for one in app.button if label in one.label.replace("\\", ""))
    return button.click().run()


def unfold(app: AppTest, label: str, which: int = 0) -> AppTest:
    """Open the fold-out of that name; its key stands behind the second dash of its id."""
    fold = [one for one in app.expander if label in one.label][which]
    app.session_state[fold.proto.id.split("-", 2)[2]] = True
    return waited(app.run())


def waited(app: AppTest) -> AppTest:
    """Run until no job is under way: the first one of a test waits for a worker to start."""
    for _ in range(200):
        if not any("Cancel" in one.label for one in app.button):
            break
        time.sleep(0.1)
        app.run()
    return app


def links(app: AppTest) -> list[str]:
    return [one.label.removeprefix(":blue[").removesuffix("]").replace("\\", "") for one in app.button]


def test_nothing_selected_says_how_to_select(panel: Callable[..., AppTest]) -> None:
    assert "Click a box" in said(panel())


def test_a_node_is_described_by_its_operator_attributes_and_tensors(panel: Callable[..., AppTest]) -> None:
    app = panel("c")
    text = said(app)
    assert "**Conv**" in text
    assert "[Since version 11, opset 17](https://onnx.ai/onnx/operators/onnx__Conv.html)" in text
    assert "kernel_shape = **[1, 1]**" in text
    assert "The shape of the convolution kernel." in text
    assert "group = **1** :gray[(the default)]" in text
    assert ":gray[auto_pad = NOTSET (default)]" in text
    assert ":gray[pads (not set)]" in text
    assert "If not present, the padding defaults to 0" in text
    assert "W **weight**" in text
    assert "`float[4, 3, 1, 1]` · 48 bytes" in text
    assert links(app) == ["input image", "Conv y", "Relu r", "Add b"]


def test_a_link_goes_to_what_feeds_a_node_and_another_back_again(panel: Callable[..., AppTest]) -> None:
    app = press(panel("r"), "Conv c")
    assert app.session_state["selected"] == "c"
    assert "**Conv**" in said(app)
    press(app, "input image")
    assert app.session_state["selected"] == "in:image"
    assert "**Input** image" in said(app)
    press(app, "Conv c")
    press(app, "Add b")
    assert app.session_state["selected"] == "v/else_branch:0/b"


def test_what_an_operator_does_is_told_on_demand(panel: Callable[..., AppTest]) -> None:
    app = panel("c")
    assert "The convolution operator" not in said(app)
    text = said(unfold(app, "What Conv does"))
    assert "The convolution operator consumes an input tensor and a filter" in text
    assert "*auto_pad* (string, NOTSET unless set)" in text


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ("s", "An operator of ONNX Runtime itself"),
        ("t", "the domain my.own is its maker's own"),
        ("u", "The ONNX standard has no operator NoSuchOperator"),
    ],
)
def test_an_operator_that_is_not_of_the_standard_is_named_as_such(
    panel: Callable[..., AppTest], node: str, words: str
) -> None:
    assert words in said(panel(node))


def test_an_operator_that_is_newer_than_the_opset_is_named_as_such(panel: Callable[..., AppTest]) -> None:
    text = '<ir_version: 8, opset_import: ["" : 17]> g (float[2] x) => (float[2] y) { y = Gelu(x) }'
    assert "The standard has no Gelu at opset 17" in said(panel("y", parser.parse_model(text)))


def test_a_number_that_stands_for_a_type_is_named(panel: Callable[..., AppTest]) -> None:
    assert "to = **1 (float)**" in said(panel("w"))


def test_the_values_of_a_constant_are_shown_on_demand(panel: Callable[..., AppTest]) -> None:
    app = panel("c")
    assert "Elements" not in said(app)
    text = said(unfold(app, "Values"))
    for line in (":gray[Elements] 12", ":gray[Minimum] 1", ":gray[Mean] 6.5", ":gray[Distinct values] 12"):
        assert line in text
    assert " 1  2  3" in text
    assert [one.label for one in app.get("download_button")] == ["Download .npy"]


def test_values_that_cannot_be_read_cost_one_sentence_and_a_second_try(
    panel: Callable[..., AppTest], tmp_path: Path
) -> None:
    app = panel("c")
    model = Path(app.session_state["model"].path)
    content = model.read_bytes()
    model.unlink()
    unfold(app, "Values")
    assert not app.exception
    assert [error.value.replace("\\", "") for error in app.error] == [
        "model.onnx: cannot be read any more. Open the model again."
    ]
    model.write_bytes(content)
    waited(press(app, "Try again"))
    assert not app.error
    assert ":gray[Elements] 12" in said(app)


def test_a_constant_output_shows_its_values(panel: Callable[..., AppTest]) -> None:
    app = panel("out:fixed")
    assert "A constant: it does not depend on any input." in said(app)
    assert ":gray[Maximum] 2" in said(unfold(app, "Values"))


def test_a_file_of_a_tensor_is_what_numpy_loads(open_page: Open, tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    onnx.save(parser.parse_model(TEXT), path)
    held = Store(tmp_path / "store")
    with _saved(held, str(path), "c", "weight") as stream:
        assert np.load(stream).reshape(-1).tolist() == list(range(1, 13))
    assert list(held.root.iterdir()) == []
    with pytest.raises(BadUsage, match="computed when the model runs"):
        _saved(held, str(path), "c", "image")
    assert list(held.root.iterdir()) == []


def test_a_group_says_what_it_holds_takes_and_gives(panel: Callable[..., AppTest]) -> None:
    app = panel("v/else_branch")
    text = said(app)
    assert "**else_branch of If**" in text
    assert "the body of a control-flow node or function" in text
    assert "| Add | 1 |" in text
    assert "Takes 2 tensors" in text
    assert links(app) == ["NoSuchOperator u", "Conv c", "output b"]
    assert "1 node" in text


def test_a_node_with_bodies_leads_to_them_and_they_to_it(panel: Callable[..., AppTest]) -> None:
    app = panel("v")
    assert {"then_branch of If", "else_branch of If"} <= set(links(app))
    press(app, "then_branch of If")
    assert app.session_state["selected"] == "v/then_branch"
    app = panel("v/then_branch:0/a")
    assert links(app)[0] == "then_branch of If"


def test_a_shortcut_is_explained(panel: Callable[..., AppTest]) -> None:
    assert "other end of a long line" in said(panel("stub:out:c"))


def two_panels(path: str) -> None:
    """Two panels of one model on one page, the second of a shortcut on a picture."""
    from pathlib import Path

    import streamlit as st

    from onnxviz import intake
    from onnxviz.scene.grouping.hierarchy import arrange
    from onnxviz.scene.types import Box, Scene
    from onnxviz.ui import details
    from onnxviz.ui.session import store

    if "model" not in st.session_state:
        st.session_state["model"] = intake.take_path(store(), Path(path))
    model = st.session_state["model"]
    hierarchy = arrange(model.graph, model.functions)
    stub = Box("stub:out:c", "stub", 0, 0, 9, 9, "2 more", ends=("r", "v/else_branch"))
    scene = Scene((stub,), (), 9, 9)
    details.show(model, hierarchy, "c", key="left")
    details.show(model, hierarchy, "c", key="middle", height=300)
    went = details.show(model, hierarchy, stub.id, key="right", scene=scene)
    st.text(f"went to {went}")


def test_a_shortcut_on_a_picture_leads_to_its_ends_and_panels_do_not_mix(
    panel: Callable[..., AppTest], tmp_path: Path
) -> None:
    panel()
    kwargs = {"path": str(tmp_path / "m.onnx")}
    app = AppTest.from_function(two_panels, kwargs=kwargs, default_timeout=60).run()
    assert not app.exception
    assert links(app)[-2:] == ["Relu r", "else_branch of If"]
    app.button[-1].click().run()
    assert app.text[0].value == "went to v/else_branch"
    assert app.run().text[0].value == "went to None"


def test_many_attributes_are_counted(panel: Callable[..., AppTest]) -> None:
    node = helper.make_node("Thing", ["x"], ["y"], domain="my.own", **{f"a{at}": at for at in range(50)})
    ends = [helper.make_tensor_value_info(name, 1, [1]) for name in "xy"]
    graph = helper.make_graph([node], "g", ends[:1], ends[1:])
    text = said(panel("y", helper.make_model(graph, ir_version=8)))
    assert "and 10 more" in text


def test_many_readers_are_folded(panel: Callable[..., AppTest]) -> None:
    nodes = [helper.make_node("Relu", ["x"], [f"r{at}"]) for at in range(130)]
    graph = helper.make_graph(
        [*nodes, helper.make_node("Sum", [f"r{at}" for at in range(130)], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", 1, [1])],
        [helper.make_tensor_value_info("y", 1, [1])],
    )
    app = panel("in:x", helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]))
    assert len(links(app)) == 5
    unfold(app, "125 more")
    assert len(links(app)) == 105
    assert "and 25 more, which the search finds" in said(app)
    press(app, "Relu r100")
    assert app.session_state["selected"] == "r100"
    app.session_state["selected"] = "y"
    assert "118 more, from" in said(app.run())
    assert "Relu r16" in links(app)
    assert "113 more" in [one.label for one in app.expander]


def test_where_a_node_was_written_is_the_authors_own_line(panel: Callable[..., AppTest]) -> None:
    model = parser.parse_model(TEXT)
    entry = model.graph.node[0].metadata_props.add()
    entry.key = "pkg.torch.onnx.stack_trace"
    entry.value = (
        'File "/home/me/net.py", line 12, in forward\n    return self.conv(x)\n'
        'File "/lib/python3.11/site-packages/torch/conv.py", line 5, in forward\n    return conv(x)'
    )
    app = panel("c", model)
    assert "me/net.py:12, in forward" in said(app)
    assert [code.value for code in app.code] == ["return self.conv(x)"]
    unfold(app, "All 2 calls")
    assert "torch/conv.py:5, in forward\n    return conv(x)" in app.code[-1].value


def test_modules_around_a_node_are_links(panel: Callable[..., AppTest]) -> None:
    nodes = [
        helper.make_node("Relu", [f"x{at}"], [f"x{at + 1}"], name=f"/net/layer.{at // 4}/Relu_{at}")
        for at in range(8)
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x0", 1, [1])],
        [helper.make_tensor_value_info("x8", 1, [1])],
    )
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    app = panel("x2", model)
    assert links(app)[0] == "layer.0"
    press(app, "layer.0")
    text = said(app)
    assert "**layer.0**" in text
    assert "Takes 1 tensor" in text
    assert "Gives 1 tensor" in text


@pytest.mark.parametrize("selected", ["y", "in:" + HOSTILE, "z"])
def test_names_from_a_model_stay_text(panel: Callable[..., AppTest], selected: str) -> None:
    nodes = [
        helper.make_node(HOSTILE, [HOSTILE, "w"], ["y"], name=HOSTILE, domain=HOSTILE, **{HOSTILE: HOSTILE}),
        helper.make_node("Relu", ["y"], ["z"]),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(HOSTILE, 1, [HOSTILE])],
        [helper.make_tensor_value_info("z", 1, [1])],
        [helper.make_tensor("w", TensorProto.STRING, [1], [HOSTILE.encode()])],
    )
    trace = f'File "{HOSTILE}", line 1, in {HOSTILE}'
    graph.node[0].metadata_props.add(key="pkg.torch.onnx.stack_trace", value=trace)
    app = panel(selected, helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]))
    if selected == "y":
        unfold(app, "Values")
    shown = [one.value for one in (*app.markdown, *app.caption)] + [one.label for one in app.button]
    for text in shown:
        read = re.sub(r"(?<!\\)`[^`]*`", "", text)
        assert not re.search(r"(?<!\\)<img|(?<!\\):red\[no|(?<!\\)\[a|(?<!\\)\*\*d", read)


def test_boxes_of_a_real_model_have_a_panel(panel: Callable[..., AppTest], light_models: list[Path]) -> None:
    path = next(path for path in light_models if "shufflenet" in path.name)
    app = panel("", onnx.load(path))
    model = app.session_state["model"]
    for node in model.graph.nodes[::20]:
        app.session_state["selected"] = node.id
        app.run()
        assert not app.exception
        assert f"**{node.op_type}**" in said(app)


def test_what_a_node_costs_comes_with_its_formula_and_source(panel: Callable[..., AppTest]) -> None:
    text = """<ir_version: 8, opset_import: ["" : 17]>
    g (float[2, 3] a, float[3, 5] b, float[n, k] q) => (float[2, 5] y, z) {
      y = MatMul(a, b)
      z = Det(q)
    }"""
    app = panel("y", parser.parse_model(text))
    unfold(app, "What it costs")
    shown = said(app)
    assert "60 FLOP" in shown
    assert "Formula" in shown
    assert "40 B" in shown
    assert any(one.value.startswith("[Source](https://") for one in app.caption)
