"""A convolution and its batch normalization: exported, fused by hand and by optimizers, and compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from onnxviz.lessons import making
from onnxviz.lessons.making import READABLE, counted
from onnxviz.lessons.types import Choices, Graph, Outcome, Pair, Table
from onnxviz.model import Model
from onnxviz.reading import read_model
from onnxviz.rewrites.types import Agreement
from onnxviz.samples.options import ExportOptions
from onnxviz.samples.script import script

Array = NDArray[Any]

EXPORTED = "exported.onnx"
OPTIMIZERS = ("fold", "onnxsim", "onnxslim", "onnxscript", "ort-basic")
"""Those whose result has standard operators alone."""

CHANNELS = 4
IMAGES = 5
"""Random inputs on which outputs are compared."""

SETTINGS = {"depth": 1, "channels": CHANNELS}

TEXT = """fused_by_hand (float[1, 3, 16, 16] x) => (float[1, 4, 16, 16] y)
<int64[4] per_filter = {-1, 1, 1, 1}>
{
  raised = Add(var, epsilon)
  root = Sqrt(raised)
  scale = Div(gamma, root)
  column = Reshape(scale, per_filter)
  new_weight = Mul(weight, column)
  centred = Sub(bias, mean)
  scaled = Mul(centred, scale)
  new_bias = Add(scaled, beta)
  c = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, new_weight, new_bias)
  y = Relu(c)
}"""
"""The formula as nodes that read constants alone, before the convolution that reads x."""


CODE_OF_ARITHMETIC = """import numpy as np
import onnx
from onnx import numpy_helper

model = onnx.load("conv_bn_relu.onnx")
tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
conv, norm, relu = model.graph.node
w, b = (tensors[name] for name in conv.input[1:])
gamma, beta, mean, var = (tensors[name] for name in norm.input[1:])
eps = np.float32([a.f for a in norm.attribute if a.name == "epsilon"][0])

s = gamma / np.sqrt(var + eps)
new_w = w * s.reshape(-1, 1, 1, 1)
new_b = (b - mean) * s + beta
print(s, new_b)
"""
"""Reading the export, and what `fused` does."""

CODE_OF_BY_HAND = f'''from pathlib import Path
import onnx.parser
from onnxviz.rewrites.fold import fold_file

model = onnx.parser.parse_model("""{making.HEAD}
{TEXT}""")
# w, b, gamma, … and what is imported are those of the code that computes the new weights, above.
weights = dict(weight=w, bias=b, gamma=gamma, beta=beta, mean=mean, var=var, epsilon=eps)
for name, array in weights.items():
    model.graph.initializer.append(numpy_helper.from_array(np.asarray(array), name))
onnx.save(model, "by_hand.onnx")
folded = fold_file(Path("by_hand.onnx"), Path("folded.onnx"))
for step in folded.steps:
    print(step.sentence)
'''
"""What `run_by_hand` does, after `CODE_OF_ARITHMETIC`."""


@dataclass(frozen=True, slots=True)
class Block:
    """What a Conv and the BatchNormalization behind it read: `weight` is [out, in, 3, 3], the rest [out]."""

    weight: Array
    bias: Array
    gamma: Array
    beta: Array
    mean: Array
    var: Array
    epsilon: float


def block_of(path: Path) -> Block:
    """The first of the model at `path`."""
    import onnx
    from onnx import numpy_helper

    proto = onnx.load(path)
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in proto.graph.initializer}
    nodes = {node.op_type: node for node in reversed(proto.graph.node)}
    conv, norm = nodes["Conv"], nodes["BatchNormalization"]
    (epsilon,) = (a.f for a in norm.attribute if a.name == "epsilon")
    weight, bias = (arrays[name] for name in conv.input[1:3])
    gamma, beta, mean, var = (arrays[name] for name in norm.input[1:5])
    return Block(weight, bias, gamma, beta, mean, var, epsilon)


def fused(block: Block) -> tuple[Array, Array]:
    """Weight and bias of the one convolution that does what both do, in float32."""
    import numpy as np

    scale = block.gamma / np.sqrt(block.var + np.float32(block.epsilon))
    weight = block.weight * scale.reshape(-1, 1, 1, 1)
    bias = (block.bias - block.mean) * scale + block.beta
    return weight, bias


def code_of_export(choices: Choices) -> str:
    """The script of the first export in `run_export`, and how the second differs."""
    kept = script("conv_bn_relu", ExportOptions(settings=SETTINGS))
    return f"{kept}\n# And once more with optimize=True, into another file\n"


def run_export(folder: Path, choices: Choices) -> Outcome:
    """Export a block twice, the exporter's own optimizations off and on, and fold the first."""
    from onnxviz.samples.export import export

    export("conv_bn_relu", folder / EXPORTED, ExportOptions(settings=SETTINGS))
    export("conv_bn_relu", folder / "by_exporter.onnx", ExportOptions(settings=SETTINGS, optimize=True))
    exported, by_exporter = read_model(folder / EXPORTED), read_model(folder / "by_exporter.onnx")
    folded = making.fold(exported, folder / "folded.onnx")
    before, after, optimized = (
        [node.op_type for node in model.graph.nodes] for model in (exported, folded.after, by_exporter)
    )
    (norm,) = (node for node in exported.graph.nodes if node.op_type == "BatchNormalization")
    constant = [exported.graph.values[name].is_constant for name in norm.inputs]
    return Outcome(
        facts={
            "exported": before,
            "folded": after,
            "steps": len(folded.steps),
            "by_exporter": optimized,
            "norm_reads_constants": constant,
        },
        says=(
            f"The exporter wrote {', '.join(before)}. The BatchNormalization reads {len(constant)} "
            f"tensors, {sum(constant)} of them constant.",
            f"**Folding takes {counted(len(folded.steps), 'node')}.** With the exporter's own optimizations "
            f"on, the file has {', '.join(optimized)}.",
        ),
        tables=(making.reading_table(exported, folded.steps, "What each node reads, and whether it folds."),),
        graphs=(Graph("Optimizations off", EXPORTED), Graph("Optimizations on", "by_exporter.onnx")),
        pairs=(Pair("Optimizations off", "Optimizations on"),),
    )


