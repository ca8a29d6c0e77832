"""Files as a person gives them (dropped together, or by path) -> models in the store.

Content is looked at in workers only; this module moves bytes and matches names.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from onnxviz import jobs
from onnxviz.errors import OnnxvizError, RefusedFile
from onnxviz.model import UNNAMED, Model
from onnxviz.reading import external_locations, read_model
from onnxviz.reading.external import refuse_links
from onnxviz.reading.tensors import shorten
from onnxviz.store import Source, Store, Stored
from onnxviz.store.referring import is_large, status_of

_LONGEST_SUBJECT = 100
"""Characters of a file's name at the head of a sentence."""


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
    others = {other: source for other, source in files.items() if other != main}
    parts: dict[str, Source] = {main: files[main]}
    missing = []
    for location in wanted:
        match = given_as(others, location)
        if match is None:
            missing.append(location)
        else:
            parts[location] = others[match]
    if missing:
        raise RefusedFile(
            main,
            f"keeps its weights in other files, and {_list(missing)} did not come with it",
            "Give the model and its data files together",
        )
    _rewind(parts)
    return _read_held(store, store.add(parts, main, hold=True), name or main)


def given_as(files: Mapping[str, Source], location: str) -> str | None:
    """Under which name the external data `location` is among `files`, None where it is not."""
    return next((name for name in (location, PurePosixPath(location).name) if name in files), None)


def take_path(store: Store, path: Path) -> Model:
    """A file on this machine, with its external data from the folder that it lies in.

    Up to `settings.COPY_BYTES` in all it is copied into the store, where no edit reaches it; a larger one is
    referred to, and no weights are read. The entry is held, for the caller to release. Raises RefusedFile,
    naming the files that are missing, and for data that is a link; nothing is held then.
    """
    path = path.absolute()
    found = status_of(path)
    # Every visitor of a file that was named on the command line asks for it again.
    key = ("external", str(path), found)
    with _about(path.name):
        wanted: tuple[str, ...] = jobs.run(
            "look", f"Reading {path.name}", external_locations, path, UNNAMED, key=key
        )
    beside = {location: path.parent / location for location in wanted}
    if missing := [location for location, file in beside.items() if not os.path.lexists(file)]:
        raise RefusedFile(
            path.name,
            f"keeps its weights in other files, and {_list(missing)} {_is(missing)} not in its folder",
            f"Put {_them(missing)} beside it",
        )
    for location, file in beside.items():
        refuse_links(file, path.parent, location, path.name)
    if is_large([path, *beside.values()]):
        stored = store.refer(path, wanted, hold=True)
    else:
        stored = store.add({path.name: path, **beside}, path.name, hold=True)
    return _read_held(store, stored, path.stem)


def restore(store: Store, model: Model, source: Path | None) -> None:
    """Put a model whose files went from the store back, from the file `source` that it was copied from.

    Raises RefusedFile where there is none or it is another one by now, and for a model that is referred to
    and was changed.
    """
    if source is None or store.refers_to(model.digest):
        try:
            store.path(model.digest)
        except RefusedFile as error:
            # A file that was changed is named already.
            is_known = store.refers_to(model.digest)
            raise (error if is_known else error.about(shorten(model.name, _LONGEST_SUBJECT))) from error
        return
    files: dict[str, Source] = {name: source.parent / name for name in model.external_files}
    stored = store.add({source.name: source, **files}, source.name)
    if stored.digest != model.digest:
        raise RefusedFile(
            shorten(model.name, _LONGEST_SUBJECT),
            "is gone from the store, and the file that it was opened from is another one by now",
            "Open it again",
        )


def _read_held(store: Store, stored: Stored, name: str) -> Model:
    """The model of an entry that is held; where it cannot be read it is held no more."""
    try:
        return read_stored(stored, name)
    except OnnxvizError:
        store.release(stored.digest)
        raise


def read_stored(stored: Stored, name: str) -> Model:
    """The model of an entry, read in a worker; read once for all who ask."""
    key = ("read", stored.digest, str(stored.path))
    with _about(name):
        model: Model = jobs.run(
            "look", f"Reading {name}", read_model, stored.path, UNNAMED, stored.digest, key=key
        )
    return model.renamed(name)


def _locations(store: Store, source: Source, main: str) -> tuple[str, ...]:
    """The external files that a model names. It is stored first, since only workers may look inside."""
    alone = store.add({main: source}, main, hold=True)
    key = ("external", alone.digest)
    try:
        with _about(main):
            found: tuple[str, ...] = jobs.run(
                "look", f"Reading {main}", external_locations, alone.path, UNNAMED, key=key
            )
        return found
    finally:
        store.release(alone.digest)


@contextmanager
def _about(name: str) -> Iterator[None]:
    """Whoever asked first for what is read once for all: each is told of the file by its own name."""
    try:
        yield
    except OnnxvizError as error:
        raise error.about(shorten(name, _LONGEST_SUBJECT)) from error


def _rewind(files: Mapping[str, Source]) -> None:
    for source in files.values():
        if not isinstance(source, bytes | Path):
            source.seek(0)


def _is(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _them(names: list[str]) -> str:
    return "it" if len(names) == 1 else "them"


def _list(names: list[str]) -> str:
    shown = ", ".join(names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown
