"""The page Open, run by Streamlit's own test driver: real exports, real uploads, real workers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.parser
import pytest
import streamlit as st
from onnx.external_data_helper import convert_model_to_external_data
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.testing.v1 import AppTest

from onnxviz.ui import uploadmemory
from onnxviz.ui.session import Session

ROOT = Path(__file__).parents[2]
DEADLINE_SECONDS = 120

DOUBLED = """<ir_version: 8, opset_import: ["" : 17], producer_name: "a *hand*">
g (float[n, 2] x) => (float[n, 2] y) { y = Add(x, x) }"""


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[AppTest]:
    monkeypatch.setenv("ONNXVIZ_STORE", str(tmp_path / "store"))
    monkeypatch.setattr("sys.argv", ["app.py"])
    st.cache_resource.clear()
    yield AppTest.from_file(str(ROOT / "pages" / "open.py"), default_timeout=60)
    st.cache_resource.clear()


def opened(app: AppTest, **parameters: str) -> AppTest:
    """The page under a link with these query parameters."""
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def settled(app: AppTest) -> AppTest:
    end = time.monotonic() + DEADLINE_SECONDS
    app.run()
    while "work:open:export" in app.session_state and "job" in app.session_state["work:open:export"]:
        assert time.monotonic() < end, "the export did not end"
        app.run()
    assert not app.exception
    return app


def session_of(app: AppTest) -> Session:
    found: Session = app.session_state["onnxviz_session"]
    return found


def names(app: AppTest) -> list[str]:
    return [entry.model.name for entry in session_of(app).entries.values()]


def button(app: AppTest, label: str) -> Any:
    return next(one for one in app.button if one.label == label)


def errors(app: AppTest) -> str:
    return "\n".join(one.value for one in app.error).replace("\\", "")


def text_model(text: str = DOUBLED) -> bytes:
    data: bytes = onnx.parser.parse_model(text).SerializeToString()
    return data


def with_external_data(folder: Path) -> tuple[bytes, bytes]:
    """A model and the file `far.bin` that holds its weight."""
    model = onnx.parser.parse_model(
        """<ir_version: 8, opset_import: ["" : 17]>
        g (float[n, 8] x) => (float[n, 8] y) { y = Add(x, w) }"""
    )
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.ones((8,), np.float32), "w"))
    convert_model_to_external_data(model, location="far.bin", size_threshold=0)
    onnx.save(model, str(folder / "far.onnx"))
    return (folder / "far.onnx").read_bytes(), (folder / "far.bin").read_bytes()


def test_the_page_shows_every_kind_of_sample_and_the_python_of_the_first(app):
    opened(app)
    groups = app.segmented_control[0].options
    assert [one if isinstance(one, str) else one.content for one in groups] == [
        "Folding basics",
        "Classic networks",
        "Transformers",
        "Loops and branches",
        "Real models",
    ]
    assert "torch.onnx.export(" in app.code[0].value
    assert [tab.label for tab in app.tabs] == ["Export a sample", "Upload", "In this session"]
    assert dict(app.query_params) == {}


def test_a_link_preselects_the_sample_and_its_settings_and_a_change_is_in_the_link(app):
    opened(app, sample="decoder", depth="12", exporter="torchscript", opset="17")
    assert app.session_state["open:cards:Transformers"] == "decoder"
    assert "build(depth=12, width=32)" in app.code[0].value
    assert "opset_version=17" in app.code[0].value
    app.number_input(key="open:decoder:set:depth").set_value(6)
    app.run()
    assert "build(depth=6, width=32)" in app.code[0].value
    assert app.query_params == {
        "sample": "decoder",
        "depth": "6",
        "exporter": "torchscript",
        "opset": "17",
    }


def test_a_link_with_a_mistake_says_so_and_keeps_the_rest(app):
    opened(app, sample="encoder", depth="99", width="64")
    assert "depth=99" in app.warning[0].value.replace("\\", "")
    assert "build(depth=4, width=64)" in app.code[0].value
    app.number_input(key="open:encoder:set:depth").set_value(5)
    app.run()
    assert not app.warning


def test_a_link_to_no_sample_names_the_nearest(app):
    opened(app, sample="decodr")
    assert "Did you mean decoder" in errors(app)
    assert "torch.onnx.export(" in app.code[0].value


def test_an_option_that_cannot_be_used_is_told_at_once_and_nothing_can_be_exported(app):
    opened(app, sample="affine")
    app.text_input(key="open:affine:inputs").set_value("y")
    app.run()
    assert "an input and an output share it" in errors(app)
    assert app.button(key="open:go").disabled
    app.text_input(key="open:affine:inputs").set_value("data")
    app.run()
    assert not app.error
    assert not app.button(key="open:go").disabled
    assert 'input_names=["data"]' in app.code[0].value


def test_an_export_becomes_the_current_model_and_the_same_again_is_not_exported_twice(app):
    opened(app, sample="constant_math", batch="3")
    app.button(key="open:go").click()
    settled(app)
    mine = session_of(app)
    assert mine.current is not None
    assert mine.current.model.name == "X * (2 * 3) + 3 · batch 3"
    assert mine.current.origin == "Exported from PyTorch with dynamo, opset 20"
    assert "Mul" in mine.current.model.graph.op_counts()
    assert Path(mine.current.model.path).is_file()
    assert "Explore" in [one.label for one in app.button]
    assert any("exported in" in one.value for one in app.caption)

    made = app.session_state["open:made"]["constant_math"]
    app.button(key="open:go").click()
    app.run()
    assert "work:open:export" not in app.session_state, "a result that is known is there at once"
    assert app.session_state["open:made"]["constant_math"] == made
    assert len(mine.entries) == 2
    digest = mine.current_digest
    mine.remove(digest)
    assert not list(mine.store.root.glob(".tmp-*"))
    with pytest.raises(Exception, match="is not held"):
        mine.store.release(digest)


def test_an_export_that_pytorch_refuses_is_one_sentence_with_its_reason_folded_away(app):
    opened(app, sample="decoder", exporter="torchscript", opset="7", depth="1")
    app.button(key="open:go").click()
    settled(app)
    assert "Use opset 14 or higher" in errors(app)
    assert "aten::triu" in app.expander[0].code[0].value
    assert names(app) == ["Start here"]
    app.session_state["open:cards:Transformers"] = "vit"
    app.run()
    assert not app.error, "the complaint belongs to the other sample"


def test_a_real_model_is_one_click(app):
    opened(app)
    app.session_state["open:group"] = "Real models"
    app.run()
    app.button(key="open:real:light_squeezenet").click()
    app.run()
    assert not app.exception
    assert names(app) == ["Start here", "SqueezeNet"]
    assert any("105 nodes" in one.value for one in app.caption)


def test_uploads_are_read_once_and_what_fails_is_told_beside_what_was_loaded(app):
    opened(app)
    app.file_uploader[0].set_value(
        [
            ("two_*twos*.onnx", text_model(), "application/octet-stream"),
            ("not.onnx", b"<html>a page</html>", "application/octet-stream"),
            ("none.onnx", b"", "application/octet-stream"),
        ]
    )
    app.run()
    assert not app.exception
    assert names(app) == ["Start here", "two_*twos*"]
    assert len(app.error) == 2
    assert "not.onnx" in errors(app)
    assert "none.onnx" in errors(app)
    card = next(one.value for one in app.markdown if "is open" in one.value)
    assert r"two\_\*twos\*" in card
    assert any("written by a *hand*" in one.value.replace("\\", "") for one in app.caption)


def test_a_model_without_its_data_names_the_file_and_is_read_when_that_is_there(app, tmp_path):
    model, data = with_external_data(tmp_path)
    opened(app)
    app.file_uploader[0].set_value([("far.onnx", model, "")])
    app.run()
    assert "far.bin did not come with it" in errors(app)
    app.file_uploader[0].set_value([("far.onnx", model, ""), ("far.bin", data, ""), ("other.bin", b"1", "")])
    app.run()
    assert not app.error
    assert names(app) == ["Start here", "far"]
    assert any("other.bin" in one.value.replace("\\", "") for one in app.caption)


def test_a_checkpoint_that_comes_alone_is_told_what_it_is(app):
    opened(app)
    app.file_uploader[0].set_value([("weights.safetensors", b"\x10\0\0\0\0\0\0\0" + b'{"a":{}}' * 2, "")])
    app.run()
    assert "weights.safetensors" in errors(app)
    assert names(app) == ["Start here"]


def test_the_table_of_the_session_makes_current_renames_and_removes(app):
    opened(app)
    app.file_uploader[0].set_value([("second.onnx", text_model(), "")])
    app.run()
    mine = session_of(app)
    first, second = mine.entries
    assert mine.current_digest == second
    app.button(key=f"models:current:{first}").click()
    app.run()
    assert mine.current_digest == first
    app.text_input(key=f"models:rename:{second}:second").set_value("twice")
    app.run()
    assert names(app) == ["Start here", "twice"]
    app.button(key=f"models:remove:{first}").click()
    app.run()
    app.button(key=f"models:remove:{second}").click()
    app.run()
    assert not app.exception
    assert mine.entries == {}
    assert any("Nothing is open" in one.value for one in app.info)


def test_explore_is_one_click_from_what_was_opened(monkeypatch, tmp_path):
    monkeypatch.setenv("ONNXVIZ_STORE", str(tmp_path / "store"))
    monkeypatch.setattr("sys.argv", ["app.py"])
    st.cache_resource.clear()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.run()
    app.switch_page("pages/open.py")
    app.run()
    app.file_uploader[0].set_value([("second.onnx", text_model(), "")])
    app.run()
    button(app, "Explore").click()
    app.run()
    assert not app.exception
    assert app.title[0].value == "second"
    st.cache_resource.clear()


def test_a_link_to_the_page_that_is_opened_first_runs_inside_the_app(monkeypatch, tmp_path):
    monkeypatch.setenv("ONNXVIZ_STORE", str(tmp_path / "store"))
    monkeypatch.setattr("sys.argv", ["app.py"])
    st.cache_resource.clear()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.switch_page("pages/open.py")
    app.run()
    assert not app.exception
    assert app.title[0].value == "Open"
    assert app.sidebar.subheader[0].value == "Model"
    st.cache_resource.clear()


def test_an_upload_leaves_the_memory_once_it_is_stored(app, tmp_path, monkeypatch):
    model, data = with_external_data(tmp_path)
    left = {}
    free = uploadmemory.free

    def watched(file: Any, widget: str) -> None:
        free(file, widget)
        context = get_script_run_ctx()
        (record,) = context.uploaded_file_mgr.get_files(context.session_id, [file.file_id])
        others = [other.getvalue() for other in st.session_state[widget] if other == file]
        left[file.name] = (record.name, record.data, file.getvalue(), *others)

    monkeypatch.setattr(uploadmemory, "free", watched)
    opened(app)
    app.file_uploader[0].set_value([("far.onnx", model, ""), ("far.bin", data, ""), ("other.bin", b"1", "")])
    app.run()
    assert not app.error
    assert left == {name: (name, b"", b"", b"") for name in ("far.onnx", "far.bin")}
    assert names(app) == ["Start here", "far"]


def test_two_models_may_share_a_data_file_that_came_once(app, tmp_path):
    model, data = with_external_data(tmp_path)
    opened(app)
    twin = onnx.load_from_string(model)
    twin.graph.name = "twin"
    both = [("far.onnx", model, ""), ("far.bin", data, ""), ("twin.onnx", twin.SerializeToString(), "")]
    app.file_uploader[0].set_value(both)
    app.run()
    assert not app.error
    assert names(app) == ["Start here", "far", "twin"]


LABEL = "Path of an .onnx file, or of a folder that holds some"


def asked(app: AppTest, path: str) -> AppTest:
    next(one for one in app.text_input if one.label == LABEL).set_value(path)
    button(app, "Open").click()
    app.run()
    assert not app.exception
    return app


def test_paths_are_not_opened_unless_the_app_was_started_for_this_machine(app, monkeypatch):
    opened(app)
    assert LABEL not in [one.label for one in app.text_input]
    monkeypatch.setenv("ONNXVIZ_LOCAL", "on")
    app.run()
    assert LABEL in [one.label for one in app.text_input]


def test_a_link_never_opens_a_path(app, monkeypatch, tmp_path):
    monkeypatch.setenv("ONNXVIZ_LOCAL", "on")
    with_external_data(tmp_path)
    opened(app, path=str(tmp_path / "far.onnx"), model=str(tmp_path / "far.onnx"))
    assert names(app) == ["Start here"]


@pytest.mark.parametrize(("limit", "words"), [("0", "used where it lies"), ("1000000", "copied")])
def test_a_file_on_this_machine_is_opened_by_its_path(app, monkeypatch, tmp_path, limit, words):
    monkeypatch.setenv("ONNXVIZ_LOCAL", "on")
    monkeypatch.setenv("ONNXVIZ_COPY_BYTES", limit)
    with_external_data(tmp_path)
    asked(opened(app), f' "{tmp_path / "far.onnx"}" ')
    assert names(app) == ["Start here", "far"]
    mine = session_of(app)
    assert mine.current.origin == "File on this machine"
    assert mine.store.refers_to(mine.current_digest) == (limit == "0")
    assert any(words in one.value for one in app.caption)
    asked(app, str(tmp_path / "gone.onnx"))
    assert "gone.onnx: is not there" in errors(app)
    assert names(app) == ["Start here", "far"]


def test_a_folder_offers_its_models_and_those_one_folder_down(app, monkeypatch, tmp_path):
    monkeypatch.setenv("ONNXVIZ_LOCAL", "on")
    (tmp_path / "deep").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "deep" / "a_*star*.onnx").write_bytes(text_model())
    (tmp_path / "notes.txt").write_text("none")
    asked(opened(app), str(tmp_path))
    offered = [one for one in app.button if one.key and one.key.startswith("open:path:/")]
    assert [one.label.replace("\\", "").split(" (")[0] for one in offered] == ["deep/a_*star*.onnx"]
    offered[0].click()
    app.run()
    assert not app.exception
    assert names(app) == ["Start here", "a_*star*"]
    asked(app, str(tmp_path / "empty"))
    assert any("holds no .onnx file" in one.value.replace("\\", "") for one in app.info)
    asked(app, "")
    assert "The path: is empty" in errors(app)
