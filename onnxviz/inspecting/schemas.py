"""What the ONNX standard says of an operator: from the schemas that the `onnx` package carries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from inspect import cleandoc
from typing import TYPE_CHECKING, Any, Literal

from onnxviz.reading.tensors import attribute_of

if TYPE_CHECKING:
    import onnx.defs

Option = Literal["single", "optional", "variadic"]

DOC_CHARS = 8000
"""Of an operator's text that are kept; the longest of onnx 1.23.2 has 7,309."""

_GIST_CHARS = 160
_NEWEST = 2**31 - 1
"""The schemas count versions in 32 bits."""

_TYPES_NAMED = 4
_PAGES = "https://onnx.ai/onnx/operators/"
_DOCS = "https://github.com/onnx/onnx/blob/main/docs/"

_RELATIVE_LINK = re.compile(r"(?<=\]\()(?!https?://|#)([\w.-]+\.md)(?=[)#])")
_LINE_BREAK = re.compile(r"<br\s*/?>")
_ITALIC = re.compile(r"</?i>")
_WHEN_ABSENT = re.compile(r"\b(default|if (it is )?(not|un)|if omitted|when omitted|omitted)", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[^.\s][^.\s][.!?])\s")


@dataclass(frozen=True, slots=True)
class AttributeHelp:
    """One attribute: `kind` is the AttributeProto type in lower case (`"ints"`).

    `default` is written as `onnxviz.model.Attribute.text` is; None where there is none.
    """

    name: str
    kind: str
    required: bool
    default: str | None
    description: str


@dataclass(frozen=True, slots=True)
class PortHelp:
    """One formal input or output: `types` are what it may hold (`"tensor(float)"`), sorted."""

    name: str
    description: str
    types: tuple[str, ...]
    option: Option

    @property
    def types_text(self) -> str:
        """`tensor(float), tensor(int64)`; a long list is cut and counted."""
        shown = ", ".join(self.types[:_TYPES_NAMED])
        more = len(self.types) - _TYPES_NAMED
        return f"{shown} and {more} more" if more > 0 else shown


@dataclass(frozen=True, slots=True)
class OperatorHelp:
    """An operator as the standard has it at one opset version. Texts are Markdown.

    `since_version` is the opset version that last changed it.
    """

    op_type: str
    domain: str
    since_version: int
    deprecated: bool
    doc: str
    url: str
    attributes: tuple[AttributeHelp, ...]
    inputs: tuple[PortHelp, ...]
    outputs: tuple[PortHelp, ...]

    def attribute(self, name: str) -> AttributeHelp | None:
        """The attribute of that name."""
        return next((one for one in self.attributes if one.name == name), None)

    def input(self, position: int) -> PortHelp | None:
        """The formal input at a position; the variadic last one stands for all that follow it."""
        return _port(self.inputs, position)

    def output(self, position: int) -> PortHelp | None:
        """The formal output at a position, as `input`."""
        return _port(self.outputs, position)


def operator_help(op_type: str, domain: str = "", version: int | None = None) -> OperatorHelp | None:
    """The operator as it is at opset `version` of its domain (the newest where that is None or 0).

    None for an operator that the standard does not have, or does not have yet at that version. The first
    call imports `onnx`, 0.06 s where numpy is loaded already.
    """
    return _help(op_type, "" if domain == "ai.onnx" else domain, version or _NEWEST)


def operator_url(op_type: str, domain: str = "") -> str:
    """The operator's page: https://onnx.ai/onnx/operators/ names it after the domain without dots."""
    return f"{_PAGES}onnx_{domain.replace('.', '')}_{op_type}.html"


def when_absent(description: str, chars: int = _GIST_CHARS) -> str:
    """The sentence that says what holds where an attribute is not set, or nothing."""
    sentences = _SENTENCE_END.split(" ".join(description.split()))
    return gist(next((one for one in sentences if _WHEN_ABSENT.search(one)), ""), chars)


def gist(description: str, chars: int = _GIST_CHARS) -> str:
    """The first sentence of a description on one line, at most `chars` characters of it."""
    line = " ".join(description.split())
    first = _SENTENCE_END.split(line, maxsplit=1)[0]
    # Not the name of an attribute, such as `auto_pad`.
    if first.split(" ", 1)[0].isalpha():
        first = first[:1].upper() + first[1:]
    if len(first) <= chars:
        return first
    cut = first[: chars - 1].rsplit(" ", 1)[0]
    # Half of a code span would make code of everything that follows.
    return (cut.rsplit("`", 1)[0].rstrip() if cut.count("`") % 2 else cut) + "…"


@lru_cache(maxsize=512)
def _help(op_type: str, domain: str, version: int) -> OperatorHelp | None:
    from onnx import defs

    try:
        schema = defs.get_schema(op_type, min(version, _NEWEST), domain)
    except (defs.SchemaError, TypeError):
        # TypeError: a name that is no UTF-8.
        return None
    attributes = [_attribute(schema.attributes[name]) for name in schema.attributes]
    return OperatorHelp(
        op_type,
        domain,
        schema.since_version,
        schema.deprecated,
        _clean(schema.doc or ""),
        operator_url(op_type, domain),
        tuple(sorted(attributes, key=lambda one: (not one.required, one.name))),
        tuple(map(_formal, schema.inputs)),
        tuple(map(_formal, schema.outputs)),
    )


def _attribute(found: onnx.defs.OpSchema.Attribute) -> AttributeHelp:
    default, kind = found.default_value, found.type
    return AttributeHelp(
        found.name,
        _name_of(kind).lower(),
        found.required,
        attribute_of(default).text if default is not None and default.type else None,
        _clean(found.description),
    )


def _formal(found: onnx.defs.OpSchema.FormalParameter) -> PortHelp:
    option = _OPTIONS[_name_of(found.option)]
    return PortHelp(found.name, _clean(found.description), tuple(sorted(found.types)), option)


_OPTIONS: dict[str, Option] = {"Single": "single", "Optional": "optional", "Variadic": "variadic"}


def _name_of(member: Any) -> str:
    """Of a member of an enumeration, which the type stubs of onnx 1.23.2 leave out."""
    return str(member.name)


def _port(ports: tuple[PortHelp, ...], position: int) -> PortHelp | None:
    if position < len(ports):
        return ports[position]
    return ports[-1] if ports and ports[-1].option == "variadic" else None


def _clean(text: str) -> str:
    """Markdown without HTML, its indentation removed and links to ONNX's own documents made whole."""
    text = _LINE_BREAK.sub("\n", cleandoc(text))
    text = _RELATIVE_LINK.sub(rf"{_DOCS}\1", _ITALIC.sub("*", text)).strip()
    return text if len(text) <= DOC_CHARS else text[:DOC_CHARS] + "…"
