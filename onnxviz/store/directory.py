"""The entries of a store on disk: where they lie, how one appears and goes, and whether one is still sound.

Layout: `root/ab/abcdef…/model.onnx`, and beside it the external-data files under their relative names, as
ONNX resolves them (https://onnx.ai/onnx/repo-docs/ExternalData.html). The directory is the whole state: an
entry's modification time is when it was last used. An entry appears and goes by one rename, so no reader ever
sees half of one. No link inside the root is followed.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from onnxviz.errors import BadUsage, RefusedFile
from onnxviz.store.files import (
    MAIN,
    Status,
    digest_of,
    is_real_directory,
    relative_name,
    stored_files,
    temporary_parts,
    temporary_prefix,
    writing_to,
)

_STALE_S = 24 * 3600
"""Seconds after which a temporary directory of another machine belongs to a process that died: no upload
takes a day. On this machine it is known at once."""

_ABANDONED_S = 3600
"""Seconds after which what a worker left for this program is not fetched any more: a page does so within
seconds, and asks for it anew where it is gone."""

_LEFT = re.compile(r".*-[0-9a-f]{32}")
"""The name of a folder that a worker left (`delivery.leave`)."""

DIGEST = re.compile(r"[0-9a-f]{64}")


class Directory:
    """The entries below one root. Knows nothing of a cap or of who holds what.

    Safe for threads, and for several processes on one root.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._clock_ns = 0
        self._sound: dict[str, dict[str, Status]] = {}

    def make(self) -> None:
        """Make the root where it is not there, also after somebody took it away. Raises `RefusedFile`."""
        with writing_to(self.root):
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def entry(self, digest: str) -> Path:
        """Where the entry of this digest lies, or would. Raises `BadUsage` for what is no digest."""
        if not DIGEST.fullmatch(digest):
            raise BadUsage(
                repr(digest[:80]), "is not a SHA-256 in 64 hex digits", "Use the digest of a stored model"
            )
        return self.root / digest[:2] / digest

    def __contains__(self, digest: str) -> bool:
        """Whether the entry is there, and as it was when it was last found sound."""
        try:
            files = self.files(digest)
        except (OSError, RefusedFile):
            # What cannot be looked at is not there for anybody.
            return False
        return MAIN in files and self._sound.get(digest, files) == files

    def files(self, digest: str) -> dict[str, Status]:
        """Relative name -> status of the entry's files; empty where there is no entry."""
        entry = self.entry(digest)
        if not (is_real_directory(entry.parent) and is_real_directory(entry)):
            return {}
        try:
            return stored_files(entry)
        except FileNotFoundError:
            # Another process took it away meanwhile.
            return {}

    def is_sound(self, digest: str) -> bool:
        """Whether the entry's content is what its digest says.

        It is read once in the life of this process, and again when the status of a file has changed since:
        a disk that gives other bytes without a trace in size or time is not noticed after that.
        """
        files = self.files(digest)
        if MAIN not in files:
            return False
        if self._sound.get(digest) != files:
            entry = self.entry(digest)
            others = {name: entry / relative_name(name) for name in files if name != MAIN}
            with suppress(FileNotFoundError):
                if digest_of(entry / MAIN, others) == digest:
                    self._sound[digest] = files
                    return True
            # Another process may have evicted the entry and put it back while it was read.
            return self.files(digest) != files and self.is_sound(digest)
        return True

    def put(self, folder: Path, digest: str) -> None:
        """Make `folder`, whose content has this digest, the entry; one that is unsound gives way."""
        target = self.entry(digest)
        if target.parent.is_symlink() or target.is_symlink():
            raise RefusedFile(
                f"the store at {self.root.name}", "holds a link where a model belongs", "Remove it"
            )
        if self.is_sound(digest):
            # Another process was first: theirs is as good.
            return
        self.remove(digest)
        target.parent.mkdir(exist_ok=True)
        self.touch(folder)
        files = stored_files(folder)
        try:
            folder.rename(target)
        except OSError:
            # The same, meanwhile.
            if not self.is_sound(digest):
                raise
        else:
            self._sound[digest] = files

    def remove(self, digest: str) -> None:
        """Take the entry away, if it is there. Needs no room on the disk."""
        self._sound.pop(digest, None)
        away = self.root / f"{temporary_prefix(os.getpid())}{uuid.uuid4().hex}"
        with suppress(FileNotFoundError):  # it was not there, or another process was first
            self.entry(digest).rename(away)
            shutil.rmtree(away, ignore_errors=True)

    def touch(self, entry: Path) -> None:
        """The entry is used now."""
        # Some file systems keep whole milliseconds or less: a step between uses keeps their order.
        self._clock_ns = max(time.time_ns(), self._clock_ns + 1_000_000)
        with suppress(OSError):  # a read-only store can still be read
            os.utime(entry, ns=(self._clock_ns, self._clock_ns))

    def all(self) -> list[tuple[str, int]]:
        """(digest, bytes) of each entry, least recently used first."""
        found = []
        for entry in self.root.glob("??/*"):
            if not DIGEST.fullmatch(entry.name):
                continue
            with suppress(OSError):  # another process may evict it meanwhile
                if is_real_directory(entry.parent) and is_real_directory(entry):
                    nbytes = sum(status.nbytes for status in stored_files(entry, links="skip").values())
                    found.append((entry.stat().st_mtime_ns, entry.name, nbytes))
        return [(digest, nbytes) for _, digest, nbytes in sorted(found)]

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """A folder to fill, on the same file system; swept away if its process is killed."""
        self.make()
        with writing_to(self.root):
            work = Path(tempfile.mkdtemp(prefix=temporary_prefix(os.getpid()), dir=self.root))
        try:
            with writing_to(self.root):
                (work / "entry").mkdir()
            yield work / "entry"
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def sweep_stale(self) -> None:
        """Remove what processes that are gone have left half done, and results that nobody fetched."""
        for part, is_orphan in temporary_parts(self.root):
            with suppress(OSError):
                bound = _ABANDONED_S if _LEFT.fullmatch(part.name) else _STALE_S
                is_stale = is_orphan or time.time() - part.stat().st_mtime > bound
                if is_stale and is_real_directory(part):
                    shutil.rmtree(part, ignore_errors=True)
