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
    """In a worker: keep `thing` for others; returns the name to `take` it by. Empty outside of workers."""
    if _folder is None:
        return ""
    name = uuid.uuid4().hex
    part = _folder / f"{name}.part"
    part.write_bytes(pickle.dumps(thing))
    os.replace(part, _file(_folder, name))
    _forget_oldest(_folder)
    return name


def take(name: str) -> Any:
    """In a worker: what was left under `name`, which counts as a use. Raises JobFailed where it is gone."""
    if _folder is not None and is_left(_folder, name):
        file = _file(_folder, name)
        with contextlib.suppress(FileNotFoundError):
            # The file is ours, in a folder that only this user can open.
            found = pickle.loads(file.read_bytes())
            os.utime(file)
            return found
    raise JobFailed("What was worked out before", "is not kept any more", "Ask for it once more")


def is_left(folder: Path, name: str) -> bool:
    """Whether `take` would succeed with the workers whose folder this is."""
    return bool(_NAME.fullmatch(name)) and _file(folder, name).is_file()


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
