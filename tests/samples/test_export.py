"""Real exports: every sample with every exporter gives a valid file that computes what PyTorch does."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from onnxviz.errors import BadUsage, ExportFailed
from onnxviz.progress import listening
from onnxviz.samples.catalog import SAMPLES, START, find
from onnxviz.samples.export import Exported, export
from onnxviz.samples.options import ExportOptions
from onnxviz.samples.script import plan
from onnxviz.samples.start import write_start

TINY = {
    "conv_bn_relu": {"depth": 1, "channels": 2, "image_size": 8},
    "decoder": {"depth": 1, "width": 8, "length": 4},
    "encoder": {"depth": 1, "width": 8, "length": 4},
    "lstm": {"depth": 1, "width": 4, "length": 4},
    "mobilenet_v2": {"image_size": 32},
    "resnet18": {"width": 4, "image_size": 32},
    "resnet50": {"width": 4, "image_size": 32},
    "tile_bloat": {"repeats": 2},
    "unet": {"depth": 1, "width": 2, "image_size": 16},
    "vit": {"depth": 1, "width": 8, "image_size": 16},
}
CASES = [(sample, exporter) for sample in SAMPLES for exporter in SAMPLES[sample].exporters]


def all_nodes(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """Nodes of the graph and of every body in it."""
    bodies = [a.g for n in graph.node for a in n.attribute if a.type == onnx.AttributeProto.GRAPH]
    return [*graph.node, *(node for body in bodies for node in all_nodes(body))]


def op_counts(path: Path) -> Counter[str]:
    model = onnx.load(path)
    return Counter(node.op_type for node in all_nodes(model.graph))


def weights(path: Path) -> dict[str, bytes]:
    tensors = onnx.load(path).graph.initializer
    return {tensor.name: onnx.numpy_helper.to_array(tensor).tobytes() for tensor in tensors}


def assert_same_function(path: Path, sample_id: str, options: ExportOptions, batch: int) -> None:
    """ONNX Runtime on the file gives what PyTorch gives, on the example inputs at this batch size.

    Tolerance: float32 sums in another order; 1e-5 of the largest value, ten times the worst seen.
    """
    made = plan(sample_id, options)
    zoo = importlib.import_module(f"onnxviz.samples.zoo.{made.sample.module}")
    torch.manual_seed(0)
    model = getattr(zoo, made.builder)(**made.arguments).eval()
    at_batch = ExportOptions(
        exporter=options.exporter, settings={**options.settings, **({"batch": batch} if batch else {})}
    )
    calls = plan(sample_id, at_batch).dummy_input
    inputs = [eval(call.text(), {"torch": torch}) for call in calls]
    with torch.no_grad():
        expected = model(*inputs)
    expected = expected if isinstance(expected, tuple) else (expected,)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    feed = {name: value.numpy() for name, value in zip(made.options.input_names, inputs, strict=True)}
    found = session.run(None, feed)
    for ours, theirs in zip(found, expected, strict=True):
        scale = float(theirs.abs().max())
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=0, atol=1e-5 * max(scale, 1e-3))


@pytest.fixture(scope="module")
def dynamic_export(tmp_path_factory):
    """(sample id, exporter) -> its export with a dynamic batch, unoptimized, made once; and the options."""
    made: dict[tuple[str, str], tuple[Exported, ExportOptions]] = {}

    def get(sample_id: str, exporter: str) -> tuple[Exported, ExportOptions]:
        if (sample_id, exporter) not in made:
            dynamic = {spec.name: {0: "batch"} for spec in find(sample_id).inputs if spec.axes}
            options = ExportOptions(exporter=exporter, dynamic=dynamic, settings=TINY.get(sample_id, {}))
            out = tmp_path_factory.mktemp(sample_id) / "m.onnx"
            made[sample_id, exporter] = export(sample_id, out, options), options
        return made[sample_id, exporter]

    return get


@pytest.mark.parametrize(("sample_id", "exporter"), CASES)
def test_every_sample_exports_with_a_dynamic_batch_and_computes_the_same(sample_id, exporter, dynamic_export):
    done, options = dynamic_export(sample_id, exporter)
    model = onnx.load(done.path)
    inputs = [value for value in model.graph.input if value.name in options.dynamic]
    for value in [*inputs, *model.graph.output]:
        assert value.type.tensor_type.shape.dim[0].dim_param == "batch"
    assert [path.name for path in done.path.parent.iterdir()] == ["m.onnx"]
    assert done.nbytes == done.path.stat().st_size
    for batch in (1, 3):
        assert_same_function(done.path, sample_id, options, batch)


OPTIMIZED = [
    case for case in CASES if case[1] == "torchscript" or case[0] in ("first", "decoder", "constant_if")
]


@pytest.mark.parametrize(("sample_id", "exporter"), OPTIMIZED)
def test_an_optimized_static_export_computes_the_same(sample_id, exporter, tmp_path):
    options = ExportOptions(
        exporter=exporter, dynamic={}, optimize=True, settings={**TINY.get(sample_id, {}), "batch": 2}
    )
    done = export(sample_id, tmp_path / "m.onnx", options)
    assert_same_function(done.path, sample_id, options, 2)


@pytest.mark.parametrize(
    ("sample_id", "exporter", "expected"),
    [
        ("constant_math", "dynamo", {"Mul": 2, "Add": 1}),
        ("constant_math", "torchscript", {"Mul": 2, "Add": 1}),
        ("constant_if", "dynamo", {"If": 1}),
        ("constant_if", "torchscript", {"If": 1}),
        ("loop", "dynamo", {"Loop": 1}),
        ("loop", "torchscript", {"Loop": 1}),
        ("shape_math", "torchscript", {"Shape": 4, "Gather": 4, "Concat": 2, "Reshape": 2}),
        ("conv_bn_relu", "dynamo", {"Conv": 1, "BatchNormalization": 1, "Relu": 1}),
        ("conv_bn_relu", "torchscript", {"Conv": 1, "BatchNormalization": 1, "Relu": 1}),
        ("tile_bloat", "dynamo", {"Tile": 1}),
        ("tile_bloat", "torchscript", {"Tile": 1}),
    ],
)
def test_what_a_sample_teaches_is_in_its_unoptimized_graph(sample_id, exporter, expected, dynamic_export):
    done, _ = dynamic_export(sample_id, exporter)
    counts = op_counts(done.path)
    assert {op: counts[op] for op in expected} == expected


@pytest.mark.parametrize(("sample_id", "exporter"), [("first", "dynamo"), ("loop", "torchscript")])
def test_the_script_run_by_hand_gives_the_same_graph(sample_id, exporter, tmp_path):
    done = export(sample_id, tmp_path / "ours.onnx", ExportOptions(exporter=exporter))
    (tmp_path / "script.py").write_text(done.script, encoding="utf-8")
    subprocess.run([sys.executable, "script.py"], cwd=tmp_path, check=True, capture_output=True)
    theirs = tmp_path / f"{sample_id}.onnx"
    assert op_counts(theirs) == op_counts(done.path)
    assert weights(theirs) == weights(done.path)


def test_the_committed_start_model_is_what_the_sample_gives_today(tmp_path):
    write_start(tmp_path / "start.onnx")
    assert op_counts(START) == op_counts(tmp_path / "start.onnx")
    onnx.checker.check_model(str(START), full_check=True)


def test_the_committed_start_model_has_scopes_and_no_folder_of_any_machine():
    model = onnx.load(START)
    entries = [entry for node in model.graph.node for entry in node.metadata_props]
    scopes = [entry.value for entry in entries if entry.key == "pkg.torch.onnx.name_scopes"]
    assert any("features.2.norm" in scope for scope in scopes)
    traces = [entry.value for entry in entries if entry.key == "pkg.torch.onnx.stack_trace"]
    assert any('File "first.py"' in trace for trace in traces)
    assert not any("/" in line for trace in traces for line in trace.splitlines() if "File " in line)


def test_depth_repeats_the_layers_with_their_scopes(tmp_path):
    counts = []
    for depth in (1, 3):
        options = ExportOptions(exporter="torchscript", settings={**TINY["decoder"], "depth": depth})
        model = onnx.load(export("decoder", tmp_path / f"{depth}.onnx", options).path)
        names = {part for node in model.graph.node for part in node.name.split("/")}
        assert {f"layers.{i}" for i in range(depth)} <= names
        counts.append(sum(node.op_type == "Softmax" for node in model.graph.node))
    assert counts == [1, 3]


FAILURES = [
    (
        "encoder",
        ExportOptions(dynamic={"tokens": {0: "n"}}, settings={**TINY["encoder"], "batch": 2}),
        r"dynamic.*fixed size there \(axis 0 of tokens\)",
    ),
    (
        "decoder",
        ExportOptions(exporter="torchscript", opset=9, settings=TINY["decoder"]),
        r"\(aten::triu\).*Use opset 14 or higher",
    ),
    (
        "encoder",
        ExportOptions(exporter="torchscript", opset=7, settings=TINY["encoder"]),
        r"does not have \(Erf\)",
    ),
    ("mlp", ExportOptions(output_names=("hidden.0.weight",)), "same name"),
]


@pytest.mark.parametrize(("sample_id", "options", "sentence"), FAILURES)
def test_what_pytorch_refuses_is_said_in_words_and_nothing_is_printed(
    sample_id, options, sentence, tmp_path, capfd
):
    earlier = tmp_path / "m.onnx"
    earlier.write_bytes(b"an earlier export")
    with pytest.raises(ExportFailed, match=sentence) as caught:
        export(sample_id, earlier, options)
    assert caught.value.detail
    assert list(tmp_path.iterdir()) == [earlier]
    assert earlier.read_bytes() == b"an earlier export"
    assert capfd.readouterr() == ("", "")


def test_a_folder_that_cannot_be_made_is_an_export_error_and_a_bad_option_is_found_first(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(ExportFailed, match="could not be written"):
        export("affine", blocked / "m.onnx")
    with pytest.raises(BadUsage, match="depth=99"):
        export("vit", blocked / "m.onnx", ExportOptions(settings={"depth": 99}))


def test_an_export_reports_its_stages_and_leaves_the_random_state_alone(tmp_path):
    seen: list[float] = []
    torch.manual_seed(7)
    before = torch.random.get_rng_state()
    with listening(lambda text, fraction: seen.append(fraction or 0.0)):
        export("affine", tmp_path / "new" / "m.onnx", ExportOptions(exporter="torchscript"))
    assert torch.equal(before, torch.random.get_rng_state())
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_a_traced_recurrent_layer_comes_with_notes(dynamic_export):
    notes = dynamic_export("lstm", "torchscript")[0].notes
    assert any("constant" in note for note in notes)


@pytest.mark.parametrize(
    ("exporter", "opset"), [("dynamo", 18), ("dynamo", 23), ("dynamo", 25), ("torchscript", 13)]
)
def test_the_file_has_the_opset_that_was_asked_for(exporter, opset, tmp_path):
    done = export("lenet", tmp_path / "m.onnx", ExportOptions(exporter=exporter, opset=opset))
    assert {entry.domain: entry.version for entry in onnx.load(done.path).opset_import}[""] == opset
