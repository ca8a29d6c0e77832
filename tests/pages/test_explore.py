"""The page Explore: a sample is there at once, a file that cannot be opened costs one sentence."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import parser
from streamlit.testing.v1 import AppTest

Open = Callable[..., AppTest]

HOSTILE = "<img src=x onerror=alert(1)> :red[no] $x$ [a](http://b) `c` **d** # e"


def figures(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def names(app: AppTest) -> list[str]:
    return [entry.model.name for entry in app.session_state["onnxviz_session"].entries.values()]


def search(app: AppTest) -> Any:
    return next(one for one in app.text_input if str(one.key).startswith("explore:search"))


def ops(app: AppTest) -> Any:
    return next(one for one in app.multiselect if str(one.key).startswith("explore:ops"))


def test_a_sample_is_open_from_the_start(open_page: Open) -> None:
    app = open_page("explore").run()
    assert not app.exception
    assert app.title[0].value == "Start here"
    assert figures(app)["Nodes"] == "21"
    assert not app.error


def test_a_link_opens_a_real_model(open_page: Open) -> None:
    app = open_page("explore", model="light_resnet50").run()
    assert figures(app)["Nodes"] == "415"
    assert names(app) == ["ResNet-50 (Caffe2)"]


def test_the_file_on_the_command_line_is_opened(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "mine.onnx"
    text = '<ir_version: 8, opset_import: ["": 17]> g (float[2] x) => (float[2] y) { y = Relu(x) }'
    onnx.save(parser.parse_model(text), path)
    monkeypatch.setattr("sys.argv", ["app.py", str(path)])
    app = open_page("explore").run()
    assert names(app) == ["mine"]
    assert figures(app)["Nodes"] == "1"


def test_a_file_that_cannot_be_opened_costs_one_sentence_and_the_sample_is_there(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "words.onnx"
    path.write_text("these are words\n" * 100)
    monkeypatch.setattr("sys.argv", ["app.py", str(path)])
    app = open_page("explore").run()
    assert not app.exception
    assert [error.value.replace("\\", "") for error in app.error] == [
        "words.onnx: is text. Open an .onnx file."
    ]
    assert names(app) == ["Start here"]
    assert not app.run().error


def test_nothing_open_offers_a_sample(open_page: Open) -> None:
    app = open_page("explore").run()
    session = app.session_state["onnxviz_session"]
    session.remove(session.current_digest)
    app.run()
    assert not app.exception
    assert "No model is open." in [info.value for info in app.info]
    next(button for button in app.button if button.label == "Open a sample").click().run()
    assert app.title[0].value == "Start here"


def test_the_table_of_nodes_filters_by_word_and_by_op_type(open_page: Open) -> None:
    app = open_page("explore")
    app.session_state["explore:tabs"] = "Nodes"
    app.run()
    assert "21 of 21 nodes" in " ".join(caption.value for caption in app.caption)
    search(app).set_value("batchnorm").run()
    assert "3 of 21 nodes" in " ".join(caption.value for caption in app.caption)
    ops(app).set_value(["Reshape"]).run()
    assert "0 of 21 nodes" in " ".join(caption.value for caption in app.caption)
    search(app).set_value("").run()
    assert "2 of 21 nodes" in " ".join(caption.value for caption in app.caption)
    search(app).set_value("no such node").run()
    assert "0 of 21 nodes" in " ".join(caption.value for caption in app.caption)


def test_names_from_a_model_stay_text(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    proto = parser.parse_model(
        '<ir_version: 8, opset_import: ["": 17]> g (float[2] x) => (float[2] y) { y = Relu(x) }'
    )
    proto.graph.name = proto.doc_string = proto.graph.node[0].name = HOSTILE
    path = tmp_path / "hostile_*bold*_name.onnx"
    onnx.save(proto, path)
    monkeypatch.setattr("sys.argv", ["app.py", str(path)])
    app = open_page("explore").run()
    assert not app.exception
    assert app.title[0].value == r"hostile\_\*bold\*\_name"
    shown = [one.value for one in (*app.markdown, *app.caption, *app.warning)]
    assert any(r"\<img" in text for text in shown), "the description of the file is on the page, escaped"
    for text in shown:
        assert not re.search(r"(?<!\\)(?:<img|:red|\[a\]|\*\*d)", text)


def side_bar(_: Open) -> AppTest:
    """The side bar alone: AppTest leaves `app.py` out from the second run on where there is `pages/`."""

    def script() -> None:
        from onnxviz.ui import sidebar

        sidebar.show()

    return AppTest.from_function(script, default_timeout=30)


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("Mine", "Mine"),
        ("  Mine  ", "Mine"),
        ("", "Start here"),
        ("   ", "Start here"),
        ("a" * 120, "a" * 120),
    ],
)
def test_a_model_is_renamed_in_the_side_bar(wanted: str, name: str, open_page: Open) -> None:
    app = side_bar(open_page).run()
    next(one for one in app.text_input if str(one.key).startswith("rename:")).set_value(wanted).run()
    assert not app.exception
    assert names(app) == [name]


def test_a_name_that_is_taken_gets_a_number(open_page: Open) -> None:
    app = side_bar(open_page).run()
    session = app.session_state["onnxviz_session"]
    first = session.current
    session.entries["other"] = type(first)(first.model.renamed("Taken"), "another")
    session.rename(first.model.digest, "Taken")
    assert [entry.model.name for entry in session.entries.values()] == ["Taken (2)", "Taken"]


def test_a_store_that_cannot_be_used_is_one_sentence(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = open_page("explore")
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("ONNXVIZ_STORE", str(tmp_path / "file" / "store"))
    app.run()
    assert not app.exception
    assert len(app.error) == 1


def test_a_store_that_is_too_small_says_so_and_the_page_stands(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONNXVIZ_STORE_BYTES", "1000")
    app = open_page("explore").run()
    assert not app.exception
    assert len(app.error) == 1
    assert "No model is open." in [info.value for info in app.info]
