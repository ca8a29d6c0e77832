"""Files as a person gives them (dropped together, or by path) -> models in the store.

Content is looked at in workers only; this module moves bytes and matches names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from onnxviz import jobs
from onnxviz.errors import OnnxvizError, RefusedFile
from onnxviz.model import Model
from onnxviz.reading import external_locations, read_model
from onnxviz.store import Source, Store, Stored


@dataclass(frozen=True, slots=True)
class Offered:
    """Files sorted by part: `mains` are models to read, `extras` may be their external data."""

    mains: tuple[str, ...]
    extras: tuple[str, ...]


def sort_files(names: tuple[str, ...]) -> Offered:
    """A file called `*.onnx` is a model; a file that comes alone is taken for one, whatever its name."""
    mains = tuple(name for name in names if name.lower().endswith(".onnx"))
    if not mains and len(names) == 1:
        return Offered(names, ())
    if not mains:
        raise RefusedFile(
            ", ".join(names[:3]),
            "none of these files is called .onnx",
            "Add the model itself; its data files belong beside it",
        )
    return Offered(mains, tuple(name for name in names if name not in mains))


def take_in(store: Store, files: Mapping[str, Source], main: str, name: str = "") -> Model:
    """Store `files[main]` with those of the others that it names as external data, and read it.

    External data is matched by its relative name, else by the last part of it, as a browser gives
    no folders. The entry is held, for the caller to release. Raises RefusedFile, naming the files that
    are missing; nothing is held then.
    """
    wanted = _locations(store, files[main], main)
    given = {other: source for other, source in files.items() if other != main}
    parts: dict[str, Source] = {main: files[main]}
    missing = []
    for location in wanted:
        match = given.get(location, given.get(PurePosixPath(location).name))
        if match is None:
            missing.append(location)
        else:
            parts[location] = match
    if missing:
        raise RefusedFile(
            main,
            f"keeps its weights in other files, and {_list(missing)} did not come with it",
            "Give the model and its data files together",
        )
    _rewind(parts)
    stored = store.add(parts, main, hold=True)
    try:
        return read_stored(stored, name or main)
    except OnnxvizError:
        store.release(stored.digest)
        raise


def take_path(store: Store, path: Path) -> Model:
    """`take_in` for a file on this machine, with its external data from the folder that it lies in."""
    if not path.is_file():
        raise RefusedFile(str(path), "is not a file", "Check the path")
    label = f"Reading {path.name}"
    found = path.stat()
    # Every visitor of a file that was named on the command line asks for it again.
    key = ("external", str(path), found.st_mtime_ns, found.st_size)
    wanted: tuple[str, ...] = jobs.run("look", label, external_locations, path, key=key)
    files: dict[str, Source] = {path.name: path}
    files |= {location: path.parent / location for location in wanted if (path.parent / location).is_file()}
    return take_in(store, files, path.name, path.stem)


def read_stored(stored: Stored, name: str) -> Model:
    """The model of an entry, read in a worker; read once for all who ask."""
    model: Model = jobs.run(
        "look", f"Reading {name}", read_model, stored.path, name, stored.digest, key=("read", stored.digest)
    )
    return model.renamed(name)


def _locations(store: Store, source: Source, main: str) -> tuple[str, ...]:
    """The external files that a model names. It is stored first, since only workers may look inside."""
    alone = store.add({main: source}, main)
    key = ("external", alone.digest)
    found: tuple[str, ...] = jobs.run(
        "look", f"Reading {main}", external_locations, alone.path, main, key=key
    )
    return found


def _rewind(files: Mapping[str, Source]) -> None:
    for source in files.values():
        if not isinstance(source, bytes | Path):
            source.seek(0)


def _list(names: list[str]) -> str:
    shown = ", ".join(names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown
