"""The script that a person can copy: what it says, and that it compiles whatever the names are."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onnxviz.errors import BadUsage
from onnxviz.samples import script as module
from onnxviz.samples.catalog import SAMPLES
from onnxviz.samples.options import LONGEST_NAME, ExportOptions
from onnxviz.samples.script import plan, script


def call_site(text: str) -> str:
    return text[text.index("torch.manual_seed") :]


def test_the_dynamo_call_site_is_short_and_explicit():
    options = ExportOptions(input_names=("ids", "seen"), dynamic={"ids": {0: "batch"}}, settings={"depth": 2})
    assert call_site(script("encoder", options)) == (
        "torch.manual_seed(0)\n"
        "model = build(depth=2, width=32).eval()\n"
        "dummy_input = (torch.randint(0, 1000, (1, 16)), torch.ones(1, 16, dtype=torch.int64))\n"
        "torch.onnx.export(\n"
        "    model,\n"
        "    dummy_input,\n"
        '    "encoder.onnx",\n'
        '    input_names=["ids", "seen"],\n'
        '    output_names=["hidden", "pooled"],\n'
        '    dynamic_shapes={"tokens": {0: "batch"}, "mask": {}},\n'
        "    opset_version=20,\n"
        "    dynamo=True,\n"
        "    optimize=False,\n"
        "    external_data=False,\n"
        ")\n"
    )


def test_the_torchscript_call_site_names_the_axes_of_outputs_too():
    options = ExportOptions(exporter="torchscript", opset=17, optimize=True, dynamic={"x": {0: "n"}})
    assert call_site(script("mlp", options)).endswith(
        '    "mlp.onnx",\n'
        '    input_names=["x"],\n'
        '    output_names=["scores"],\n'
        '    dynamic_axes={"x": {0: "n"}, "scores": {0: "n"}},\n'
        "    opset_version=17,\n"
        "    dynamo=False,\n"
        "    do_constant_folding=True,\n"
        ")\n"
    )


def test_a_long_mapping_of_axes_has_a_line_for_each_tensor():
    options = ExportOptions(dynamic={"tokens": {0: "batch", 1: "length"}, "mask": {0: "batch", 1: "length"}})
    assert (
        "    dynamic_shapes={\n"
        '        "tokens": {0: "batch", 1: "length"},\n'
        '        "mask": {0: "batch", 1: "length"},\n'
        "    },\n"
    ) in script("encoder", options)


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_the_call_site_is_the_end_of_the_script(sample):
    options = ExportOptions(exporter="torchscript")
    assert module.call_site(sample.id, options) == call_site(script(sample.id, options))


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_the_script_of_every_sample_compiles_and_imports_torch(sample):
    for exporter in sample.exporters:
        text = script(sample.id, ExportOptions(exporter=exporter))
        tree = ast.parse(text)
        assert any(isinstance(n, ast.Import) and n.names[0].name == "torch" for n in tree.body)
        assert max(map(len, text.splitlines())) <= 110


printable = st.text(
    st.characters(exclude_categories=["C", "Z"]) | st.sampled_from("\"'\\{}#"),
    min_size=1,
    max_size=LONGEST_NAME,
)


@settings(max_examples=60)
@given(printable)
def test_a_hostile_tensor_name_stays_a_string_in_the_script(name):
    options = ExportOptions(input_names=(name,), output_names=(name + "_",))
    try:
        text = script("affine", options)
    except BadUsage:
        return
    call = ast.parse(call_site(text)).body[-1].value
    given_names = next(keyword.value for keyword in call.keywords if keyword.arg == "input_names")
    assert ast.literal_eval(given_names) == [name]


def test_the_written_keywords_are_those_of_the_plan():
    options = ExportOptions(dynamic={"image": {0: "batch"}})
    call = ast.parse(call_site(script("first", options))).body[-1].value
    written = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    assert written == dict(plan("first", options).keywords)
