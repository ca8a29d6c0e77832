"""What differs between two models: frozen data, enough of it to make one graph from the other.

A diff says two things apart. *What is different* (`added`, `removed`, `changed`, `constants`, …): names
and the order of the file play no part in it, as they are not part of the function. And *how it is
written*: the `patches` of matched nodes and the `record`, which hold every name and place, so that
`apply` gives the other graph to the letter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from onnxviz.model import Graph, Node, Value

Place = tuple[int, ...]
"""A graph within a model, by positions: `()` is the main graph, `(3, 0)` the first body of its node 3, and
`(-1, …)` lies in the first function, `(-2, …)` in the second. Positions cannot be forged; names can."""


@dataclass(frozen=True, slots=True)
class Digests:
    """Content digests (hex) of one model: of its constants, and of attributes whose text leaves some out.

    `values` has (place of the graph, tensor name), for initializers and the outputs of `Constant` nodes;
    dtype and shape are part of the content. `attributes` has (place, position of the node, attribute).
    """

    values: Mapping[tuple[Place, str], str] = field(default_factory=dict)
    attributes: Mapping[tuple[Place, int, str], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs; None where it is missing on that side.

    `field` of a node: `op_type`, `domain`, `attribute:NAME`, `input:SLOT` (which tensor it reads, by
    name; with `of OP` behind it where another node makes a tensor of that name), `output:SLOT` (there or
    not), `type:SLOT` (of an output, where both types are known and contradict each other), `value` (digests
    or previews, of a `Constant`). Of a constant: `value`, `dtype`, `shape`, `kept` (`"initializer"` or
    `"Constant"`). Of an input or output of the graph: `type`, `position`, `source` (another tensor is
    given out, written as for `input:SLOT`). Of the model: `opset:DOMAIN`.
    """

    field: str
    before: str | None
    after: str | None

    def inverted(self) -> Change:
        """The change back."""
        return Change(self.field, self.after, self.before)


@dataclass(frozen=True, slots=True)
class Patch:
    """A field of `onnxviz.model.Node` that is written differently, names included."""

    field: str
    before: object
    after: object

    def inverted(self) -> Patch:
        """The patch back."""
        return Patch(self.field, self.after, self.before)


@dataclass(frozen=True, slots=True)
class Match:
    """A node of the one graph and the node of the other that it is: ids, op types, places in the file.

    `bodies` has a diff for each of its subgraphs, by name, even where nothing differs.
    """

    before: str
    after: str
    op_types: tuple[str, str]
    places: tuple[int, int]
    changes: tuple[Change, ...] = ()
    bodies: tuple[tuple[str, Diff], ...] = ()
    patches: tuple[Patch, ...] = ()

    @property
    def is_retyped(self) -> bool:
        """True where only types differ: a consequence of a change further up, and none of the node itself."""
        return bool(self.changes) and all(change.field.startswith("type:") for change in self.changes)

    def inverted(self) -> Match:
        """The match seen from the other side."""
        return Match(
            self.after,
            self.before,
            self.op_types[::-1],
            self.places[::-1],
            tuple(change.inverted() for change in self.changes),
            tuple((name, inner.inverted()) for name, inner in self.bodies),
            tuple(patch.inverted() for patch in self.patches),
        )


@dataclass(frozen=True, slots=True)
class Twin:
    """A constant, input or output of the one graph and what it is in the other: names and places."""

    before: str
    after: str
    places: tuple[int, int]
    changes: tuple[Change, ...] = ()

    def inverted(self) -> Twin:
        """The same seen from the other side."""
        changes = tuple(change.inverted() for change in self.changes)
        return Twin(self.after, self.before, self.places[::-1], changes)


@dataclass(frozen=True, slots=True)
class Part:
    """The constants, the inputs or the outputs of two graphs, each in the order of its file.

    Constants are the initializers, and a `Constant` node where it is an initializer on the other side.
    """

    matched: tuple[Twin, ...] = ()
    added: tuple[Value, ...] = ()
    removed: tuple[Value, ...] = ()

    @property
    def changed(self) -> tuple[Twin, ...]:
        """Those that are there on both sides and differ."""
        return tuple(twin for twin in self.matched if twin.changes)

    @property
    def empty(self) -> bool:
        """True where nothing differs but names."""
        return not (self.added or self.removed or any(twin.changes for twin in self.matched))

    def inverted(self) -> Part:
        """The same seen from the other side."""
        return Part(
            tuple(sorted((twin.inverted() for twin in self.matched), key=lambda twin: twin.places)),
            self.removed,
            self.added,
        )


Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """How both graphs are written, as (before, after), as far as `matched` and its kin do not say.

    `added_at` and `removed_at` are places of `Diff.added` and `Diff.removed` in their files; `values`
    has (name, before, after) of those that are not the same on both sides, sorted by name.
    """

    name: tuple[str, str]
    inputs: tuple[Names, Names]
    outputs: tuple[Names, Names]
    initializers: tuple[Names, Names]
    added_at: tuple[int, ...] = ()
    removed_at: tuple[int, ...] = ()
    values: tuple[tuple[str, Value | None, Value | None], ...] = ()

    def inverted(self) -> Record:
        """The same seen from the other side."""
        return Record(
            self.name[::-1],
            self.inputs[::-1],
            self.outputs[::-1],
            self.initializers[::-1],
            self.removed_at,
            self.added_at,
            tuple((name, after, before) for name, before, after in self.values),
        )


