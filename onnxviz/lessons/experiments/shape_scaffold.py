"""A Reshape whose sizes are computed in the graph: folded, given to seven optimizers, fixed, and exported."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from onnxviz.errors import RewriteFailed
from onnxviz.lessons import making
from onnxviz.lessons.making import READABLE, counted
from onnxviz.lessons.types import Choices, Graph, Outcome, Pair, Table
from onnxviz.model import Model
from onnxviz.reading import read_model
from onnxviz.samples.options import ExportOptions

DIMS = {"none": ("1", "16"), "batch": ("batch", "16"), "both": ("batch", "length")}
"""Which axes of x are dynamic -> its first two dims."""

OPTIMIZERS = ("fold", "onnxsim", "onnxslim", "onnxscript", "ort-basic", "ort-extended", "ort-all")


def text(dims: tuple[str, str]) -> str:
    """The model, for x of these dims and 32 features: `x.view(batch, length, 4, 8)`."""
    first, second = dims
    return f"""split_heads (float[{first}, {second}, 32] x) => (float[{first}, {second}, 4, 8] y)
<int64 zero = {{0}}, int64 one = {{1}}, int64[1] axis = {{0}}, int64[2] heads = {{4, 8}}>
{{
  shape_a = Shape(x)
  size_a = Gather(shape_a, zero)
  list_a = Unsqueeze(size_a, axis)
  shape_b = Shape(x)
  size_b = Gather(shape_b, one)
  list_b = Unsqueeze(size_b, axis)
  sizes = Concat <axis = 0> (list_a, list_b, heads)
  y = Reshape(x, sizes)
}}"""


def _writing(dims: tuple[str, str], file: str, imports: str) -> str:
    return f'''from pathlib import Path
import onnx.parser
{imports}

model = onnx.parser.parse_model("""{making.HEAD}
{text(dims)}""")
onnx.save(model, "{file}")
'''


def code_of_scaffold(choices: Choices) -> str:
    """What `run_scaffold` does, as Python to copy."""
    imports = "from onnxviz.rewrites.fold import fold_file"
    return f"""{_writing(DIMS[choices["dynamic"]], "before.onnx", imports)}
folded = fold_file(Path("before.onnx"), Path("after.onnx"))
for step in folded.steps:
    print(step.sentence)
for kept in folded.kept:
    print(kept.op_type, "stays:", kept.sentence)
"""


def run_scaffold(folder: Path, choices: Choices) -> Outcome:
    """Fold the scaffold with none, one or two dynamic axes."""
    before = making.write(folder, "before.onnx", text(DIMS[choices["dynamic"]]))
    folded = making.fold(before, folder / "after.onnx")
    assert folded.agreement is not None
    after = folded.after
    kind = before.graph.values["x"].type_text
    left = after.graph.node_count()
    unread = len(folded.steps) - sum(str(step.did) == "folded" for step in folded.steps)
    rest = "only the Reshape is" if left == 1 else f"{left} are"
    gone = f", {unread} {'is' if unread == 1 else 'are'} read by nothing then," if unread else ""
    computed = [step for step in folded.steps if str(step.did) == "folded"]
    stays = (f"{each.op_type} stays. {each.sentence}" for each in folded.kept)
    return Outcome(
        facts={
            "nodes": [before.graph.node_count(), left],
            "folded": [step.op_type for step in computed],
            "results": [step.outputs[0].text for step in computed],
            "kept": [[each.op_type, str(each.reason)] for each in folded.kept],
            "equal": folded.agreement.agrees,
        },
        says=(
            f"**`x` is `{kind}`:** of {before.graph.node_count()} nodes {len(computed) or 'none'} "
            f"{'fold' if computed else 'folds'}{gone} and {rest} left. The list that the Reshape reads is "
            f"{_list_of(after)}.",
            folded.agreement.sentence,
        ),
        lines=(*making.arithmetic(folded.steps), *stays),
        graphs=(Graph("As written", "before.onnx"), Graph("Folded", "after.onnx")),
        pairs=(Pair("As written", "Folded"),),
        fold="As written",
    )


def _list_of(model: Model) -> str:
    """What the Reshape of the model reads as its sizes."""
    (name,) = (node.inputs[1] for node in model.graph.nodes if node.op_type == "Reshape")
    value = model.graph.values[name]
    return value.preview or "" if value.is_constant else "computed in each run"


def code_of_optimizers(choices: Choices) -> str:
    """What `run_optimizers` does, as Python to copy."""
    imports = "from onnxviz.rewrites.optimizers import names, optimize_file"
    return f"""{_writing(DIMS[choices["dynamic"]], "before.onnx", imports)}
