"""Experiments on what an ONNX file holds. A student sees the functions that take no folder as they are."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from onnxviz.lessons import making
from onnxviz.lessons.sources import printed
from onnxviz.lessons.types import Choices, Graph, Outcome, Table
from onnxviz.samples.catalog import START

if TYPE_CHECKING:
    import onnx

FILE = "start.onnx"

AFFINE = """\
affine (float[2] x) => (float[2] y)
<float[2] two = {2, 2}, float[2] three = {3, 3}>
{
    product = Mul (x, two)
    y = Add (product, three)
}"""
"""The model that is broken."""

X = (1.0, 2.0)
"""What the broken model is called with."""


# Parts ----------------------------------------------------------------------------------------------------


def print_parts(file: str) -> onnx.ModelProto:
    """What is in an ONNX file, part by part."""
    import onnx

    model = onnx.load(file)
    graph = model.graph
    print("written by   ", model.producer_name, model.producer_version)
    print("IR version   ", model.ir_version)
    print("opset imports", [(each.domain or "ai.onnx", each.version) for each in model.opset_import])
    print("metadata     ", [(each.key, each.value) for each in model.metadata_props])
    print("graph        ", graph.name)
    print("inputs       ", [each.name for each in graph.input])
    print("outputs      ", [each.name for each in graph.output])
    print("initializers ", len(graph.initializer), "such as", graph.initializer[0].name)
    print("value infos  ", len(graph.value_info), "such as", graph.value_info[-1].name)
    print("nodes        ", len(graph.node))
    for node in graph.node[:3]:
        print("   ", list(node.output), "=", node.op_type, list(node.input))
    return model


def parts(folder: Path, _: Choices) -> Outcome:
    """The sample `first`, which was exported beforehand, taken apart."""
    shutil.copyfile(START, folder / FILE)
    model, lines = printed(print_parts, str(folder / FILE))
    graph, size = model.graph, (folder / FILE).stat().st_size
    notes = sum(len(each.key) + len(each.value) for node in graph.node for each in node.metadata_props)
    pieces = {
        "nodes": graph.node,
        "initializers": graph.initializer,
        "value infos": graph.value_info,
        "inputs and outputs": [*graph.input, *graph.output],
        "notes on the graph": graph.metadata_props,
    }
    nbytes = {name: sum(each.ByteSize() for each in held) for name, held in pieces.items()}
    rows: list[tuple[str, int | str, int]] = [
        (name, len(held), nbytes[name]) for name, held in pieces.items()
    ]
    rest = size - sum(nbytes.values())
    rows.append(("all the rest: producer, versions, and where each part begins", "–", rest))
    return Outcome(
        facts={
            "nbytes": {**nbytes, "file": size, "notes": notes, "rest": rest},
            "counts": {name: len(held) for name, held in pieces.items()},
            "opsets": [[each.domain, each.version] for each in model.opset_import],
            "inputs": [each.name for each in graph.input],
            "initializers": [each.name for each in graph.initializer],
            "producer": model.producer_name,
        },
        says=(
            f"Of {size:,} bytes, the initializers take {nbytes['initializers'] / size:.0%}. The model is a "
            "small one: in a large model the weights are nearly everything.",
            f"The nodes take {nbytes['nodes'] / size:.0%}, most of it ({notes:,} bytes) notes of the "
            "exporter for people: where in the Python source each node comes from.",
        ),
        lines=lines,
        tables=(Table(("Part", "How many", "Bytes"), tuple(rows), "What the bytes of the file are."),),
        graphs=(Graph("start", FILE),),
    )


# Checker --------------------------------------------------------------------------------------------------


def nothing(model: onnx.ModelProto) -> None:
    """Leave it as it is."""


def operator(model: onnx.ModelProto) -> None:
    """An operator that the opset does not have."""
    model.graph.node[0].op_type = "Multiply"


def name(model: onnx.ModelProto) -> None:
    """A name that nothing in the graph gives a value to: a slip of the finger."""
    model.graph.node[0].input[1] = "tow"


def order(model: onnx.ModelProto) -> None:
    """The last node first, before what it reads is there."""
    model.graph.node.insert(0, model.graph.node.pop())


def opset(model: onnx.ModelProto) -> None:
    """No word on which version of the operators is meant."""
    del model.opset_import[:]


def shape(model: onnx.ModelProto) -> None:
    """Three numbers where x has two."""
    two = model.graph.initializer[0]
    two.ClearField("dims")
    two.ClearField("float_data")
    two.dims.append(3)
    two.float_data.extend([2, 2, 2])


def weights(model: onnx.ModelProto) -> None:
    """Another number in a weight."""
    two = model.graph.initializer[0]
    two.float_data[0] = 7


BREAKS: dict[str, tuple[Callable[[onnx.ModelProto], None], str]] = {
    "nothing": (nothing, "nothing"),
    "operator": (operator, "an operator's name"),
    "name": (name, "the name of an input"),
    "order": (order, "the order of the nodes"),
    "opset": (opset, "the opset import"),
    "shape": (shape, "the shape of a weight"),
    "weights": (weights, "the value of a weight"),
}
"""Choice -> what is done to the model, and how that is called."""


_WHY_SORTED = (
    "*Topologically sorted* means that each node comes after those that it reads from. To the checker, a "
    "name that no node before has written looks like a node that comes too early."
)


def check(model: onnx.ModelProto, full_check: bool) -> str:
    """What the checker says; empty where it finds nothing."""
    import onnx

    try:
        onnx.checker.check_model(model, full_check=full_check)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        return str(error)
    return ""


def checker(folder: Path, choices: Choices) -> Outcome:
    """`AFFINE`, broken as was chosen, under the checker and in the runtime."""
    import onnx

    model = making.parse(AFFINE)
    harm, called = BREAKS[choices["broken"]]
    harm(model)
    onnx.save(model, folder / "broken.onnx")
    plain, full = check(model, full_check=False), check(model, full_check=True)
    ran = _ran(folder / "broken.onnx")
    rows = (
        ("check_model(model)", _first_line(plain) or "nothing to complain of"),
        ("check_model(model, full_check=True)", _first_line(full) or "nothing to complain of"),
        (f"ONNX Runtime, x = {list(X)}", "refused" if ran is None else f"y = {ran}"),
    )
    return Outcome(
        facts={
            "plain": plain,
            "full": full,
            "refused": ran is None,
            "y": ran,
        },
        says=(
            f"Changed: {called}. {_verdict(plain, full, runs=ran is not None)}",
            *((_WHY_SORTED,) if choices["broken"] == "name" else ()),
        ),
        lines=tuple(line for line in (plain or full).splitlines() if line),
        tables=(Table(("Asked", "Answer"), rows),),
    )


def _verdict(plain: str, full: str, *, runs: bool) -> str:
    if plain and runs:
        return "The checker finds it. ONNX Runtime puts up with it; another runtime need not."
    if plain:
        return "The checker finds it, and ONNX Runtime refuses the file."
    if full:
        return (
            "Only the full check finds it: it infers shapes, which the plain one does not. ONNX Runtime "
            + ("runs it." if runs else "refuses the file.")
        )
    return "The checker finds nothing."


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _ran(path: Path) -> list[float] | None:
    """The values of y, or None where ONNX Runtime refuses the file.

    The file goes to the runtime unread: `reading` would refuse some of these itself.
    """
    import numpy as np

    from onnxviz.errors import RewriteFailed
    from onnxviz.rewrites.running import run, unoptimized_session

    try:
        (y,) = run(unoptimized_session(str(path)), {"x": np.asarray(X, np.float32)}, "The model")
    except RewriteFailed:
        return None
    return [float(value) for value in y]


# Shapes ---------------------------------------------------------------------------------------------------


def network(batch: str) -> str:
    """A small network whose first axis has the size or the name `batch`. Its weights are inputs: shape
    inference does not ask for their numbers."""
    return f"""\
