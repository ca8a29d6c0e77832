"""Causes why a value is not known before a run, and sets of them as ints."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from onnxviz.model import Dim


class From(StrEnum):
    """What a value that is not known comes from."""

    DIM = "dim"
    """A size of an input that the model leaves open."""
    INPUT = "input"
    """What an input of the graph holds."""
    RANDOM = "random"
    CUSTOM = "custom"
    """An operator that is not of the ONNX standard, and is no function of the model."""
    BODY = "body"
    """What a body is handed from one turn to the next."""
    FUNCTION = "function"
    """A call of a function; within one, what it is given."""
    WEIGHT = "weight"
    """A weight that is an input too: a caller may replace it."""
    UNKNOWN = "unknown"
    """A size that shape inference did not find, though it follows from what is known."""


@dataclass(frozen=True, slots=True)
class Cause:
    """`blocker` is the id of a node or the name of an input of the graph.

    Of a size, `dim` is its symbol (empty where it has none) and `axis` says where it stands in the input.
    """

    kind: From
    blocker: str
    dim: str = ""
    axis: int = -1


_NAME = re.compile(r"[^\W\d]\w*")

_LONGEST_EXPRESSION = 200
"""Characters of a size that are read as arithmetic; the exporters' own stay below 60."""


class Causes:
    """Every cause of one model, each with a bit of its own."""

    def __init__(self) -> None:
        self._bits: dict[Cause, int] = {}
        self._all: list[Cause] = []
        self._kinds: dict[From, int] = {}
        self._symbols: dict[str, int] = {}
        self._expressions: dict[str, int | None] = {}

    def bit(self, cause: Cause) -> int:
        """The set that holds this one alone."""
        found = self._bits.get(cause)
        if found is None:
            found = self._bits[cause] = 1 << len(self._all)
            self._all.append(cause)
            self._kinds[cause.kind] = self._kinds.get(cause.kind, 0) | found
        return found

    def declare(self, name: str, shape: Sequence[Dim]) -> None:
        """Note where the symbols of an input stand: the first place of each counts."""
        for axis, dim in enumerate(shape):
            if isinstance(dim, str) and not self._parts(dim):
                self._symbols.setdefault(dim, self.bit(Cause(From.DIM, name, dim, axis)))

    def dim(self, symbol: str, name: str, axis: int) -> int:
        """The causes of a size of an input: its symbol, or the place where it has none."""
        found = self.named(symbol) if symbol else None
        return self.bit(Cause(From.DIM, name, symbol, axis)) if found is None else found

    def named(self, text: str) -> int | None:
        """The causes of a size written as a symbol or as arithmetic on symbols; None for unheard-of ones."""
        if text in self._symbols:
            return self._symbols[text]
        if text not in self._expressions:
            bits = [self._symbols.get(part) for part in self._parts(text)]
            whole = [bit for bit in bits if bit is not None]
            self._expressions[text] = _union(whole) if whole and len(whole) == len(bits) else None
        return self._expressions[text]

    @staticmethod
    def _parts(text: str) -> list[str]:
        """The symbols of an expression; none where the text is one symbol."""
        if text.isidentifier() or len(text) > _LONGEST_EXPRESSION:
            return []
        return _NAME.findall(text) if re.search(r"[-+*/%]", text) else []

    def of(self, mask: int) -> tuple[Cause, ...]:
        """The causes of a set, in the order in which they were met."""
        found = []
        while mask:
            low = mask & -mask
            found.append(self._all[low.bit_length() - 1])
            mask ^= low
        return tuple(found)

    def only_dims(self, mask: int) -> bool:
        """Whether the set holds nothing but sizes of inputs."""
        return mask & ~self._kinds.get(From.DIM, 0) == 0

    def kinds(self, mask: int) -> set[From]:
        """Of what kinds the causes of a set are."""
        return {kind for kind, bits in self._kinds.items() if mask & bits}

    def first(self, mask: int, kind: From) -> Cause:
        """The cause of that kind that was met first; there must be one."""
        return self.of(mask & self._kinds[kind])[0]


def _union(bits: Sequence[int]) -> int:
    found = 0
    for bit in bits:
        found |= bit
    return found