for name in names():
    result = optimize_file(name, Path("before.onnx"), Path(f"{{name}}.onnx"))
    print(name, [node.op_type for node in result.after.graph.nodes])
"""


def run_optimizers(folder: Path, choices: Choices) -> Outcome:
    """What seven optimizers make of the scaffold."""
    before = making.write(folder, "before.onnx", text(DIMS[choices["dynamic"]]))
    found = making.optimize_all(before, folder, OPTIMIZERS)
    nodes = {name: model.graph.node_count() for name, model in found.items()}
    lists = {name: _list_of(model) for name, model in found.items()}
    same = {name: making.compare(before, model).agrees for name, model in found.items()}
    rows = tuple(
        (READABLE[name], nodes[name], lists[name], "yes" if same[name] else "no") for name in OPTIMIZERS
    )
    more = [READABLE[name] for name in OPTIMIZERS if nodes[name] > 1]
    alone = f"{len(found) - len(more)} of the {len(found)} leave" if more else f"All {len(found)} leave"
    rest = f" Sizes are still computed in each run after: {', '.join(more)}." if more else ""
    graphs = (Graph("As written", "before.onnx"), Graph("onnxsim", "onnxsim.onnx"))
    return Outcome(
        facts={"nodes": nodes, "lists": lists, "same": all(same.values())},
        says=(f"**{alone} nothing but the Reshape.**{rest}",),
        tables=(
            Table(
                ("Optimizer", "Nodes", "The list of sizes", "Same outputs"),
                rows,
                f"As written it has {counted(before.graph.node_count(), 'node')}. In the list of a Reshape, "
                "-1 means: work it out; 0: as in the input.",
            ),
        ),
        graphs=graphs,
        pairs=(Pair("As written", "onnxsim"),),
    )


def code_of_size(choices: Choices) -> str:
    """What `run_size` does, as Python to copy."""
    imports = "from onnxviz.rewrites.fold import FoldOptions, fold_file"
    return f"""{_writing(DIMS["batch"], "dynamic.onnx", imports)}
