"""What is sent to other machines: paths of one store become paths of another; nothing else gets through."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path, PurePath
from typing import Any

import pytest

from onnxviz.errors import JobFailed, RefusedFile
from onnxviz.jobs.cluster import files, orders
from onnxviz.jobs.cluster.files import Arrivals, Piece
from onnxviz.jobs.cluster.machine import found_in
from onnxviz.jobs.cluster.wire import Packed, pack, unpack
from onnxviz.store import Store

DIGEST = "ab" + 62 * "c"
THING = 32 * "7"
MADE = ".tmp-01234567-42-abc_9"
HOME, AWAY = Path("/home/store"), Path("/away/store")


def packed(value: object, things: dict[str, Any] | None = None) -> Packed:
    left = things or {}
    return pack(value, HOME, left.__getitem__, left.__contains__)


def arrived(value: object) -> Any:
    return unpack(packed(value).data, AWAY)


@pytest.mark.parametrize("kind", [str, Path])
@pytest.mark.parametrize("rest", ["", "/model.onnx", "/weights/part 1.bin"])
def test_a_path_in_an_entry_becomes_one_in_the_other_store(kind: type, rest: str) -> None:
    path = kind(f"{HOME}/ab/{DIGEST}{rest}")
    assert packed((path, 1)).digests == {DIGEST}
    assert arrived((path, 1)) == (kind(f"{AWAY}/ab/{DIGEST}{rest}"), 1)


def test_the_root_becomes_the_other_root() -> None:
    assert arrived([HOME, str(HOME), f"{HOME}keeper"]) == [AWAY, str(AWAY), f"{HOME}keeper"]


@pytest.mark.parametrize(
    "text", ["", "/blocks/0/Conv_output_0", "ab/cc", 64 * "a", 32 * "a", "store str x y"]
)
def test_any_other_text_stays_as_it_is(text: str) -> None:
    found = packed({text: text})
    assert unpack(found.data, AWAY) == {text: text}
    assert (found.digests, found.made, found.things, found.outside) == (frozenset(), frozenset(), {}, "")


def test_a_file_outside_of_the_store_is_seen(tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    assert packed(["a", str(tmp_path / "there")]).outside == str(tmp_path / "there")
    assert packed(tmp_path / "to be written").outside == str(tmp_path / "to be written")
    assert packed(PurePath("beside.onnx")).outside == "beside.onnx"
    assert packed(f"{HOME}/notes.txt").outside == f"{HOME}/notes.txt"


def test_what_a_verb_made_is_found_where_it_was_brought() -> None:
    found = packed(f"{HOME}/{MADE}/model.onnx")
    assert found.made == {MADE}
    brought = ".tmp-89abcdef-7-xyz"
    assert unpack(found.data, AWAY, {MADE: brought}) == f"{AWAY}/{brought}/model.onnx"
    with pytest.raises(JobFailed, match="leads nowhere"):
        unpack(found.data, AWAY)


def test_a_thing_that_workers_left_travels_with_all_that_it_refers_to() -> None:
    other = 32 * "8"
    things = {THING: {"model": f"{HOME}/ab/{DIGEST}/model.onnx", "see": other}, other: [HOME]}
    found = packed({"trace": THING}, things)
    assert unpack(found.data, AWAY) == {"trace": THING}
    assert found.digests == {DIGEST}
    assert {name: unpack(data, AWAY) for name, data in found.things.items()} == {
        THING: {"model": f"{AWAY}/ab/{DIGEST}/model.onnx", "see": other},
        other: [AWAY],
    }


class Named:
    """Pickled as a reference with these words."""

    def __init__(self, words: str) -> None:
        self.words = words


class Forger(pickle.Pickler):
    def persistent_id(self, obj: object) -> str | None:
        return obj.words if isinstance(obj, Named) else None


@pytest.mark.parametrize(
    "words",
    [
        f"store str {DIGEST} ../../../etc/passwd",
        f"store str {DIGEST} /etc/passwd",
        f"store str {DIGEST} a\\b",
        "store str ../../etc passwd",
        f"store str {DIGEST.upper()} model.onnx",
        f"made str {MADE} model.onnx",
        "made str .. model.onnx",
        "root str ..",
        "elsewhere str /etc/passwd",
        "",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, words: str) -> None:
    with (tmp_path / "message").open("wb") as stream:
        Forger(stream).dump(Named(words))
    with pytest.raises((JobFailed, RefusedFile)):
        unpack((tmp_path / "message").read_bytes(), AWAY, {".": ".", "..": ".."})


def test_a_model_arrives_in_pieces_and_becomes_an_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PIECE_BYTES", 4)
    home, away = Store(tmp_path / "home"), Store(tmp_path / "away")
    stored = home.add({"m.onnx": b"0123456789", "w/a.bin": b"abcd", "w/empty": b""}, "m.onnx")
    folder, arrivals = files.folder_of(home, stored.digest), Arrivals(away)
    sizes = files.sizes_of(folder)
    name = arrivals.begin(sum(sizes.values()))
    for piece in files.plan(sizes):
        arrivals.take(name, files.read_piece(folder, *piece))
    arrivals.adopt(name, stored.digest)
    assert away.get(stored.digest).files == ("w/a.bin", "w/empty")
    assert away.path(stored.digest).read_bytes() == b"0123456789"
    assert not list(away.root.glob(".tmp-*"))


@pytest.mark.parametrize(
    ("piece", "cause"),
    [
        (Piece("../../evil", 0, b"x"), "leads out"),
        (Piece("/etc/evil", 0, b"x"), "absolute"),
        (Piece("model.onnx", 0, 11 * b"x"), "more bytes"),
        (Piece("model.onnx", -1, b"x"), "more bytes"),
    ],
)
def test_a_piece_that_does_not_belong_is_refused_and_drops_the_rest(
    tmp_path: Path, piece: Piece, cause: str
) -> None:
    store = Store(tmp_path / "store")
    arrivals = Arrivals(store)
    name = arrivals.begin(10)
    arrivals.take(name, Piece("model.onnx", 0, b"half"[:2]))
    with pytest.raises(RefusedFile, match=cause):
        arrivals.take(name, piece)
    assert list(store.root.iterdir()) == []


def test_content_that_is_not_what_its_digest_names_becomes_no_entry(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    arrivals = Arrivals(store)
    name = arrivals.begin(3)
    arrivals.take(name, Piece("model.onnx", 0, b"bad"))
    with pytest.raises(RefusedFile, match="not the file that its digest names"):
        arrivals.adopt(name, DIGEST)
    assert store.digests() == ()
    assert not list(store.root.glob(".tmp-*"))


def test_tasks_and_workers_of_others_on_the_same_scheduler_are_none_of_ours() -> None:
    assert orders.task_of(orders.task_name("fold", "p1", 7)) == ("fold", "p1")
    assert [orders.task_of(name) for name in ("inc-1234", "onnxviz", "a~b~c~d")] == [None, None, None]
    offered = {orders.resource(kind): 2.0 for kind in orders.KINDS}
    machines, others = found_in(
        {
            "tcp://1:1": {"name": "ours", "resources": offered},
            "tcp://1:2": {"name": "old", "resources": {"onnxviz 0.0.1 fold": 1.0}},
            "tcp://1:3": {"name": "plain", "resources": {}},
        }
    )
    assert [(one.name, one.address, one.capacity("bench")) for one in machines] == [("ours", "tcp://1:1", 2)]
    assert others == ("old",)


def test_more_than_a_store_may_hold_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="too small"):
        Arrivals(Store(tmp_path / "store", 1000)).begin(1001)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:99999", "nonsense://1.2.3.4"])
def test_an_address_that_no_scheduler_can_have_is_one_sentence(address: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "onnxviz", "worker", address],
        env={**os.environ, "ONNXVIZ_STORE": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "cannot be used as the address of a scheduler" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
