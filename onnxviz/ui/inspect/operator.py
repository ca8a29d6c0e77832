"""What the selected node's operator is, and what each attribute means."""

from __future__ import annotations

import re

import streamlit as st

from onnxviz.inspecting.schemas import AttributeHelp, OperatorHelp, gist, operator_help, when_absent
from onnxviz.model import Attribute, Model, Node
from onnxviz.reading.checks import RUNTIME_OWN
from onnxviz.reading.tensors import dtype_name
from onnxviz.ui.inspect.panel import Panel
from onnxviz.ui.text import md

_CONTRIBUTED = "https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md"
_BODIES = ("graph", "graphs")

MOST_ATTRIBUTES = 40
"""Attributes that are listed; the operator of the standard that has the most, LSTM, has 8."""

_DTYPE_ATTRIBUTES = ("to", "dtype", "output_dtype", "stash_type", "output_datatype")
"""Attributes whose number is a `TensorProto.DataType`."""


def help_of(model: Model, node: Node) -> OperatorHelp | None:
    """The node's operator in the standard, at the opset version that the model states."""
    return operator_help(node.op_type, node.domain, opset_of(model, node))


def opset_of(model: Model, node: Node) -> int | None:
    """The version of the node's domain, or None where the model states none."""
    domain = "" if node.domain == "ai.onnx" else node.domain
    return dict(model.opsets).get(domain)


def about_operator(panel: Panel, node: Node, known: OperatorHelp | None) -> None:
    """Its version with a link to its page, and its text in a fold-out; or whose operator it is."""
    if known is None:
        st.caption(_unknown(panel.model, node))
        return
    opset = opset_of(panel.model, node)
    version = f"Since version {known.since_version}" + (f", opset {opset}" if opset else "")
    if known.deprecated:
        version += ", deprecated"
    st.markdown(f":small[[{version}]({known.url})]")
    title = f"What {md(node.op_type)} does"
    more = st.expander(title, key=panel.key_of("doc"), type="compact", on_change="rerun")
    if more.open:
        with more:
            st.markdown(_full_text(known))


def about_attributes(panel: Panel, node: Node, known: OperatorHelp | None) -> None:
    """Each attribute with its meaning; those that are not set stand behind, with their default."""
    shown = [one for one in node.attributes if one.kind not in _BODIES]
    lines = [_set(one, known.attribute(one.name) if known else None) for one in shown]
    if known is not None:
        given = {one.name for one in node.attributes}
        lines += [_unset(one) for one in known.attributes if one.name not in given]
    if lines:
        panel.heading("Attributes")
        more = [f"and {len(lines) - MOST_ATTRIBUTES:,} more"] if len(lines) > MOST_ATTRIBUTES else []
        st.markdown("\n\n".join([*lines[:MOST_ATTRIBUTES], *more]))


def _set(attribute: Attribute, known: AttributeHelp | None) -> str:
    is_default = known is not None and known.default == attribute.text
    line = f"{md(attribute.name)} = **{md(_value(attribute.name, attribute.text))}**"
    line += " :gray[(the default)]" if is_default else ""
    return f"{line}  \n{_small(gist(known.description))}" if known is not None else line


def _unset(known: AttributeHelp) -> str:
    if known.required:
        return f":red[{md(known.name)} is missing, and the operator needs it]"
    if known.default is not None:
        default = _value(known.name, known.default) or '""'
        return f":gray[{md(known.name)} = {md(default)} (default)]  \n{_small(gist(known.description))}"
    meaning = " ".join(dict.fromkeys((gist(known.description), when_absent(known.description))))
    return f":gray[{md(known.name)} (not set)]  \n{_small(meaning)}"


def _value(name: str, text: str) -> str:
    """`1 (float)` for a number that stands for an element type."""
    if name in _DTYPE_ATTRIBUTES and re.fullmatch(r"[1-9]\d{0,2}", text):
        return f"{text} ({dtype_name(int(text))})"
    return text


def _small(text: str) -> str:
    return f":small[:gray[{md(text.replace('`', ''), 600)}]]" if text.strip() else ""


def _unknown(model: Model, node: Node) -> str:
    """Whose operator it is that the standard does not have. Markdown."""
    name, domain = md(node.op_type, 60), md(node.domain, 60)
    if f"{node.domain}.{node.op_type}" in dict(model.functions):
        return "A function that this model brings along: open its group to see what it is made of."
    if node.domain in ("com.microsoft", "com.microsoft.nchwc"):
        words = (
            "An operator of ONNX Runtime itself, not of the ONNX standard: other runtimes may not have it."
        )
        if re.fullmatch(r"\w{1,80}", node.op_type, re.ASCII):
            words += f" [Its description]({_CONTRIBUTED}#com.microsoft.{node.op_type})"
        return words
    newest = operator_help(node.op_type, node.domain)
    if newest is not None:
        return (
            f"The standard has no {name} at opset {opset_of(model, node)}, which this model states. "
            f"[A newer opset has it]({newest.url})."
        )
    if node.domain in ("", "ai.onnx") and node.op_type in RUNTIME_OWN:
        return f"Not an operator of the ONNX standard: ONNX Runtime brings {name} along, others may not."
    if node.domain in ("", "ai.onnx"):
        return f"The ONNX standard has no operator {name}: whoever runs this model must bring it along."
    return (
        f"A custom operator: the domain {domain} is its maker's own. What it does is not known here, and no "
        f"library was loaded to find out; what stands in the file is {_known_parts(node)}. To run the model, "
        "ONNX Runtime needs the library that has it (`SessionOptions.register_custom_ops_library`)."
    )


def _known_parts(node: Node) -> str:
    """`2 inputs, 1 output and 3 attributes`."""
    counts = (
        (sum(map(bool, node.inputs)), "input"),
        (sum(map(bool, node.outputs)), "output"),
        (len(node.attributes), "attribute"),
    )
    inputs, outputs, attributes = (f"{count:,} {word}{'s' if count != 1 else ''}" for count, word in counts)
    return f"{inputs}, {outputs} and {attributes}"


def _full_text(known: OperatorHelp) -> str:
    """Everything that the standard says of the operator, as Markdown."""
    parts = [known.doc or "The standard says nothing more of it."]
    for title, ports in (("Inputs", known.inputs), ("Outputs", known.outputs)):
        if ports:
            parts.append(f"**{title}**")
        for port in ports:
            option = "" if port.option == "single" else f", {port.option}"
            parts.append(f"*{port.name}*{option}: {port.types_text}  \n{port.description}")
    if known.attributes:
        parts.append("**Attributes**")
    for one in known.attributes:
        default = f", {one.default} unless set" if one.default else ", required" if one.required else ""
        parts.append(f"*{one.name}* ({one.kind}{default})  \n{one.description}")
    return "\n\n".join(parts)
