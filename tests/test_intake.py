"""Files by path: small ones are copied, large ones used where they lie, and neither is lost or mistaken."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnx
import onnx.parser
import pytest
from onnx.external_data_helper import convert_model_to_external_data

from onnxviz import intake
from onnxviz.errors import BadUsage, RefusedFile
from onnxviz.reading import read_in_place, read_model
from onnxviz.scene.picture import View
from onnxviz.store import Store
from onnxviz.ui.takeaway import render

ADDED = """<ir_version: 8, opset_import: ["" : 17]>
g (float[n, 2000] x) => (float[n, 2000] y) { y = Add(x, w) }"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def far(tmp_path: Path) -> Path:
    """A model whose 8,000 bytes of weights lie in `w/far.bin`."""
    return with_data(tmp_path / "mine", "w/far.bin")


@pytest.fixture
def in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every model is too large to be copied."""
    monkeypatch.setenv("ONNXVIZ_COPY_BYTES", "0")


def with_data(folder: Path, location: str) -> Path:
    model = onnx.parser.parse_model(ADDED)
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.ones(2000, np.float32), "w"))
    convert_model_to_external_data(model, location=location, size_threshold=0)
    (folder / location).parent.mkdir(parents=True)
    onnx.save(model, str(folder / "far.onnx"))
    return folder / "far.onnx"


def rewritten(path: Path) -> None:
    """Other bytes of the same number."""
    data = path.read_bytes()
    path.write_bytes(bytes(255 - byte for byte in data))
    later = path.stat().st_mtime_ns + 10**9
    os.utime(path, ns=(later, later))


def test_a_small_model_is_copied_with_its_data_and_outlives_them(store: Store, far: Path) -> None:
    model = intake.take_path(store, far)
    assert Path(model.path).is_relative_to(store.root)
    assert model.external_files == ("w/far.bin",)
    assert not store.refers_to(model.digest)
    (far.parent / "w" / "far.bin").unlink()
    assert model.digest in store
    assert read_model(Path(model.path)).digest == model.digest


@pytest.mark.usefixtures("in_place")
def test_a_large_model_is_used_where_it_lies_and_nothing_is_copied(store: Store, far: Path) -> None:
    model = intake.take_path(store, far)
    assert model.path == str(far)
    assert model.name == "far"
    assert model.nbytes == far.stat().st_size + 8000
    assert store.refers_to(model.digest)
    assert store.path(model.digest) == far
    assert (store.digests(), store.nbytes()) == ((), 0)
    store.release(model.digest)
    assert model.digest not in store, "nobody holds it: it is forgotten"
    assert far.exists()


@pytest.mark.usefixtures("in_place")
def test_the_weights_of_a_large_model_are_not_read_to_open_draw_or_describe_it(
    store: Store, far: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = (far.parent / "w" / "far.bin").stat().st_ino
    touched = []
    opening = os.open, Path.open

    def by_number(path, *args, **kwargs):
        touched.append(Path(path))
        return opening[0](path, *args, **kwargs)

    def by_path(self, *args, **kwargs):
        touched.append(self)
        return opening[1](self, *args, **kwargs)

    monkeypatch.setattr(os, "open", by_number)
    monkeypatch.setattr(Path, "open", by_path)
    stored = store.refer(far, ["w/far.bin"])
    assert read_model(stored.path, digest=stored.digest).parameters == 2000
    assert read_in_place(far).digest == stored.digest
    assert render(str(far), str(tmp_path / "far.svg"), View())["nodes"] == 1
    assert far in touched
    assert not [path for path in touched if path.exists() and path.stat().st_ino == weights]


@pytest.mark.usefixtures("in_place")
@pytest.mark.parametrize("which", ["w/far.bin", "far.onnx"])
def test_a_file_that_was_changed_since_it_was_opened_is_said_to_be(
    store: Store, far: Path, which: str
) -> None:
    model = intake.take_path(store, far)
    assert model.digest in store
    rewritten(far.parent / which)
    assert model.digest not in store
    with pytest.raises(RefusedFile, match="was changed since it was opened"):
        store.path(model.digest)
    with pytest.raises(RefusedFile, match=f"{Path(which).name}: was changed"):
        intake.restore(store, model, far)


@pytest.mark.usefixtures("in_place")
def test_new_weights_make_another_model_of_the_same_file(store: Store, far: Path) -> None:
    before = intake.take_path(store, far).digest
    assert intake.take_path(store, far).digest == before
    rewritten(far.parent / "w" / "far.bin")
    after = intake.take_path(store, far).digest
    assert after != before
    assert after in store


@pytest.mark.usefixtures("in_place")
def test_a_file_that_takes_the_place_of_another_is_another_model_even_with_its_time_and_size(
    store: Store, far: Path
) -> None:
    weights = far.parent / "w" / "far.bin"
    before = intake.take_path(store, far).digest
    other = weights.with_name("other.bin")
    other.write_bytes(bytes(8000))
    os.utime(other, ns=(weights.stat().st_atime_ns, weights.stat().st_mtime_ns))
    other.replace(weights)
    assert before not in store


def test_a_place_and_a_content_never_share_a_digest(
    store: Store, far: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = intake.take_path(store, far).digest
    monkeypatch.setenv("ONNXVIZ_COPY_BYTES", "0")
    assert intake.take_path(store, far).digest != copied
    assert read_in_place(far).digest != copied
    monkeypatch.setenv("ONNXVIZ_COPY_BYTES", "1000000")
    assert read_in_place(far).digest == copied


def test_data_that_is_missing_is_named_with_what_to_do(store: Store, far: Path) -> None:
    (far.parent / "w" / "far.bin").unlink()
    with pytest.raises(
        RefusedFile, match=r"far\.onnx: keeps .* w/far\.bin is not in its folder\. Put it beside"
    ):
        intake.take_path(store, far)


@pytest.mark.parametrize("limit", ["0", "1000000"])
def test_data_behind_a_link_is_refused_whether_it_would_be_copied_or_not(
    store: Store, far: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setenv("ONNXVIZ_COPY_BYTES", limit)
    (far.parent / "w").rename(tmp_path / "elsewhere")
    (far.parent / "w").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RefusedFile, match="is a link"):
        intake.take_path(store, far)
    assert store.digests() == ()


@pytest.mark.parametrize("what", ["gone.onnx", "", "pipe"])
def test_a_path_to_no_file_is_refused_and_a_pipe_is_not_waited_for(
    store: Store, tmp_path: Path, what: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RefusedFile, match=r"is not there|is a folder, a pipe or a device"):
        intake.take_path(store, tmp_path / what)


@pytest.mark.usefixtures("in_place")
def test_a_large_file_that_is_no_model_is_refused_and_not_held(store: Store, tmp_path: Path) -> None:
    (tmp_path / "page.onnx").write_text("<html>a page</html>")
    with pytest.raises(RefusedFile, match=r"page\.onnx: is a web page"):
        intake.take_path(store, tmp_path / "page.onnx")


def test_a_model_that_the_store_lost_comes_back_from_the_file_that_it_was_copied_from(
    store: Store, far: Path
) -> None:
    model = intake.take_path(store, far)
    store.root.rename(store.root.with_name("taken away"))
    assert model.digest not in store
    intake.restore(store, model, far)
    assert model.digest in store
    assert read_model(Path(model.path)).digest == model.digest
    store.release(model.digest)
    with pytest.raises(BadUsage):
        store.release(model.digest)


def test_a_model_that_the_store_lost_does_not_come_back_as_another_one(store: Store, far: Path) -> None:
    model = intake.take_path(store, far)
    store.root.rename(store.root.with_name("taken away"))
    with pytest.raises(RefusedFile, match=r"far: is no longer in the store.*Open it again"):
        intake.restore(store, model, None)
    rewritten(far.parent / "w" / "far.bin")
    with pytest.raises(RefusedFile, match="another one by now"):
        intake.restore(store, model, far)
