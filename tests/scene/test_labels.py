from __future__ import annotations

import onnx.defs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnxviz.model import Attribute, Node, Value
from onnxviz.scene.families import FAMILIES, family_of
from onnxviz.scene.labels import LINE_SIZE, MAX_TEXT, box_size, group_lines, node_lines
from onnxviz.scene.text import clean, count_text, fit, shorten, text_width
from onnxviz.scene.types import Group


def node(op: str, *attributes: tuple[str, str, str]) -> Node:
    return Node("y", op, attributes=tuple(Attribute(*a) for a in attributes))


def test_a_convolution_says_its_kernel_stride_and_weights() -> None:
    made = node(
        "Conv",
        ("dilations", "ints", "[1, 1]"),
        ("kernel_shape", "ints", "[3, 3]"),
        ("pads", "ints", "[1, 1, 1, 1]"),
        ("strides", "ints", "[2, 2]"),
        ("group", "int", "1"),
    )
    weight = Value("conv1.weight", "float", (64, 3, 7, 7), is_constant=True)
    assert node_lines(made, [(1, weight)]) == ("3×3, pad 1, stride 2", "W float[64,3,7,7]")


@pytest.mark.parametrize(
    ("attribute", "line"),
    [
        (("to", "int", "10"), "to float16"),
        (("to", "int", "float16"), "to float16"),
        (("perm", "ints", "[0, 2, 1, 3]"), "perm 0 2 1 3"),
        (("axis", "int", "-1"), "axis -1"),
        (("epsilon", "float", "1e-06"), "epsilon=1e-06"),
        (("strides", "ints", "[2, 1]"), "stride 2×1"),
    ],
)
def test_an_attribute_is_written_as_people_say_it(attribute: tuple[str, str, str], line: str) -> None:
    assert node_lines(node("Op", attribute)) == (line,)


def test_a_small_constant_shows_its_value_and_a_large_one_its_type() -> None:
    small = Value("s", "int64", (2,), 16, "[1, -1]", True)
    assert node_lines(node("Reshape"), [(1, small)]) == ("shape = [1, -1]",)
    large = Value("a.b.table", "float", (9000, 64), 1, "[0.1, …]", True)
    assert node_lines(node("Custom"), [(0, large)]) == ("table float[9000,64]",)


def test_lines_are_bounded_in_number_and_width() -> None:
    many = [(i, Value("w" * 10_000, "float", (5,) * 200, 1, "0" * 10_000, True)) for i in range(50)]
    attributes = [("a" * 5000, "string", "b" * 5000)] * 50
    lines = node_lines(node("Op", *attributes), many)
    assert len(lines) <= 6
    assert lines[-1] == "+ 47 more constants"
    assert all(text_width(line, LINE_SIZE) <= MAX_TEXT for line in lines)


def group(kind: str, *ops: tuple[str, int], parameters: int = 0) -> Group:
    return Group("g", "title", kind, None, ops=ops, parameters=parameters)


def test_a_closed_group_says_its_class_its_ops_and_its_parameters() -> None:
    made = group("BertLayer", ("Add", 9), ("MatMul", 8), ("Gelu", 1), parameters=7_087_872)
    assert group_lines(made) == ("BertLayer", "MatMul ×8, Add ×9, Gelu", "7.09 M parameters")


@pytest.mark.parametrize("kind", ["part", "repeat", "block", "body", "module", "model", "inputs", "outputs"])
def test_a_group_that_is_no_class_of_the_exporter_has_no_line_for_its_kind(kind: str) -> None:
    assert group_lines(group(kind, ("Conv", 1))) == ("Conv",)


def test_what_moves_data_comes_last_in_the_op_mix() -> None:
    mix = group_lines(group("part", ("Identity", 20), ("Relu", 9), ("Conv", 3)))
    assert mix == ("Conv ×3, Relu ×9, Identity ×20",)


def test_a_few_scalars_are_no_parameters_worth_a_line() -> None:
    assert group_lines(group("part", ("Pow", 1), parameters=3)) == ("Pow",)


def test_lines_of_a_group_are_bounded_whatever_its_ops_are_called() -> None:
    made = group("k" * 999, *((f"{i}" + "o" * 999, 10**9) for i in range(50)), parameters=10**400)
    lines = group_lines(made)
    assert len(lines) == 3
    assert all(text_width(line, LINE_SIZE) <= MAX_TEXT + 30 for line in lines)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (9_999, "9,999"),
        (12_345, "12.3 k"),
        (25_557_032, "25.6 M"),
        (7_000_000_000, "7 G"),
        (10**400, "1e+291 G"),
    ],
)
def test_a_number_of_parameters_has_three_digits(number: int, text: str) -> None:
    assert count_text(number) == text


@given(st.text(max_size=300), st.integers(1, 60))
def test_shortened_text_is_printable_short_and_keeps_both_ends(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= limit
    assert short.isprintable()
    if len(text) > limit >= 3:
        assert short[0] == clean(text[0])
        assert short[-1] == clean(text[-1])
        assert "…" in short
    assert text_width(fit(text, 11, 100), 11) <= 100 or len(fit(text, 11, 100)) <= 3


@pytest.mark.parametrize("text", ["a\nb", "a\x00b", "a\u202eb", "a\ud800b", "a\u2028b", "a\tb"])
def test_what_cannot_be_shown_becomes_a_dot(text: str) -> None:
    assert clean(text) == "a·b"


def test_a_box_holds_its_title_sign_and_lines() -> None:
    w, h = box_size("BatchNormalization", ("scale float[64]", "B float[64]"))
    assert w > text_width("BatchNormalization", 13, bold=True)
    assert h > 13 + 2 * 11


def test_every_op_of_the_default_domain_has_a_family() -> None:
    strangers = {
        s.name for s in onnx.defs.get_all_schemas() if s.domain == "" and family_of(s.name) == "custom"
    }
    assert strangers <= {
        "StringConcat",
        "StringSplit",
        "StringNormalizer",
        "RegexFullMatch",
        "TfIdfVectorizer",
        "ImageDecoder",
    }


def test_family_colours_reach_the_contrast_of_text_and_signs_differ() -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    for family in FAMILIES.values():
        assert 1.05 / (luminance(family.light) + 0.05) >= 4.5, family
        assert (luminance(family.dark) + 0.05) / (luminance("#1b232c") + 0.05) >= 4.5, family
    assert len({f.sign for f in FAMILIES.values()}) == len(FAMILIES)


def test_an_attribute_at_its_default_is_no_line_whatever_its_kind() -> None:
    def lines(name: str, kind: str, text: str) -> tuple[str, ...]:
        return node_lines(Node("n", "BatchNormalization", attributes=(Attribute(name, kind, text),)))

    for name, kind, text in (("epsilon", "float", "1e-05"), ("auto_pad", "string", "NOTSET")):
        assert lines(name, kind, text) == ()
    assert lines("epsilon", "float", "0.001") == ("epsilon=0.001",)
    assert lines("auto_pad", "string", "SAME_UPPER") == ("auto_pad=SAME_UPPER",)
