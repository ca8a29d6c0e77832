"""The content-addressed store: digests, safety of names, eviction, concurrency."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onnxviz.errors import BadUsage, RefusedFile
from onnxviz.store import DEFAULT_CAP, Store, Stored, default_root, digest_of, relative_name
from onnxviz.store import files as storefiles

NAMES = st.text("abc.-_é ", min_size=1, max_size=6).filter(
    lambda n: n not in (".", "..") and n != "model.onnx"
)
MANIFESTS = (b"onnxviz-files-1\n", b"onnxviz-place-1\n")
PER_EXAMPLE = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", cap_bytes=1000)


def leftovers(store: Store) -> list[str]:
    return [path.name for path in store.root.glob(".tmp-*")]


def test_a_model_of_one_file_has_that_files_sha256_as_its_digest(store: Store) -> None:
    stored = store.add({"net.onnx": b"graph"}, "net.onnx")
    assert stored.digest == hashlib.sha256(b"graph").hexdigest()
    assert stored.path == store.root / stored.digest[:2] / stored.digest / "model.onnx"
    assert stored.path.read_bytes() == b"graph"
    assert (stored.nbytes, stored.files) == (5, ())


def test_external_data_keeps_its_relative_name_and_counts_in_the_size(store: Store) -> None:
    stored = store.add({"net.onnx": b"graph", "w/a.bin": b"12", "./b.bin": b"345"}, "net.onnx")
    assert stored.files == ("b.bin", "w/a.bin")
    assert stored.nbytes == 10
    assert (stored.path.parent / "w" / "a.bin").read_bytes() == b"12"


@PER_EXAMPLE
@given(
    main=st.binary(max_size=20).filter(lambda m: m not in MANIFESTS),
    files=st.dictionaries(NAMES, st.binary(max_size=9), max_size=3),
    name=NAMES,
)
def test_the_digest_ignores_the_main_files_name_and_the_order_and_kind_of_sources(
    tmp_path: Path, main: bytes, files: dict[str, bytes], name: str
) -> None:
    store = Store(tmp_path / "store", cap_bytes=10_000)
    folded = {other.casefold() for other in files}
    if len(folded) != len(files) or "other-name" in folded or name in files:
        return
    first = store.add({name: main, **files}, name)
    streams = {other: io.BytesIO(files[other]) for other in reversed(files)}
    assert store.add({**streams, "other-name": io.BytesIO(main)}, "other-name") == first
    paths = {other: first.path.parent / other for other in files}
    assert digest_of(first.path, paths) == first.digest


@PER_EXAMPLE
@given(
    a=st.dictionaries(NAMES, st.binary(max_size=4), max_size=3),
    b=st.dictionaries(NAMES, st.binary(max_size=4), max_size=3),
)
def test_different_contents_or_names_of_data_files_have_different_digests(
    tmp_path: Path, a: dict[str, bytes], b: dict[str, bytes]
) -> None:
    def digest(files: dict[str, bytes]) -> str:
        digester = storefiles.Digester()
        for name, content in {"": b"main", **files}.items():
            digester.feed(name, io.BytesIO(content), None)
        return digester.hexdigest()

    assert (digest(a) == digest(b)) == (a == b)


@pytest.mark.parametrize("manifest", MANIFESTS)
def test_a_main_file_cannot_pose_as_the_manifest_of_another_model(store: Store, manifest: bytes) -> None:
    with pytest.raises(RefusedFile, match="list of the store's own"):
        store.add({"m": manifest + b"0123"}, "m")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("/etc/passwd", "absolute"),
        ("C:\\x", "absolute"),
        ("c:x", "absolute"),
        ("\\\\host\\share", "absolute"),
        ("../x", "out of the model's own folder"),
        ("a/../../x", "out of the model's own folder"),
        ("a\\b", "backslash"),
        ("a//b", "plain relative"),
        ("a/", "plain relative"),
        ("a/./b", "plain relative"),
        (".tmp-x", "plain relative"),
        ("", "empty"),
        ("./", "empty"),
        ("x" * 5000, "too long"),
        ("a\0b", "control"),
        ("a\nb", "control"),
        ("\ud800", "control"),
    ],
)
def test_a_data_file_name_that_could_lead_elsewhere_is_refused(store: Store, name: str, words: str) -> None:
    with pytest.raises(RefusedFile, match=words):
        store.add({"m.onnx": b"m", name: b"x"}, "m.onnx")
    assert store.digests() == ()
    assert leftovers(store) == []


@given(st.text(max_size=30))
def test_every_accepted_name_stays_below_its_folder(name: str) -> None:
    try:
        safe = relative_name(name)
    except RefusedFile:
        return
    base = Path("/base")
    assert Path(os.path.normpath(base / safe)).is_relative_to(base)
    assert os.path.normpath(base / safe) == str(base / safe) != str(base)


@pytest.mark.parametrize("others", [["a", "A"], ["model.onnx"], ["a", "a/b"], ["./a", "a"]])
def test_two_files_that_would_meet_on_disk_are_refused(store: Store, others: list[str]) -> None:
    with pytest.raises(RefusedFile, match="one name on disk"):
        store.add({"m": b"m", **dict.fromkeys(others, b"x")}, "m")


def test_the_main_file_has_to_be_among_the_files(store: Store) -> None:
    with pytest.raises(BadUsage, match="not among the files"):
        store.add({"a": b""}, "b")


def test_a_path_is_copied_and_a_pipe_folder_or_missing_file_is_refused(store: Store, tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(b"model")
    assert store.add({"m": tmp_path / "m"}, "m").nbytes == 5
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "gone"):
        with pytest.raises(RefusedFile, match=r"cannot be opened|pipe or a device"):
            store.add({"m": path}, "m")


def test_the_least_recently_used_entry_goes_when_the_cap_is_reached(store: Store) -> None:
    a = store.add({"m": b"a" * 400}, "m").digest
    b = store.add({"m": b"b" * 400}, "m").digest
    store.path(a)
    c = store.add({"m": b"c" * 400}, "m").digest
    assert store.digests() == (a, c)
    assert b not in store
    with pytest.raises(RefusedFile, match="no longer in the store"):
        store.path(b)


def test_adding_known_content_again_counts_as_a_use(store: Store) -> None:
    a = store.add({"m": b"a"}, "m").digest
    b = store.add({"m": b"b"}, "m").digest
    store.add({"m": b"a"}, "m")
    assert store.digests() == (b, a)


def test_a_held_entry_outlives_others_until_it_is_released_as_often(store: Store) -> None:
    a = store.add({"m": b"a" * 400}, "m", hold=True).digest
    store.hold(a)
    store.release(a)
    for letter in (b"b", b"c", b"d"):
        store.add({"m": letter * 500}, "m")
        assert a in store
    store.release(a)
    store.add({"m": b"e" * 900}, "m")
    assert a not in store
    with pytest.raises(BadUsage, match="not held"):
        store.release(a)


def test_a_store_full_of_held_entries_says_so(store: Store) -> None:
    held = store.add({"m": b"a" * 700}, "m").digest
    with store.holding(held), pytest.raises(RefusedFile, match="700 of its 1,000 are in use"):
        store.add({"m": b"b" * 400}, "m")
    assert store.add({"m": b"b" * 400}, "m").nbytes == 400


def test_content_larger_than_the_cap_is_refused_while_it_streams(store: Store) -> None:
    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            return b"x" * max(size, 1)

    with pytest.raises(RefusedFile, match="even when that is empty"):
        store.add({"m": Endless()}, "m")  # type: ignore[dict-item]
    assert leftovers(store) == []


@PER_EXAMPLE
@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["add", "hold", "release", "use"])), max_size=25)
)
def test_no_sequence_of_uses_evicts_a_held_entry_or_breaks_the_cap(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, str]]
) -> None:
    store = Store(tmp_path_factory.mktemp("s"), cap_bytes=1000)
    contents = [bytes([65 + n]) * (150 + 100 * n) for n in range(6)]
    digests = [hashlib.sha256(content).hexdigest() for content in contents]
    holds: dict[int, int] = {}
    for which, verb in steps:
        try:
            if verb == "add":
                store.add({"m": contents[which]}, "m")
            elif verb == "hold":
                store.hold(digests[which])
                holds[which] = holds.get(which, 0) + 1
            elif verb == "release":
                store.release(digests[which])
                holds[which] -= 1
            else:
                store.path(digests[which])
        except (RefusedFile, BadUsage):
            pass
        assert all(digests[n] in store for n, count in holds.items() if count > 0)
        assert store.nbytes() <= 1000


def test_a_restart_keeps_entries_and_their_order_and_forgets_holds(store: Store) -> None:
    a = store.add({"m": b"a" * 400}, "m", hold=True).digest
    b = store.add({"m": b"b" * 400}, "m").digest
    again = Store(store.root, cap_bytes=1000)
    assert again.digests() == (a, b)
    again.add({"m": b"c" * 400}, "m")
    assert a not in again


def test_a_restart_sweeps_what_a_dead_process_left_and_spares_work_in_progress(store: Store) -> None:
    for name in (".tmp-old", ".tmp-new"):
        (store.root / name).mkdir()
    os.utime(store.root / ".tmp-old", (0, 0))
    Store(store.root)
    assert leftovers(store) == [".tmp-new"]


def test_what_a_worker_left_and_nobody_fetched_goes_after_an_hour(store: Store) -> None:
    prefix = storefiles.temporary_prefix(os.getpid())
    for name, age_s in ((prefix + "a" * 32, 3_700), (prefix + "b" * 32, 3_500), (prefix + "at_work", 3_700)):
        (store.root / name).mkdir()
        then = time.time() - age_s
        os.utime(store.root / name, (then, then))
    store.add({"m": b"m"}, "m")
    assert sorted(leftovers(store)) == sorted([prefix + "b" * 32, prefix + "at_work"])


def test_threads_that_add_the_same_content_share_one_entry(store: Store) -> None:
    barrier = threading.Barrier(8)

    def add(_: int) -> str:
        barrier.wait()
        return store.add({"m": b"same" * 50, "w": b"data"}, "m").digest

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(add, range(8)))
    assert store.digests() == tuple(found)
    assert leftovers(store) == []


def test_two_stores_on_one_root_may_add_and_evict_at_once(tmp_path: Path) -> None:
    stores = [Store(tmp_path, cap_bytes=2000) for _ in range(2)]

    def work(n: int) -> int:
        return stores[n % 2].add({"m": bytes([n % 7]) * 300}, "m").nbytes

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(work, range(60))) == {300}
    for digest in stores[0].digests():
        content = stores[0].path(digest).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest


def test_what_another_process_evicts_while_it_is_added_again_is_there_all_the_same(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = store.add({"m": b"same"}, "m").digest
    look = store.get

    def evicted_first(wanted: str) -> Stored:
        monkeypatch.setattr(store, "get", look)
        shutil.rmtree(store.root / digest[:2] / digest)
        return look(wanted)

    monkeypatch.setattr(store, "get", evicted_first)
    assert store.add({"m": b"same"}, "m").path.read_bytes() == b"same"


def test_adopting_a_workers_file_moves_it_in(store: Store, tmp_path: Path) -> None:
    (tmp_path / "out.onnx").write_bytes(b"out")
    digest = hashlib.sha256(b"out").hexdigest()
    stored = store.adopt(tmp_path / "out.onnx", digest)
    assert stored == store.add({"x": b"out"}, "x")
    assert not (tmp_path / "out.onnx").exists()


def test_adopting_a_folder_takes_the_data_files_too(store: Store, tmp_path: Path) -> None:
    (tmp_path / "out" / "w").mkdir(parents=True)
    (tmp_path / "out" / "model.onnx").write_bytes(b"out")
    (tmp_path / "out" / "w" / "a").write_bytes(b"data")
    assert store.adopt(tmp_path / "out") == store.add({"m": b"out", "w/a": b"data"}, "m")


def test_adopting_refuses_another_content_a_link_and_a_folder_without_a_model(
    store: Store, tmp_path: Path
) -> None:
    (tmp_path / "f").write_bytes(b"x")
    with pytest.raises(RefusedFile, match="not the file that its digest names"):
        store.adopt(tmp_path / "f", "0" * 64)
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(RefusedFile, match="is a link"):
        store.adopt(tmp_path / "link")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "model.onnx").symlink_to("/etc/hostname")
    with pytest.raises(RefusedFile, match="link or a device"):
        store.adopt(tmp_path / "folder")
    (tmp_path / "none").mkdir()
    with pytest.raises(RefusedFile, match="holds no model"):
        store.adopt(tmp_path / "none")
    assert leftovers(store) == []


def test_links_inside_the_store_are_never_followed(store: Store, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "model.onnx").write_bytes(b"secret")
    digest = hashlib.sha256(b"m").hexdigest()
    (store.root / digest[:2]).mkdir()
    (store.root / digest[:2] / digest).symlink_to(tmp_path / "elsewhere")
    assert digest not in store
    with pytest.raises(RefusedFile, match="no longer in the store"):
        store.path(digest)
    with pytest.raises(RefusedFile, match="holds a link"):
        store.add({"m": b"m"}, "m")
    assert (tmp_path / "elsewhere" / "model.onnx").read_bytes() == b"secret"


@pytest.mark.parametrize("digest", ["", "abc", "../../x", "A" * 64, "g" * 64])
def test_what_is_no_digest_is_bad_usage(store: Store, digest: str) -> None:
    with pytest.raises(BadUsage, match="64 hex digits"):
        store.path(digest)


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "may not be written"), (errno.EIO, "cannot be used")],
)
def test_the_disks_errors_are_sentences_and_leave_nothing_behind(
    store: Store, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    def fail(*_: object, **__: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(storefiles.Digester, "feed", fail)
    with pytest.raises(RefusedFile, match=words) as caught:
        store.add({"m": b"m"}, "m")
    assert "ONNXVIZ_STORE" in caught.value.remedy
    assert leftovers(store) == []


def test_a_root_that_is_a_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RefusedFile, match="the model store"):
        Store(tmp_path / "file")


def test_the_root_and_the_cap_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONNXVIZ_STORE", str(tmp_path / "here"))
    monkeypatch.setenv("ONNXVIZ_STORE_BYTES", "123")
    store = Store()
    assert (store.root, store.cap_bytes) == (tmp_path / "here", 123)
    monkeypatch.setenv("ONNXVIZ_STORE_BYTES", "20 GB")
    with pytest.raises(BadUsage, match="no whole number"):
        Store()
    monkeypatch.delenv("ONNXVIZ_STORE_BYTES")
    assert Store().cap_bytes == DEFAULT_CAP


@pytest.mark.skipif(os.name == "nt", reason="XDG is for Unix")
def test_the_default_root_follows_xdg_and_ignores_a_relative_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ONNXVIZ_STORE", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_root() == tmp_path / "onnxviz"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert default_root() == Path.home() / ".cache" / "onnxviz"