network (
    float[{batch}, 1, 8, 8] image, float[4, 1, 3, 3] filters, float[64, 3] weight, float[3] bias
) => (float[{batch}, 3] scores, int64[1] count)
{{
    features = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (image, filters)
    active = Relu (features)
    pooled = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (active)
    flat = Flatten (pooled)
    scores = Gemm (flat, weight, bias)
    places = NonZero (active)
    count = Shape <start = 1> (places)
}}"""


def infer(file: str, out: str) -> dict[str, str]:
    """Infer the type and shape of every tensor inside, and save the model with them."""
    import onnx

    model = onnx.shape_inference.infer_shapes(onnx.load(file))
    onnx.save(model, out)
    types = {}
    for value in model.graph.value_info:
        tensor = value.type.tensor_type
        sizes = [dim.dim_param or dim.dim_value for dim in tensor.shape.dim]
        types[value.name] = f"{onnx.TensorProto.DataType.Name(tensor.elem_type).lower()} {sizes}"
    return types


def shapes(folder: Path, choices: Choices) -> Outcome:
    """What is known of the tensors inside a graph before shape inference, and after."""
    import onnx

    model = making.write(folder, "before.onnx", network(choices["batch"]))
    known = [value.name for value in onnx.load(model.path).graph.value_info]
    types = infer(model.path, str(folder / "after.onnx"))
    outputs = {node.outputs[0]: node.op_type for node in model.graph.nodes}
    inside = [each for each in outputs if each not in model.graph.outputs]
    rows = tuple(
        (each, outputs[each], "known" if each in known else "unknown", types[each]) for each in inside
    )
    return Outcome(
        facts={"before": known, "inside": inside, "after": types},
        says=(
            f"Before, {len(known)} of the {len(inside)} tensors inside have a type; afterwards "
            f"{len(types)}. Nothing was run: each operator's rule says what comes out, given what goes in.",
            f"How many places are not zero depends on the image, so one size of `places` gets a made-up name "
            f"for an unknown number: `{types['places']}`.",
        ),
        tables=(Table(("Tensor", "Comes from", "Before", "After"), rows),),
        graphs=(
            Graph(
                "with shapes",
                "after.onnx",
                "The types stand on the edges. This app infers them in every model that it reads.",
            ),
        ),
    )
