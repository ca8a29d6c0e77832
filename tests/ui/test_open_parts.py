"""The parts of the page Open that hold no widgets, and the holds of the session on the store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import onnx.parser
import pytest

from onnxviz import intake
from onnxviz.delivery import leave
from onnxviz.errors import BadUsage, RefusedFile
from onnxviz.model import Model
from onnxviz.reading import read_model
from onnxviz.samples.catalog import SAMPLES
from onnxviz.store import MAIN, Store, digest_of
from onnxviz.ui import gallery
from onnxviz.ui.options import axis_names, axis_table
from onnxviz.ui.session import Session
from onnxviz.ui.uploading import Uploads, sort

DOUBLED = """<ir_version: 8, opset_import: ["" : 17]>
g (float[n, 2] x) => (float[n, 2] y) { y = Add(x, x) }"""


def test_every_sample_is_in_one_group_of_the_gallery_alone():
    shown = [sample.id for samples in gallery.groups().values() for sample in samples]
    assert sorted(shown) == sorted(SAMPLES)


def test_a_table_of_axes_gives_back_the_names_that_it_was_made_of():
    sizes = [(1, 16), (), (1, 16)]
    named = {(0, 0): "batch", (2, 1): "length"}
    table = axis_table(("tokens", "steps", "mask"), sizes, named)
    assert list(table["Input"]) == ["tokens", "tokens", "mask", "mask"]
    assert list(table["Size now"]) == [1, 16, 1, 16]
    assert axis_names(table, sizes) == named


def test_spaces_and_emptied_cells_name_no_axis():
    table = axis_table(("x",), [(1, 2, 3)], {})
    table["Name if dynamic"] = [" batch ", None, "   "]
    assert axis_names(table, [(1, 2, 3)]) == {(0, 0): "batch"}


def test_files_called_onnx_are_models_and_the_others_may_be_their_data():
    names = {"1": "a.onnx", "2": "a.data", "3": "B.ONNX"}
    assert sort(Uploads(), names) == (["1", "3"], ["2"])


def test_a_file_that_comes_alone_is_looked_at_whatever_its_name():
    state = Uploads()
    assert sort(state, {"1": "model.pt"}) == (["1"], [])
    assert sort(state, {"1": "model.pt", "2": "a.onnx"}) == (["1", "2"], []), (
        "and stays what it was taken for"
    )


def test_a_file_that_comes_alone_while_a_model_waits_is_its_data():
    state = Uploads()
    assert sort(state, {"1": "a.onnx"}) == (["1"], [])
    state.failed["1"] = (frozenset(), RefusedFile("a.onnx", "lacks a.data"))
    assert sort(state, {"1": "a.onnx", "2": "a.data"}) == (["1"], ["2"])


def model_of(store: Store):
    data = onnx.parser.parse_model(DOUBLED).SerializeToString()
    return intake.take_in(store, {"m.onnx": data}, "m.onnx")


def test_a_model_that_was_taken_in_twice_and_removed_is_held_no_more(tmp_path: Path):
    store = Store(tmp_path)
    mine = Session(store)
    mine.add(model_of(store), "once", held=True)
    entry = mine.add(model_of(store), "twice", held=True)
    mine.add(entry.model, "known already")
    mine.remove(entry.model.digest)
    with pytest.raises(BadUsage, match="is not held"):
        store.release(entry.model.digest)


def test_a_file_that_cannot_be_read_is_not_held(tmp_path: Path):
    store = Store(tmp_path)
    with pytest.raises(RefusedFile):
        intake.take_in(store, {"m.onnx": b"<html></html>"}, "m.onnx")
    for digest in store.digests():
        with pytest.raises(BadUsage, match="is not held"):
            store.release(digest)


def left(store: Store, text: str) -> Model:
    """A model as a worker leaves it."""
    with store.workspace() as entry:
        onnx.save(onnx.parser.parse_model(text), entry / MAIN)
        model = read_model(entry / MAIN, "left", digest_of(entry / MAIN))
        return leave(entry, model, store.root)


def test_of_several_models_that_were_left_all_are_held_or_none(tmp_path: Path):
    store = Store(tmp_path)
    mine = Session(store)
    first, second = left(store, DOUBLED), left(store, DOUBLED.replace("Add(x, x)", "Mul(x, x)"))
    mine.receive([first], "lesson")
    lost = replace(second, path=str(tmp_path / "lost" / MAIN), digest="0" * 64)
    with pytest.raises(RefusedFile):
        mine.receive([second, lost], "lesson")
    assert set(mine.held) == {first.digest}, "what was held before stays"
    with pytest.raises(BadUsage, match="is not held"):
        store.release(second.digest)


def test_what_an_owner_receives_takes_the_place_of_what_it_had(tmp_path: Path):
    store = Store(tmp_path)
    mine = Session(store)
    first, second = left(store, DOUBLED), left(store, DOUBLED.replace("Add(x, x)", "Mul(x, x)"))
    mine.receive([first, second], "lesson")
    (kept,) = mine.receive([second], "lesson")
    assert set(mine.held) == {second.digest}
    assert Path(kept.path) == store.path(second.digest)
