"""The language of the search: text -> terms, and what a term asks of a name, shape or attribute.

Nothing here is a regular expression from a person, so no query can take long: names are compared, searched
for a piece of text, or matched against pieces with `*` between them, from left to right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from onnxviz.model import Attribute, Dim
from onnxviz.scene.text import clean

MAX_QUERY = 300
"""Characters of a query that are read."""

MAX_TERMS = 16
"""Terms of a query that are read: each is one pass over all nodes."""

HELP: tuple[tuple[str, str], ...] = (
    ("conv 64", "boxes with both words: in op type, name, tensors, types, attributes or scope"),
    ('"layer.1 conv"', "the words as they stand, with the space"),
    ("-relu", "without this word; a minus goes before everything below too"),
    ("op:Conv,Gemm", "op type, exactly; op:*Pool for every kind of pooling"),
    ("name:conv1", "name of a node, group, input or output"),
    ("tensor:hidden", "name of a tensor that is read or made"),
    ("attr:kernel_shape=3", "attribute with this value, alone or in a list; attr:axis for having it"),
    ("shape:[1,3,*]", "shape of a tensor that is read or made; also 1x3x224, batch, … for any dims"),
    ("dtype:int64", "element type of a tensor that is read or made"),
    ("const:epsilon", "node that reads this initializer or constant, by name or small value; const: for any"),
    ("scope:encoder/layer.3", "module of the exporter, or group, around it"),
    ("in:tokens", "input of the graph or of a body; in: for all of them, out: for outputs"),
)
"""(example, what it finds), for a person to read."""

HELP_ON_CHANGES: tuple[tuple[str, str], ...] = (
    ("is:removed", "what only the model before has; also is:added, is:changed and is:kept"),
)
"""The same, for where two models are compared."""

FIELDS = ("op", "name", "tensor", "attr", "shape", "dtype", "const", "scope", "in", "out", "is")
"""Prefixes with a meaning; any other word with a colon is text to look for."""

Shape = tuple[Dim, ...] | None
Test = Callable[[str], bool]
"""Of a text in lower case."""


@dataclass(frozen=True, slots=True)
class Term:
    """One condition. `field` is empty for a plain word; `text` is in lower case.

    An empty `text` asks for having such a thing at all. `literal` is text that stood in quotes, where `*`
    and `,` are characters like others.
    """

    field: str
    text: str
    negated: bool = False
    literal: bool = False


def parse(text: str) -> tuple[tuple[Term, ...], str]:
    """The terms, all of which must hold, and a note on what was left out; never raises.

    A quote or bracket that is not closed ends with the text; an unknown prefix is part of a word.
    """
    line = clean("".join(" " if c.isspace() else c for c in text[:MAX_QUERY])).lower()
    terms = tuple(dict.fromkeys(_terms(line)))
    if len(terms) > MAX_TERMS:
        return terms[:MAX_TERMS], f"Only the first {MAX_TERMS} words are searched for."
    return terms, f"Only the first {MAX_QUERY} characters are read." if len(text) > MAX_QUERY else ""


def _terms(line: str) -> Iterator[Term]:
    at = 0
    while at < len(line):
        if line[at] == " ":
            at += 1
            continue
        negated = line[at] == "-" and line[at + 1 : at + 2] not in ("", " ")
        at += negated
        field = next((f for f in FIELDS if line.startswith(f + ":", at)), "")
        at += len(field) + 1 if field else 0
        literal = line[at : at + 1] == '"'
        if literal:
            end = line.find('"', at + 1)
            end = len(line) if end < 0 else end
            word, at = line[at + 1 : end], end + 1
        else:
            end = _word_end(line, at, nested=bool(field))
            word, at = line[at:end], end
        if word or field:
            yield Term(field, word, negated, literal)


def _word_end(line: str, at: int, *, nested: bool) -> int:
    """Where a word ends; after a prefix, spaces within brackets belong to it (`shape:[1, 3]`)."""
    depth = 0
    while at < len(line) and (depth > 0 or line[at] != " "):
        if nested:
            depth += (line[at] in "[(") - (line[at] in "])")
        at += 1
    return at


def wildcard(pattern: str) -> Test:
    """The whole text is `pattern`, in which `*` stands for any characters."""
    first, *middle = pattern.split("*")
    if not middle:
        return pattern.__eq__
    *middle, last = middle

    def test(text: str) -> bool:
        at, end = len(first), len(text) - len(last)
        if at > end or not text.startswith(first) or not text.endswith(last):
            return False
        for piece in middle:
            at = text.find(piece, at, end)
            if at < 0:
                return False
            at += len(piece)
        return True

    return test


def contains(term: Term) -> Test:
    """A text with the term in it; with `*`, a text that is like it as a whole."""
    if "*" in term.text and not term.literal:
        return wildcard(term.text)
    wanted = term.text
    return lambda text: wanted in text


def equals(term: Term) -> Test:
    """A text that is one of those between the commas."""
    if term.literal:
        return term.text.__eq__
    tests = [wildcard(part) for part in term.text.split(",") if part]
    return lambda text: not term.text or any(test(text) for test in tests)


def dotted(scope: str) -> str:
    """`encoder › layer.3`, `encoder/layer.3` and `encoder.layer.3` are one and the same."""
    return scope.replace(" › ", ".").replace("›", ".").replace("/", ".")


def within(term: Term) -> Test:
    """A dotted scope with the term in it, numbers whole: `layer.1` is not in `layer.10`."""
    if "*" in term.text and not term.literal:
        return wildcard(dotted(term.text))
    wanted = dotted(term.text)

    def test(text: str) -> bool:
        at = text.find(wanted)
        while at >= 0:
            end = at + len(wanted)
            cut_before = wanted[:1].isdigit() and text[at - 1 : at].isdigit()
            if not cut_before and not (wanted[-1:].isdigit() and text[end : end + 1].isdigit()):
                return True
            at = text.find(wanted, at + 1)
        return False

    return test


_MANY = ("…", "...")


def shaped(term: Term) -> Callable[[Shape], bool]:
    """A shape with these dimensions. `*` or `?` is any one, known or not; `…` any number of them."""
    inner = term.text.strip("[]() ")
    spellings: list[tuple[str, ...]] = [tuple(part.strip() for part in inner.split(","))] if inner else [()]
    if "," not in inner and inner:
        # A symbolic name may have an x in it: both readings count.
        spellings.append(tuple(re.split(r"×|(?<=[\d*?])x|x(?=[\d*?])", inner)))
    tests = [[part if part in _MANY else _one_dim(part) for part in spelling] for spelling in spellings]

    @lru_cache(maxsize=4096)
    def test(shape: Shape) -> bool:
        if shape is None or not term.text:
            return shape is not None
        return any(_dims_fit(dims, shape) for dims in tests)

    return test


def _one_dim(pattern: str) -> Callable[[Dim], bool]:
    if pattern in ("*", "?"):
        return lambda dim: True
    test = wildcard(pattern)
    return lambda dim: dim is not None and test(str(dim).lower())


def _dims_fit(dims: Sequence[str | Callable[[Dim], bool]], shape: tuple[Dim, ...]) -> bool:
    """All ways at once: the set of places in `dims` that the dimensions so far can have led to."""
    places = _past_many({0}, dims)
    for dim in shape:
        after: set[int] = set()
        for place in places:
            wanted = dims[place] if place < len(dims) else None
            if isinstance(wanted, str):
                after.add(place)
            elif wanted is not None and wanted(dim):
                after.add(place + 1)
        places = _past_many(after, dims)
    return len(dims) in places


def _past_many(places: set[int], dims: Sequence[object]) -> set[int]:
    found = set(places)
    for place in range(min(places, default=len(dims)), len(dims)):
        if place in found and isinstance(dims[place], str):
            found.add(place + 1)
    return found


def attribute_text(attribute: Attribute) -> str:
    """`kernel_shape = [3, 3]`; `to = 10 (float16)`, as the operator page of Cast numbers the types."""
    if not attribute.text:
        return attribute.name
    alias = type_alias(attribute)
    return f"{attribute.name} = {attribute.text}" + (f" ({alias})" if alias else "")


def type_alias(attribute: Attribute) -> str:
    """Name of the element type that an attribute gives as a number, or nothing."""
    if attribute.name not in ("to", "dtype") or attribute.kind != "int":
        return ""
    return _type_names().get(attribute.text, "")


@cache
def _type_names() -> dict[str, str]:
    # Here, since onnx takes a while to import and most models that are looked at are in the store already.
    from onnx import TensorProto

    return {str(number): name.lower() for name, number in TensorProto.DataType.items()}


def attributed(term: Term) -> Callable[[Attribute], bool]:
    """An attribute of this name, or, after `=`, with this value or element."""
    name, given, value = term.text.partition("=")
    if not given:
        named = contains(Term("attr", name, literal=term.literal))
        return lambda attribute: named(attribute.name.lower())
    exactly = name.__eq__ if term.literal else wildcard(name.strip())
    wanted = _elements(value)
    fits = [part.__eq__ if term.literal else wildcard(part) for part in wanted]

    def test(attribute: Attribute) -> bool:
        if name and not exactly(attribute.name.lower()):
            return False
        have = [*_elements(attribute.text.lower())]
        if not fits:
            return True
        if len(fits) == 1:
            return any(fits[0](element) for element in (*have, type_alias(attribute)))
        return len(have) == len(fits) and all(fit(element) for fit, element in zip(fits, have, strict=True))

    return test


def _elements(text: str) -> list[str]:
    """`[3, 3]`, `3,3` and `3x3` as `["3", "3"]`; a tensor's type and its elements alike."""
    bare = re.sub(r"×|(?<=[\d*])x(?=[\d*])", ",", text)
    return [_number(part) for part in re.split(r"[\s,\[\]()\"']+", bare) if part]


def _number(text: str) -> str:
    """Fractions as they are written in a model's description: to six digits."""
    try:
        return text if text.lstrip("-").isdecimal() else f"{float(text):.6g}"
    except ValueError:
        return text
