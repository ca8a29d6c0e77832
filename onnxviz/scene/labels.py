"""What is written in a box, and how large the box must be for it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from onnxviz.model import Attribute, Node, Value
from onnxviz.scene.families import family_of
from onnxviz.scene.text import clean, count_text, fit, shorten, text_width
from onnxviz.scene.types import Group

TITLE_SIZE = 13.0
LINE_SIZE = 11.0
"""Font sizes in points; the viewer and the SVG use the same ones."""

TITLE_HEIGHT = 19.0
LINE_HEIGHT = 14.0
PAD_X = 10.0
PAD_Y = 6.0
SIGN_WIDTH = 20.0
"""Left of the title, for the family's sign."""

MAX_TEXT = 190.0
"""Widest line in points: about 32 characters, so that 20 boxes side by side still fit a projector."""

MAX_ATTRIBUTE_LINES = 2
MAX_CONSTANT_LINES = 4
_PREVIEW_ELEMENTS = 8

# Formal names of inputs by position, from the operator pages
# (https://onnx.ai/onnx/operators/index.html). Only ops whose later inputs are often constant are here.
_SLOTS: dict[str, str] = {
    "Conv": "X W B",
    "ConvTranspose": "X W B",
    "Gemm": "A B C",
    "MatMul": "A B",
    "BatchNormalization": "X scale B mean var",
    "InstanceNormalization": "X scale B",
    "LayerNormalization": "X scale B",
    "GroupNormalization": "X scale B",
    "RMSNormalization": "X scale",
    "Add": "A B",
    "Sub": "A B",
    "Mul": "A B",
    "Div": "A B",
    "Pow": "base exponent",
    "Mod": "A B",
    "Equal": "A B",
    "Greater": "A B",
    "Less": "A B",
    "Where": "condition X Y",
    "PRelu": "X slope",
    "Clip": "input min max",
    "Reshape": "data shape",
    "Expand": "input shape",
    "ConstantOfShape": "shape",
    "Tile": "input repeats",
    "Gather": "data indices",
    "GatherND": "data indices",
    "GatherElements": "data indices",
    "ScatterND": "data indices updates",
    "ScatterElements": "data indices updates",
    "Slice": "data starts ends axes steps",
    "Split": "input split",
    "Squeeze": "data axes",
    "Unsqueeze": "data axes",
    "Pad": "data pads value axes",
    "Resize": "X roi scales sizes",
    "Upsample": "X scales",
    "TopK": "X K",
    "OneHot": "indices depth values",
    "Range": "start limit delta",
    "CumSum": "x axis",
    "Trilu": "input k",
    "Dropout": "data ratio training",
    "QuantizeLinear": "x scale zero_point",
    "DequantizeLinear": "x scale zero_point",
    "QLinearConv": "x x_scale x_zero_point w w_scale w_zero_point y_scale y_zero_point B",
    "QLinearMatMul": "a a_scale a_zero_point b b_scale b_zero_point y_scale y_zero_point",
    "LSTM": "X W R B sequence_lens initial_h initial_c P",
    "GRU": "X W R B sequence_lens initial_h",
    "RNN": "X W R B sequence_lens initial_h",
    "NonMaxSuppression": "boxes scores max_output iou_threshold score_threshold",
    "Loop": "M cond",
    "If": "cond",
}

# TensorProto.DataType (onnx.proto), for readers that give `to` as a number.
_DTYPE_NAMES = (
    "undefined float uint8 int8 uint16 int16 int32 int64 string bool float16 double uint32 uint64 complex64"
    " complex128 bfloat16 float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz uint4 int4 float4e2m1"
)
_DTYPES = tuple(_DTYPE_NAMES.split())

_DEFAULTS = (
    "group:1 dilations:1 strides:1 pads:0 storage_order:0 ceil_mode:0 count_include_pad:0 keepdims:1"
    " noop_with_empty_axes:0 select_last_index:0 allowzero:0 stash_type:1 transA:0 transB:0 start:0"
    " saturate:1 exclusive:0 reverse:0 align_corners:0 auto_pad:NOTSET epsilon:1e-05 momentum:0.9"
    " approximate:none spatial:1 training_mode:0"
)
_QUIET = frozenset(_DEFAULTS.split())
"""Attributes at their default, as the operator pages give it, are not worth a line."""


def node_lines(node: Node, constants: Sequence[tuple[int, Value]] = ()) -> tuple[str, ...]:
    """Label lines of a node: its attributes, then one line for each constant input.

    `constants` are (position of the input, value). What does not fit is counted in a last line.
    """
    lines = _attribute_lines(node.attributes)
    shown = constants if len(constants) <= MAX_CONSTANT_LINES else constants[: MAX_CONSTANT_LINES - 1]
    lines += [_constant_line(node, slot, value) for slot, value in shown]
    if len(shown) < len(constants):
        lines.append(f"+ {len(constants) - len(shown)} more constants")
    return tuple(fit(line, LINE_SIZE, MAX_TEXT) for line in lines)


NAMELESS = frozenset(
    ("part", "repeat", "block", "body", "function", "model", "module", "inputs", "outputs", "")
)
"""Kinds of groups that are no class of the exporter: the title says it all."""

FEW_PARAMETERS = 32
"""Fewer parameters are no news: an epsilon, a scale, the exponent of a square. Of the sample models, groups
with such scalars alone have 1 to 20, and the smallest normalization has 34."""


