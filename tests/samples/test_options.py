"""What a person may ask of an export, and the sentence for what they may not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnxviz.errors import BadUsage
from onnxviz.samples.catalog import SAMPLES, find
from onnxviz.samples.options import (
    OPSETS,
    ExportOptions,
    complete,
    parse_dynamic,
    parse_settings,
    with_settings,
)

BAD = [
    ("vit", ExportOptions(settings={"dept": 3}), "'dept'.*Did you mean depth"),
    ("affine", ExportOptions(settings={"zz": 3}), "'zz'.*It has: batch, features"),
    ("vit", ExportOptions(settings={"depth": 0}), "depth=0.*Use 1 to 32"),
    ("vit", ExportOptions(settings={"depth": 33}), "depth=33.*Use 1 to 32"),
    ("vit", ExportOptions(settings={"width": 12}), "width=12.*not divisible by 8.*Try 8"),
    ("vit", ExportOptions(settings={"depth": True}), "not a whole number"),
    ("vit", ExportOptions(settings={"depth": "3"}), "not a whole number"),
    ("vit", ExportOptions(exporter="caffe"), "'caffe'.*dynamo or torchscript"),
    ("vit", ExportOptions(opset=26), "opset 26.*Use 18 to 25"),
    ("vit", ExportOptions(opset=17), "opset 17.*Use 18 to 25, or the torchscript exporter"),
    ("vit", ExportOptions(exporter="torchscript", opset=21), "opset 21.*Use 7 to 20, or the dynamo exporter"),
    ("vit", ExportOptions(exporter="torchscript", opset=6), "opset 6.*Use 7 to 20"),
    ("encoder", ExportOptions(input_names=("a",)), "1 given, but the sample has 2.*tokens, mask"),
    ("encoder", ExportOptions(input_names=("a", "a")), "'a': is there twice"),
    ("encoder", ExportOptions(input_names=("a", "")), "not a usable name"),
    ("encoder", ExportOptions(input_names=("a", "b\nc")), "not a usable name"),
    ("encoder", ExportOptions(input_names=("a", "b" * 101)), "not a usable name"),
    ("affine", ExportOptions(output_names=("x",)), "'x': an input and an output share it"),
    ("affine", ExportOptions(dynamic={"y": {0: "n"}}), "no such input.*The inputs are: x"),
    ("affine", ExportOptions(dynamic={"x": {2: "n"}}), "has 2 axes.*from 0 to 1"),
    ("affine", ExportOptions(dynamic={"x": {-1: "n"}}), "has 2 axes"),
    ("affine", ExportOptions(dynamic={"x": {0: "a+b"}}), "not a plain word"),
    ("affine", ExportOptions(dynamic={"x": {0: ""}}), "not a plain word"),
    ("loop", ExportOptions(dynamic={"steps": {0: "n"}}), "a single number and has no axes"),
]


@pytest.mark.parametrize(("sample", "options", "sentence"), BAD)
def test_a_mistake_is_answered_with_its_name_and_a_remedy(sample, options, sentence):
    with pytest.raises(BadUsage, match=sentence):
        complete(find(sample), options)


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_nothing_asked_gives_the_defaults_of_the_sample(sample):
    full = complete(sample, ExportOptions())
    assert full.settings == sample.defaults()
    assert full.exporter == sample.default_exporter
    assert full.input_names == tuple(spec.name for spec in sample.inputs)
    assert full.dynamic == sample.dynamic
    assert full.optimize is False


def test_default_dynamic_axes_follow_a_renamed_input_and_can_be_switched_off():
    renamed = complete(find("first"), ExportOptions(input_names=("picture",)))
    assert renamed.dynamic == {"picture": {0: "batch"}}
    assert complete(find("first"), ExportOptions(dynamic={})).dynamic == {}


@pytest.mark.parametrize("exporter", OPSETS)
def test_every_opset_between_the_limits_of_an_exporter_is_accepted(exporter):
    lowest, highest = OPSETS[exporter]
    for opset in range(lowest, highest + 1):
        assert complete(find("mlp"), ExportOptions(exporter=exporter, opset=opset)).opset == opset


@pytest.mark.parametrize(
    "text", ["", "x", "x:0", "x:0:batch", ":0=batch", "x:=batch", "x:zero=batch", "x:99999=n", "x:0.5=n"]
)
def test_a_dynamic_axis_that_cannot_be_read_is_answered_with_an_example(text):
    with pytest.raises(BadUsage, match="Write INPUT:AXIS=NAME, for example x:0=batch"):
        parse_dynamic([text])


@pytest.mark.parametrize("text", ["", "depth", "depth=", "=3", "depth=three", "depth=1.5", "a=1=2", "a b=1"])
def test_a_setting_that_cannot_be_read_is_answered_with_an_example(text):
    with pytest.raises(BadUsage, match="Write NAME=NUMBER, for example depth=12"):
        parse_settings([text])


def test_the_same_axis_or_setting_twice_is_refused():
    with pytest.raises(BadUsage, match="twice"):
        parse_dynamic(["x:0=a", "x:0=b"])
    with pytest.raises(BadUsage, match="twice"):
        parse_settings(["depth=1", "depth=2"])


def test_options_are_read_as_a_shell_gives_them():
    assert parse_dynamic(["x:0=batch", "x:1=length", "m:0=batch"]) == {
        "x": {0: "batch", 1: "length"},
        "m": {0: "batch"},
    }
    assert parse_dynamic(["in:put:0=batch"]) == {"in:put": {0: "batch"}}
    assert parse_settings(["depth=12", " width = 64 "]) == {"depth": 12, "width": 64}
    assert with_settings(ExportOptions(settings={"depth": 1}), width=8).settings == {"depth": 1, "width": 8}


@given(st.text(max_size=30))
def test_any_text_is_either_read_or_refused_in_words(text):
    for parse in (parse_dynamic, parse_settings):
        try:
            outcome: object = parse([text])
        except BadUsage as refused:
            outcome = refused.remedy
        assert outcome


names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)


@given(st.dictionaries(names, st.dictionaries(st.integers(0, 9), names, min_size=1, max_size=3), max_size=3))
def test_what_is_written_as_options_is_read_back_unchanged(dynamic):
    texts = [f"{name}:{axis}={symbol}" for name, axes in dynamic.items() for axis, symbol in axes.items()]
    assert parse_dynamic(texts) == dynamic
