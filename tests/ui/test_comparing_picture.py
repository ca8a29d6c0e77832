"""The picture of a pair on a page: what is drawn, what is selected in both models, and what is asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import parser
from streamlit.testing.v1 import AppTest

HEAD = '<ir_version: 8, opset_import: ["": 17]> g (float[2,2] x) => (float[2,2] y)'
BEFORE = f"""{HEAD} {{ m = Sigmoid(x) i = Identity(m) r = Exp(i) s = Softmax <axis = 0> (r)
    k = Tanh(s) y = Relu(k) }}"""
AFTER = f"""{HEAD} {{ q = Sigmoid(x) r = Exp(q) s = Softmax <axis = 1> (r)
    k = Tanh(s) n = Neg(k) y = Relu(n) }}"""
SECONDS = 60


def page(before: str, after: str, tag: str, layout: str) -> None:
    """Both models under the picture; what is asked for and selected is in the session."""
    from pathlib import Path

    import streamlit as st

    from onnxviz.reading import read_model
    from onnxviz.ui.comparing.picture import compare_view, go_to, selected

    paths = (before, before) if st.session_state.get("same") else (before, after)
    models = [read_model(Path(p), digest=f"{tag}{p}") for p in paths]
    asked = st.session_state.pop("asked", None)
    if asked is not None:
        go_to("c", *asked)

    def about(whose: str, node: str) -> None:
        st.markdown(f"about {node} of {whose}")

    compare_view(*models, "c", layout=st.session_state.get("layout", layout), about=about)  # type: ignore[arg-type]
    st.session_state["chosen"] = selected("c")


Opened = Callable[..., AppTest]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    def run(before: str = BEFORE, after: str = AFTER, layout: str = "side") -> AppTest:
        paths = [tmp_path / "before.onnx", tmp_path / "after.onnx"]
        for path, text in zip(paths, (before, after), strict=True):
            onnx.save(parser.parse_model(text), path)
        kwargs = {"before": str(paths[0]), "after": str(paths[1]), "tag": tmp_path.name, "layout": layout}
        return settled(AppTest.from_function(page, kwargs=kwargs, default_timeout=SECONDS).run())

    return run


def settled(app: AppTest) -> AppTest:
    """Run until no job is under way: the first one of a test waits for a worker to start."""
    end = time.monotonic() + SECONDS
    while any("Cancel" in one.label for one in app.button):
        assert time.monotonic() < end, "the picture did not come"
        time.sleep(0.1)
        app.run()
    assert not app.exception
    return app


def select(app: AppTest, whose: str, node: str) -> AppTest:
    app.session_state["asked"] = (whose, node)
    return settled(app.run().run())


def said(app: AppTest) -> str:
    shown = [*app.markdown, *app.caption, *app.code]
    return "\n".join(element.value for element in shown).replace("\\", "").replace("\u2060", "")


def drawn(app: AppTest) -> list[tuple[str, set[str]]]:
    """(side, ids of its boxes) of what is drawn."""
    return [(side, {box.id for box in pane.scene.boxes}) for side, pane in panes(app)]


def panes(app: AppTest) -> Any:
    return app.session_state[f"view:c:{app.session_state['view:c']}"].panes


def test_two_panes_show_each_model_under_the_ids_of_both(opened: Opened) -> None:
    app = opened()
    (first, before), (second, after) = drawn(app)
    assert (first, second) == ("before", "after")
    assert before - after == {"i"}
    assert after - before == {"n"}
    assert app.session_state["chosen"] is None
    assert "Click a box" in said(app)


def test_one_graph_holds_both_models(opened: Opened) -> None:
    ((side, boxes),) = drawn(opened(layout="merged"))
    assert side == "both"
    assert {"i", "n", "q", "s"} <= boxes


def test_a_node_that_went_is_told_of_by_the_model_before(opened: Opened) -> None:
    app = select(opened(), "before", "i")
    assert app.session_state["chosen"] == ("before", "i")
    assert "about i of before" in said(app)
    assert "**Identity**" in said(app)
    assert not app.tabs


def test_a_node_of_both_is_told_of_by_both_whatever_its_name_was(opened: Opened) -> None:
    app = select(opened(), "before", "m")
    assert app.session_state["chosen"] == ("after", "q")
    assert "about q of after" in said(app)
    assert [tab.label for tab in app.tabs] == ["After", "Before"]
    app.session_state["whose:c"] = "Before"
    assert "float[2, 2]" in said(settled(app.run()))


def test_what_is_selected_and_open_stays_when_the_layout_changes(opened: Opened) -> None:
    app = select(opened(), "after", "n")
    app.session_state["layout"] = "merged"
    settled(app.run())
    assert [side for side, _ in drawn(app)] == ["both"]
    assert app.session_state["chosen"] == ("after", "n")
    assert "**Neg**" in said(app)


def test_a_node_that_is_in_neither_model_is_not_gone_to(opened: Opened) -> None:
    app = select(opened(), "after", "no such node")
    assert app.session_state["chosen"] is None


def test_models_that_do_not_differ_say_so_with_no_change_at_all(opened: Opened) -> None:
    app = opened(BEFORE, BEFORE)
    (_, before), (_, after) = drawn(app)
    assert before == after
    assert all(pane.scene.changes == () for _, pane in panes(app))


def test_a_selection_that_another_pair_lacks_is_none_there(opened: Opened) -> None:
    app = select(opened(), "after", "n")
    assert app.session_state["chosen"] == ("after", "n")
    app.session_state["same"] = True
    settled(app.run())
    assert app.session_state["chosen"] is None
    assert "Click a box" in said(app)
