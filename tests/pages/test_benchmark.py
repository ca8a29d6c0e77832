"""The page Benchmark, run by Streamlit's own test driver on real models and in real workers."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx.parser
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from onnxviz import intake
from onnxviz.bench.types import BenchResult, Provider
from onnxviz.ui.bench import files, settings, words
from onnxviz.ui.bench.providerchoice import PROVIDERS
from onnxviz.ui.session import Entry, Session

ROOT = Path(__file__).parents[2]
DEADLINE_SECONDS = 60

NO_TENSOR = """<ir_version: 8, opset_import: ["" : 17]>
g (seq(float[2]) xs) => (float[2] y) { i = Constant<value_int = 0>() y = SequenceAt(xs, i) }"""
DOUBLED = """<ir_version: 8, opset_import: ["" : 17]>
g (float[batch, 64] x) => (float[batch, 64] y) { y = Add(x, x) }"""
FIXED = """<ir_version: 8, opset_import: ["" : 17]>
g (float[4, 64] x) => (float[4, 64] y) { y = Add(x, x) }"""

SLOW = """<ir_version: 8, opset_import: ["" : 17]>
g (float[512, 512] x) => (float[512, 512] y) { y = MatMul(x, x) }"""


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[AppTest]:
    monkeypatch.setenv("ONNXVIZ_STORE", str(tmp_path / "store"))
    monkeypatch.setattr("sys.argv", ["app.py"])
    st.cache_resource.clear()
    yield AppTest.from_file(str(ROOT / "pages" / "benchmark.py"), default_timeout=60)
    st.cache_resource.clear()


def settled(app: AppTest) -> AppTest:
    """Run the page until nothing is waited for."""
    end = time.monotonic() + DEADLINE_SECONDS
    app.run()
    while any(_has_job(app, key) for key in ("work:benchmark", "work:benchmark:providers")):
        assert time.monotonic() < end, "the job did not end"
        app.run()
    assert not app.exception
    return app


def _has_job(app: AppTest, key: str) -> bool:
    return key in app.session_state and "job" in app.session_state[key]


def session_of(app: AppTest) -> Session:
    found: Session = app.session_state["onnxviz_session"]
    return found


def opened(app: AppTest, text: str, name: str, parent: str | None = None) -> Entry:
    """A model written as text, put into the session of the page."""
    mine = session_of(app)
    data = onnx.parser.parse_model(text).SerializeToString()
    model = intake.take_in(mine.store, {f"{name}.onnx": data}, f"{name}.onnx", name)
    return mine.add(model, "Written in a test", parent)


def measured(app: AppTest, seconds: int = 1) -> BenchResult:
    app.select_slider[0].set_value(seconds)
    app.run()
    button(app, "Measure").click()
    settled(app)
    result: BenchResult = app.session_state["benchmark:done"][1]
    return result


def button(app: AppTest, label: str) -> Any:
    return next(one for one in app.button if one.label == label)


def said(app: AppTest) -> str:
    parts = (app.markdown, app.caption, app.info, app.success, app.warning, app.error, app.subheader)
    return "\n".join(element.value for kind in parts for element in kind)


def rows(app: AppTest) -> list[dict[str, str]]:
    found: list[dict[str, str]] = app.table[0].value.to_dict("records")
    return found


def test_before_and_after_are_chosen_timed_and_compared_in_words(app: AppTest) -> None:
    settled(app)
    before = opened(app, DOUBLED, "before")
    after = opened(app, FIXED, "after", parent=before.model.digest)
    settled(app)
    assert app.multiselect[0].value == [before.model.digest, after.model.digest]
    result = measured(app)
    assert [one.model for one in result.measurements] == ["before", "after"]
    assert all(one.times_s and not one.error for one in result.measurements)
    assert [(row["Model"], row["Asked for"], row["Ran on"]) for row in rows(app)] == [
        ("before", "cpu", "cpu"),
        ("after", "cpu", "cpu"),
    ]
    assert words.spoken(result.comparisons[0].verdict).lower() in said(app).lower()
    assert f"python -m onnxviz bench {before.model.path} {after.model.path}" in app.code[0].value
    assert "--dim=batch=1" in app.code[0].value


def test_models_with_other_input_shapes_are_said_not_to_get_the_same_work(app: AppTest) -> None:
    settled(app)
    before = opened(app, DOUBLED, "before")
    opened(app, FIXED, "after", parent=before.model.digest)
    settled(app)
    assert "x is 1×64 and 4×64" in app.warning[0].value
    app.number_input[0].set_value(4)
    settled(app)
    assert not app.warning


def test_a_model_that_cannot_be_timed_has_its_sentence_below_the_table_and_the_other_stays(
    app: AppTest,
) -> None:
    settled(app)
    good = opened(app, DOUBLED, "good")
    bad = opened(app, NO_TENSOR, "bad")
    app.session_state["benchmark:models"] = [good.model.digest, bad.model.digest]
    settled(app)
    measured(app)
    first, second = rows(app)
    assert first["Median"] != "–"
    assert "failed" not in first["Ran on"]
    assert second["Median"] == "–"
    assert "failed" in second["Ran on"]
    assert any("**bad**" in text.value and "a sequence" in text.value for text in app.markdown)


def test_a_request_of_another_page_is_what_is_chosen_and_is_used_up(app: AppTest) -> None:
    settled(app)
    one, two = opened(app, DOUBLED, "one"), opened(app, FIXED, "two")
    app.session_state["benchmark:models"] = [one.model.digest, "0" * 64, two.model.digest]
    settled(app)
    assert app.multiselect[0].value == [one.model.digest, two.model.digest]
    assert "benchmark:models" not in app.session_state
    settled(app)
    assert app.multiselect[0].value == [one.model.digest, two.model.digest]


def test_the_preset_follows_the_current_model_and_a_choice_by_hand_stays(app: AppTest) -> None:
    settled(app)
    one, two, three = (
        opened(app, text, name) for text, name in ((DOUBLED, "a"), (FIXED, "b"), (NO_TENSOR, "c"))
    )
    settled(app)
    assert app.multiselect[0].value == [three.model.digest]
    app.multiselect[0].set_value([one.model.digest, two.model.digest])
    settled(app)
    session_of(app).current_digest = two.model.digest
    settled(app)
    assert app.multiselect[0].value == [one.model.digest, two.model.digest]
    session_of(app).current_digest = three.model.digest
    settled(app)
    assert app.multiselect[0].value == [three.model.digest]


def test_a_result_stays_with_the_plan_that_made_it_when_the_choice_changes(app: AppTest) -> None:
    settled(app)
    measured(app)
    assert "has changed since" not in said(app)
    app.select_slider[0].set_value(2)
    settled(app)
    assert "has changed since" in said(app)
    assert "· cpu · 1 s · batch\\=1" in said(app) or "· cpu · 1 s · batch=1" in said(app)


def test_a_cancelled_measurement_says_so_and_leaves_the_last_result(app: AppTest) -> None:
    settled(app)
    measured(app)
    opened(app, SLOW, "slow")
    app.run()
    app.select_slider[0].set_value(120)
    app.run()
    button(app, "Measure").click().run()
    assert button(app, "Measure").disabled
    button(app, "Cancel").click().run()
    settled(app)
    assert "was cancelled" in said(app)
    assert len(rows(app)) == 1
    assert not button(app, "Measure").disabled


def test_nothing_can_be_measured_without_a_model_or_a_provider(app: AppTest) -> None:
    settled(app)
    app.multiselect[0].set_value([])
    app.session_state[PROVIDERS] = []
    settled(app)
    assert "Choose a model and a provider to measure." in said(app)
    assert button(app, "Measure").disabled


def test_a_provider_that_is_no_local_device_is_named_and_not_offered(app: AppTest) -> None:
    settled(app)
    assert "not a local device" in said(app)
    assert app.session_state[PROVIDERS] == ["cpu"]


def test_an_empty_session_says_what_the_page_is_for_and_offers_a_sample(app: AppTest) -> None:
    settled(app)
    mine = session_of(app)
    for digest in list(mine.entries):
        mine.remove(digest)
    settled(app)
    assert app.title[0].value == "Benchmark"
    assert button(app, "Open a sample")
    button(app, "Open a sample").click()
    settled(app)
    assert button(app, "Measure")


def test_a_measurement_that_is_cancelled_keeps_what_was_measured_and_says_that_it_was_stopped(
    app: AppTest,
) -> None:
    settled(app)
    opened(app, SLOW, "slow")
    settled(app)
    app.select_slider[0].set_value(120)
    app.run()
    button(app, "Measure").click().run()
    end = time.monotonic() + DEADLINE_SECONDS
    while not any(app.dataframe) or not app.dataframe[0].value["Rounds"].max() > 0:
        assert time.monotonic() < end, "no round was made"
        app.run()
    assert app.dataframe[0].value["Median so far"].notna().all()
    button(app, "Cancel").click().run()
    settled(app)
    assert "Stopped early" in said(app)
    assert rows(app)[0]["Median"] != "–"
    result: BenchResult = app.session_state["benchmark:done"][1]
    assert result.is_partial
    assert result.measurements[0].times_s


def test_several_batches_and_threads_make_a_row_each_and_a_matrix(app: AppTest) -> None:
    settled(app)
    opened(app, DOUBLED, "doubled")
    settled(app)
    app.session_state[settings.BATCHES] = ["1", "8"]
    app.session_state[settings.THREADS] = ["1", "2"]
    settled(app)
    assert not app.number_input, "the batch is chosen above, not as the size of a name"
    assert "4 configurations" in said(app)
    measured(app)
    assert [(row["Threads"], row["Batch"]) for row in rows(app)] == [
        ("1", "1"), ("1", "8"), ("2", "1"), ("2", "8"),
    ]  # fmt: skip
    assert "--threads 1,2" in app.code[0].value
    assert "--batch 1,8" in app.code[0].value
    assert "Side by side" in [tab.label for tab in app.tabs]


def test_a_batch_that_a_model_does_not_take_is_a_row_with_the_reason(app: AppTest) -> None:
    settled(app)
    one, two = opened(app, DOUBLED, "open"), opened(app, FIXED, "fixed")
    app.session_state["benchmark:models"] = [one.model.digest, two.model.digest]
    app.session_state[settings.BATCHES] = ["8"]
    settled(app)
    measured(app)
    assert rows(app)[0]["Median"] != "–"
    assert any("**fixed**" in text.value and "fixed at 4" in text.value for text in app.markdown)


def test_inputs_of_ones_own_are_checked_at_once_and_measured(app: AppTest) -> None:
    settled(app)
    opened(app, FIXED, "fixed")
    settled(app)
    app.file_uploader[0].set_value(("in.npz", arrays(x=np.ones((4, 32), np.float32)), ""))
    until(app, lambda: bool(app.error))
    assert "4 × 32" in app.error[0].value
    assert button(app, "Measure").disabled
    app.file_uploader[0].set_value(("good.npz", arrays(x=np.ones((4, 64), np.float32)), ""))
    until(app, lambda: "Runs on good" in said(app))
    measured(app)
    assert "inputs of your own" in said(app)
    assert rows(app)[0]["Median"] != "–"


def test_a_result_is_loaded_back_shown_like_a_new_one_and_set_against_another(app: AppTest) -> None:
    settled(app)
    result = measured(app)
    fresh = rows(app)
    text = files.json_text(result).encode()
    uploader = app.file_uploader[-1]
    uploader.set_value([("old.json", text, "")])
    settled(app)
    assert "From the file old" in said(app)
    assert rows(app) == fresh
    assert "None of 1 configuration became slower" in said(app)
    button(app, "Remove").click()
    settled(app)
    assert "From the file" not in said(app)
    assert rows(app) == fresh


def test_a_file_that_is_no_result_is_refused_in_a_sentence(app: AppTest) -> None:
    settled(app)
    app.file_uploader[-1].set_value([("notes.json", b'{"a": 1}', "")])
    settled(app)
    assert "notes.json: is no result of a benchmark" in app.error[0].value.replace("\\", "")
    assert not app.table


def test_results_of_other_configurations_cannot_be_compared_and_say_so(app: AppTest) -> None:
    settled(app)
    result = measured(app)
    name = result.measurements[0].model
    text = files.json_text(result).replace(f'"{name}"', '"Another"').encode()
    app.file_uploader[-1].set_value([("other.json", text, "")])
    settled(app)
    assert "have no configuration in common" in said(app)
    assert not app.error


def test_every_tab_can_be_opened(app: AppTest) -> None:
    settled(app)
    before = opened(app, DOUBLED, "before")
    opened(app, FIXED, "after", parent=before.model.digest)
    settled(app)
    measured(app)
    for label in [tab.label for tab in app.tabs]:
        app.session_state["benchmark:tabs"] = label
        app.run()
        assert not app.exception, label


def test_options_of_a_provider_are_offered_and_become_part_of_the_plan(app: AppTest) -> None:
    settled(app)
    found = (
        Provider("CPUExecutionProvider", "cpu", "usable"),
        Provider("OpenVINOExecutionProvider", "openvino", "usable"),
        Provider("CUDAExecutionProvider", "cuda", "broken", "there is no driver", "Install one"),
    )
    app.session_state["work:benchmark:providers"] = {"result": found}
    settled(app)
    app.session_state[PROVIDERS] = ["cpu", "openvino"]
    settled(app)
    assert "there is no driver" in said(app)
    assert "Install one" in said(app)
    next(one for one in app.selectbox if one.label == "Precision").set_value("FP16")
    next(one for one in app.number_input if one.label == "Threads").set_value(2)
    settled(app)
    assert "2 configurations" in said(app)
    button(app, "Measure").click().run()
    assert app.session_state["benchmark:asked"].plan.options == (
        ("openvino", "precision", "FP16"),
        ("openvino", "num_of_threads", "2"),
    )


def test_the_tab_that_stood_open_may_be_gone_with_the_next_result(app: AppTest) -> None:
    settled(app)
    before = opened(app, DOUBLED, "before")
    opened(app, FIXED, "after", parent=before.model.digest)
    settled(app)
    measured(app)
    app.session_state["benchmark:tabs"] = "Time against nodes"
    app.run()
    app.multiselect[0].set_value([before.model.digest])
    app.run()
    measured(app)
    assert "Time against nodes" not in [tab.label for tab in app.tabs]


def arrays(**named: np.ndarray[Any, Any]) -> bytes:
    made = io.BytesIO()
    np.savez(made, **named)  # type: ignore[arg-type]
    return made.getvalue()


def until(app: AppTest, there: Any) -> None:
    """Run the page until something is there."""
    end = time.monotonic() + DEADLINE_SECONDS
    while not there():
        assert time.monotonic() < end, "it did not come"
        app.run()
    assert not app.exception


def test_a_result_and_the_choices_outlast_a_visit_to_another_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ONNXVIZ_STORE", str(tmp_path / "store"))
    monkeypatch.setattr("sys.argv", ["app.py"])
    st.cache_resource.clear()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.run()
    settled(app.switch_page("pages/benchmark.py"))
    one, two = opened(app, DOUBLED, "one"), opened(app, FIXED, "two")
    settled(app)
    app.multiselect[0].set_value([two.model.digest, one.model.digest])
    measured(app)
    figures = rows(app)
    app.switch_page("pages/explore.py").run()
    settled(app.switch_page("pages/benchmark.py"))
    assert rows(app) == figures
    assert app.select_slider[0].value == 1
    assert app.multiselect[0].value == [two.model.digest, one.model.digest]
    assert "has changed since" not in said(app)
    st.cache_resource.clear()
