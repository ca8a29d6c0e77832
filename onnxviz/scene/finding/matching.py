"""Whether a row answers a term, and by what: the evidence that a person reads beside the hit."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from onnxviz.model import Attribute, Node
from onnxviz.scene.finding.query import (
    Term,
    Test,
    attribute_text,
    attributed,
    contains,
    equals,
    shaped,
    within,
)
from onnxviz.scene.finding.rows import Row, Tensor, searched, tensor_note
from onnxviz.scene.text import clean, shorten
from onnxviz.scene.types import Group
from onnxviz.scene.wires import End

Evidence = str | Tensor | Attribute
"""What matched; a string names one of the row's own fields, or is `TEXT`."""

Probe = Callable[[Row], Evidence | None]

TEXT = "text"
"""The term is somewhere in `Row.text`: `note` looks for the place, as only hits that are shown need it."""

_NOTE_CHARS = 120


def probe(term: Term) -> Probe:
    """Looks for the term in a row; None where it is not."""
    return _PROBES[term.field](term) if term.field else _anywhere(term)


def note(row: Row, term: Term, evidence: Evidence) -> str:
    """The evidence in words: `attribute kernel_shape = [3, 3]`, `makes t12 float[1, 64]`, `scope encoder`."""
    if evidence == TEXT:
        return next((words for text, words in _facts(row) if term.text in text), "")
    return _words(row, evidence)


def _words(row: Row, evidence: Evidence) -> str:
    if isinstance(evidence, Tensor):
        return tensor_note(evidence)
    if isinstance(evidence, Attribute):
        return f"attribute {shorten(attribute_text(evidence), _NOTE_CHARS)}"
    subject = row.subject
    if evidence == "status":
        return row.status
    if isinstance(subject, Group):
        return f"group of {subject.total:,} node{'s' if subject.total != 1 else ''}"
    if isinstance(subject, End):
        return tensor_note(row.tensors[0]) + (" of a body" if subject.body else "")
    if evidence == "scope":
        scope = clean(" › ".join(subject.scope)) or row.path
        return f"scope {shorten(scope, _NOTE_CHARS)}"
    if evidence == "class":
        return f"scope of class {shorten(' › '.join(t for t in subject.scope_types if t), _NOTE_CHARS)}"
    if evidence == "name":
        return f"name {shorten(subject.name or row.name, _NOTE_CHARS)}"
    return f"op type {shorten(subject.qualified_op, _NOTE_CHARS)}"


def _facts(row: Row) -> Iterator[tuple[str, str]]:
    """(text in lower case, note) of everything that `Row.text` is made of, what tells most first."""
    yield row.op, _words(row, "op")
    yield row.name, _words(row, "name")
    if isinstance(row.subject, Node):
        for attribute in row.subject.attributes:
            yield searched(attribute_text(attribute)), _words(row, attribute)
    for tensor in row.tensors:
        yield searched(tensor.text), tensor_note(tensor)
    yield row.scope, _words(row, "scope")
    yield row.classes, _words(row, "class")
    yield row.text, "" if isinstance(row.subject, Node) else _words(row, "name")


def _anywhere(term: Term) -> Probe:
    wanted = term.text
    return lambda row: TEXT if wanted in row.text else None


def _remembered(test: Test) -> Test:
    """Op types, element types and scopes are few, and asked for once for each node."""
    known: dict[str, bool] = {}

    def remembered(text: str) -> bool:
        if text not in known:
            known[text] = test(searched(text))
        return known[text]

    return remembered


def _op(term: Term) -> Probe:
    test = _remembered(equals(term))
    constant = term.text == "constant"

    def find(row: Row) -> Evidence | None:
        if isinstance(row.subject, Node) and (test(row.op) or test(row.subject.op_type)):
            return "op"
        # Constant nodes are no boxes: their readers are.
        return next((t for t in row.tensors if t.role == "reads constant"), None) if constant else None

    return find


def _name(term: Term) -> Probe:
    test = contains(term)
    return lambda row: "name" if test(row.name) else None


def _scope(term: Term) -> Probe:
    inside, of_class = _remembered(within(term)), _remembered(contains(term))

    def find(row: Row) -> Evidence | None:
        if row.scope and inside(row.scope):
            return "scope"
        return "class" if row.classes and of_class(row.classes) else None

    return find


def _tensor(term: Term) -> Probe:
    test = contains(term)
    return lambda row: next((t for t in row.tensors if test(searched(t.value.name))), None)


def _const(term: Term) -> Probe:
    test = contains(term)
    return lambda row: next((t for t in row.tensors if t.is_constant and test(searched(t.text))), None)


def _shape(term: Term) -> Probe:
    test = shaped(term)
    return lambda row: next((t for t in row.tensors if test(t.value.shape)), None)


def _dtype(term: Term) -> Probe:
    test = _remembered(equals(term))
    return lambda row: next((t for t in row.tensors if t.value.dtype and test(t.value.dtype)), None)


def _attr(term: Term) -> Probe:
    test = attributed(term)

    def find(row: Row) -> Evidence | None:
        if not isinstance(row.subject, Node):
            return None
        return next((a for a in row.subject.attributes if test(a)), None)

    return find


def _end(term: Term) -> Probe:
    test, inputs = contains(term), term.field == "in"

    def find(row: Row) -> Evidence | None:
        fits = isinstance(row.subject, End) and row.subject.is_input == inputs and test(row.name)
        return "name" if fits else None

    return find


def _status(term: Term) -> Probe:
    test = equals(term)
    return lambda row: "status" if row.status and test(row.status) else None


_PROBES: dict[str, Callable[[Term], Probe]] = {
    "op": _op,
    "name": _name,
    "tensor": _tensor,
    "attr": _attr,
    "shape": _shape,
    "dtype": _dtype,
    "const": _const,
    "scope": _scope,
    "in": _end,
    "out": _end,
    "is": _status,
}