def group_lines(group: Group) -> tuple[str, ...]:
    """Label lines of a closed group: its class, its op mix, and its parameters."""
    lines = [] if group.kind in NAMELESS else [group.kind]
    mix = _mix_line(group.ops)
    if mix:
        lines.append(mix)
    if group.parameters >= FEW_PARAMETERS:
        lines.append(f"{count_text(group.parameters)} parameters")
    return tuple(fit(line, LINE_SIZE, MAX_TEXT + 30) for line in lines)


def _mix_line(ops: Sequence[tuple[str, int]]) -> str:
    """`Conv ×3, Relu ×3, Add, +2`: what has the weights first, what moves data or makes constants last."""
    mix = ""
    telling = sorted(ops, key=lambda entry: _TELLS.get(family_of(entry[0]), 1))
    for shown, (op, count) in enumerate(telling):
        entry = shorten(op, 24) + (f" ×{count}" if count > 1 else "")
        longer = f"{mix}, {entry}" if mix else entry
        if mix and text_width(longer, LINE_SIZE) > MAX_TEXT:
            return f"{mix}, +{len(ops) - shown}"
        mix = longer
    return mix


_TELLS = {"linear": 0, "sequence": 0, "shape": 2, "constant": 2}


def title_of(text: str) -> str:
    """A title that fits a box; a space where there is no name at all."""
    return fit(text, TITLE_SIZE, MAX_TEXT) or "(no name)"


def box_size(title: str, lines: Sequence[str], *, signed: bool = True, count: int = 0) -> tuple[float, float]:
    """Width and height in points that hold the title (with sign and count) and the lines."""
    head = text_width(title, TITLE_SIZE, bold=True) + (SIGN_WIDTH if signed else 0.0)
    if count:
        head += text_width(str(count), LINE_SIZE) + 16.0
    body = max((text_width(line, LINE_SIZE) for line in lines), default=0.0)
    width = max(head, body, 40.0) + 2 * PAD_X
    height = 2 * PAD_Y + TITLE_HEIGHT + LINE_HEIGHT * len(lines)
    return float(-(-width // 2) * 2), height


def value_text(value: Value | None, name: str = "") -> str:
    """`float[1, 64, 56, 56]`, bounded; the name where nothing is known about it."""
    if value is None or (value.dtype is None and value.shape is None):
        return shorten(name, 24)
    return shorten(value.type_text, 48)


def _attribute_lines(attributes: Sequence[Attribute]) -> list[str]:
    shown = [a for a in attributes if a.kind not in _BODY_KINDS]
    shown.sort(key=lambda a: a.name not in _FIRST)
    parts = [text for text in map(_attribute_text, shown) if text]
    lines: list[str] = []
    for position, part in enumerate(parts):
        part = shorten(part, 40)
        if lines and text_width(f"{lines[-1]}, {part}", LINE_SIZE) <= MAX_TEXT:
            lines[-1] = f"{lines[-1]}, {part}"
        elif len(lines) < MAX_ATTRIBUTE_LINES:
            lines.append(part)
        else:
            lines[-1] = f"{shorten(lines[-1], 24)}, +{len(parts) - position} more"
            break
    return lines


_BODY_KINDS = ("graph", "graphs")
_FIRST = ("kernel_shape", "axis", "axes", "perm", "to")


def _attribute_text(attribute: Attribute) -> str:
    name = attribute.name
    numbers = re.findall(r"-?\d+", attribute.text[:200]) if attribute.kind in ("int", "ints") else []
    if f"{name}:{_one(numbers) if numbers else attribute.text[:20]}" in _QUIET:
        return ""
    if numbers and name in _SHORT:
        word, join = _SHORT[name]
        return f"{word} {_one(numbers) or join.join(numbers)}" if word else join.join(numbers)
    if name == "to" and attribute.text.isdecimal() and int(attribute.text[:4]) < len(_DTYPES):
        return f"to {_DTYPES[int(attribute.text[:4])]}"
    if attribute.kind == "int" or name == "to":
        return f"{name} {attribute.text}"
    return f"{name} {attribute.text}" if attribute.kind == "ints" else f"{name}={attribute.text}"


_SHORT = {
    "kernel_shape": ("", "×"),
    "strides": ("stride", "×"),
    "pads": ("pad", " "),
    "dilations": ("dilation", "×"),
    "perm": ("perm", " "),
    "axes": ("axes", " "),
}


def _one(numbers: Sequence[str]) -> str:
    """The number that all of them are, or nothing."""
    return numbers[0] if len(set(numbers)) == 1 else ""


def _constant_line(node: Node, slot: int, value: Value) -> str:
    slots = "data axes" if node.op_type.startswith("Reduce") else _SLOTS.get(node.op_type, "")
    formal = slots.split() if node.domain in ("", "ai.onnx") else []
    name = formal[slot] if slot < len(formal) else shorten(_last_part(value.name), 14)
    elements = 1
    for dim in value.shape or ():
        elements *= dim if isinstance(dim, int) else _PREVIEW_ELEMENTS + 1
    if value.preview and value.shape is not None and elements <= _PREVIEW_ELEMENTS:
        return f"{name} = {clean(value.preview)}"
    return f"{name} {value.type_text.replace(', ', ',')}"


def _last_part(name: str) -> str:
    return re.split(r"[/.:]", name[-60:].rstrip("/.:"))[-1] or "const"


def op_mix(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """`Group.ops`: most frequent first, then by name."""
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
