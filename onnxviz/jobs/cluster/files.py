"""Files of a store on their way to another machine: read in pieces, written in pieces, checked at the end.

Pieces, since a message is held in memory whole at each end and by the scheduler between them.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from onnxviz.errors import RefusedFile
from onnxviz.jobs.cluster.wire import checked_digest, checked_folder
from onnxviz.store import Store, relative_name
from onnxviz.store.files import is_real_directory, stored_sizes, temporary_prefix, writing_to

PIECE_BYTES = 4 << 20
"""Of one message: some 30 ms on a line of a gigabit a second, so that progress and cancelling stay quick."""


@dataclass(frozen=True)
class Piece:
    """`data` of the file `name` from `offset` on."""

    name: str
    offset: int
    data: bytes


def folder_of(store: Store, name: str) -> Path:
    """The folder of an entry, by its digest, or one that a verb left, by its name. Raises `RefusedFile` where
    it is not there, and JobFailed for a name that is neither."""
    if len(name) == 64:
        return store.path(checked_digest(name)).parent
    folder = store.root / checked_folder(name)
    if not is_real_directory(folder):
        raise RefusedFile("The result", "is not kept any more", "Ask for it once more")
    return folder


def plan(sizes: Mapping[str, int]) -> Iterator[tuple[str, int, int]]:
    """(name, offset, bytes) of each piece of files of these sizes; an empty file has one, of no bytes."""
    for name, size in sizes.items():
        for offset in range(0, max(size, 1), PIECE_BYTES):
            yield name, offset, min(PIECE_BYTES, size - offset)


def sizes_of(folder: Path) -> dict[str, int]:
    """Relative name -> bytes of each file in `folder`. Raises `RefusedFile` for links."""
    return stored_sizes(folder)


def read_piece(folder: Path, name: str, offset: int, nbytes: int) -> Piece:
    """Raises `RefusedFile` where the file is not there, or shorter."""
    try:
        with (folder / relative_name(name)).open("rb") as stream:
            stream.seek(offset)
            data = stream.read(nbytes)
    except OSError as error:
        raise RefusedFile("A model", "went while it was sent", "Open it again", detail=str(error)) from error
    if len(data) < nbytes:
        raise RefusedFile("A model", "was cut while it was sent", "Open it again")
    return Piece(name, offset, data)


class Arrivals:
    """Folders of a store that are being filled with pieces, each under a name that `begin` gives."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: dict[str, int] = {}
        self._lock = threading.Lock()

    def begin(self, nbytes: int) -> str:
        """A new folder for `nbytes` in all. Raises `RefusedFile` where the store has no room for them."""
        if nbytes > self._store.cap_bytes:
            raise RefusedFile(
                "the model store",
                f"is too small for {nbytes:,} bytes",
                "Set ONNXVIZ_STORE_BYTES higher on that machine",
            )
        name = f"{temporary_prefix(os.getpid())}{uuid.uuid4().hex}"
        with writing_to(self._store.root):
            (self._store.root / name).mkdir(mode=0o700)
        with self._lock:
            self._open[name] = nbytes
        return name

    def take(self, name: str, piece: Piece) -> None:
        """Write a piece. Raises `RefusedFile` for a name that leads elsewhere, more bytes than were told, and
        a full disk; what came so far is dropped then."""
        try:
            self._write(name, piece)
        except RefusedFile:
            self.drop(name)
            raise

    def _write(self, name: str, piece: Piece) -> None:
        with self._lock:
            left = self._open.get(name, -1) - len(piece.data)
            if left < 0 or piece.offset < 0:
                raise RefusedFile("A model", "came with more bytes than it has", "Open it again")
            self._open[name] = left
        target = self._store.root / checked_folder(name) / relative_name(piece.name)
        with writing_to(self._store.root):
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("r+b" if target.exists() else "xb") as stream:
                stream.seek(piece.offset)
                stream.write(piece.data)

    def adopt(self, name: str, digest: str) -> None:
        """Make an entry of a folder that is full. Raises `RefusedFile` where its content is not `digest`."""
        try:
            if checked_digest(digest) not in self._store:
                self._store.adopt(self._store.root / checked_folder(name), digest)
        finally:
            self.drop(name)

    def keep(self, name: str) -> None:
        """Leave a folder that is full where it is, for `delivery.receive`."""
        with self._lock:
            self._open.pop(name, None)

    def drop(self, name: str) -> None:
        """Remove a folder; nothing where it was kept or is gone."""
        with self._lock:
            was_open = self._open.pop(name, None) is not None
        if was_open:
            shutil.rmtree(self._store.root / checked_folder(name), ignore_errors=True)


def discard(store: Store, name: str) -> None:
    """Remove a folder that a verb left, once it was brought to where it is wanted."""
    with contextlib.suppress(RefusedFile):
        shutil.rmtree(folder_of(store, checked_folder(name)), ignore_errors=True)
