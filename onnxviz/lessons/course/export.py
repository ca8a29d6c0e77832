"""`torch.onnx.export`, parameter by parameter."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from onnxviz.lessons.experiments import export as experiments
from onnxviz.lessons.experiments.export import DYNAMIC, EXPORTERS, FIXED, NAMES, OPSETS
from onnxviz.lessons.types import (
    Choice,
    Choices,
    Claim,
    Code,
    Experiment,
    Facts,
    Lesson,
    Option,
    Question,
    Text,
)
from onnxviz.samples.options import ExportOptions
from onnxviz.samples.script import call_site, script

_TORCHSCRIPT, _DYNAMO = EXPORTERS["torchscript"], EXPORTERS["dynamo"]


def _calls(sample: str, calls: Mapping[str, ExportOptions], *, is_whole: bool = True) -> str:
    """The export of `sample` into each of the files, behind the model's own source when `is_whole`."""
    parts: list[str] = []
    for file, options in calls.items():
        code = script(sample, options) if is_whole and not parts else call_site(sample, options)
        parts.append(code.replace(f'"{sample}.onnx"', f'"{file}"'))
    return "\n".join(parts)


def _sizes(choices: Choices) -> str:
    files = {"off.onnx": False, "on.onnx": True}
    return _calls("shape_math", {file: experiments.sized(choices, on) for file, on in files.items()})


def _names(choices: Choices) -> str:
    return _calls("mlp", {"named.onnx": experiments.named(choices)})


def _opsets(choices: Choices) -> str:
    versions = (OPSETS[0], choices["opset"])
    calls = {f"opset{n}.onnx": experiments.at_opset(n) for n in versions}
    return "from onnxviz.samples.zoo.encoder import build\nimport torch\n\n" + _calls(
        "encoder", calls, is_whole=False
    )


def _exporters(choices: Choices) -> str:
    return _calls("shape_math", {f"{each}.onnx": experiments.through(each, choices) for each in EXPORTERS})


def _is_called(first: str, last: str) -> Callable[[Facts], bool]:
    def holds(f: Facts) -> bool:
        is_named = f["inputs"] == f["accepts"] == [first] and f["outputs"] == [last]
        is_alike = f["shape"] == [1, 64] and f["ops"] == {"Gemm": 2, "Relu": 1}
        return bool(is_named and is_alike)

    return holds


