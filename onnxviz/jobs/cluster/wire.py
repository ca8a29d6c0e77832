"""What goes between the program and its machines: pickles in which no path of one machine stands.

1. A path in the store becomes the digest of its entry, and is a path in the other's store when it arrives.
2. A path in a folder that a verb left for `delivery.receive` becomes the name of that folder, whose files are
   brought along.
3. A name of what workers left for each other (`leaving`) takes the thing itself along.
4. The root of the store becomes the other's root.

All of it is found while pickling (https://docs.python.org/3/library/pickle.html#pickle-persistent), so that
no verb knows of machines. What arrives is checked word by word before it names a file.
"""

from __future__ import annotations

import io
import os
import pickle
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from onnxviz.errors import JobFailed
from onnxviz.jobs.outcomes import UNNAMED
from onnxviz.store import relative_name
from onnxviz.store.directory import DIGEST
from onnxviz.store.files import TEMPORARY

FOLDER = re.compile(re.escape(TEMPORARY) + r"[0-9a-f]{8}-[0-9]{1,10}-[0-9a-z_]{1,64}")
"""What `delivery.leave` calls its folders."""

_THING = re.compile(r"[0-9a-f]{32}")
_LONGEST = 4096
"""Characters of a path (Linux: PATH_MAX)."""

Take = Callable[[str], Any]


@dataclass(frozen=True)
class Packed:
    """A pickle, and what has to be there before it can be read.

    `digests` are entries of the sender's store, `made` folders of it that hold new models, and `things` are
    pickles of their own by the name under which workers left them. `outside` is a path that is there and lies
    elsewhere, and empty where there is none: another machine does not have it.
    """

    data: bytes
    digests: frozenset[str] = frozenset()
    made: frozenset[str] = frozenset()
    things: Mapping[str, bytes] = field(default_factory=dict)
    outside: str = ""


def pack(value: object, root: Path, take: Take, is_left: Callable[[str], bool]) -> Packed:
    """`value` as a message; `root` is that of the sender's store, and `take` gives what was left by name."""
    packer = _Packer(root, is_left)
    data = packer.packed(value)
    things: dict[str, bytes] = {}
    while new := packer.things - things.keys():
        # What is in a thing may name others.
        for name in new:
            things[name] = packer.packed(take(name))
    return Packed(data, frozenset(packer.digests), frozenset(packer.made), things, packer.outside)


def unpack(data: bytes, root: Path, made: Mapping[str, str] | None = None) -> Any:
    """The value of a message; `root` is that of the receiver's store, and `made` maps the names of folders
    with new models to those that they were brought to. Raises JobFailed for a name that leads elsewhere."""
    return _Unpacker(io.BytesIO(data), root, made or {}).load()


class _Packer:
    """Pickles values one after the other, and collects what they refer to."""

    def __init__(self, root: Path, is_left: Callable[[str], bool]) -> None:
        self._root = str(root)
        self._below = self._root.rstrip(os.sep) + os.sep
        self._is_left = is_left
        self.digests: set[str] = set()
        self.made: set[str] = set()
        self.things: set[str] = set()
        self.outside = ""

    def packed(self, value: object) -> bytes:
        stream = io.BytesIO()
        _Pickler(stream, self._reference).dump(value)
        return stream.getvalue()

    def _reference(self, value: object) -> str | None:
        if type(value) is str:
            return self._of_text(value, "str")
        if isinstance(value, PurePath):
            found = self._of_text(str(value), "path")
            if found is None:
                self.outside = self.outside or str(value)
            return found
        return None

    def _of_text(self, text: str, kind: str) -> str | None:
        """One word with the parts behind it, and no tuple: parts of a tuple would be asked about again."""
        if len(text) > _LONGEST:
            return None
        if text == self._root:
            return f"root {kind}"
        if text.startswith(self._below):
            return self._of_stored(text.removeprefix(self._below).split(os.sep), kind, text)
        if len(text) == 32 and _THING.fullmatch(text) and self._is_left(text):
            self.things.add(text)
        elif not self.outside and os.path.isabs(text) and os.path.exists(text):
            self.outside = text
        return None

    def _of_stored(self, parts: list[str], kind: str, text: str) -> str | None:
        if len(parts) > 1 and DIGEST.fullmatch(parts[1]) and parts[0] == parts[1][:2]:
            self.digests.add(parts[1])
            return f"store {kind} {parts[1]} {'/'.join(parts[2:])}"
        if FOLDER.fullmatch(parts[0]):
            self.made.add(parts[0])
            return f"made {kind} {parts[0]} {'/'.join(parts[1:])}"
        self.outside = self.outside or text
        return None


class _Pickler(pickle.Pickler):
    """Asks `reference` about every object: what it gives is written in the object's place."""

    def __init__(self, stream: io.BytesIO, reference: Callable[[object], str | None]) -> None:
        super().__init__(stream)
        self._reference = reference

    def persistent_id(self, obj: object) -> str | None:
        return self._reference(obj)


class _Unpacker(pickle.Unpickler):
    """Puts the receiver's paths where the sender's were."""

    def __init__(self, stream: io.BytesIO, root: Path, made: Mapping[str, str]) -> None:
        super().__init__(stream)
        self._root = root
        self._made = made

    def persistent_load(self, pid: Any) -> str | Path:
        what, kind, name, rest = ([*str(pid).split(" ", 3), "", "", ""])[:4]
        if what == "root" and not name:
            path = self._root
        elif what == "store" and DIGEST.fullmatch(name):
            path = self._root / name[:2] / name
        elif what == "made" and name in self._made:
            path = self._root / checked_folder(self._made[name])
        else:
            raise strange(str(pid))
        if rest:
            path /= relative_name(rest)
        return str(path) if kind == "str" else path


def checked_digest(text: str) -> str:
    """`text`, where it is a digest of the store. Raises JobFailed."""
    if not DIGEST.fullmatch(text):
        raise strange(text)
    return text


def checked_folder(text: str) -> str:
    """`text`, where it names a folder that `delivery.leave` could have made. Raises JobFailed."""
    if not FOLDER.fullmatch(text):
        raise strange(text)
    return text


def checked_thing(text: str) -> str:
    """`text`, where it is a name of `leaving`. Raises JobFailed."""
    if not _THING.fullmatch(text):
        raise strange(text)
    return text


def strange(text: str) -> JobFailed:
    """What to raise for a name that no program of ours sends."""
    return JobFailed(
        UNNAMED,
        f"a machine of the cluster sent the name {text[:80]!r}, which leads nowhere in the store",
        "Run the same version of onnxviz everywhere, and let nobody else reach the scheduler",
    )
