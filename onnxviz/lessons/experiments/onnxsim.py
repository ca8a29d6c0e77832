"""onnxsim on one small network: its three parts alone and together, its rounds, and the check afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onnxviz.lessons import making
from onnxviz.lessons.types import Choices, Graph, Outcome, Pair, Table
from onnxviz.model import Model
from onnxviz.reading import read_model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from onnxviz.rewrites.watch import Watched

FILE = "net.onnx"
BEFORE, AFTER, BETWEEN = "As it was written", "After onnxsim", "After round 1"

NETWORK = """\
g (float[1,3,8,8] x) => (float[n,m] y)
<float[4] scale = {1, 2, 3, 4}, float[4] shift = {0, 1, 2, 3},
 float[4] mean = {0.1, 0.2, 0.3, 0.4}, float[4] spread = {0.5, 0.5, 2, 2},
 float margin = {0.5}, float two = {2}, float half = {0.5},
 int64[1] first = {0}, int64[1] rest = {-1}>
{
  c = Conv <kernel_shape = [3, 3]> (x, w)
  variance = Add(spread, margin)
  n = BatchNormalization(c, scale, shift, mean, variance)
  r = Relu(n)
  one = Mul(two, half)
  scaled = Mul(r, one)
  sizes = Shape(scaled)
  batch = Gather(sizes, first)
  flat = Concat <axis = 0> (batch, rest)
  y = Reshape(scaled, flat)
}"""

Switches = Mapping[str, bool]
"""Keyword of `onnxsim.simplify` -> its value."""

_ON: Switches = {
    "perform_optimization": True,
    "skip_constant_folding": False,
    "skip_shape_inference": False,
}

PARTS: dict[str, tuple[str, Switches]] = {
    "all": ("all three", _ON),
    "folding": (
        "constant folding alone",
        {**_ON, "perform_optimization": False, "skip_shape_inference": True},
    ),
    "inference": (
        "shape inference alone",
        {**_ON, "perform_optimization": False, "skip_constant_folding": True},
    ),
    "passes": ("the passes alone", {**_ON, "skip_constant_folding": True, "skip_shape_inference": True}),
    "no_folding": ("all but constant folding", {**_ON, "skip_constant_folding": True}),
}
"""Choice -> what it is called, and the switches."""

CHANGE = 0.01
"""What is added to one number, for the check to find."""


def weight() -> NDArray[Any]:
    """float32[4, 3, 3, 3], of the convolution."""
    import numpy as np

    return np.random.default_rng(0).standard_normal((4, 3, 3, 3)).astype(np.float32)


def network(folder: Path) -> Model:
    """The model of the lesson, as `FILE`."""
    return making.write(folder, FILE, NETWORK, {"w": weight()})


def switch(folder: Path, choices: Choices) -> Outcome:
    """onnxsim with each of its parts alone, and with all."""
    before = network(folder)
    models = {part: _simplified(before, folder, part) for part in PARTS}
    chosen = models[choices["parts"]]
    nodes = {part: model.graph.node_count() for part, model in models.items()}
    total = before.graph.node_count()
    facts: dict[str, Any] = {
        "before": total,
        "after": nodes,
        "ops": {part: _ops(model) for part, model in models.items()},
        "typed": {part: _typed(model) for part, model in models.items()},
        "typed_before": _typed(before),
        "agrees": {part: making.compare(before, model).agrees for part, model in models.items()},
    }
    alone = {part: total - nodes[part] for part in ("folding", "inference", "passes")}
    says = (
        f"Alone, constant folding takes {alone['folding']} of {total} nodes, shape inference "
        f"{alone['inference']} and the passes {alone['passes']}. "
        f"Together they take {total - nodes['all']}: more than the sum of what each does alone.",
        f"Shape inference wrote down the shapes of {facts['typed']['inference']} tensors, where the file had "
        f"{facts['typed_before']}. That removes no node. But with it a pass can put the sizes in the place "
        f"of `Shape`: all but folding leaves {nodes['no_folding']} nodes. (onnxsim's folding does not wait "
        "for that: it works out for itself the shapes that a `Shape` asks for.)",
    )
    rows = tuple((label, nodes[part], ", ".join(_ops(models[part]))) for part, (label, _) in PARTS.items())
    return Outcome(
        facts,
        says,
        tables=(Table(("What runs", "Nodes left", "Which"), rows, f"The original has {total} nodes."),),
        graphs=(Graph(BEFORE, FILE), Graph(AFTER, Path(chosen.path).name, PARTS[choices["parts"]][0])),
        pairs=(Pair(BEFORE, AFTER),),
    )


def _simplified(before: Model, folder: Path, part: str) -> Model:
    from onnxviz.rewrites.simplify import SimplifyOptions, simplify

    switches = PARTS[part][1]
    options = SimplifyOptions(
        skip_optimization=not switches["perform_optimization"],
        skip_constant_folding=switches["skip_constant_folding"],
        skip_shape_inference=switches["skip_shape_inference"],
        checks=0,
    )
    return simplify(before, folder / f"{part}.onnx", options).after


def _ops(model: Model) -> list[str]:
    return [node.op_type for node in model.graph.nodes]


def _typed(model: Model) -> int:
    """Tensors between the nodes whose shape the file notes."""
    import onnx

    from onnxviz.rewrites.snapshots import summary_of

    return summary_of(onnx.load(model.path)).typed


def rounds(folder: Path, choices: Choices) -> Outcome:
    """onnxsim's steps, one at a time."""
    from onnxviz.rewrites.passes import optimizer_passes
    from onnxviz.rewrites.watch import watch

    before = network(folder)
    watched = watch(before, folder)
    first = [step for step in watched.steps if step.round == 1]
    facts: dict[str, Any] = {
        "rounds": watched.rounds,
        "passes": len(optimizer_passes()),
        "rounds_of": {
            name: [step.round for step in watched.steps if step.name == name]
            for name in dict.fromkeys(step.name for step in watched.steps)
        },
        "after": watched.after.graph.op_counts(),
        "as_in_one_go": watched.as_in_one_go,
    }
    rows = tuple(
        (step.number, step.round, step.name, step.before.nodes, step.after.nodes, step.after.typed)
        for step in watched.steps
    )
    columns = ("Step", "Round", "What ran", "Nodes before", "Nodes after", "Tensors of known shape")
    graphs = (
        Graph(BEFORE, FILE),
        Graph(BETWEEN, first[-1].file),
        Graph(AFTER, Path(watched.after.path).name),
    )
    return Outcome(
        facts,
        _said_of_rounds(watched, facts["passes"]),
        tables=(
            Table(
                columns,
                rows,
                "Only what changed something is listed. Where a node goes, its tensor goes too.",
            ),
        ),
        graphs=graphs,
        pairs=(Pair(BEFORE, BETWEEN), Pair(BETWEEN, AFTER)),
    )