def run_arithmetic(folder: Path, choices: Choices) -> Outcome:
    """The fused weights of one channel, written out with the exported numbers."""
    block, channel = block_of(folder / EXPORTED), int(choices["channel"])
    weight, bias = fused(block)
    names = ("gamma", "beta", "mean", "var", "b", "b'")
    columns = (block.gamma, block.beta, block.mean, block.var, block.bias, bias)
    gamma, beta, mean, var, old, new = (float(each[channel]) for each in columns)
    scale = gamma / (var + block.epsilon) ** 0.5
    first, scaled = float(block.weight[channel].flat[0]), float(weight[channel].flat[0])
    rows = tuple((k, *(f"{float(each[k]):.5f}" for each in columns)) for k in range(CHANNELS))
    return Outcome(
        facts={
            "scale": scale,
            "first": [first, scaled],
            "bias": [old, new],
            "mean": mean,
            "beta": beta,
            "terms": weight[channel].size,
        },
        says=(
            f"Channel {channel} has {weight[channel].size} weights. All are multiplied by {scale:.5f}, and "
            f"its bias changes from {old:.5f} to {new:.5f}.",
        ),
        lines=(
            "s  = gamma / sqrt(var + eps)",
            f"   = {_n(gamma)} / sqrt({_n(var)} + {block.epsilon:.0e}) = {scale:.5f}",
            f"w' = w * s                    (the first weight of {weight[channel].size})",
            f"   = {_n(first)} * {_n(scale)} = {scaled:.5f}",
            "b' = (b - mean) * s + beta",
            f"   = ({_n(old)} - {_n(mean)}) * {_n(scale)} + {_n(beta)} = {new:.5f}",
        ),
        tables=(Table(("Channel", *names), rows, "All channels; b' is the bias of the one Conv."),),
    )


def _n(number: float) -> str:
    """A number in a line of arithmetic: a negative one in brackets."""
    return f"({number:.5f})" if number < 0 else f"{number:.5f}"


def run_optimizers(folder: Path, choices: Choices) -> Outcome:
    """What optimizers make of the block: their nodes, their weights beside ours, and the error."""
    before = read_model(folder / EXPORTED)
    ours = fused(block_of(folder / EXPORTED))
    found = making.optimize_all(before, folder, OPTIMIZERS)
    agreements = {name: making.compare(before, model, IMAGES) for name, model in found.items()}
    facts = {name: _beside(model, ours, agreements[name]) for name, model in found.items()}
    rows = tuple(
        (
            READABLE[name],
            ", ".join(each["ops"]),
            _distance(each["weights"]) if len(each["ops"]) == 2 else "not fused",
            _distance(each["absolute"]),
        )
        for name, each in facts.items()
    )
    columns = ("Optimizer", "Nodes", "Its weights beside ours", "Its outputs beside the original's")
    caption = f"The largest difference of any element; outputs on {IMAGES} random images."
    return Outcome(
        facts=facts,
        says=(f"onnxsim: {agreements['onnxsim'].sentence}",),
        tables=(Table(columns, rows, caption),),
        graphs=(Graph("As exported", EXPORTED), Graph("onnxsim", "onnxsim.onnx")),
        pairs=(Pair("As exported", "onnxsim"),),
    )


def _distance(largest: float) -> str:
    return f"{largest:.2g}" if largest else "equal"


def _beside(model: Model, ours: tuple[Array, Array], agreement: Agreement) -> dict[str, Any]:
    """What one optimizer made. `weights` is the largest distance of the Conv's from ours."""
    import numpy as np

    (conv,) = (node for node in model.graph.nodes if node.op_type == "Conv")
    arrays = making.weights(model)
    theirs = [arrays[name] for name in conv.inputs[1:3]]
    return {
        "ops": [node.op_type for node in model.graph.nodes],
        "weights": max(float(np.abs(a - b).max()) for a, b in zip(ours, theirs, strict=True)),
        "agrees": agreement.agrees,
        "absolute": agreement.absolute,
    }


def run_by_hand(folder: Path, choices: Choices) -> Outcome:
    """The formula as nodes in front of the convolution, and then folding."""
    import numpy as np

    block = block_of(folder / EXPORTED)
    names = ("weight", "bias", "gamma", "beta", "mean", "var")
    arrays = {name: getattr(block, name) for name in names} | {"epsilon": np.float32(block.epsilon)}
    written = making.write(folder, "by_hand.onnx", TEXT, arrays)
    folded = making.fold(written, folder / "folded.onnx")
    agreement = making.compare(read_model(folder / EXPORTED), folded.after, IMAGES)
    ops = [node.op_type for node in folded.after.graph.nodes]
    return Outcome(
        facts={
            "nodes": [written.graph.node_count(), len(ops)],
            "ops": ops,
            "folded": [step.op_type for step in folded.steps],
            "agrees": agreement.agrees,
            "absolute": agreement.absolute,
        },
        says=(
            f"{counted(len(folded.steps), 'node')} fold in {counted(folded.waves, 'wave')}, and "
            f"{' and '.join(ops)} are left.",
            f"Against the exported model: {agreement.sentence}",
        ),
        graphs=(Graph("Formula as nodes", "by_hand.onnx"), Graph("Folded", "folded.onnx")),
        pairs=(Pair("Formula as nodes", "Folded"),),
        fold="Formula as nodes",
    )
