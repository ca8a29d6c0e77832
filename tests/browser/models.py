"""Models to give to the app, as a person would have them: in files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnx.parser
from onnx import TensorProto, helper
from onnx.external_data_helper import convert_model_to_external_data

FOREVER = """<ir_version: 8, opset_import: ["" : 17]>
forever (float[1] x) => (float[1] y) {
  trips = Constant<value = int64 {1000000000000}>()
  go = Constant<value = bool {1}>()
  y = Loop <body = step (int64 i, bool c, float[1] a) => (bool d, float[1] b) {
    d = Identity(c)
    b = Add(a, a)
  }> (trips, go, x)
}"""
"""A valid model whose output takes days to compute: a job on it ends only when it is stopped."""

SCRIPT = '<img src=x onerror="window.hacked=1">'
MARKDOWN = "**bold** $x^2$ :red[red] [link](http://example.org/) ![i](http://example.org/i.png) `code`"


def forever(folder: Path) -> Path:
    """See FOREVER."""
    return _saved(onnx.parser.parse_model(FOREVER), folder / "forever.onnx")


def doubled(folder: Path) -> Path:
    """One Add."""
    text = """<ir_version: 8, opset_import: ["" : 17]>
    g (float[n, 2] x) => (float[n, 2] y) { y = Add(x, x) }"""
    return _saved(onnx.parser.parse_model(text), folder / "doubled.onnx")


def with_data(folder: Path) -> tuple[Path, Path]:
    """A model that keeps its weight in `far.bin`."""
    text = """<ir_version: 8, opset_import: ["" : 17]>
    g (float[n, 8] x) => (float[n, 8] y) { y = Add(x, w) }"""
    model = onnx.parser.parse_model(text)
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.ones((8,), np.float32), "w"))
    convert_model_to_external_data(model, location="far.bin", size_threshold=0)
    return _saved(model, folder / "far.onnx"), folder / "far.bin"


def hostile(folder: Path) -> Path:
    """Every name and text that a file can hold is markup; one name is 10 kB long. It is valid and it runs."""
    long = "n" * 10_000
    nodes = [
        helper.make_node("Relu", [SCRIPT], [MARKDOWN], name=SCRIPT + MARKDOWN, doc_string=SCRIPT),
        helper.make_node("Neg", [f"weight {SCRIPT}"], [f"folds {SCRIPT}"], name=f"folds {MARKDOWN}"),
        helper.make_node("Add", [MARKDOWN, f"folds {SCRIPT}"], [long], name=long),
        helper.make_node("LeakyRelu", [long], [f"</script>{SCRIPT}"], name=MARKDOWN, alpha=0.5),
    ]
    weight = helper.make_tensor(f"weight {SCRIPT}", TensorProto.FLOAT, [2], [1.0, 2.0])
    graph = helper.make_graph(
        nodes,
        f"graph {SCRIPT} {MARKDOWN}",
        [helper.make_tensor_value_info(SCRIPT, TensorProto.FLOAT, [MARKDOWN, 2])],
        [helper.make_tensor_value_info(f"</script>{SCRIPT}", TensorProto.FLOAT, [MARKDOWN, 2])],
        [weight],
        doc_string=SCRIPT,
    )
    model = helper.make_model(
        graph,
        ir_version=8,
        opset_imports=[helper.make_opsetid("", 17)],
        producer_name=f"{SCRIPT} {MARKDOWN}",
        doc_string=f"{SCRIPT} {MARKDOWN}",
    )
    model.metadata_props.add(key=SCRIPT, value=MARKDOWN)
    name = f"{SCRIPT} {MARKDOWN}".replace("/", "_")
    return _saved(model, folder / f"{name}.onnx")


def _saved(model: onnx.ModelProto, path: Path) -> Path:
    onnx.save(model, str(path))
    # By its path, since data beside the file counts then.
    onnx.checker.check_model(str(path))
    return path
