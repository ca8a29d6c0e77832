"""The page Simplify: what changed is shown, a result joins the session, failures are sentences."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import onnx
import pytest
from onnx import parser

from onnxviz import jobs
from onnxviz.jobs import Limits
from tests.jobs import verbs
from tests.pages.simplifying import Open, errors, figures, names, opened, press, runs_of, settled


def test_a_real_model_shrinks_and_the_result_joins_the_session(open_page: Open) -> None:
    app = open_page("simplify", model="light_shufflenet").run()
    settled(press(app, "Simplify"))
    assert figures(app)["Nodes"] == "446 → 154"
    assert any("same outputs" in one.value or "agree" in one.value for one in app.success)
    assert names(app) == ["ShuffleNet", "ShuffleNet · onnxsim"]
    table = next(frame.value for frame in app.dataframe if "Change" in frame.value.columns)
    assert table["Change"].sum() == 154 - 446
    assert table["Change"].is_monotonic_increasing


def test_a_result_that_is_removed_stays_removed(open_page: Open) -> None:
    app = settled(press(open_page("simplify").run(), "Simplify"))
    session = app.session_state["onnxviz_session"]
    (result,) = session.children(session.current_digest)
    session.remove(result.model.digest)
    app.run()
    assert names(app) == ["Start here"]
    assert any("removed" in info.value for info in app.info)
    settled(press(app, "Simplify"))
    assert names(app) == ["Start here", "Start here · onnxsim"]


def test_what_was_mended_first_is_said(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    proto = parser.parse_model(
        """<ir_version: 8, opset_import: ["": 17]>
        g (float[2] x) => (float[2] y) { z = Relu(x) y = Identity(z) }"""
    )
    proto.graph.output[0].type.tensor_type.ClearField("shape")
    path = tmp_path / "mend.onnx"
    onnx.save(proto, path)
    monkeypatch.setattr("sys.argv", ["app.py", str(path)])
    app = settled(press(open_page("simplify").run(), "Simplify"))
    assert "Shapes were inferred for 1 output." in [info.value.replace("\\", "") for info in app.info]


def test_a_size_that_cannot_be_read_is_a_sentence_and_nothing_starts(open_page: Open) -> None:
    app = open_page("simplify").run()
    app.text_input(key="simplify:threshold").set_value("enormous").run()
    assert any("is not a number with a unit" in sentence for sentence in errors(app))
    assert next(button for button in app.button if button.label == "Simplify").disabled


def test_a_shape_of_the_wrong_rank_is_a_sentence(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = '<ir_version: 8, opset_import: ["": 17]> g (float[?, 2] x) => (float[?, 2] y) { y = Relu(x) }'
    app = opened(open_page, monkeypatch, tmp_path, text)
    shape = next(one for one in app.text_input if "simplify:shape" in str(one.key))
    shape.set_value("1, 2, 3").run()
    assert any("sizes of at least 1" in sentence for sentence in errors(app))
    shape.set_value("1, 2").run()
    assert not app.error


def test_a_worker_killed_in_mid_job_is_one_sentence_and_the_next_job_works(open_page: Open) -> None:
    app = open_page("simplify", model="light_vgg19").run()
    press(app, "Simplify")
    job = runs_of(app)[0].job
    assert job is not None
    end = time.monotonic() + 60
    while not job.worker_pid() or "simplifying" not in job.progress().text:
        assert time.monotonic() < end
        time.sleep(0.01)
    os.kill(job.worker_pid(), signal.SIGKILL)
    settled(app)
    assert len(errors(app)) == 1
    assert "its worker process died (SIGKILL)" in errors(app)[0]
    app.session_state["onnxviz_session"].current_digest = ""
    fresh = settled(press(open_page("simplify").run(), "Simplify"))
    assert figures(fresh)["Nodes"] == "21 → 10"


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (Limits(seconds=1.0), "took longer than its limit of 1 s"),
        (Limits(megabytes=600), "grew past its memory limit of 0.6 GB"),
    ],
)
def test_a_job_past_its_limits_is_one_sentence_and_the_next_job_works(
    limits: Limits, sentence: str, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("simplify", model="light_vgg19").run()
    with monkeypatch.context() as patched:
        patched.setattr("onnxviz.jobs.pool.Limits", lambda: limits)
        settled(press(app, "Simplify"))
    assert len(errors(app)) == 1
    assert sentence in errors(app)[0]
    fresh = settled(press(open_page("simplify").run(), "Simplify"))
    assert figures(fresh)["Nodes"] == "21 → 10"


def test_a_job_can_be_cancelled(open_page: Open) -> None:
    app = open_page("simplify", model="light_vgg19").run()
    press(app, "Simplify")
    press(app, "Cancel")
    assert any("was cancelled" in info.value for info in app.info)
    assert not app.error
    assert runs_of(app)[0].job is None


def test_nothing_open_says_what_the_page_is_for(open_page: Open) -> None:
    app = open_page("simplify").run()
    session = app.session_state["onnxviz_session"]
    session.remove(session.current_digest)
    app.run()
    assert not app.exception
    assert any("Run optimizers on a model" in text.value for text in app.markdown)


def test_asking_for_the_passes_fails_once_and_can_be_repeated(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs.shutdown()  # An answer from an earlier test would be given from the cache.
    app = open_page("simplify").run()

    def ended() -> None:
        end = time.monotonic() + 60
        while "job" in app.session_state["work:simplify:pass-names"]:
            assert time.monotonic() < end
            app.run()

    with monkeypatch.context() as patched:
        patched.setattr("onnxviz.ui.optimizing.onnxsim.optimizer_passes", verbs.fail_typed)
        app.toggle(key="simplify:skip").set_value(True).run()
        ended()
    assert errors(app) == ["model.onnx: has no nodes. Choose another."]
    press(app, "Ask again")
    ended()
    assert "fuse_bn_into_conv" in app.multiselect(key="simplify:skipped").options