LESSON = Lesson(
    id="export",
    title="torch.onnx.export, parameter by parameter",
    aim="Say what each parameter of `torch.onnx.export` does to the graph, and choose it for your model.",
    minutes=10,
    parts=(
        Text(
            "`torch.onnx.export(model, dummy_input, filename, input_names, output_names, dynamic_axes, …)` "
            "turns a PyTorch module into an ONNX file. It runs no training and changes nothing in the "
            "model.\n\n"
            "| parameter | what it is |\n|---|---|\n"
            "| `model` | the module, after `.eval()`: dropout is off, and batch normalization uses what it "
            "has learned |\n"
            "| `dummy_input` | an example input: its shape and type matter, its values only where "
            "Python branches on them |\n"
            "| `filename` | where the file goes |\n"
            "| `input_names`, `output_names` | what callers know the tensors by |\n"
            "| `dynamic_axes` | which sizes may change from call to call (`dynamic_shapes`, as in the first "
            "lesson, for the newer of the two exporters) |\n"
            "| `opset_version` | which version of the operators to write |\n"
            "| `dynamo` | which of the two exporters works |\n"
            "| `do_constant_folding`, `optimize` | whether the exporter may **fold constants**: compute now "
            "what needs no input |\n\n"
            "Folding is what most of this course is about. From here on exporters do not fold unless a "
            "lesson says so, so that the graph still holds what there is to fold. (In the first lesson it "
            "was left at its default: on.)"
        ),
        Text(
            "### dummy_input and dynamic_axes\n\nThis module flattens images and asks for their sizes in "
            "Python (`x.shape`). Without `dynamic_axes` every size is a **static** one: a number, taken from "
            "`dummy_input`. An axis in `dynamic_axes` gets a name instead, such as `batch`: it is "
            "**dynamic** (or *symbolic*), and can have another size in each call."
        ),
        Code(_sizes),
        Experiment(
            "sizes",
            "Export with and without a dynamic axis",
            experiments.sizes,
            button="Export both",
            choices=(Choice("batch", "Images in dummy_input", 1, ((1, "1"), (4, "4"))),),
            worker="torch",
        ),
        Text(
            "### input_names and output_names\n\nTensors in ONNX have names. Those inside the graph matter "
            "to nobody; those of its inputs and outputs are what a program calls your model with."
        ),
        Code(_names),
        Experiment(
            "names",
            "Call it by its names",
            experiments.names,
            button="Export and call",
            choices=(
                Choice(
                    "names",
                    "Names of input and output",
                    "x",
                    tuple((key, f"{first} and {last}") for key, (first, last) in NAMES.items()),
                ),
            ),
            worker="torch",
        ),
        Text(
            "### opset_version\n\nThe list of ONNX operators grows. Each version of the list is an "
            "**opset**, and a file says which one it uses. A newer opset has more operators, so the "
            "exporter can say in one **node** (one use of an operator) what took several; an older one is "
            "read by older runtimes. Here: one layer of a language model like BERT, with layer normalization "
            "and GELU in it (two formulas that such models use)."
        ),
        Code(_opsets),
        Experiment(
            "opset",
            "Old operators and new ones",
            experiments.opsets,
            button="Export both",
            choices=(
                Choice(
                    "opset",
                    f"Opset, compared with {OPSETS[0]}",
                    OPSETS[-1],
                    tuple((each, str(each)) for each in OPSETS[1:]),
                ),
            ),
            worker="torch",
        ),
        Text(
            "### dynamo, and folding while exporting\n\nPyTorch has two exporters. The older one "
            "(`dynamo=False`) goes through **TorchScript**: it runs the model once and records each "
            "operation. The newer one (`dynamo=True`) captures the module's Python with `torch.export`. Both "
            "can fold constants: `do_constant_folding` says so to the one, `optimize` to the other. And what "
            "`dynamic_axes` says by the names of tensors, `dynamic_shapes` says by the parameters of "
            "`forward`."
        ),
        Code(_exporters),
        Experiment(
            "exporter",
            "Two exporters, one model",
            experiments.exporters,
            button="Export with both",
            choices=(Choice("optimize", "Fold constants", False, ((False, "no"), (True, "yes"))),),
            worker="torch",
        ),
    ),
    question=Question(
        "You exported with one image as `dummy_input`, and without `dynamic_axes`. Now you want to pass "
        "eight images at once. What do you do?",
        (
            Option(
                "Nothing: the first axis is the batch, and may have any size",
                "ONNX knows of no batch: it is an axis like any other. The size 1 is written into the file, "
                "and the runtime refuses another.",
            ),
            Option(
                "Export again, with the first axis in `dynamic_axes`",
                "Yes. Then the file has a name there in place of a number, and takes any number of images. "
                "The price is in the graph: it now works out its sizes in each call.",
                is_right=True,
            ),
            Option(
                "Export again, with a newer `opset_version`",
                "The opset says which operators can be used. The shape of the input was the same under each.",
            ),
            Option(
                "Give the input another name",
                "Names are for callers. The shape of the input was the same under each name.",
            ),
        ),
    ),
    claims=(
        Claim(
            "Without dynamic_axes the sizes of dummy_input are in the file",
            "sizes",
            lambda f: f["shapes"][FIXED] == [1, 3, 8, 8],
        ),
        Claim(
            "With four images in dummy_input it is four that are in the file",
            "sizes",
            lambda f: f["shapes"][FIXED] == [4, 3, 8, 8] and f["takes"][FIXED] == [4],
            {"batch": 4},
        ),
        Claim(
            "A file with a fixed size refuses others",
            "sizes",
            lambda f: f["takes"][FIXED] == [1],
        ),
        Claim(
            "A dynamic axis has a name, and takes any size",
            "sizes",
            lambda f: f["shapes"][DYNAMIC] == ["batch", 3, 8, 8] and f["takes"][DYNAMIC] == [1, 4, 5],
        ),
        Claim(
            "With a dynamic axis the graph asks for its own sizes, and has more nodes",
            "sizes",
            lambda f: (
                f["shape_nodes"][FIXED] == 0
                and f["shape_nodes"][DYNAMIC] > 0
                and f["nodes"][DYNAMIC] > f["nodes"][FIXED]
            ),
        ),
        *(
            Claim(
                f"An input called {first} is called by that name alone, and its shape is the same",
                "names",
                _is_called(first, last),
                {"names": key},
            )
            for key, (first, last) in NAMES.items()
        ),
        Claim(
            "Opset 17 has LayerNormalization, which took ReduceMean, Sub, Pow, Sqrt and more before",
            "opset",
            lambda f: (
                f["come"] == ["LayerNormalization"]
                and f["before"]["ReduceMean"] == 2 * f["after"]["LayerNormalization"]
                and not {"ReduceMean", "Pow", "Sqrt"} & set(f["after"])
            ),
            {"opset": 17},
        ),
        Claim(
            "Opset 20 has Gelu as well, which took Erf and arithmetic before",
            "opset",
            lambda f: set(f["come"]) == {"LayerNormalization", "Gelu"} and "Erf" not in f["after"],
            {"opset": 20},
        ),
        *(
            Claim(
                f"Opset {n} computes the same as opset {OPSETS[0]}, from inputs of the same shape",
                "opset",
                lambda f: f["same"] and f["shapes"][0] == f["shapes"][1],
                {"opset": n},
            )
            for n in OPSETS[1:]
        ),
        *(
            Claim(
                f"Both exporters write the same function, {'with' if folds else 'without'} folding",
                "exporter",
                lambda f: f["same"],
                {"optimize": folds},
            )
            for folds in (False, True)
        ),
        Claim(
            "The dynamo exporter leaves notes on its nodes, the TorchScript exporter none",
            "exporter",
            lambda f: f["notes"][_DYNAMO] > 0 and f["notes"][_TORCHSCRIPT] == 0,
        ),
        Claim(
            "In what the TorchScript exporter writes, no node reads constants alone",
            "exporter",
            lambda f: f["foldable"][_TORCHSCRIPT] == 0,
        ),
        *(
            Claim(
                f"The TorchScript exporter writes 30 nodes {'with' if folds else 'without'} folding",
                "exporter",
                lambda f: f["nodes"][_TORCHSCRIPT] == 30,
                {"optimize": folds},
            )
            for folds in (False, True)
        ),
        Claim(
            "With folding, the dynamo exporter needs less than a fifth of the nodes here",
            "exporter",
            lambda f: 5 * f["nodes"][_DYNAMO] < f["nodes"][_TORCHSCRIPT],
            {"optimize": True},
        ),
    ),
    samples=("shape_math", "encoder"),
)
