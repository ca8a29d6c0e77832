"""The page Compare: two models side by side, with reasons that come in, and sentences for what goes wrong."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import parser
from streamlit.testing.v1 import AppTest

from onnxviz import intake
from onnxviz.progress import deliver
from onnxviz.rewrites.optimizers import OptimizeOptions
from onnxviz.rewrites.reasons import Explanation, How, Removed, Went
from onnxviz.ui.comparing.pair import Pair
from tests.jobs import verbs
from tests.ui.comparing.pairs import FOLDABLE, FOLDED

Open = Callable[..., AppTest]
Add = Callable[[str, str], str]

DEADLINE_SECONDS = 120
HEAD = '<ir_version: 10, opset_import: ["" : 21]>'
OPEN_BATCH = """g (float[batch, 4] x) => (float[batch, 4] y)
<int64 i = {0}, int64 one = {1}, int64[1] o = {1}> {
  s = Shape(x)
  b = Gather(s, i)
  r = Range(i, b, one)
  f = Cast<to = 1>(r)
  e = Unsqueeze(f, o)
  y = Add(x, e)
}"""


@pytest.fixture
def page(open_page: Open) -> AppTest:
    return open_page("compare").run()


@pytest.fixture
def add(page: AppTest, tmp_path: Path) -> Add:
    """`add("before", "g (…) => (…) { … }")` puts a model into the session; returns its digest."""

    def added(name: str, text: str) -> str:
        path = tmp_path / f"{name}.onnx"
        onnx.save(parser.parse_model(f"{HEAD} {text}"), path)
        session = page.session_state["onnxviz_session"]
        model = intake.take_path(session.store, path)
        session.add(model, "A test", held=True)
        return model.digest

    return added


def session(app: AppTest) -> Any:
    return app.session_state["onnxviz_session"]


def compare(app: AppTest, before: str, after: str) -> AppTest:
    app.session_state["compare:before"], app.session_state["compare:after"] = before, after
    app.run()
    return explained(app)


def explained(app: AppTest) -> AppTest:
    """Once nothing more is waited for."""
    end = time.monotonic() + DEADLINE_SECONDS
    while any("Cancel" in button.label for button in app.button) or "to come" in bar(app):
        assert time.monotonic() < end, "it did not come to an end"
        time.sleep(0.1)
        app.run()
    assert not app.exception
    return app


def bar(app: AppTest) -> str:
    """What the page says on reasons."""
    shown = [each.proto.text for each in app.get("progress")] + [each.value for each in app.markdown]
    return next((text for text in shown if "explained**" in text or "No node went" in text), "")


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def select(app: AppTest, side: str, node: str) -> AppTest:
    """As if the node had been clicked in the picture."""
    app.session_state["go:compare"] = (side, node)
    return app.run()


def figures(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def said(app: AppTest) -> str:
    shown = (*app.info, *app.warning, *app.error, *app.caption, *app.markdown)
    return "\n".join(each.value.replace("\\", "") for each in shown)


def errors(app: AppTest) -> list[str]:
    return [error.value.replace("\\", "") for error in app.error]


def test_one_model_alone_is_simplified_and_compared_in_one_click(page: AppTest) -> None:
    assert "There is only one model here: Start here, 21 nodes." in said(page)
    explained(press(page, "Simplify Start here now"))
    assert figures(page)["Nodes"] == "21 → 10 (-52%)"
    assert figures(page)["Removed"] == "11"
    assert "of 11 explained" in bar(page)
    names = [entry.model.name for entry in session(page).entries.values()]
    assert names == ["Start here", "Start here · onnxsim"]
    how = next(iter(page.session_state["compare:how"].values()))
    assert how == How("onnxsim", OptimizeOptions())
    assert "onnxsim" in page.query_params["with"]


def test_where_simplifying_fails_there_is_one_sentence_and_the_ways_on_are_there(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onnxviz.ui.comparing.joining.optimize_into_store", fails)
    explained(press(page, "Simplify Start here now"))
    assert errors(page) == ["model.onnx: has no nodes. Choose another."]
    assert "Simplify Start here now" in [button.label for button in page.button]


def fails(*_: object) -> None:
    verbs.fail_typed()


def test_a_link_opens_a_model_and_its_rewrite(open_page: Open) -> None:
    page = explained(open_page("compare", model="light_squeezenet", **{"with": "onnxslim"}).run())
    names = [entry.model.name for entry in session(page).entries.values()]
    assert names == ["SqueezeNet", "SqueezeNet · onnxslim"]
    assert figures(page)["Nodes"].startswith("105 → ")


def test_a_link_with_an_optimizer_that_is_not_known_offers_the_ways(open_page: Open) -> None:
    page = open_page("compare", model="light_squeezenet", **{"with": "no-such"}).run()
    assert not page.exception
    assert "Simplify SqueezeNet now" in [button.label for button in page.button]


def test_two_models_are_compared_and_swapped(page: AppTest, add: Add) -> None:
    before, after = add("before", FOLDABLE), add("after", FOLDED)
    compare(page, before, after)
    assert figures(page)["Nodes"] == "5 → 2 (-60%)"
    assert "explained" in bar(page)
    press(page, "Swap")
    explained(page)
    assert figures(page)["Nodes"] == "2 → 5 (+150%)"


def test_two_that_have_next_to_nothing_in_common_are_told_so_with_a_way_on(page: AppTest, add: Add) -> None:
    chain = "  ".join(f"c{i} = Relu(c{i - 1})" for i in range(1, 30))
    other = add("other", f"g (float[2] c0) => (float[2] c29) {{ {chain} }}")
    start = next(iter(session(page).entries))
    page.run()
    compare(page, start, other)
    assert "nothing to do with each other" in said(page)
    session(page).current_digest = start
    page.run()
    explained(press(page, "Simplify Start here and compare with the result"))
    assert figures(page)["Nodes"] == "21 → 10 (-52%)"
    assert "nothing to do with each other" not in said(page)


def test_the_ready_pair_is_not_offered_to_who_has_it_open(open_page: Open) -> None:
    page = open_page("compare", model="light_resnet50").run()
    assert not any("ready pair" in button.label for button in page.button)
    assert any("now" in button.label for button in page.button)


def test_a_node_that_came_is_not_said_to_have_stayed(page: AppTest, add: Add) -> None:
    compare(page, add("after", FOLDED), add("before", FOLDABLE))
    assert "foldable came" in bar(page)
    assert "stayed" not in bar(page)
    select(page, "after", "i")
    assert "Why it was not folded" in said(page)
    assert "Why it stayed" not in said(page)


def test_models_that_differ_in_names_alone_are_told_to_be_the_same(page: AppTest, add: Add) -> None:
    compare(page, add("one", FOLDED), add("other", FOLDED.replace("z", "w")))
    assert "No difference but names and the order of the file" in said(page)
    assert "No node went" in bar(page)


def test_the_same_model_on_both_sides_is_a_sentence(page: AppTest, add: Add) -> None:
    one = add("one", FOLDED)
    page.session_state["compare:before"] = page.session_state["compare:after"] = one
    page.run()
    assert "Both are one. Choose another model on one side." in said(page)
    assert not page.metric


def test_a_model_that_was_removed_meanwhile_is_named_and_others_are_compared(page: AppTest, add: Add) -> None:
    before, after = add("before", FOLDABLE), add("after", FOLDED)
    compare(page, before, after)
    session(page).remove(after)
    page.run()
    explained(page)
    assert "after** was removed from the list of models: others are compared." in said(page)
    assert not page.error
    assert figures(page)["Nodes"].startswith("21 → 5")


def test_a_worker_that_dies_while_it_looks_for_reasons_is_a_sentence_and_can_be_repeated(
    page: AppTest, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of its own: an answer from another test would be given from the cache.
    before, after = add("before", FOLDABLE), add("after", FOLDED.replace("0.5", "0.25"))
    with monkeypatch.context() as patched:
        patched.setattr("onnxviz.ui.comparing.searching.explain_models", crashes)
        compare(page, before, after)
    assert len(errors(page)) == 1
    assert "its worker process died" in errors(page)[0]
    assert "0 of 3 explained" in bar(page)
    assert figures(page)["Nodes"] == "5 → 2 (-60%)"
    explained(press(page, "Look again"))
    assert not page.error
    assert "not looked at" not in bar(page)


def crashes(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_diff_that_fails_is_a_sentence_and_can_be_repeated(
    page: AppTest, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = add("before", FOLDABLE), add("after", FOLDED.replace("0.5", "0.125"))
    with monkeypatch.context() as patched:
        patched.setattr("onnxviz.diff.models.diff_models", fails)
        compare(page, before, after)
    assert errors(page) == ["model.onnx: has no nodes. Choose another."]
    assert not page.metric
    explained(press(page, "Compare again"))
    assert figures(page)["Removed"] == "3"


def test_the_same_function_is_told_with_what_was_tried_and_never_as_a_proof(page: AppTest, add: Add) -> None:
    before, after = add("before", FOLDED), add("after", FOLDED.replace("z", "w"))
    compare(page, before, after)
    explained(press(page, "Run both and compare"))
    assert "Evidence, not a proof." in said(page)
    assert figures(page)["Largest absolute error"] == "0"
    assert "Tried: 3 inputs" in said(page)
    assert not page.success


def test_models_that_compute_something_else_are_told_apart_and_where(page: AppTest, add: Add) -> None:
    before, after = add("before", FOLDED), add("after", FOLDED.replace("{4, 6}", "{4, 7}"))
    compare(page, before, after)
    explained(press(page, "Run both and compare"))
    assert any("The outputs differ on 3 random inputs" in error for error in errors(page))
    assert "Select Mul z, where they part" in [button.label.replace("\\", "") for button in page.button]
    assert "can be looked for where a model comes from onnxsim" in said(page)


def test_the_pass_to_blame_is_offered_for_onnxsim_and_says_that_none_is(page: AppTest, add: Add) -> None:
    before, after = add("before", FOLDED), add("after", FOLDED.replace("{4, 6}", "{4, 7}"))
    page.session_state["compare:how"] = {(before, after): How("onnxsim")}
    compare(page, before, after)
    explained(press(page, "Run both and compare"))
    explained(press(page, "Find the pass to blame"))
    assert "No pass is to blame" in said(page)


def test_a_removed_node_says_why_and_its_links_lead_on(page: AppTest, add: Add) -> None:
    compare(page, add("before", FOLDABLE), add("after", FOLDED))
    select(page, "before", "k")
    assert ":red-badge[− Removed] :blue-badge[folded]" in said(page)
    assert "Computed from constants alone" in said(page)
    select(page, "before", "i")
    link = next(button for button in page.button if "Mul z" in button.label.replace("\\", ""))
    link.click().run()
    assert "Kept; what it reads is made elsewhere" in said(page)


def test_a_node_whose_constant_has_another_value_says_so(page: AppTest, add: Add) -> None:
    compare(page, add("before", FOLDED), add("after", FOLDED.replace("{4, 6}", "{4, 8}")))
    select(page, "after", "z")
    assert ":orange-badge[~ Changed]" in said(page)
    assert "A constant that it reads has another value." in said(page)


def test_a_node_whose_reason_has_not_come_yet_says_so_and_then_tells_it(
    page: AppTest, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = add("before", FOLDABLE), add("after", FOLDED.replace("0.5", "0.75"))
    page.session_state["go:compare"] = ("before", "k")
    with monkeypatch.context() as patched:
        patched.setattr("onnxviz.ui.comparing.searching.explain_models", later)
        page.session_state["compare:before"], page.session_state["compare:after"] = before, after
        page.run()
        assert "Its reason is still being checked." in said(page)
        assert "3 to come" in bar(page)
        explained(page)
    assert "So it is." in said(page)
    assert "1 of 3 explained" in bar(page)


def later(*_: object) -> Explanation:
    time.sleep(2)
    return Explanation((Removed("k", "Add", Went.FOLDED, "So it is."),))


def test_looking_for_reasons_can_be_cancelled_and_what_came_stays(
    page: AppTest, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = add("before", FOLDABLE), add("after", FOLDED.replace("0.5", "0.625"))
    monkeypatch.setattr("onnxviz.ui.comparing.searching.explain_models", one_and_no_end)
    page.session_state["compare:before"], page.session_state["compare:after"] = before, after
    page.run()
    end = time.monotonic() + DEADLINE_SECONDS
    while "1 folded" not in bar(page):
        assert time.monotonic() < end
        time.sleep(0.1)
        page.run()
    press(page, "Cancel")
    assert "1 of 3 explained" in bar(page)
    assert "2 not looked at" in bar(page)
    assert any("was cancelled" in info.value for info in page.info)


def one_and_no_end(*_: object) -> None:
    deliver((Removed("k", "Add", Went.FOLDED, "So it is."),))
    time.sleep(60)


def test_a_remedy_is_tried_and_its_result_joins_the_session(page: AppTest, add: Add) -> None:
    one = add("one", OPEN_BATCH)
    session(page).remove(next(iter(session(page).entries)))
    page.run()
    explained(press(page, "Simplify one now"))
    assert "5 that look foldable stayed" in bar(page)
    (result,) = session(page).children(one)
    select(page, "after", "b")
    assert "Why it stayed" in said(page)
    assert "Set batch = 1; other sizes do as well." in said(page)
    explained(press(page, "Try it"))
    assert "6 → 1 nodes." in said(page)
    assert "it frees 5 of 5" in said(page)
    names = [entry.model.name for entry in session(page).entries.values()]
    assert names == ["one", "one · onnxsim", "one · onnxsim, batch = 1"]
    explained(press(page, "Compare with it"))
    assert figures(page)["Nodes"] == "6 → 1 (-83%)"
    assert result.model.digest in session(page).entries


def test_a_remedy_that_fails_is_a_sentence(page: AppTest, add: Add, monkeypatch: pytest.MonkeyPatch) -> None:
    add("one", OPEN_BATCH.replace(", 4]", ", 5]"))
    session(page).remove(next(iter(session(page).entries)))
    page.run()
    explained(press(page, "Simplify one now"))
    select(page, "after", "b")
    monkeypatch.setattr("onnxviz.ui.comparing.trying.try_into_store", fails)
    explained(press(page, "Try it"))
    assert errors(page) == ["model.onnx: has no nodes. Choose another."]


def test_the_table_lists_and_filters_every_difference(page: AppTest, add: Add) -> None:
    before, after = add("before", FOLDABLE), add("after", FOLDED)
    page.session_state["compare:view"] = "Table"
    compare(page, before, after)
    table = page.dataframe[0].value
    assert {"− removed", "= rewired"} <= set(table["Status"])
    next(each for each in page.multiselect if each.label == "Op type").set_value(["Identity"]).run()
    assert list(page.dataframe[0].value["Name"]) == ["i"]
    next(each for each in page.text_input if each.label == "Search").set_value("no such thing").run()
    assert page.dataframe[0].value.empty


def test_the_report_is_made_and_then_taken(page: AppTest, add: Add) -> None:
    page.session_state["compare:tabs"] = "Take away"
    compare(page, add("before", FOLDABLE), add("after", FOLDED))
    assert "Outputs were not compared yet" in said(page)
    explained(press(page, "Make the report"))
    labels = [button.proto.label for button in page.get("download_button")]
    assert any(label.startswith("Download the report (") for label in labels)
    assert {"JSON", "Markdown"} <= set(labels)


def test_a_report_that_cannot_be_made_is_a_sentence(
    page: AppTest, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.session_state["compare:tabs"] = "Take away"
    compare(page, add("before", FOLDABLE), add("after", FOLDED))
    monkeypatch.setattr("onnxviz.ui.comparing.taking.report", fails)
    explained(press(page, "Make the report"))
    assert errors(page) == ["model.onnx: has no nodes. Choose another."]


def test_names_from_a_model_stay_text(page: AppTest, add: Add) -> None:
    before, after = add("before", FOLDABLE), add("after", FOLDED)
    session(page).rename(after, ":red[no] **b** [a](http://b)")
    compare(page, before, after)
    session(page).remove(after)
    page.run()
    explained(page)
    shown = [each.value for each in (*page.info, *page.caption, *page.markdown)]
    assert any(r"\:red\[no\]" in text for text in shown)
    assert not any(":red[no]" in text for text in shown)


def test_nothing_open_says_what_the_page_is_for(page: AppTest) -> None:
    session(page).remove(session(page).current_digest)
    page.run()
    assert not page.exception
    assert "Set two models side by side" in said(page)


def test_a_pair_is_the_same_from_run_to_run(page: AppTest) -> None:
    explained(press(page, "Simplify Start here now"))
    one, other = (entry.model for entry in session(page).entries.values())
    assert Pair(one, other).key == Pair(one.renamed("x"), other).key
    assert Pair(one, other).key != Pair(other, one).key
