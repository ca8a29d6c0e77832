"""Experiments on `torch.onnx.export`: most export one model in two ways, to show what differs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from onnxviz.lessons import making
from onnxviz.lessons.types import Choices, Graph, Outcome, Pair, Table
from onnxviz.model import Model
from onnxviz.samples.options import ExportOptions
from onnxviz.samples.types import Exporter

BATCHES = (1, 4, 5)
"""How many images are given to the exported model."""

FIXED, DYNAMIC = "dynamic_axes off", "dynamic_axes on"

NAMES = {"x": ("x", "scores"), "pixels": ("pixels", "digit")}
"""Choice -> name of the input and of the output."""

OPSETS = (13, 17, 20)
"""The first is what the others are compared with."""

EXPORTERS: dict[Exporter, str] = {"torchscript": "TorchScript exporter", "dynamo": "dynamo exporter"}


def _exported(folder: Path, file: str, sample: str, options: ExportOptions) -> Model:
    from onnxviz.reading import read_model
    from onnxviz.samples.export import export

    return read_model(export(sample, folder / file, options).path)


# Sizes ----------------------------------------------------------------------------------------------------


def sized(choices: Choices, is_dynamic: bool) -> ExportOptions:
    """Shape arithmetic, exported with so many images in `dummy_input`, and one dynamic axis or none."""
    axes = {"x": {0: "batch"}} if is_dynamic else {}
    return ExportOptions("torchscript", dynamic=axes, settings={"batch": choices["batch"]})


def sizes(folder: Path, choices: Choices) -> Outcome:
    """Shape arithmetic with a fixed first axis, and with a dynamic one."""
    models = {
        label: _exported(folder, f"{label[13:]}.onnx", "shape_math", sized(choices, label == DYNAMIC))
        for label in (FIXED, DYNAMIC)
    }
    runs = {label: {n: _tried(model, n) for n in BATCHES} for label, model in models.items()}
    shapes = {label: list(model.graph.values["x"].shape or ()) for label, model in models.items()}
    nodes = {label: model.graph.node_count() for label, model in models.items()}
    refusal = next((why for why in runs[FIXED].values() if why), "")
    return Outcome(
        facts={
            "shapes": shapes,
            "nodes": nodes,
            "shape_nodes": {
                label: model.graph.op_counts().get("Shape", 0) for label, model in models.items()
            },
            "takes": {label: [n for n, why in each.items() if not why] for label, each in runs.items()},
        },
        says=(
            f"Without `dynamic_axes` the input is `{shapes[FIXED]}`: the sizes of `dummy_input` are in the "
            f"file. The Python code asked for `x.shape`, and the answer became constants: "
            f"{making.counted(nodes[FIXED], 'node')}.",
            f"With `dynamic_axes` the first size is a name, `{shapes[DYNAMIC][0]}`. Nobody knows its value "
            f"yet, so the graph has to ask for it each time, with `Shape` nodes and arithmetic on what "
            f"they give: {making.counted(nodes[DYNAMIC], 'node')}.",
        ),
        lines=tuple(refusal.splitlines()),
        tables=(
            Table(
                ("Images given", *models),
                tuple((n, *("refused" if each[n] else "runs" for each in runs.values())) for n in BATCHES),
                "What ONNX Runtime takes. Above is what it says when it refuses.",
            ),
        ),
        graphs=tuple(Graph(label, f"{label[13:]}.onnx") for label in models),
        pairs=(Pair(FIXED, DYNAMIC),),
    )


def _tried(model: Model, batch: int) -> str:
    """Why the runtime does not take so many images; empty where it does."""
    import numpy as np

    from onnxviz.errors import RewriteFailed

    try:
        making.outputs(model, {"x": np.zeros((batch, 3, 8, 8), np.float32)})
    except RewriteFailed as error:
        return error.detail
    return ""


# Names ----------------------------------------------------------------------------------------------------


def named(choices: Choices) -> ExportOptions:
    """A small network under the names that were chosen."""
    first, last = NAMES[choices["names"]]
    return ExportOptions("torchscript", input_names=(first,), output_names=(last,), settings={"depth": 1})


def names(folder: Path, choices: Choices) -> Outcome:
    """A small network under the names that were chosen, called by each name."""
    import numpy as np

    from onnxviz.errors import RewriteFailed

    model = _exported(folder, "named.onnx", "mlp", named(choices))
    answers: dict[str, str] = {}
    for name, _ in NAMES.values():
        try:
            found = making.outputs(model, {name: np.zeros((1, 64), np.float32)})
            answers[name] = ", ".join(f"{key}: {list(array.shape)}" for key, array in found.items())
        except RewriteFailed as error:
            answers[name] = error.cause
    return Outcome(
        facts={
            "inputs": list(model.graph.inputs),
            "outputs": list(model.graph.outputs),
            "ops": dict(model.graph.op_counts()),
            "shape": list(model.graph.values[model.graph.inputs[0]].shape or ()),
            "accepts": [name for name in answers if name in model.graph.inputs],
            "answers": answers,
        },
        says=(
            f"The input is called `{model.graph.inputs[0]}` and the output `{model.graph.outputs[0]}`. "
            "A caller gives inputs by name, so these names are part of how your model is used: choose "
            "them well, and keep them when you export a newer version.",
        ),
        lines=tuple(f"give {name!r} -> {answer}" for name, answer in answers.items()),
        graphs=(Graph("named", "named.onnx", "The first and the last box carry the names."),),
    )


# Opset ----------------------------------------------------------------------------------------------------


def at_opset(version: int) -> ExportOptions:
    """One layer of an encoder in the operators of one opset."""
    return ExportOptions("torchscript", opset=version, settings={"depth": 1})


def opsets(folder: Path, choices: Choices) -> Outcome:
    """The encoder at the oldest of the opsets, and at the one that was chosen."""
    old, new = OPSETS[0], choices["opset"]
    models = {
        f"opset {each}": _exported(folder, f"opset{each}.onnx", "encoder", at_opset(each))
        for each in (old, new)
    }
    before, after = (model.graph.op_counts() for model in models.values())
    come = [op for op in after if op not in before]
    agreement = making.compare(models[f"opset {old}"], models[f"opset {new}"])
    return Outcome(
        facts={
            "before": dict(before),
            "after": dict(after),
            "come": come,
            "same": agreement.agrees,
            "shapes": [list(model.graph.values["tokens"].shape or ()) for model in models.values()],
        },
        says=(
            f"Opset {old} needs {sum(before.values())} nodes, opset {new} {sum(after.values())}. New in it: "
            f"{', '.join(f'`{op}`' for op in come)}. Each stands for several nodes of the older opset.",
            f"Both compute the same: the outputs differ by at most {agreement.absolute:.1e}."
            if agreement.agrees
            else "The outputs of the two differ.",
        ),
        tables=(_changed(making.op_table(models)),),
        graphs=tuple(Graph(f"opset {each}", f"opset{each}.onnx") for each in (old, new)),
        pairs=(Pair(f"opset {old}", f"opset {new}"),),
    )


def _changed(table: Table) -> Table:
    """Its rows whose last two cells differ."""
    rows = tuple(row for row in table.rows if row[1] != row[2])
    return replace(table, rows=rows, caption="The operators of which there are more or fewer nodes.")


# Exporter -------------------------------------------------------------------------------------------------


def through(exporter: Exporter, choices: Choices) -> ExportOptions:
    """Shape arithmetic through one exporter, which may fold constants itself."""
    return ExportOptions(exporter, optimize=choices["optimize"])


_NOTHING_FOUND = (
    "For the TorchScript exporter folding changes nothing here: it takes nodes that read stored constants "
    "alone, and each node of this graph needs `x` or its sizes. What the dynamo exporter does under "
    "`optimize` is more than folding: it also uses the sizes that it knows, and rewrites patterns."
)


def _reading_constants_alone(model: Model) -> int:
    """How many nodes do, `Constant`s not counted."""
    graph = model.graph
    reads = (node.inputs for node in graph.nodes if node.op_type != "Constant")
    return sum(
        bool(names) and all(graph.values[name].is_constant for name in names if name) for names in reads
    )


def exporters(folder: Path, choices: Choices) -> Outcome:
    """The same model through both exporters."""
    import onnx

    models = {
        label: _exported(folder, f"{exporter}.onnx", "shape_math", through(exporter, choices))
        for exporter, label in EXPORTERS.items()
    }
    nodes = {label: model.graph.node_count() for label, model in models.items()}
    notes = {
        label: sum(bool(node.metadata_props) for node in onnx.load(model.path).graph.node)
        for label, model in models.items()
    }
    agreement = making.compare(models[EXPORTERS["torchscript"]], models[EXPORTERS["dynamo"]])
    foldable = {label: _reading_constants_alone(model) for label, model in models.items()}
    folding = "with" if choices["optimize"] else "without"
    return Outcome(
        facts={"nodes": nodes, "notes": notes, "same": agreement.agrees, "foldable": foldable},
        says=(
            f"The same Python, {folding} folding: "
            + ", ".join(f"{making.counted(n, 'node')} from the {label}" for label, n in nodes.items())
            + f". Their outputs are {'the same' if agreement.agrees else 'not the same'}.",
            *((_NOTHING_FOUND,) if choices["optimize"] else ()),
            *(
                f"The {label} left notes on {n} of them: the module and the line of Python that each is from."
                if n
                else f"The {label} left no notes."
                for label, n in notes.items()
            ),
        ),
        tables=(making.op_table(models),),
        graphs=tuple(Graph(label, f"{exporter}.onnx") for exporter, label in EXPORTERS.items()),
        pairs=(Pair(*EXPORTERS.values()),),
    )
