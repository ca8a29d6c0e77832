"""Content-addressed model files on disk, with a size cap. For their layout see `onnxviz.store.directory`.

A restart forgets nothing but the holds.

A large model on this machine may be referred to instead of copied: the store knows where it lies for as long
as this process holds it, checks with each use that it is still the file that it was, and never moves, changes
or evicts it. See `onnxviz.store.referring` for what its digest is made of.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from onnxviz import settings
from onnxviz.errors import BadUsage, RefusedFile
from onnxviz.store.directory import Directory
from onnxviz.store.files import (
    MAIN,
    Digester,
    Source,
    Status,
    default_root,
    digest_of,
    distinct_names,
    relative_name,
    size_of,
    stored_files,
    write_source,
    writing_to,
)
from onnxviz.store.referring import Referred, refer_to


@dataclass(frozen=True, slots=True)
class Stored:
    """One entry. `path` is its `model.onnx` (of one that is referred to, a person's own file), `files` the
    relative names of the other files, sorted, and `nbytes` the size of all together."""

    digest: str
    path: Path
    nbytes: int
    files: tuple[str, ...] = ()


class Store:
    """A directory of models that never grows past `cap_bytes`, save for what is being written.

    Safe for threads, and for several processes adding to one root. Holds are counted in this
    process alone. No link inside the root is followed. Every error of the disk is a `RefusedFile`.
    """

    def __init__(self, root: Path | None = None, cap_bytes: int | None = None) -> None:
        self.cap_bytes = settings.STORE_BYTES.value() if cap_bytes is None else cap_bytes
        if self.cap_bytes <= 0:
            raise BadUsage(
                "the store's cap", f"{self.cap_bytes} bytes leaves no room", "Give a positive number"
            )
        self.root = (root or default_root()).expanduser().absolute()
        self._on_disk = Directory(self.root)
        self._lock = threading.RLock()
        self._holds: dict[str, int] = {}
        self._referred: dict[str, Referred] = {}
        self._on_disk.make()
        self._on_disk.sweep_stale()

    def add(self, files: Mapping[str, Source], main: str, *, hold: bool = False) -> Stored:
        """Copy a model in; the same content twice is one entry.

        `files` maps relative names (`/` between parts) to bytes, a path or a binary stream, read in
        chunks from where it stands; `files[main]` becomes `model.onnx`. With `hold` the entry is held
        from the start, so that no other thread's `add` can evict it in between.

        Raises `RefusedFile` for a name that would leave the entry's directory, a main file that is
        not in `files`, a source that is not a regular file, content that does not fit under the cap,
        and a full disk.
        """
        if main not in files:
            raise BadUsage(
                repr(main[:80]), "is not among the files given", "Name one of them as the main file"
            )
        names = distinct_names(files, main)
        self._make_room_on_disk(sum(map(size_of, files.values())))
        with self.workspace() as entry, writing_to(self.root):
            digester, nbytes = Digester(), 0
            for name, source in files.items():
                key = "" if name == main else names[name]
                target = entry / names[name]
                target.parent.mkdir(parents=True, exist_ok=True)
                nbytes += write_source(source, target, digester, key, self.cap_bytes - nbytes, name)
            return self._commit(entry, digester.hexdigest(), nbytes, hold=hold)

    def adopt(self, path: Path, digest: str = "", *, hold: bool = False) -> Stored:
        """Move in what a worker wrote: a model file, or a directory of `model.onnx` and its other files.

        Nothing is copied when it lies on the same file system; the content is read once for its
        digest, and must agree with `digest` where that is given. Links are refused.
        """
        if digest:
            self._on_disk.entry(digest)
        if path.is_symlink() or not path.exists():
            raise RefusedFile(path.name, "is a link or is not there", "Give the file itself")
        with self.workspace() as entry, writing_to(self.root):
            if path.is_dir():
                entry.rmdir()
                shutil.move(path, entry)
            else:
                shutil.move(path, entry / MAIN)
            found = stored_files(entry)
            if MAIN not in found:
                raise RefusedFile(path.name, f"holds no {MAIN}", f"Write the model there as {MAIN}")
            others = {name: entry / relative_name(name) for name in found if name != MAIN}
            content = digest_of(entry / MAIN, others)
            if digest and content != digest:
                raise RefusedFile(path.name, "is not the file that its digest names", "Write it again")
            return self._commit(entry, content, _total(found), hold=hold)

    def refer(self, path: Path, files: Iterable[str] = (), *, hold: bool = False) -> Stored:
        """Take in the model at `path`, with its data `files` beside it, without copying or moving anything.

        It counts for nothing under the cap, and is forgotten when its last hold is released. Raises
        `RefusedFile` where a file is none that can be read.
        """
        found = refer_to(path, files)
        with self._lock:
            self._referred[found.digest] = found
            if hold:
                self.hold(found.digest)
            return self.get(found.digest)

    def refers_to(self, digest: str) -> bool:
        """True for a model that lies elsewhere, see `refer`."""
        return digest in self._referred

    def path(self, digest: str) -> Path:
        """The entry's `model.onnx`; counts as a use. Raises as `get` does."""
        return self.get(digest).path

    def get(self, digest: str) -> Stored:
        """The entry; counts as a use.

        Raises `RefusedFile` when it is not (or no longer) here, when its content is not that of the digest
        any more (then it is removed), and when a file that is referred to was changed.
        """
        with self._lock, writing_to(self.root):
            if (place := self._referred.get(digest)) is not None:
                place.check()
                return Stored(digest, place.main, place.nbytes, place.files)
            is_sound = self._on_disk.is_sound(digest)
            files = self._on_disk.files(digest)
            if MAIN not in files:
                raise _gone(digest, "is no longer in the store, which keeps what was used last")
            if not is_sound:
                self._on_disk.remove(digest)
                raise _gone(digest, "was damaged in the store: its files are not what was put there")
            entry = self._on_disk.entry(digest)
            self._on_disk.touch(entry)
            others = tuple(sorted(name for name in files if name != MAIN))
            return Stored(digest, entry / MAIN, _total(files), others)

    def __contains__(self, digest: str) -> bool:
        """Whether `get` will give it, as far as that can be told without reading its content."""
        if (place := self._referred.get(digest)) is not None:
            return place.is_unchanged
        return digest in self._on_disk

    def hold(self, digest: str) -> Path:
        """Keep the entry from eviction until `release` has been called as often. Returns its path."""
        with self._lock:
            path = self.path(digest)
            self._holds[digest] = self._holds.get(digest, 0) + 1
            return path

    def release(self, digest: str) -> None:
        """Undo one `hold`. Raises `BadUsage` where none is left to undo."""
        with self._lock:
            count = self._holds.get(digest, 0)
            if count == 0:
                raise BadUsage(f"model {digest[:12]}", "is not held", "Call release once for each hold")
            if count == 1:
                del self._holds[digest]
                self._referred.pop(digest, None)
            else:
                self._holds[digest] = count - 1

    @contextmanager
    def holding(self, digest: str) -> Iterator[Path]:
        """`hold` for the length of a `with` block."""
        path = self.hold(digest)
        try:
            yield path
        finally:
            self.release(digest)

    def nbytes(self) -> int:
        """Bytes in all entries together."""
        return sum(size for _, size in self._on_disk.all())

    def digests(self) -> tuple[str, ...]:
        """What is here, least recently used first; not what is referred to."""
        return tuple(digest for digest, _ in self._on_disk.all())

    def workspace(self) -> AbstractContextManager[Path]:
        """An entry to fill and `adopt`, on the store's file system; swept away if its process is killed."""
        return self._on_disk.workspace()

    def _commit(self, entry: Path, digest: str, nbytes: int, *, hold: bool) -> Stored:
        # Asked before the lock is taken, too: after a restart an entry that is there has to be read once.
        self._on_disk.is_sound(digest)
        with self._lock:
            if not self._on_disk.is_sound(digest):
                self._put(entry, digest, nbytes)
            try:
                stored = self.get(digest)
            except RefusedFile:
                # Another process evicted what was here before: what was just written takes its place.
                if not entry.exists():
                    raise
                self._put(entry, digest, nbytes)
                stored = self.get(digest)
            if hold:
                self.hold(digest)
            return stored

    def _put(self, entry: Path, digest: str, nbytes: int) -> None:
        self._make_room(nbytes)
        self._on_disk.put(entry, digest)

    def _make_room(self, nbytes: int) -> None:
        self._on_disk.sweep_stale()
        entries = self._on_disk.all()
        total = sum(size for _, size in entries)
        held = sum(size for digest, size in entries if digest in self._holds)
        if held + nbytes > self.cap_bytes:
            raise RefusedFile(
                "the model store",
                f"has no room for {nbytes:,} bytes: {held:,} of its {self.cap_bytes:,} are in use",
                "Remove models that are open and not needed, or set ONNXVIZ_STORE_BYTES higher",
            )
        for digest, size in entries:
            if total + nbytes <= self.cap_bytes:
                return
            if digest not in self._holds:
                self._on_disk.remove(digest)
                total -= size

    def _make_room_on_disk(self, nbytes: int) -> None:
        """Where the disk is smaller than the cap would have it, what nobody holds goes earlier."""
        self._on_disk.make()
        with self._lock, writing_to(self.root):
            lacking = nbytes - shutil.disk_usage(self.root).free
            if lacking <= 0 or nbytes > self.cap_bytes:
                return
            loose = [entry for entry in self._on_disk.all() if entry[0] not in self._holds]
            if lacking > sum(size for _, size in loose):
                return
            for digest, size in loose:
                if lacking > 0:
                    self._on_disk.remove(digest)
                    lacking -= size


def _total(files: Mapping[str, Status]) -> int:
    return sum(status.nbytes for status in files.values())


def _gone(digest: str, cause: str) -> RefusedFile:
    return RefusedFile(f"model {digest[:12]}", cause, "Open it again")