@dataclass(frozen=True, slots=True)
class FunctionDiff:
    """A model-local function by its key: a diff of its body, or the body where only one side has it."""

    key: str
    diff: Diff | None = None
    before: Graph | None = None
    after: Graph | None = None

    def inverted(self) -> FunctionDiff:
        """The same seen from the other side."""
        return FunctionDiff(self.key, self.diff.inverted() if self.diff else None, self.after, self.before)


@dataclass(frozen=True, slots=True)
class Diff:
    """What differs between two graphs, and which node of the one is which of the other.

    `matched` is in the order of the graph before, `removed` too, `added` in that after; all three are of
    this graph alone, and those of bodies are in `Match.bodies`. `moved` has (id before, id after) of nodes
    that are the same but stand in another body, such as the branch of an `If` that was resolved; they are
    among the removed and added ones too, since their graphs lost and gained them. `moved`, `functions` and
    `opsets` are filled for the outermost graph only.
    """

    matched: tuple[Match, ...]
    added: tuple[Node, ...]
    removed: tuple[Node, ...]
    constants: Part
    inputs: Part
    outputs: Part
    record: Record
    moved: tuple[tuple[str, str], ...] = ()
    functions: tuple[FunctionDiff, ...] = ()
    opsets: tuple[Change, ...] = ()

    @property
    def changed(self) -> tuple[Match, ...]:
        """Matched nodes of this graph that differ in themselves; see `walk` for those of bodies."""
        return tuple(match for match in self.matched if match.changes)

    @property
    def empty(self) -> bool:
        """True where nothing differs but names and the order of the file, bodies and functions included."""
        return (
            not (self.added or self.removed or self.opsets)
            and self.constants.empty
            and self.inputs.empty
            and self.outputs.empty
            and all(not match.changes and _bodies_empty(match) for match in self.matched)
            and all(function.diff is not None and function.diff.empty for function in self.functions)
        )

    def walk(self) -> Iterator[Diff]:
        """This diff and those of all bodies within, a graph before its bodies; functions are left out."""
        waiting = [self]
        while waiting:
            found = waiting.pop()
            yield found
            waiting.extend(inner for match in reversed(found.matched) for _, inner in reversed(match.bodies))

    def pairs(self) -> dict[str, str]:
        """Node id before -> node id after, of all matched nodes, bodies included and `moved` left out."""
        return {match.before: match.after for found in self.walk() for match in found.matched}

    def added_nodes(self) -> Iterator[Node]:
        """Every node that only the graph after has, in bodies too, a node before its body."""
        for found in self.walk():
            yield from _with_bodies(found.added)
            for match in found.matched:
                yield from _from_patches(match, after=True)

    def removed_nodes(self) -> Iterator[Node]:
        """Every node that only the graph before has, in bodies too, a node before its body."""
        for found in self.walk():
            yield from _with_bodies(found.removed)
            for match in found.matched:
                yield from _from_patches(match, after=False)

    def inverted(self) -> Diff:
        """The diff from the graph after to the graph before."""
        return Diff(
            tuple(sorted((match.inverted() for match in self.matched), key=lambda match: match.places)),
            self.removed,
            self.added,
            self.constants.inverted(),
            self.inputs.inverted(),
            self.outputs.inverted(),
            self.record.inverted(),
            tuple(sorted((after, before) for before, after in self.moved)),
            tuple(function.inverted() for function in self.functions),
            tuple(change.inverted() for change in self.opsets),
        )

    def to_json(self) -> dict[str, Any]:
        """The keys of the CLI's `diff --json`, ready for `json.dumps`; see `onnxviz.diff.rows`."""
        from onnxviz.diff.rows import to_json

        return to_json(self)


def _bodies_empty(match: Match) -> bool:
    return all(inner.empty for _, inner in match.bodies) and not any(
        patch.field == "subgraphs" for patch in match.patches
    )


def _with_bodies(nodes: tuple[Node, ...]) -> Iterator[Node]:
    for node in nodes:
        yield node
        for _, body in node.subgraphs:
            yield from body.walk()


def _from_patches(match: Match, *, after: bool) -> Iterator[Node]:
    """Nodes of bodies that were replaced as a whole, as the op has other bodies now."""
    for patch in match.patches:
        bodies = patch.after if after else patch.before
        if patch.field == "subgraphs" and isinstance(bodies, tuple):
            for _, body in bodies:
                yield from body.walk()
