"""The store when the disk fails it: full, read-only, taken away, damaged, shared with another process."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from onnxviz.errors import RefusedFile
from onnxviz.store import Store
from onnxviz.store import files as storefiles

CAP = 10_000_000


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", cap_bytes=CAP)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes; skips where this process may not mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if shutil.which("mount") is None or not mounted("-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)):
        pytest.skip("a small file system can only be mounted as root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def mounted(*arguments: str) -> bool:
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


def leftovers(store: Store) -> list[str]:
    return [path.name for path in store.root.glob(".tmp-*")]


def is_whole(store: Store, digest: str) -> bool:
    return hashlib.sha256(store.path(digest).read_bytes()).hexdigest() == digest


def failing(number: int) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (tempfile, "mkdtemp"),
        (Path, "mkdir"),
        (Path, "open"),
        (storefiles.Digester, "feed"),
        (Path, "rename"),
    ],
    ids=["temporary folder", "folder", "open", "write", "rename"],
)
@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full. Free some space"),
        (errno.EDQUOT, "the disk is full. Free some space"),
        (errno.EROFS, "its disk is read-only"),
        (errno.EACCES, "Check its permissions"),
        (errno.EIO, "Check the disk"),
    ],
)
def test_wherever_the_disk_fails_nothing_half_written_appears_and_the_next_model_is_taken(
    store: Store, monkeypatch: pytest.MonkeyPatch, owner: object, name: str, number: int, words: str
) -> None:
    before = store.add({"m": b"before"}, "m", hold=True).digest
    with monkeypatch.context() as broken:
        broken.setattr(owner, name, failing(number))
        with pytest.raises(RefusedFile, match=words) as caught:
            store.add({"m": b"model", "w/a": b"data"}, "m")
    assert "ONNXVIZ_STORE" in caught.value.remedy
    assert str(store.root) not in str(caught.value)
    assert store.digests() == (before,)
    assert leftovers(store) == []
    assert store.add({"m": b"model", "w/a": b"data"}, "m").nbytes == 9
    assert is_whole(store, before)


def test_a_full_disk_loses_nothing_and_what_nobody_holds_makes_room_before_the_cap_is_reached(
    small_disk: Path,
) -> None:
    store = Store(small_disk / "store", cap_bytes=CAP)
    held = store.add({"m": b"a" * 900_000}, "m", hold=True).digest
    let_go = store.add({"m": b"b" * 900_000}, "m").digest
    new = store.add({"m": b"c" * 900_000}, "m", hold=True).digest
    assert let_go not in store, "the disk is smaller than the cap: it went earlier"
    with pytest.raises(RefusedFile, match="the disk is full"):
        store.add({"m": b"d" * 900_000}, "m")
    assert leftovers(store) == []
    assert is_whole(store, held)
    assert is_whole(store, new)
    with pytest.raises(RefusedFile, match="the disk is full"):
        store.add({"m": b"d" * 3_000_000}, "m")
    store.release(new)
    with pytest.raises(RefusedFile, match="the disk is full"):
        store.add({"m": b"d" * 3_000_000}, "m")
    assert new in store, "it would not have made room enough"
    assert store.add({"m": b"d" * 900_000}, "m").nbytes == 900_000
    assert new not in store
    assert is_whole(store, held)


def test_a_disk_that_became_read_only_can_still_be_read_and_is_used_again_once_it_can_be(
    small_disk: Path,
) -> None:
    store = Store(small_disk / "store", cap_bytes=CAP)
    held = store.add({"m": b"a"}, "m", hold=True).digest
    assert mounted("-o", "remount,ro", str(small_disk))
    assert is_whole(store, held)
    with pytest.raises(RefusedFile, match="the model store: may not be written to: its disk is read-only"):
        store.add({"m": b"b"}, "m")
    with pytest.raises(RefusedFile, match="its disk is read-only"):
        Store(small_disk / "another")
    assert mounted("-o", "remount,rw", str(small_disk))
    assert store.add({"m": b"b"}, "m").nbytes == 1


def test_a_root_that_is_taken_away_is_made_again_and_what_was_in_it_is_to_be_opened_again(
    store: Store,
) -> None:
    held = store.add({"m": b"a"}, "m", hold=True).digest
    store.root.rename(store.root.with_name("away"))
    assert held not in store
    assert store.digests() == ()
    with pytest.raises(RefusedFile, match=r"no longer in the store.*Open it again"):
        store.path(held)
    assert store.add({"m": b"b"}, "m").nbytes == 1
    assert store.add({"m": b"a"}, "m").digest == held
    store.release(held)


def test_a_root_that_comes_back_has_everything_again(store: Store) -> None:
    held = store.add({"m": b"a"}, "m", hold=True).digest
    away = store.root.with_name("away")
    store.root.rename(away)
    store.root.write_text("a file in its place")
    assert held not in store
    for _ in range(2):
        with pytest.raises(RefusedFile, match="has to be a folder, and there is a file"):
            store.add({"m": b"b"}, "m")
    store.root.unlink()
    away.rename(store.root)
    assert is_whole(store, held)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_root_without_permissions_is_a_sentence_and_works_once_they_are_back(store: Store) -> None:
    held = store.add({"m": b"a"}, "m", hold=True).digest
    store.root.chmod(0)
    try:
        with pytest.raises(RefusedFile, match=r"Check its permissions|no longer in the store"):
            store.path(held)
        with pytest.raises(RefusedFile, match="Check its permissions"):
            store.add({"m": b"b"}, "m")
    finally:
        store.root.chmod(0o700)
    assert is_whole(store, held)


def cut(path: Path) -> None:
    os.truncate(path, 3)


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(data)


def replaced(path: Path) -> None:
    path.unlink()
    path.write_bytes(b"another")


def gone(path: Path) -> None:
    path.unlink()


def joined(path: Path) -> None:
    (path.parent / "more").write_bytes(b"")


@pytest.mark.parametrize("damage", [cut, flipped, replaced, gone, joined])
@pytest.mark.parametrize("name", ["model.onnx", "w/a"])
def test_a_damaged_entry_is_never_given_out_and_the_same_model_mends_it(
    store: Store, damage: Callable[[Path], None], name: str
) -> None:
    files = {"m": b"model!!", "w/a": b"data!!!"}
    stored = store.add(files, "m", hold=True)
    damage(stored.path.parent / name)
    assert stored.digest not in store
    with pytest.raises(RefusedFile, match="Open it again"):
        store.path(stored.digest)
    assert store.add(files, "m") == stored
    assert stored.path.read_bytes() == b"model!!"
    assert leftovers(store) == []


@pytest.mark.parametrize("verb", ["add", "path", "hold"])
def test_after_a_restart_an_entry_is_looked_at_once_before_it_is_trusted(store: Store, verb: str) -> None:
    stored = store.add({"m": b"model"}, "m")
    status = stored.path.stat()
    flipped(stored.path)
    os.utime(stored.path, ns=(status.st_atime_ns, status.st_mtime_ns))
    again = Store(store.root, CAP)
    if verb == "add":
        assert again.add({"m": b"model"}, "m").path.read_bytes() == b"model"
    else:
        with pytest.raises(RefusedFile, match=r"was damaged in the store.*Open it again"):
            getattr(again, verb)(stored.digest)
        assert stored.digest not in again


def test_content_is_read_once_however_often_an_entry_is_used(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = store.add({"m": b"model"}, "m").digest
    again = Store(store.root, CAP)
    again.path(digest)
    monkeypatch.setattr(storefiles.Digester, "feed", failing(errno.EIO))
    for _ in range(3):
        assert again.path(digest) == store.path(digest)


def test_two_processes_may_fill_and_empty_one_root_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from onnxviz.store import Store\n"
        "store = Store(Path(sys.argv[1]), 2000)\n"
        "for n in range(80):\n"
        "    try: store.path(store.add({'m': bytes([65 + n % 9]) * 300}, 'm').digest).read_bytes()\n"
        "    except FileNotFoundError: pass\n"
        "    except Exception as e:\n"
        "        if 'no longer in the store' not in str(e): raise\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "store")]
    running = [subprocess.Popen(command, cwd=Path(__file__).parents[1]) for _ in range(2)]
    assert [process.wait(60) for process in running] == [0, 0]
    store = Store(tmp_path / "store", 2000)
    assert store.digests()
    assert all(is_whole(store, digest) for digest in store.digests())
    assert leftovers(store) == []
