"""Content-addressed model files on disk, with a size cap.

Layout: `root/ab/abcdef…/model.onnx`, and beside it the external-data files under their relative
names, as ONNX resolves them (https://onnx.ai/onnx/repo-docs/ExternalData.html). The directory is the
whole state: an entry's modification time is when it was last used, so a restart forgets nothing but
the holds. An entry appears and goes by one rename, so no reader ever sees half of one.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from onnxviz.errors import BadUsage, RefusedFile
from onnxviz.storefiles import (
    DEFAULT_CAP,
    MAIN,
    Digester,
    Source,
    default_cap,
    default_root,
    distinct_names,
    is_real_directory,
    relative_name,
    stored_sizes,
    temporary_parts,
    temporary_prefix,
    write_source,
    writing_to,
)

__all__ = ["DEFAULT_CAP", "MAIN", "Source", "Store", "Stored", "default_root", "digest_of", "relative_name"]

_STALE_S = 24 * 3600
"""Seconds after which a temporary directory of another machine belongs to a process that died: no upload
takes a day. On this machine it is known at once."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Stored:
    """One entry. `path` is its `model.onnx`, `files` the relative names of the other files, sorted,
    and `nbytes` the size of all together."""

    digest: str
    path: Path
    nbytes: int
    files: tuple[str, ...] = ()


def digest_of(main: Path, others: Mapping[str, Path] | None = None) -> str:
    """The digest that the store gives a model: hex SHA-256.

    For a model of one file it is the SHA-256 of that file (`sha256sum` agrees). With other files it
    is the SHA-256 of a manifest: `onnxviz-files-1\\n`, the hex SHA-256 of the main file and `\\n`,
    then for each other file in order of its name (UTF-8 bytes) the hex SHA-256, the name's length in
    bytes, a space each, the name and `\\n`. The main file's own name plays no part.
    """
    digester = Digester()
    for name, path in {"": main, **(others or {})}.items():
        with path.open("rb") as stream:
            digester.feed(name, stream, None)
    return digester.hexdigest()


