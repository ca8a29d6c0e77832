"""What a worker keeps of the models that it was asked about last: graph, wires and groups, ready to draw."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from onnxviz.errors import RefusedFile
from onnxviz.model import Graph
from onnxviz.reading import read_model
from onnxviz.scene.finding.find import Finder
from onnxviz.scene.finding.focus import Focus, hidden, members, restrict
from onnxviz.scene.functions import expand
from onnxviz.scene.grouping.hierarchy import arrange
from onnxviz.scene.scopes import with_scopes_of
from onnxviz.scene.types import Hierarchy
from onnxviz.scene.wires import Wiring, wire

_REMEMBERED = 4
"""Models, or parts of them in focus; one of 13,000 nodes takes about 60 MB."""


@dataclass(frozen=True, slots=True)
class Source:
    """A stored model: its file and digest, and those of the model that it is a rewrite of.

    `like` lends its scopes to a rewrite that lost them; see `onnxviz.scene.scopes`.
    """

    path: str
    digest: str
    like: tuple[str, str] | None = None

    @classmethod
    def of_file(cls, path: Path) -> Source:
        """A file that is not in the store and may change: its time and size stand for its digest."""
        try:
            found = path.stat()
        except OSError as e:
            raise RefusedFile(path.name, "cannot be read", "Check the path", detail=str(e)) from e
        return cls(str(path), f"{found.st_mtime_ns}-{found.st_size}")


@dataclass(frozen=True)
class Stage:
    """A graph with functions in place, and what is derived from it. `note` says what a focus shows."""

    graph: Graph
    wiring: Wiring
    hierarchy: Hierarchy
    note: str = ""

    @cached_property
    def finder(self) -> Finder:
        """Built at the first search: most people only look."""
        with _without_collections():
            return Finder(self.wiring, self.hierarchy)


def stage(source: Source, focus: Focus | None = None) -> Stage:
    """The whole of a model, or the part of it that `focus` keeps.

    Raises RefusedFile when the file cannot be read, BadUsage when the focus names what is not there.
    """
    return _whole(source) if focus is None else _part(source, focus)


@lru_cache(maxsize=_REMEMBERED)
def _whole(source: Source) -> Stage:
    with _without_collections():
        graph = _read(source.path, source.digest)
        if source.like is not None:
            graph = with_scopes_of(graph, _read(*source.like))
        wiring = wire(graph)
        return Stage(graph, wiring, arrange(graph, wiring=wiring))


@lru_cache(maxsize=_REMEMBERED)
def _part(source: Source, focus: Focus) -> Stage:
    whole = _whole(source)
    found = members(whole.wiring, whole.hierarchy, focus)
    wiring, hierarchy = restrict(whole.wiring, whole.hierarchy, found.leaves)
    wiring.hidden = hidden(whole.wiring, wiring)
    return Stage(whole.graph, wiring, hierarchy, found.note)


def _read(path: str, digest: str) -> Graph:
    model = read_model(Path(path), digest=digest)
    return expand(model.graph, model.functions)


@contextmanager
def _without_collections() -> Iterator[None]:
    """Nothing that is made here is garbage, yet each collection would walk all of it.

    At 100,000 nodes they are a third of the time (Python 3.11).
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
