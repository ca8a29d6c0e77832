"""Find: one search over everything that a model's boxes are known by. `query.HELP` is its language.

The rows that are searched are made once (`Finder`); a query is then a pass of text comparisons for each
word. What is found is ids: `homes.around` says which groups to open for one, and `homes.where` how many
are in each box of a picture.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from onnxviz.model import Node
from onnxviz.scene.finding.matching import Probe, note, probe
from onnxviz.scene.finding.query import HELP, Term, parse
from onnxviz.scene.finding.rows import MADE, Row, rows, title_of
from onnxviz.scene.grouping.homes import around, parents, where
from onnxviz.scene.labels import op_mix
from onnxviz.scene.types import Group, Hierarchy
from onnxviz.scene.wires import Wiring

__all__ = ["HELP", "MAX_HITS", "Finder", "Found", "Hit", "around", "parents", "where"]

MAX_HITS = 500
"""Hits that are described at once, since a list is not read further; `Finder.hit` describes any other."""

_MAX_NOTES = 3
"""Parts of a hit's note: each term has one."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A box that answers the query: `title` names it, `note` says what matched, both cleaned and bounded.

    `id` is that of a node, of an input or output (`"in:x"`), or of a group whose title matches.
    """

    id: str
    title: str
    note: str


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to `text`: all `total` ids in topological order, and the first `MAX_HITS` described.

    `note` says what of the query was left out, for a person to read.
    """

    text: str
    total: int = 0
    ids: tuple[str, ...] = ()
    hits: tuple[Hit, ...] = ()
    note: str = ""

    def joined(self, other: Found, order: Mapping[str, float], gone: Collection[str] = ()) -> Found:
        """What either answer has, in topological order as `order` has it for leaves.

        Of what both have this one's description is kept, but for ids in `gone`.
        """
        told = {hit.id: hit for hit in other.hits}
        told |= {hit.id: hit for hit in self.hits if hit.id not in gone or hit.id not in told}
        # A group stands before the first leaf behind it.
        places: dict[str, float] = {}
        for ids in (other.ids, self.ids):
            following = float(len(order))
            for each in reversed(ids):
                following = places[each] = order.get(each, following)
        found = sorted(dict.fromkeys((*self.ids, *other.ids)), key=places.__getitem__)
        hits = tuple(told[each] for each in found if each in told)[:MAX_HITS]
        return Found(self.text, len(found), tuple(found), hits, self.note)

    def step(self, current: str | None, by: int = 1) -> str | None:
        """The id that is `by` further than `current`, around the end; the first (or last) from elsewhere."""
        if not self.ids:
            return None
        if current not in self.ids:
            return self.ids[0 if by > 0 else -1]
        return self.ids[(self.ids.index(current) + by) % self.total]


class Finder:
    """Answers queries about one graph; immutable once made, so threads may share it."""

    def __init__(self, wiring: Wiring, hierarchy: Hierarchy) -> None:
        """Make the rows of `wiring` and of the groups in `hierarchy`; both may be those of a focus."""
        self._rows = rows(wiring, hierarchy)
        self._by_id = {row.id: row for row in self._rows}
        ops = (row.subject.qualified_op for row in self._rows if isinstance(row.subject, Node))
        self.ops: dict[str, int] = dict(op_mix(Counter(ops)))
        """`Graph.op_counts` of what can be a box: without `Constant` nodes. Most frequent first."""

    def find(self, text: str, ops: Collection[str] = ()) -> Found:
        """The boxes that answer every word of `text` and, where `ops` names any, are one of these op types.

        `ops` are keys of `Finder.ops`. Nothing is found where both are empty. Never raises.
        """
        terms, left_out = parse(text)
        if not terms and not ops:
            return Found(text)
        found = self._candidates(terms, frozenset(ops))
        looks = [(term, probe(term)) for term in terms]
        for term, look in looks:
            found = [row for row in found if (look(row) is None) == term.negated]
        hits = tuple(_hit(row, looks) for row in found[:MAX_HITS])
        return Found(text, len(found), tuple(row.id for row in found), hits, left_out)

    def hit(self, text: str, found_id: str) -> Hit | None:
        """Describe one id of an answer to `text`; None for an id that is not of this graph."""
        row = self._by_id.get(found_id)
        return _hit(row, [(term, probe(term)) for term in parse(text)[0]]) if row is not None else None

    def _candidates(self, terms: Sequence[Term], ops: frozenset[str]) -> list[Row]:
        if ops:
            return [r for r in self._rows if isinstance(r.subject, Node) and r.subject.qualified_op in ops]
        if not all(term.negated for term in terms):
            made = any(map(_may_name_made, terms))
            return [row for row in self._rows if made or not _is_made(row)]
        # "Everything but" asks for nodes: that a group lacks a word says little.
        return [row for row in self._rows if not isinstance(row.subject, Group)]


def _is_made(row: Row) -> bool:
    return isinstance(row.subject, Group) and row.subject.kind in MADE


def _may_name_made(term: Term) -> bool:
    """Who looks for `conv` wants no "Conv-Relu, part 3"; who looks for `part 3` or `conv-relu` does."""
    return term.field in ("name", "scope") or not term.text.isalpha() or term.text in MADE


def _hit(row: Row, looks: Sequence[tuple[Term, Probe]]) -> Hit:
    notes: dict[str, None] = {}
    for term, look in looks:
        evidence = None if term.negated else look(row)
        if evidence is not None:
            notes[note(row, term, evidence)] = None
    return Hit(row.id, title_of(row.subject), " · ".join([n for n in notes if n][:_MAX_NOTES]))
