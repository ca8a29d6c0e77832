"""The parts of `onnxviz.store` that touch single files: safe names, digests, copying, errors of the disk."""

from __future__ import annotations

import errno
import hashlib
import os
import platform
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PureWindowsPath
from typing import BinaryIO, Literal

from onnxviz import settings
from onnxviz.errors import RefusedFile

MAIN = "model.onnx"
"""The name of every entry's main file."""

TEMPORARY = ".tmp-"
"""Start of the name of every folder that is no entry yet."""

Source = bytes | Path | BinaryIO
"""Where a file's content comes from."""

DEFAULT_CAP = settings.STORE_BYTES.default
"""Bytes: room for some fifteen models of the size of BERT-large, and a small part of a developer's disk."""

_CHUNK = 1 << 20
_MANIFEST = b"onnxviz-files-1\n"
PLACE_MANIFEST = b"onnxviz-place-1\n"
"""Begins what is hashed for a model that is not copied, see `store.referring`. As long as `_MANIFEST`."""
_FULL = {errno.ENOSPC, errno.EDQUOT}
_LONGEST_NAME = 1024
"""Characters; below the shortest PATH_MAX in use (macOS: 1,024)."""


def relative_name(name: str) -> str:
    """`name` as it will be used below an entry, or `RefusedFile` where it could lead elsewhere.

    Accepted are names with `/` between their parts; a leading `./` is dropped. Refused are absolute
    names, drive letters, `..`, backslashes (another system's separator), empty parts, control
    characters, and parts that start with the store's own `.tmp-`.
    """
    shown = repr(name[:80])
    trimmed = name
    while trimmed.startswith("./"):
        trimmed = trimmed[2:]
    parts = trimmed.split("/")
    if not trimmed or len(trimmed) > _LONGEST_NAME:
        cause = "is empty or too long for a file name"
    elif any(ord(c) < 32 or ord(c) == 127 or 0xD800 <= ord(c) <= 0xDFFF for c in trimmed):
        cause = "holds a control character"
    elif trimmed.startswith("/") or PureWindowsPath(trimmed).drive:
        cause = "is an absolute path"
    elif "\\" in trimmed:
        cause = "holds a backslash, which separates folders on one system and not on another"
    elif ".." in parts:
        cause = "leads out of the model's own folder"
    elif any(part in ("", ".") or part.startswith(".tmp-") for part in parts):
        cause = "is not a plain relative path"
    else:
        return trimmed
    raise RefusedFile(
        f"file name {shown}", cause, "Save the model again with its data files beside it under plain names"
    )


def distinct_names(files: Mapping[str, Source], main: str) -> dict[str, str]:
    """Given name -> name in the entry. Raises `RefusedFile` where two would meet on some file system."""
    names = {name: MAIN if name == main else relative_name(name) for name in files}
    taken = [target.casefold() for target in names.values()]
    folders = {"/".join(parts[:n]) for parts in (t.split("/") for t in taken) for n in range(1, len(parts))}
    if len(set(taken)) != len(taken) or folders & set(taken):
        raise RefusedFile(
            f"file {main[:80]!r}",
            f"two of its files would have one name on disk ({', '.join(sorted(names))[:200]})",
            f"Rename one; {MAIN!r} is the store's own name for the main file",
        )
    return names


@dataclass(frozen=True, slots=True)
class Status:
    """What tells a file from its successor: bytes, time of the last change in ns, device, inode."""

    nbytes: int
    mtime_ns: int
    device: int
    inode: int

    @classmethod
    def of(cls, found: os.stat_result) -> Status:
        """The part of a file's status that counts."""
        return cls(found.st_size, found.st_mtime_ns, found.st_dev, found.st_ino)


class Digester:
    """Takes the main file (under the name `""`) and the others in any order; see `store.digest_of`."""

    def __init__(self) -> None:
        self._main = ""
        self._others: dict[bytes, str] = {}

    def feed(self, name: str, stream: BinaryIO, copy_to: BinaryIO | None, limit: int | None = None) -> int:
        """Read `stream` to its end, in chunks, and copy it; returns bytes read.

        Stops within one chunk past `limit`.
        """
        digest, nbytes, head = hashlib.sha256(), 0, b""
        while chunk := stream.read(_CHUNK):
            head = head or chunk[: len(_MANIFEST)]
            nbytes += len(chunk)
            if limit is not None and nbytes > limit:
                return nbytes
            digest.update(chunk)
            if copy_to is not None:
                copy_to.write(chunk)
        if name:
            self._others[name.encode()] = digest.hexdigest()
            return nbytes
        if head in (_MANIFEST, PLACE_MANIFEST):
            # A file that is a manifest itself would share the digest of the model that it lists.
            raise RefusedFile(
                "the main file", "is a list of the store's own and not a model", "Give an .onnx file"
            )
        self._main = digest.hexdigest()
        return nbytes

    def hexdigest(self) -> str:
        """Of all that was fed."""
        if not self._others:
            return self._main
        text = _MANIFEST + self._main.encode() + b"\n"
        for name in sorted(self._others):
            text += b"%s %d %s\n" % (self._others[name].encode(), len(name), name)
        return hashlib.sha256(text).hexdigest()