class Store:
    """A directory of models that never grows past `cap_bytes`, save for what is being written.

    Safe for threads, and for several processes adding to one root. Holds are counted in this
    process alone. No link inside the root is followed.
    """

    def __init__(self, root: Path | None = None, cap_bytes: int | None = None) -> None:
        self.cap_bytes = default_cap() if cap_bytes is None else cap_bytes
        if self.cap_bytes <= 0:
            raise BadUsage(
                "the store's cap", f"{self.cap_bytes} bytes leaves no room", "Give a positive number"
            )
        self.root = (root or default_root()).expanduser().absolute()
        self._lock = threading.RLock()
        self._holds: dict[str, int] = {}
        self._clock_ns = 0
        with writing_to(self.root):
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sweep_stale()

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
            self._check(digest)
        if path.is_symlink() or not path.exists():
            raise RefusedFile(path.name, "is a link or is not there", "Give the file itself")
        with self.workspace() as entry, writing_to(self.root):
            if path.is_dir():
                entry.rmdir()
                shutil.move(path, entry)
            else:
                shutil.move(path, entry / MAIN)
            sizes = stored_sizes(entry)
            if MAIN not in sizes:
                raise RefusedFile(path.name, f"holds no {MAIN}", f"Write the model there as {MAIN}")
            others = {name: entry / relative_name(name) for name in sizes if name != MAIN}
            found = digest_of(entry / MAIN, others)
            if digest and found != digest:
                raise RefusedFile(path.name, "is not the file that its digest names", "Write it again")
            return self._commit(entry, found, sum(sizes.values()), hold=hold)

    def path(self, digest: str) -> Path:
        """The entry's `model.onnx`; counts as a use. Raises as `get` does."""
        return self.get(digest).path

    def get(self, digest: str) -> Stored:
        """The entry; counts as a use. Raises `RefusedFile` when it is not (or no longer) here."""
        with self._lock:
            entry = self._entry(digest)
            sizes = stored_sizes(entry) if self._is_entry(entry) else {}
            if MAIN not in sizes:
                raise RefusedFile(
                    f"model {digest[:12]}",
                    "is no longer in the store, which keeps what was used last",
                    "Open it again",
                )
            self._touch(entry)
            others = tuple(sorted(name for name in sizes if name != MAIN))
            return Stored(digest, entry / MAIN, sum(sizes.values()), others)

    def __contains__(self, digest: str) -> bool:
        entry = self._entry(digest)
        return self._is_entry(entry) and (entry / MAIN).is_file() and not (entry / MAIN).is_symlink()

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
        return sum(size for _, size, _ in self._entries())

    def digests(self) -> tuple[str, ...]:
        """What is here, least recently used first."""
        return tuple(digest for digest, _, _ in sorted(self._entries(), key=lambda item: item[2]))

    def _check(self, digest: str) -> None:
        if not _DIGEST.fullmatch(digest):
            raise BadUsage(
                repr(digest[:80]), "is not a SHA-256 in 64 hex digits", "Use the digest of a stored model"
            )

    def _entry(self, digest: str) -> Path:
        self._check(digest)
        return self.root / digest[:2] / digest

    def _is_entry(self, entry: Path) -> bool:
        return is_real_directory(entry.parent) and is_real_directory(entry)

    def _entries(self) -> list[tuple[str, int, int]]:
        """(digest, bytes, last use in ns) of each entry."""
        found = []
        for entry in self.root.glob("??/*"):
            if not _DIGEST.fullmatch(entry.name) or not self._is_entry(entry):
                continue
            with suppress(FileNotFoundError):  # another process may evict it meanwhile
                nbytes = sum(stored_sizes(entry, links="skip").values())
                found.append((entry.name, nbytes, entry.stat().st_mtime_ns))
        return found

    def _touch(self, entry: Path) -> None:
        # Some file systems keep whole milliseconds or less: a step between uses keeps their order.
        self._clock_ns = max(time.time_ns(), self._clock_ns + 1_000_000)
        with suppress(OSError):  # a read-only store can still be read
            os.utime(entry, ns=(self._clock_ns, self._clock_ns))

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """An entry to fill and `adopt`, on the store's file system; swept away if its process is killed."""
        with writing_to(self.root):
            work = Path(tempfile.mkdtemp(prefix=temporary_prefix(os.getpid()), dir=self.root))
        try:
            (work / "entry").mkdir()
            yield work / "entry"
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _commit(self, entry: Path, digest: str, nbytes: int, *, hold: bool) -> Stored:
        target = self._entry(digest)
        with self._lock:
            if digest not in self:
                self._make_room(nbytes)
                if target.parent.is_symlink() or target.is_symlink():
                    raise RefusedFile(
                        f"the store at {self.root.name}", "holds a link where a model belongs", "Remove it"
                    )
                target.parent.mkdir(exist_ok=True)
                self._touch(entry)
                try:
                    entry.rename(target)
                except OSError:
                    # Another process put the same content there first: theirs is as good.
                    if digest not in self:
                        raise
            stored = self.get(digest)
            if hold:
                self.hold(digest)
            return stored

    def _make_room(self, nbytes: int) -> None:
        entries = sorted(self._entries(), key=lambda item: item[2])
        total = sum(size for _, size, _ in entries)
        held = sum(size for digest, size, _ in entries if digest in self._holds)
        if held + nbytes > self.cap_bytes:
            raise RefusedFile(
                "the model store",
                f"has no room for {nbytes:,} bytes: {held:,} of its {self.cap_bytes:,} are in use",
                "Close a model, or set ONNXVIZ_STORE_BYTES higher",
            )
        for digest, size, _ in entries:
            if total + nbytes <= self.cap_bytes:
                return
            if digest not in self._holds:
                self._evict(digest)
                total -= size

    def _evict(self, digest: str) -> None:
        with self.workspace() as entry:
            entry.rmdir()
            with suppress(FileNotFoundError):  # another process was first
                self._entry(digest).rename(entry)

    def _sweep_stale(self) -> None:
        for part, is_orphan in temporary_parts(self.root):
            with suppress(OSError):
                is_stale = is_orphan or time.time() - part.stat().st_mtime > _STALE_S
                if is_stale and is_real_directory(part):
                    shutil.rmtree(part, ignore_errors=True)
