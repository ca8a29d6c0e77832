"""What a worker keeps of the models that it was asked about last: graph, wires and groups, ready to draw."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from onnxviz.collecting import without_collecting
from onnxviz.diff.diffing import diff
from onnxviz.diff.merging import with_scopes
from onnxviz.diff.models import digests_of
from onnxviz.diff.types import Diff
from onnxviz.errors import RefusedFile
from onnxviz.jobs import leaving
from onnxviz.model import Graph, Problem
from onnxviz.reading import read_model
from onnxviz.scene.changes import tallied
from onnxviz.scene.finding.find import Finder
from onnxviz.scene.finding.focus import Focus, hidden, members, restrict
from onnxviz.scene.finding.restrict import regrouped
from onnxviz.scene.flags import flagged
from onnxviz.scene.functions import expand
from onnxviz.scene.grouping.hierarchy import arrange
from onnxviz.scene.pairing import Pair, Side, pair
from onnxviz.scene.types import Hierarchy
from onnxviz.scene.wires import Wiring, wire

if TYPE_CHECKING:
    from onnxviz.rewrites.fold.types import Folded

_REMEMBERED = 4
"""Models, or parts of them in focus; one of 13,000 nodes takes about 60 MB."""

_FOLDINGS = 2
"""Foldings with all their steps; one of 7,000 nodes takes about 30 MB."""

_PAIRS = 2
"""Pairs of models, each with the merged graph of both: about three models' worth."""

File = tuple[str, str]
"""Path and digest."""


@dataclass(frozen=True, slots=True)
class Source:
    """A stored model: its file and digest, and those of a model that it is looked at with.

    `like` lends its scopes to a rewrite that lost them. `before` makes this the model after of a pair, and
    `side` says which of the two is to be drawn, or both as one graph; empty where there is no pair. `trace`
    is that of a folding which begins with this model, to be drawn after `count` of its steps; empty for none.
    """

    path: str
    digest: str
    like: File | None = None
    before: File | None = None
    side: Side | Literal[""] = ""
    trace: str = ""
    count: int = 0

    @classmethod
    def of_pair(cls, before: File, after: File, side: Side = "both") -> Source:
        """Two stored models, of which one side or both are drawn."""
        return cls(*after, before=before, side=side)

    def on(self, side: Side) -> Source:
        """The same pair, drawn from another side."""
        return replace(self, side=side)

    @classmethod
    def of_step(cls, folded: Folded, count: int) -> Source:
        """What a folding begins with, after `count` of its steps; its models need not be in the store."""
        start = folded.start_model
        return cls(start.path, start.digest, trace=folded.trace, count=count)

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
        with without_collecting():
            return Finder(self.wiring, self.hierarchy)


def stage(source: Source, focus: Focus | None = None) -> Stage:
    """The whole of a model, or the part of it that `focus` keeps.

    Raises RefusedFile when the file cannot be read, BadUsage when the focus names what is not there.
    """
    return _whole(source) if focus is None else _part(source, focus)


def paired(source: Source) -> Pair:
    """Both models of a pair under one set of ids; made once for all sides of it."""
    assert source.before is not None
    return _paired(source.before, (source.path, source.digest))


@lru_cache(maxsize=_PAIRS)
def _paired(before: File, after: File) -> Pair:
    with without_collecting():
        return pair(_read(*before), _read(*after), _diff(before, after))


@lru_cache(maxsize=_REMEMBERED)
def _whole(source: Source) -> Stage:
    if source.side:
        part = paired(source).parts[source.side]
        return Stage(part.graph, part.wiring, part.hierarchy)
    if source.trace:
        return _after_steps(source.trace, source.count)
    with without_collecting():
        graph, problems = _opened(source.path, source.digest)
        if source.like is not None:
            lender = _read(*source.like)
            graph = with_scopes(lender, graph, diff(lender, graph))
        wiring = wire(graph)
        wiring.flags = flagged(wiring, problems)
        return Stage(graph, wiring, arrange(graph, wiring=wiring))


def _after_steps(trace: str, count: int) -> Stage:
    """The groups are those of the beginning, as far as they hold something: from step to step they stay."""
    from onnxviz.rewrites.fold.replay import replay

    folded, beginning = _folding(trace)
    with without_collecting():
        graph = expand(replay(folded, count), folded.start_model.functions)
        wiring = wire(graph)
        hierarchy = regrouped(wiring, beginning.wiring, beginning.hierarchy)
        return Stage(graph, wiring, hierarchy or arrange(graph, wiring=wiring))


@lru_cache(maxsize=_FOLDINGS)
def _folding(trace: str) -> tuple[Folded, Stage]:
    """A folding that was left, and the stage that it begins with."""
    from onnxviz.rewrites.fold.replay import replay

    with without_collecting():
        folded: Folded = leaving.take(trace)
        graph = expand(replay(folded, 0), folded.start_model.functions)
        wiring = wire(graph)
        return folded, Stage(graph, wiring, arrange(graph, wiring=wiring))


@lru_cache(maxsize=_REMEMBERED)
def _part(source: Source, focus: Focus) -> Stage:
    whole = _whole(source)
    if source.side not in ("", "both"):
        around = stage(source.on("both"), focus)
        return _cut(whole, around.wiring.body_of.keys(), around)
    # What is in focus is decided at the beginning: the node that it is about may be gone.
    around = _folding(source.trace)[1] if source.trace else whole
    found = members(around.wiring, around.hierarchy, focus)
    return _cut(whole, found.leaves, None, found.note)


def _cut(whole: Stage, leaves: Collection[str], around: Stage | None, note: str = "") -> Stage:
    """Of `whole` what is in focus; `around` is that of both sides of a pair, where this is one of them."""
    wiring, hierarchy = restrict(whole.wiring, whole.hierarchy, leaves)
    wiring.hidden = hidden(whole.wiring, wiring)
    changes = wiring.changes
    if around is not None:
        wiring.changes = around.wiring.changes
    elif changes is not None:
        groups = tallied(hierarchy, changes.leaves, wiring.nodes)
        order = tuple(leaf for leaf in changes.order if leaf in wiring.body_of)
        wiring.changes = replace(changes, groups=groups, order=order)
    return Stage(whole.graph, wiring, hierarchy, around.note if around is not None else note)


@lru_cache(maxsize=_REMEMBERED)
def _opened(path: str, digest: str) -> tuple[Graph, tuple[Problem, ...]]:
    model = read_model(Path(path), digest=digest)
    return expand(model.graph, model.functions), model.problems


def _read(path: str, digest: str) -> Graph:
    return _opened(path, digest)[0]


def _diff(before: File, after: File) -> Diff:
    """Of the graphs as they are drawn, so that functions are compared where they are called."""
    return diff(_read(*before), _read(*after), digests_of(Path(before[0]), Path(after[0])))