def write_source(source: Source, target: Path, digester: Digester, key: str, room: int, name: str) -> int:
    """Copy one source to `target` through `digester`; returns bytes. `room` is what may still be written."""
    with opened(source, name) as stream, target.open("xb") as out:
        nbytes = digester.feed(key, stream, out, limit=room)
    if nbytes > room:
        raise RefusedFile(
            f"file {name[:80]!r}",
            "does not fit into the model store even when that is empty",
            "Set ONNXVIZ_STORE_BYTES higher",
        )
    return nbytes


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


def size_of(source: Source) -> int:
    """Bytes that a source will give, as far as can be told: 0 for a stream that cannot be wound."""
    if isinstance(source, bytes):
        return len(source)
    try:
        if isinstance(source, Path):
            return source.stat().st_size
        here = source.tell()
        end = source.seek(0, os.SEEK_END)
        source.seek(here)
        return end - here
    except (OSError, ValueError):
        # `write_source` has the sentences.
        return 0


@contextmanager
def opened(source: Source, name: str) -> Iterator[BinaryIO]:
    """`source` as a binary stream; a stream of the caller's stays open. Devices and pipes are refused."""
    if isinstance(source, bytes):
        yield BytesIO(source)
        return
    if not isinstance(source, Path):
        yield source
        return
    try:
        # Without O_NONBLOCK the open of a pipe waits for a writer, for ever.
        handle = os.open(source, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as e:
        # ValueError: a NUL in the path.
        raise RefusedFile(
            f"file {name[:80]!r}", "cannot be opened", "Check the path and its permissions", detail=str(e)
        ) from e
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise RefusedFile(f"file {name[:80]!r}", "is a folder, a pipe or a device", "Give a regular file")
    with os.fdopen(handle, "rb") as stream:
        yield stream


def is_real_directory(path: Path) -> bool:
    """True for a directory that is not a link."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def stored_files(entry: Path, links: Literal["refuse", "skip"] = "refuse") -> dict[str, Status]:
    """Relative POSIX name -> status of every regular file below `entry`; links are never followed."""
    found = {}
    for folder, folders, names in os.walk(entry):
        for name in (*folders, *names):
            path = Path(folder, name)
            status = path.lstat()
            if stat.S_ISREG(status.st_mode):
                found[path.relative_to(entry).as_posix()] = Status.of(status)
            elif not stat.S_ISDIR(status.st_mode) and links == "refuse":
                raise RefusedFile(
                    f"file {name[:80]!r}",
                    "is a link or a device among a model's files",
                    "Give the file itself",
                )
    return found


def stored_sizes(entry: Path) -> dict[str, int]:
    """Relative POSIX name -> bytes, of `stored_files`."""
    return {name: status.nbytes for name, status in stored_files(entry).items()}


def temporary_prefix(pid: int) -> str:
    """Start of the name of a folder for unfinished work of the process `pid` on this machine."""
    machine = hashlib.sha256(platform.node().encode()).hexdigest()[:8]
    return f"{TEMPORARY}{machine}-{pid}-"


def temporary_parts(root: Path) -> list[tuple[Path, bool]]:
    """What unfinished work left in `root`, and whether it is known that its process is gone."""
    return [(part, is_orphan(part.name)) for part in root.glob(f"{TEMPORARY}*")]


def is_orphan(name: str) -> bool:
    """Whether a name begins with the `temporary_prefix` of a process of this machine that is gone."""
    owner = name.removeprefix(TEMPORARY).split("-")
    if len(owner) < 3 or not owner[1].isdecimal() or not name.startswith(temporary_prefix(int(owner[1]))):
        return False
    import psutil

    return not psutil.pid_exists(int(owner[1]))


def default_root() -> Path:
    """`ONNXVIZ_STORE`, else `onnxviz` in the cache directory that the platform prescribes.

    Linux: XDG Base Directory Specification 0.8; macOS: `~/Library/Caches`; Windows: `%LOCALAPPDATA%`.
    """
    if chosen := settings.STORE.value():
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "onnxviz" / "store"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "onnxviz"
    base = Path(os.environ.get("XDG_CACHE_HOME") or "")
    # The specification has a relative path ignored.
    return (base if base.is_absolute() else Path.home() / ".cache") / "onnxviz"


@contextmanager
def writing_to(root: Path) -> Iterator[None]:
    """Turn the disk's errors below `root` into sentences."""
    try:
        yield
    except OSError as e:
        elsewhere = "or point ONNXVIZ_STORE to another folder"
        if e.errno in _FULL:
            cause, remedy = "the disk is full", f"Free some space, {elsewhere} on another disk"
        elif e.errno == errno.EROFS:
            cause, remedy = "may not be written to: its disk is read-only", f"Make it writable, {elsewhere}"
        elif e.errno in (errno.EACCES, errno.EPERM):
            cause, remedy = "may not be used by this program", f"Check its permissions, {elsewhere}"
        elif e.errno in (errno.ENOTDIR, errno.EEXIST):
            cause, remedy = (
                "has to be a folder, and there is a file in its place",
                f"Move that away, {elsewhere}",
            )
        else:
            cause, remedy = "cannot be used", f"Check the disk, {elsewhere}"
        raise RefusedFile("the model store", cause, remedy, detail=f"{root}: {e}") from e
