"""Models whose files went from the store in mid-session: brought back where that can be, else named."""

from __future__ import annotations

from pathlib import Path

import onnx
import onnx.parser
import pytest

from onnxviz import intake
from onnxviz.store import Store
from onnxviz.ui.mending import mend
from onnxviz.ui.session import Session

DOUBLED = """<ir_version: 8, opset_import: ["" : 17]>
g (float[n, 2] x) => (float[n, 2] y) { y = Add(x, x) }"""


@pytest.fixture
def mine(tmp_path: Path) -> Session:
    return Session(Store(tmp_path / "store"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    onnx.save(onnx.parser.parse_model(DOUBLED), str(tmp_path / "doubled.onnx"))
    return tmp_path / "doubled.onnx"


def taken_away(store: Store) -> None:
    store.root.rename(store.root.with_name("away"))


def test_what_was_opened_from_a_file_is_copied_anew_and_held_as_before(mine: Session, file: Path) -> None:
    entry = mine.add(intake.take_path(mine.store, file), "by path", held=True, source=file)
    taken_away(mine.store)
    assert mend(mine, entry) is None
    assert mine.store.path(entry.model.digest) == Path(entry.model.path)
    mine.remove(entry.model.digest)
    assert entry.model.digest not in mine.held


def test_an_upload_that_is_gone_is_named_and_a_model_that_is_there_is_left_alone(
    mine: Session, file: Path
) -> None:
    model = intake.take_in(mine.store, {"up.onnx": file.read_bytes()}, "up.onnx", "up")
    entry = mine.add(model, "Uploaded", held=True)
    assert mend(mine, entry) is None
    taken_away(mine.store)
    assert "up: is no longer in the store" in str(mend(mine, entry))
    mine.store.root.with_name("away").rename(mine.store.root)
    assert mend(mine, entry) is None


def test_a_store_that_cannot_be_written_to_is_told_and_mends_once_it_can(mine: Session, file: Path) -> None:
    entry = mine.add(intake.take_path(mine.store, file), "by path", held=True, source=file)
    taken_away(mine.store)
    mine.store.root.write_text("a file in its place")
    assert "the model store: has to be a folder" in str(mend(mine, entry))
    mine.store.root.unlink()
    assert mend(mine, entry) is None
    assert entry.model.digest in mine.store


def test_a_file_that_is_used_where_it_lies_and_was_changed_is_named(
    mine: Session, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONNXVIZ_COPY_BYTES", "0")
    entry = mine.add(intake.take_path(mine.store, file), "by path", held=True, source=file)
    assert mend(mine, entry) is None
    file.write_bytes(file.read_bytes() + b"\x3a\x00")
    assert "doubled.onnx: was changed since it was opened. Open it again." in str(mend(mine, entry))
