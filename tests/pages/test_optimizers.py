"""The page Simplify with several optimizers: one table, each for itself."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from onnxviz.rewrites import optimizers
from tests.pages.simplifying import Open, choose, keys, lines, names, opened, press, runs_of, settled


def test_two_optimizers_stand_side_by_side_and_both_results_join_the_session(open_page: Open) -> None:
    app = choose(open_page("simplify").run(), "onnxsim", "onnxscript")
    settled(press(app, "Simplify"))
    assert [line for line in lines(app) if line.startswith("10  \n:small[")] == [
        "10  \n:small[−11, −52%]"
    ] * 2
    assert sum(":green[:material/balance:]" in line for line in lines(app)) == 2
    # In the order in which they were done.
    assert names(app)[0] == "Start here"
    assert set(names(app)[1:]) == {"Start here · onnxsim", "Start here · onnxscript"}
    for name in ("onnxsim", "onnxscript"):
        assert {f"simplify:explore:{name}", f"simplify:compare:{name}"} <= keys(app)
    assert "simplify:time" in keys(app)
    assert any("Fewer nodes is not faster" in caption.value for caption in app.caption)


def test_each_result_remembers_how_it_was_made(open_page: Open) -> None:
    app = choose(open_page("simplify").run(), "onnxsim", "ort-basic")
    app.number_input(key="simplify:seed").set_value(7).run()
    settled(press(app, "Simplify"))
    session = app.session_state["onnxviz_session"]
    made = {made.optimizer: made.options.seed for made in app.session_state["compare:how"].values()}
    assert made == {"onnxsim": 7, "ort-basic": 7}
    assert {before for before, _ in app.session_state["compare:how"]} == {session.current_digest}


def test_an_optimizer_that_fails_says_why_and_the_other_goes_on(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = """<ir_version: 8, opset_import: ["": 17, "my": 1]>
        g (float[2] x) => (float[2] y) { a = Identity(x) b = my.Foo(a) y = Relu(b) }"""
    app = choose(opened(open_page, monkeypatch, tmp_path, text), "onnxscript", "ort-basic")
    settled(press(app, "Simplify"))
    failed = [line for line in lines(app) if line.startswith(":red[:material/error:]")]
    assert len(failed) == 1
    assert "ONNX Runtime cannot load the model" in failed[0]
    assert "the runtime has no operator my.Foo" in failed[0]
    assert names(app) == ["given", "given · onnxscript"]
    assert any("2  \n:small[−1, −33%]" in line for line in lines(app))
    assert ":orange[:material/help:] not compared" in lines(app)
    assert "simplify:explore:ort-basic" not in keys(app)


def test_a_result_that_is_the_original_or_that_of_another_says_so(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = '<ir_version: 8, opset_import: ["": 17]> g (float[2] x) => (float[2] y) { y = Relu(x) }'
    app = choose(opened(open_page, monkeypatch, tmp_path, text), "ort-basic", "ort-extended", "fold")
    settled(press(app, "Simplify"))
    assert [caption.value for caption in app.caption].count("It is the original.") == 1
    (full,) = [line for line in lines(app) if "Evidence, not a proof" in line]
    assert "The same file, byte for byte, as that of ort-basic." in full
    assert "The same file, byte for byte, as the original." in full
    assert "simplify:compare:fold" not in keys(app)


def test_one_of_several_can_be_cancelled(open_page: Open) -> None:
    app = choose(open_page("simplify", model="light_vgg19").run(), "onnxsim", "onnxslim", "ort-basic")
    press(app, "Simplify")
    app.button(key="simplify:cancel:ort-basic").click().run()
    settled(app)
    assert ":gray[:material/cancel: Cancelled.]" in lines(app)
    assert set(names(app)) == {"VGG-19", "VGG-19 · onnxsim", "VGG-19 · onnxslim"}


def test_all_are_chosen_at_one_click_and_none_leaves_nothing_to_run(open_page: Open) -> None:
    app = press(open_page("simplify").run(), "All")
    assert app.pills(key="simplify:optimizers").value == list(optimizers.names())
    choose(app)
    assert next(button for button in app.button if button.label == "Simplify").disabled
    assert any("Choose an optimizer" in caption.value for caption in app.caption)


def test_every_chosen_optimizer_is_described_with_version_and_licence(open_page: Open) -> None:
    app = choose(open_page("simplify").run(), "onnxsim", "ort-all")
    (text,) = [c.value.replace("\\", "") for c in app.caption if c.value.startswith("- ")]
    about = {name: optimizers.find(name).about for name in ("onnxsim", "ort-all")}
    assert f"**onnxsim** ({metadata.version('onnxsim')}, MIT): {about['onnxsim']}" in text
    assert f"**ort-all** (onnxruntime {metadata.version('onnxruntime')}, MIT): {about['ort-all']}" in text


def test_a_size_given_to_a_dynamic_axis_holds_for_every_optimizer(open_page: Open) -> None:
    app = choose(open_page("simplify").run(), "onnxsim", "ort-basic")
    size = next(one for one in app.number_input if one.label == "batch")
    size.set_value(3).run()
    settled(press(app, "Simplify"))
    for run in runs_of(app):
        assert run.rewrite is not None
        assert run.rewrite.after.graph.values["image"].shape == (3, 3, 32, 32)


def test_weights_can_be_frozen_only_where_they_are_inputs(open_page: Open) -> None:
    app = open_page("simplify").run()
    assert "simplify:freeze" not in {str(one.key) for one in app.toggle}
    app = choose(open_page("simplify", model="light_shufflenet").run(), "onnxscript")
    app.toggle(key="simplify:freeze").set_value(True).run()
    settled(press(app, "Simplify"))
    (run,) = runs_of(app)
    assert run.rewrite is not None
    assert run.rewrite.after.graph.node_count() < 446


def test_other_options_than_those_of_the_result_are_pointed_out(open_page: Open) -> None:
    app = settled(press(open_page("simplify").run(), "Simplify"))
    assert not app.warning
    choose(app, "onnxsim", "onnxslim")
    assert not app.warning
    app.toggle(key="simplify:folding").set_value(False).run()
    assert [warning.value for warning in app.warning] == ["This result was made with other options."]


def test_a_result_that_is_removed_from_among_several_says_so_in_its_row(open_page: Open) -> None:
    app = choose(open_page("simplify").run(), "onnxsim", "ort-basic")
    settled(press(app, "Simplify"))
    session = app.session_state["onnxviz_session"]
    session.remove(next(digest for digest, each in session.entries.items() if "onnxsim" in each.model.name))
    app.run()
    assert names(app) == ["Start here", "Start here · ort-basic"]
    assert "Removed from the list." in [caption.value for caption in app.caption]
    assert {"simplify:explore:onnxsim", "simplify:explore:ort-basic"} & keys(app) == {
        "simplify:explore:ort-basic"
    }


def test_the_results_of_a_model_that_is_removed_go_with_it(open_page: Open) -> None:
    app = settled(press(open_page("simplify").run(), "Simplify"))
    session = app.session_state["onnxviz_session"]
    session.remove(session.current_digest)
    app.run()
    assert app.session_state["simplify:runs"] == {}
    assert not app.exception
