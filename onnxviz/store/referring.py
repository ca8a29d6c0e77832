"""Models that stay where a person has them: known by their place, and never read to know them.

The digest of a stored model is that of its content, for which every byte has to be read. A model of many
gigabytes is to be looked at within seconds, so its data files are known by what the file system says of
them: bytes, time of the last change, device and inode. A file that is replaced, written to or cut has
another status and with it the model another digest. What this cannot see is a change that keeps size and
time, as a tool can force; `Store` says where such a model may be meant.
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from onnxviz import settings
from onnxviz.errors import RefusedFile
from onnxviz.store.files import PLACE_MANIFEST, Digester, Status, opened


@dataclass(frozen=True, slots=True)
class Referred:
    """A model file `main` and its data files, by relative name; `statuses` are those of all, `main` first."""

    digest: str
    main: Path
    files: tuple[str, ...]
    statuses: tuple[Status, ...]

    @property
    def nbytes(self) -> int:
        """Bytes of all files together."""
        return sum(status.nbytes for status in self.statuses)

    @property
    def is_unchanged(self) -> bool:
        """Whether `check` passes."""
        return self._changed() is None

    def check(self) -> None:
        """Raise `RefusedFile` where a file is another one than when it was referred to."""
        if (changed := self._changed()) is not None:
            raise RefusedFile(changed.name, "was changed since it was opened", "Open it again")

    def _changed(self) -> Path | None:
        paths = (self.main, *(self.main.parent / name for name in self.files))
        found = zip(paths, self.statuses, strict=True)
        return next((path for path, status in found if _status_or_none(path) != status), None)


def status_of(path: Path) -> Status:
    """Raises `RefusedFile` where there is no regular file, and for a file that cannot be asked about."""
    try:
        found = path.stat()
    except (OSError, ValueError) as e:
        # ValueError: a NUL in the path.
        raise RefusedFile(path.name, "is not there", "Check the path", detail=str(e)) from e
    if not stat.S_ISREG(found.st_mode):
        raise RefusedFile(path.name, "is a folder, a pipe or a device", "Give a regular file")
    return Status.of(found)


def refer_to(main: Path, files: Iterable[str]) -> Referred:
    """The model at `main` with the data files of these relative names beside it; `main` alone is read.

    Raises `RefusedFile` where one is not a regular file, and where `main` changes meanwhile.
    """
    main = main.absolute()
    names = tuple(sorted(files))
    statuses = (status_of(main), *(status_of(main.parent / name) for name in names))
    digest = _digest(main, dict(zip(names, statuses[1:], strict=True)))
    found = Referred(digest, main, names, statuses)
    found.check()
    return found


def is_large(paths: Iterable[Path]) -> bool:
    """True where these files together are more than is copied (`settings.COPY_BYTES`)."""
    return sum(status_of(path).nbytes for path in paths) > settings.COPY_BYTES.value()


def _digest(main: Path, others: Mapping[str, Status]) -> str:
    """Hex SHA-256 of a manifest: `onnxviz-place-1\\n`, the hex SHA-256 of the main file and `\\n`, then for
    each other file in order of its name (UTF-8 bytes) its bytes, time in ns, device, inode, the name's length
    in bytes, a space each, the name and `\\n`."""
    digester = Digester()
    with opened(main, main.name) as stream:
        digester.feed("", stream, None)
    text = PLACE_MANIFEST + digester.hexdigest().encode() + b"\n"
    for name, status in sorted((name.encode(), status) for name, status in others.items()):
        numbers = (status.nbytes, status.mtime_ns, status.device, status.inode)
        text += b"%d %d %d %d %d %s\n" % (*numbers, len(name), name)
    return hashlib.sha256(text).hexdigest()


def _status_or_none(path: Path) -> Status | None:
    try:
        return status_of(path)
    except RefusedFile:
        return None
