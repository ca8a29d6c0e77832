"""Ways to spoil the store of a running app, each undone at the end."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

MOUNT_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class Spoiled:
    """`lasting(store)` is a context in which it is so. `needs_mount`: the store must be a file system."""

    name: str
    lasting: Callable[[Path], AbstractContextManager[None]]
    needs_mount: bool = False


@contextmanager
def mounted(store: Path) -> Iterator[bool]:
    """A file system of `MOUNT_BYTES` in memory at `store`, if that is allowed here; whether it is."""
    store.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MOUNT_BYTES}", "tmpfs", str(store)]
    is_mounted = False
    with suppress(OSError):
        is_mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(["umount", "-l", str(store)], check=True)


@contextmanager
def full(store: Path) -> Iterator[None]:
    """Not a byte is left."""
    filler = store / ".filler"
    with suppress(OSError), filler.open("wb", buffering=0) as stream:
        while True:
            stream.write(b"\0" * 65536)
    with suppress(OSError), filler.open("ab", buffering=0) as stream:
        while True:
            stream.write(b"\0")
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def read_only(store: Path) -> Iterator[None]:
    """Everything can be read and nothing be written."""
    subprocess.run(["mount", "-o", "remount,ro", str(store)], check=True)
    try:
        yield
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(store)], check=True)


@contextmanager
def gone(store: Path) -> Iterator[None]:
    """Nothing of what was in it can be read: its folders lie elsewhere, as on a disk that went away.

    Taking permissions away would not keep root from reading.
    """
    folders = [each for each in store.iterdir() if each.is_dir()]
    away = store / ".away"
    away.mkdir()
    for each in folders:
        each.rename(away / each.name)
    try:
        yield
    finally:
        for each in away.iterdir():
            back = store / each.name
            if back.exists():
                for entry in each.iterdir():
                    if not (back / entry.name).exists():
                        entry.rename(back / entry.name)
            else:
                each.rename(back)


ALL = (
    Spoiled("disk full", full, needs_mount=True),
    Spoiled("store read-only", read_only, needs_mount=True),
    Spoiled("store emptied", gone),
)