def _said_of_rounds(watched: Watched, passes: int) -> tuple[str, ...]:
    from onnxviz.rewrites.passes import INFERENCE

    second = [step.name for step in watched.steps if step.round == 2 and step.name != INFERENCE]
    same = "the same" if watched.as_in_one_go else "another"
    return (
        f"{passes} passes were tried again and again. {making.counted(len(watched.steps), 'step')} in "
        f"{watched.rounds} rounds changed something.",
        "At the end of round 1 no pass found anything more to do, and then folding stored new constants. "
        f"That gave work to {', '.join(f'`{name}`' for name in second)} in round 2.",
        f"onnxsim in one go ends with {same} model: {watched.after.graph.node_count()} nodes.",
    )


def check(folder: Path, choices: Choices) -> Outcome:
    """The result compared with the original, as it is or with one number changed."""
    from onnxviz.rewrites.verify import compare_outputs

    before = network(folder)
    after = _simplified(before, folder, "all")
    if choices["change"]:
        _change(Path(after.path))
        after = read_model(Path(after.path))
    agreement = compare_outputs(Path(before.path), Path(after.path), 3, locate=False)
    facts = {
        "agrees": agreement.agrees,
        "largest_difference": agreement.absolute,
        "tolerance": agreement.tolerance.rtol,
        "passes_own_check": making.passes_own_check(before),
    }
    says = [agreement.sentence]
    if not choices["change"]:
        said = "found the same" if facts["passes_own_check"] else "does not agree"
        says.append(f"onnxsim's own check, `check_n=3`, {said}.")
    return Outcome(facts, tuple(says))


def _change(path: Path) -> None:
    """Add `CHANGE` to the first number of the convolution's bias."""
    import onnx
    from onnx import numpy_helper

    proto = onnx.load(path)
    name = proto.graph.node[0].input[2]
    bias = next(tensor for tensor in proto.graph.initializer if tensor.name == name)
    array = numpy_helper.to_array(bias).copy()
    array[0] += CHANGE
    bias.CopyFrom(numpy_helper.from_array(array, name))
    onnx.save(proto, path)


NETWORK_CODE = f'''\
import numpy as np
import onnx.parser
from onnx import numpy_helper

model = onnx.parser.parse_model("""{making.HEAD}
{NETWORK}""")
w = np.random.default_rng(0).standard_normal((4, 3, 3, 3)).astype(np.float32)
model.graph.initializer.append(numpy_helper.from_array(w, "w"))
onnx.save(model, "{FILE}")'''


def switch_code(choices: Choices) -> str:
    """The call that makes the second picture of `switch`."""
    switches = ",\n".join(f"    {name}={value}" for name, value in PARTS[choices["parts"]][1].items())
    return f"""\
import onnxsim

simplified, is_valid = onnxsim.simplify(
    "{FILE}",
{switches},
)
print([node.op_type for node in simplified.graph.node])"""


ROUNDS_CODE = f"""\
from pathlib import Path
from onnxviz.rewrites.watch import watch_file

watched = watch_file(Path("{FILE}"), Path("steps"))
for step in watched.steps:
    print(step.round, step.name, step.before.nodes, step.after.nodes)"""

_CHANGE_CODE = f"""
name = simplified.graph.node[0].input[2]
bias = next(tensor for tensor in simplified.graph.initializer if tensor.name == name)
array = numpy_helper.to_array(bias).copy()
array[0] += {CHANGE}
bias.CopyFrom(numpy_helper.from_array(array, name))
"""


def check_code(choices: Choices) -> str:
    """What `check` runs."""
    return f"""\
from pathlib import Path
import onnx
import onnxsim
from onnx import numpy_helper
from onnxviz.rewrites.verify import compare_outputs

simplified, is_valid = onnxsim.simplify("{FILE}", check_n=3)
{_CHANGE_CODE if choices["change"] else ""}
onnx.save(simplified, "simplified.onnx")
print(compare_outputs(Path("{FILE}"), Path("simplified.onnx"), 3, locate=False).sentence)"""
