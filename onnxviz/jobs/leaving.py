"""What one worker leaves for others, whatever their kind: too large to be sent along with each question.

It lies pickled in the private folder of the program's jobs, under a name that only the program tells, and
goes with that folder. Only so many things and bytes are kept, those that were taken last.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import re
import uuid
from pathlib import Path
from typing import Any

from onnxviz.errors import JobFailed
from onnxviz.jobs.mailbox import on_disk, write_whole

MOST_LEFT = 1_000
"""Things: a class of thirty in which each has some thirty foldings."""

MOST_BYTES = 256_000_000
"""On disk. The steps of a model of 7,000 nodes take 4 MB, those of a lesson some kB."""

LEAST_LEFT = 4
"""Things that are kept whatever they take, so that people can go on with what they just made."""

_NAME = re.compile(r"[0-9a-f]{32}")

_folder: Path | None = None


def keep_in(folder: Path) -> None:
    """In a worker, before its first job: where things are left."""
    global _folder
    _folder = folder


def leave(thing: object) -> str:
    """In a worker: keep `thing` for others; returns the name to `take` it by. Empty outside of workers.

    Raises JobFailed where the disk is full.
    """
    if _folder is None:
        return ""
    name = uuid.uuid4().hex
    put(_folder, name, thing)
    return name


def take(name: str) -> Any:
    """In a worker: what was left under `name`, which counts as a use. Raises JobFailed where it is gone."""
    if _folder is None:
        raise _gone()
    return take_from(_folder, name)


def put(folder: Path, name: str, thing: object) -> None:
    """Keep `thing` under `name` in the folder of a program's jobs. Raises JobFailed for a full disk."""
    with on_disk("what it worked out could not be kept"):
        write_whole(_file(folder, name), pickle.dumps(thing))
    _forget_oldest(folder)


def take_from(folder: Path, name: str) -> Any:
    """What was left under `name` in that folder, which counts as a use. Raises JobFailed where it is gone."""
    if is_left(folder, name):
        file = _file(folder, name)
        with contextlib.suppress(FileNotFoundError):
            # The file is ours, in a folder that only this user can open.
            found = pickle.loads(file.read_bytes())
            os.utime(file)
            return found
    raise _gone()


def is_left(folder: Path, name: str) -> bool:
    """Whether `take` would succeed with the workers whose folder this is."""
    return bool(_NAME.fullmatch(name)) and _file(folder, name).is_file()


def _gone() -> JobFailed:
    return JobFailed("What was worked out before", "is not kept any more", "Ask for it once more")


def _file(folder: Path, name: str) -> Path:
    return folder / f"left-{name}.pickle"


def _forget_oldest(folder: Path) -> None:
    found = []
    for file in folder.glob("left-*.pickle"):
        with contextlib.suppress(FileNotFoundError):
            about = file.stat()
            found.append((about.st_mtime_ns, about.st_size, file))
    total = 0
    for place, (_, nbytes, file) in enumerate(sorted(found, reverse=True)):
        total += nbytes
        if place >= MOST_LEFT or (place >= LEAST_LEFT and total > MOST_BYTES):
            file.unlink(missing_ok=True)
