"""What the experiments of lessons are made with: small verbs that end in a file, a Table or lines of text.

    model = write(folder, "before.onnx", "g (float[2] x) => (float[2] y) { y = Relu(x) }", weights={…})
    folded = fold(model, folder / "after.onnx")          -> rewrites.fold.Folded
    lines = arithmetic(folded.steps)                     -> ("1. Mul(2, 3) = 6", …)
    table = op_table({"before": model, "after": folded.after}, "What is left.")
    table = reading_table(model, folded.steps, "What each node reads, and whether it folds.")
    found = optimize_all(model, folder, ("onnxsim", "ort-all"))   -> name -> Model
    agreement = compare(model, found["onnxsim"], tries=3)
    arrays = outputs(model, {"x": array})                -> output name -> array

A file is written under the name that is given, in the folder of the experiment, so that `Graph(label, file)`
finds it. Nothing heavy is imported before a verb is called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from onnxviz.lessons.types import Table
from onnxviz.model import Model
from onnxviz.reading import read_model

if TYPE_CHECKING:
    import onnx

    from onnxviz.rewrites.fold import Folded, FoldOptions, Step
    from onnxviz.rewrites.types import Agreement

Weights = Mapping[str, NDArray[Any]]
"""Name -> array: initializers of the main graph."""

HEAD = '<ir_version: 10, opset_import: ["": 20]>'
"""What a text that has no head of its own begins with. Opset 20 is what `torch.onnx.export` writes when
nothing is said (torch 2.13), and IR version 10 came soon after it."""

READABLE = {
    "onnxsim": "onnxsim",
    "onnxslim": "onnxslim",
    "onnxscript": "onnxscript",
    "ort-basic": "ONNX Runtime, basic",
    "ort-extended": "ONNX Runtime, extended",
    "ort-all": "ONNX Runtime, all",
    "fold": "folding alone",
}
"""How an optimizer of the registry is called in a table of a lesson."""


SHORT = 12
"""Characters of a value that `reading_table` writes out: a number or a list of a few sizes. Of weights the
type says more there."""


def parse(text: str, weights: Weights | None = None) -> onnx.ModelProto:
    """The model that ONNX text spells, with `weights` as initializers beside those in the text.

    `HEAD` goes before a text that begins with a graph. A model that breaks a rule of ONNX is an error in a
    lesson: `onnx.checker.ValidationError` and `onnx.parser.ParseError` are let through.
    """
    import onnx
    from onnx import numpy_helper, parser

    proto = parser.parse_model(text if text.lstrip().startswith("<") else f"{HEAD}\n{text}")
    proto.graph.initializer.extend(
        numpy_helper.from_array(array, name) for name, array in (weights or {}).items()
    )
    onnx.checker.check_model(proto, full_check=True)
    return proto


def write(folder: Path, file: str, text: str, weights: Weights | None = None) -> Model:
    """`parse`, into the file called `file` in `folder`."""
    return keep(parse(text, weights), folder / file)


def keep(proto: onnx.ModelProto, path: Path) -> Model:
    """A model that was made in some other way, into a file."""
    import onnx

    onnx.save(proto, path)
    return read_model(path)


def fold(before: Model, out: Path, options: FoldOptions | None = None) -> Folded:
    """`before` folded into the file `out`: each step of it, and a reason for what stayed."""
    from onnxviz.rewrites import fold as folding

    return folding.fold(before, out, options)


def optimize_all(
    before: Model, folder: Path, names: Sequence[str], set_dims: Mapping[str, int] | None = None
) -> dict[str, Model]:
    """Optimizer -> what it makes of `before`, each in `folder` as `<name>.onnx`.

    `names` are those of `rewrites.optimizers`. Raises the RewriteFailed of one that gives up: a lesson is
    about models that all of them take.
    """
    from onnxviz.rewrites.optimizers import OptimizeOptions, optimize

    options = OptimizeOptions(set_dims=dict(set_dims or {}), checks=0)
    return {name: optimize(name, before, folder / f"{name}.onnx", options).after for name in names}


def compare(before: Model, after: Model, tries: int = 1, seed: int = 0) -> Agreement:
    """How close the outputs of two models come on `tries` seeded inputs, ONNX Runtime's optimizations off."""
    from onnxviz.rewrites.verify import compare_outputs

    return compare_outputs(Path(before.path), Path(after.path), tries, seed)


def passes_own_check(before: Model, tries: int = 3) -> bool:
    """Whether onnxsim, asked to check what it makes of `before` (`check_n`), finds it right."""
    import onnx

    from onnxviz.errors import RewriteFailed
    from onnxviz.rewrites.passes import quietly

    try:
        quietly(onnx.load(before.path), check_n=tries)
    except RewriteFailed:
        return False
    return True


def outputs(model: Model, feed: Weights) -> dict[str, NDArray[Any]]:
    """Output name -> what ONNX Runtime computes on `feed`, its optimizations off: the file as it stands."""
    from onnxviz.rewrites.running import run, unoptimized_session

    session = unoptimized_session(model.path)
    return dict(
        zip((output.name for output in session.get_outputs()), run(session, feed, model.name), strict=True)
    )


def weights(model: Model) -> dict[str, NDArray[Any]]:
    """Initializer name -> its array."""
    import onnx
    from onnx import numpy_helper

    return {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(model.path).graph.initializer}


def arithmetic(steps: Sequence[Step], most: int = 20) -> tuple[str, ...]:
    """The steps of a folding as lines: `1. Mul(2, 3) = 6`; what is beyond `most` is counted."""
    lines = [f"{step.number}. {step.sentence}" for step in steps[:most]]
    return (*lines, f"… and {len(steps) - most:,} more") if len(steps) > most else tuple(lines)


def op_table(models: Mapping[str, Model], caption: str = "") -> Table:
    """Operator by model: how many nodes of each there are, and how many in all."""
    counts = [model.graph.op_counts() for model in models.values()]
    ops = dict.fromkeys(op for each in counts for op in each)
    rows = [(op, *(each.get(op, 0) for each in counts)) for op in ops]
    rows.append(("All nodes", *(sum(each.values()) for each in counts)))
    return Table(("Operator", *models), tuple(rows), caption)


def counted(number: int, noun: str) -> str:
    """`1 node`, `2 nodes`, `no nodes`."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def reading_table(before: Model, steps: Sequence[Step], caption: str = "") -> Table:
    """For each node of the model that was folded in `steps`: what it reads, and whether it folded."""
    graph = before.graph
    made = {name: node.op_type for node in graph.nodes for name in node.outputs}
    results = {seen.name: seen.text for step in steps for seen in step.outputs}
    did = {step.node: "yes" if step.did == "folded" else str(step.did) for step in steps}

    def source(name: str) -> str:
        if name in graph.inputs:
            return f"{name}: given by the caller"
        if name in results:
            return f"{name} = {results[name]}, once the {made[name]} has folded"
        if name in made:
            return f"{name}: made by a {made[name]} that waits"
        value = graph.values[name]
        is_short = value.preview is not None and len(value.preview) <= SHORT and "…" not in value.preview
        return f"{name} = {value.preview}" if is_short else f"{name}: a stored {value.type_text}"

    rows = tuple(
        (
            node.op_type,
            "; ".join(source(name) for name in node.inputs if name),
            did.get(node.id, "no"),
        )
        for node in graph.nodes
    )
    return Table(("Node", "What it reads", "Folds"), rows, caption)
