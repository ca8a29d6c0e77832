"""What a person chose to export as a link: read and write undo each other, and mistakes are told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnxviz.errors import BadUsage
from onnxviz.samples.catalog import SAMPLES, Sample, find
from onnxviz.samples.options import OPSETS, CompleteOptions, ExportOptions, complete
from onnxviz.ui import link

words = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)


@st.composite
def choices(draw: st.DrawFn) -> tuple[Sample, CompleteOptions]:
    sample = draw(st.sampled_from(list(SAMPLES.values())))
    exporter = draw(st.sampled_from(sample.exporters))
    settings = {
        one.name: one.step * draw(st.integers(-(-one.minimum // one.step), one.maximum // one.step))
        for one in sample.settings
    }
    count = len(sample.inputs) + len(sample.outputs)
    names = draw(st.lists(words, min_size=count, max_size=count, unique=True))
    inputs = tuple(names[: len(sample.inputs)]) if draw(st.booleans()) else None
    known = inputs or tuple(spec.name for spec in sample.inputs)
    dynamic = {
        name: draw(st.dictionaries(st.integers(0, len(spec.axes) - 1), words))
        for name, spec in zip(known, sample.inputs, strict=True)
        if spec.axes
    }
    options = ExportOptions(
        exporter=exporter,
        opset=draw(st.integers(*OPSETS[exporter])),
        input_names=inputs,
        output_names=tuple(f"{name}_out" for name in names[len(sample.inputs) :]),
        dynamic=draw(st.sampled_from([None, dynamic])),
        optimize=draw(st.booleans()),
        settings=settings,
    )
    return sample, complete(sample, options)


@given(choices())
def test_reading_a_written_link_gives_the_same_choice(choice):
    sample, options = choice
    assert link.read(link.write(sample, options)) == link.Choice(sample, options)


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_the_defaults_of_a_sample_are_a_link_of_its_name_alone(sample):
    assert link.write(sample, complete(sample, ExportOptions())) == {"sample": [sample.id]}


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"depth": ["99"]}, "depth=99.*Use 1 to 32"),
        ({"depth": ["twelve"]}, "depth=twelve.*cannot be read"),
        ({"depht": ["3"]}, "'depht'.*Did you mean depth"),
        ({"exporter": ["caffe"]}, "'caffe'"),
        ({"opset": ["99"]}, "opset 99"),
        ({"opset": ["new"]}, "opset=new.*whole number"),
        ({"inputs": ["a,b"]}, "2 given, but the sample has 1"),
        ({"dynamic": ["tokens=batch"]}, "cannot be read"),
        ({"dynamic": ["tokens:7=batch"]}, "has 2 axes"),
        ({"<b>": ["1"]}, "cannot be read"),
    ],
)
def test_a_mistake_in_a_link_is_told_and_the_rest_is_taken_over(parameters, sentence):
    choice = link.read({"sample": ["decoder"], "width": ["64"], **parameters})
    assert choice.problem is not None
    with pytest.raises(BadUsage, match=sentence):
        raise choice.problem
    assert choice.options == complete(find("decoder"), ExportOptions(settings={"width": 64}))


def test_a_link_to_an_unknown_sample_is_refused_with_the_nearest_name():
    with pytest.raises(BadUsage, match="Did you mean encoder"):
        link.read({"sample": ["encodr"]})


@pytest.mark.parametrize(
    ("sample", "options", "title"),
    [
        ("decoder", ExportOptions(settings={"depth": 12}), "Decoder · depth 12"),
        ("decoder", ExportOptions(), "Decoder · depth 4"),
        ("constant_math", ExportOptions(), "X * (2 * 3) + 3"),
        ("vit", ExportOptions(settings={"image_size": 64}), "Vision transformer · depth 4 · image size 64"),
        ("lenet", ExportOptions(exporter="torchscript", opset=17), "LeNet-5 · TorchScript · opset 17"),
        ("lenet", ExportOptions(optimize=True), "LeNet-5 · folded by PyTorch"),
    ],
)
def test_a_model_is_called_by_its_sample_and_what_tells_it_apart(sample, options, title):
    assert link.title(find(sample), complete(find(sample), options)) == title