options = FoldOptions(set_dims={{"batch": {choices["batch"]}}})
folded = fold_file(Path("dynamic.onnx"), Path("fixed.onnx"), options)
print(len(folded.steps), "steps")
"""


def run_size(folder: Path, choices: Choices) -> Outcome:
    """Give the dynamic batch a size, fold, and feed the result another size."""
    import numpy as np

    from onnxviz.rewrites.fold import FoldOptions

    size = int(choices["batch"])
    before = making.write(folder, "dynamic.onnx", text(DIMS["batch"]))
    folded = making.fold(before, folder / "fixed.onnx", FoldOptions(set_dims={"batch": size}))
    fed = {batch: {"x": np.ones((batch, 16, 32), np.float32)} for batch in (size, size + 1)}
    told = {
        label: [_fed(model, feed) for feed in fed.values()]
        for label, model in (("dynamic", before), ("fixed", folded.after))
    }
    rows = tuple(
        (batch, *(each[k].shape or "refused" for each in told.values())) for k, batch in enumerate(fed)
    )
    refusal = told["fixed"][1].refusal.splitlines()
    return Outcome(
        facts={
            "nodes": [before.graph.node_count(), folded.after.graph.node_count()],
            "list": _list_of(folded.after),
            "expected": f"[{size}, 16, 4, 8]",
            "dynamic_takes_both": all(each.shape for each in told["dynamic"]),
            "fixed_takes_size": bool(told["fixed"][0].shape),
            "fixed_takes_other": bool(told["fixed"][1].shape),
        },
        says=(
            f"With `batch = {size}` everything is known: of {counted(before.graph.node_count(), 'node')} "
            f"{folded.after.graph.node_count()} is left, with the list {_list_of(folded.after)}. "
            f"The price stands in the table: the model takes {size} and no other batch.",
        ),
        lines=(
            *making.arithmetic(folded.steps),
            "",
            f"With a batch of {size + 1} ONNX Runtime says:",
            *refusal,
        ),
        tables=(
            Table(
                ("Batch that is fed", "Dynamic model", "With the size set"),
                rows,
                "The shape of the output. Above is what ONNX Runtime says when it refuses.",
            ),
        ),
        graphs=(Graph("Dynamic batch", "dynamic.onnx"), Graph("Size set", "fixed.onnx")),
        pairs=(Pair("Dynamic batch", "Size set"),),
    )


@dataclass(frozen=True, slots=True)
class _Fed:
    """What came of feeding a model: the shape of its output, or why it was refused; the other is empty."""

    shape: str = ""
    refusal: str = ""


def _fed(model: Model, feed: making.Weights) -> _Fed:
    try:
        return _Fed(shape=str(list(making.outputs(model, feed)["y"].shape)))
    except RewriteFailed as error:
        return _Fed(refusal=error.detail)


def code_of_export(choices: Choices) -> str:
    """The script that `run_export` carries out: the module, and the call of the exporter."""
    from onnxviz.samples.script import script

    return script("shape_math", _options(choices))


def _options(choices: Choices) -> ExportOptions:
    dynamic = {"x": {0: "batch"}} if choices["dynamic"] == "batch" else {}
    return ExportOptions(exporter=choices["exporter"], dynamic=dynamic)


_IDENTITY = (
    "An `Identity` gives what it gets. It reads no constant here, so folding leaves it; ONNX Runtime takes "
    "it away as a node of no use."
)


def run_export(folder: Path, choices: Choices) -> Outcome:
    """Export a module that reads its own sizes, and fold what the exporter wrote."""
    from onnxviz.samples.export import export

    export("shape_math", folder / "exported.onnx", _options(choices))
    exported = read_model(folder / "exported.onnx", "exported")
    folded = making.fold(exported, folder / "folded.onnx").after
    runtime = making.optimize_all(exported, folder, ("ort-basic",))["ort-basic"]
    models = {"Exported": exported, "Folded": folded, READABLE["ort-basic"]: runtime}
    counts = {label: model.graph.op_counts() for label, model in models.items()}
    nodes = [sum(each.values()) for each in counts.values()]
    return Outcome(
        facts={
            "nodes": nodes,
            "ops": counts["Exported"],
            "ops_after": counts["Folded"],
            "ops_runtime": counts[READABLE["ort-basic"]],
        },
        says=(
            f"The exporter wrote {counted(nodes[0], 'node')}; folding leaves {nodes[1]}, and ONNX Runtime's "
            f"basic rewrites {nodes[2]}. `x` is "
            f"`{exported.graph.values[exported.graph.inputs[0]].type_text}`.",
            *((_IDENTITY,) if "Identity" in counts["Folded"] else ()),
        ),
        tables=(making.op_table(models, "Nodes of each kind."),),
        graphs=(Graph("Exported", "exported.onnx"), Graph("Folded", "folded.onnx")),
        pairs=(Pair("Exported", "Folded"),),
        fold="Exported",
    )
