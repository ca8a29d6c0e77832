"""`onnx.load`, and what is in the file: the parts of the protobuf, the checker and shape inference."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from onnxviz.lessons.experiments import in_the_file as experiments
from onnxviz.lessons.experiments.in_the_file import AFFINE, BREAKS, FILE, X
from onnxviz.lessons.making import HEAD
from onnxviz.lessons.sources import excerpt
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

_HERE = Path(experiments.__file__)
_FUTURE = "from __future__ import annotations\n\n"


def _checker(choices: Choices) -> str:
    harm, _ = BREAKS[choices["broken"]]
    shown = excerpt(_HERE, harm.__name__, "check")
    return (
        f"{_FUTURE}import onnx.parser\n\n\n{shown}\n\n\n"
        f'model = onnx.parser.parse_model("""\n{HEAD}\n{AFFINE}""")\n'
        f"{harm.__name__}(model)\nprint(check(model, full_check=False))\nprint(check(model, full_check=True))"
    )


def _shapes(choices: Choices) -> str:
    return (
        f"{_FUTURE}import onnx.parser\n\n\n{excerpt(_HERE, 'infer')}\n\n\n"
        f'model = onnx.parser.parse_model("""\n{HEAD}\n{experiments.network(choices["batch"])}""")\n'
        'onnx.save(model, "before.onnx")\nprint(infer("before.onnx", "after.onnx"))'
    )


def _says(words: str) -> Callable[[Facts], bool]:
    return lambda f: words in f["plain"] and words in f["full"]


LESSON = Lesson(
    id="in_the_file",
    title="onnx.load, and what is in the file",
    aim="Open an ONNX file in Python, name its parts, check it, and infer the shapes inside.",
    minutes=8,
    parts=(
        Text(
            "An ONNX file is a **protobuf**: a message in the form of Protocol Buffers, a compact binary "
            "format whose fields are laid down in a schema (`onnx.proto`). `onnx.load` reads it into Python "
            "objects with these fields:\n\n"
            "- the **model**: who wrote it, the version of the format (*IR version*), which **opsets** its "
            "operators are from, notes (*metadata*), and one graph;\n"
            "- the **graph**, which is made of\n"
            "    - **nodes**, each an operator with the *names* of what it reads and writes. There are no "
            "arrows in the file: two nodes are connected when one reads a name that the other writes. A node "
            "must come after those that it reads from;\n"
            "    - **initializers**: the weights, as named tensors (arrays) with their numbers;\n"
            "    - **inputs and outputs** with their types, and **value infos**: types of tensors inside, "
            "which may be left out."
        ),
        Code(_FUTURE + "\n" + excerpt(_HERE, "print_parts") + f'\n\n\nprint_parts("{FILE}")'),
        Experiment("parts", "Take a file apart", experiments.parts, button="Load", at_once=True),
        Text(
            "### The checker\n\n`onnx.checker.check_model` holds a model against the rules of the format. It "
            "raises an error at the first one that is broken. Here is a small model as text, its "
            "initializers between `<` and `>`. Break it in each of the ways below, and see what "
            "the checker says:\n\n"
            f"```\n{AFFINE}\n```"
        ),
        Code(_checker),
        Experiment(
            "checker",
            "Break it, and ask the checker",
            experiments.checker,
            button="Check",
            choices=(
                Choice(
                    "broken",
                    "Change",
                    "operator",
                    tuple((key, called) for key, (_, called) in BREAKS.items()),
                ),
            ),
            at_once=True,
        ),
        Text(
            "### Shape inference\n\nA file need not say which types and shapes the tensors inside have. They "
            "can be worked out: a `Conv` with padding 1 and a kernel of 3 × 3 keeps height and width, "
            "`Flatten` multiplies the axes behind the first. `onnx.shape_inference.infer_shapes` goes "
            "through the nodes and does that. Tools that simplify a model need it: what they know of shapes "
            "decides what they can compute beforehand.\n\n"
            "The model below takes its weights as inputs, since only their shapes matter here."
        ),
        Code(_shapes),
        Experiment(
            "shapes",
            "Before and after shape inference",
            experiments.shapes,
            button="Infer",
            choices=(
                Choice(
                    "batch", "First axis of the image", "batch", (("batch", "batch (dynamic)"), ("1", "1"))
                ),
            ),
            at_once=True,
        ),
    ),
    question=Question(
        "`onnx.checker.check_model(model)` raises no error. What do you know about the model?",
        (
            Option(
                "It follows the rules of the format: operators exist, names are written before they are read",
                "Yes. That is what the checker looks at, and a model that breaks these rules was refused "
                "with a message.",
                is_right=True,
            ),
            Option(
                "All shapes inside fit together",
                "Not yet: a weight with three numbers where two were needed passed. With `full_check=True` "
                "shapes are inferred as well, and that found it.",
            ),
            Option(
                "Every runtime can run it",
                "No: the model with the wrong shape passed, and ONNX Runtime refused it.",
            ),
            Option(
                "It computes what the PyTorch model computed",
                "No: with another number in a weight even the full check found nothing, and y was another. "
                "To know that, run both and compare, as in the first lesson.",
            ),
        ),
    ),
    claims=(
        Claim(
            "The file names its producer and its opset",
            "parts",
            lambda f: f["producer"] == "pytorch" and f["opsets"] == [["", 20]],
        ),
        Claim(
            "Weights are initializers, not inputs",
            "parts",
            lambda f: f["inputs"] == ["image"] and "head.weight" in f["initializers"],
        ),
        Claim(
            "Initializers and nodes are most of this file",
            "parts",
            lambda f: f["nbytes"]["initializers"] + f["nbytes"]["nodes"] > 0.8 * f["nbytes"]["file"],
        ),
        Claim(
            "Most bytes of its nodes are notes of the exporter",
            "parts",
            lambda f: f["nbytes"]["notes"] > 0.5 * f["nbytes"]["nodes"],
        ),
        Claim(
            "What is in no part that is listed is less than a hundredth of the file",
            "parts",
            lambda f: 0 < f["nbytes"]["rest"] < 0.01 * f["nbytes"]["file"],
        ),
        Claim(
            "The model as it is passes, and computes 2x + 3",
            "checker",
            lambda f: not f["plain"] and not f["full"] and f["y"] == [2 * x + 3 for x in X],
            {"broken": "nothing"},
        ),
        *(
            Claim(
                f"The checker finds a change in {BREAKS[key][1]}: {words!r}",
                "checker",
                _says(words),
                {"broken": key},
            )
            for key, words in (
                ("operator", "No Op registered for Multiply"),
                ("name", "input 'tow'"),
                ("order", "must be topologically sorted"),
                ("opset", "must specify opset_import"),
            )
        ),
        Claim(
            "ONNX Runtime runs nodes that are out of order all the same: it sorts them itself",
            "checker",
            lambda f: not f["refused"] and f["y"] == [2 * x + 3 for x in X],
            {"broken": "order"},
        ),
        Claim(
            "A wrong shape passes the checker; the full check finds it, and ONNX Runtime refuses",
            "checker",
            lambda f: not f["plain"] and "Incompatible dimensions" in f["full"] and f["refused"],
            {"broken": "shape"},
        ),
        Claim(
            "Another weight passes even the full check, and gives other results",
            "checker",
            lambda f: not f["plain"] and not f["full"] and f["y"] != [2 * x + 3 for x in X],
            {"broken": "weights"},
        ),
        Claim(
            "No tensor inside has a type before shape inference, and each has one afterwards",
            "shapes",
            lambda f: f["before"] == [] and sorted(f["after"]) == sorted(f["inside"]),
        ),
        Claim(
            "A Conv with padding 1 and a kernel of 3 x 3 keeps height and width",
            "shapes",
            lambda f: f["after"]["features"] == "float ['batch', 4, 8, 8]",
        ),
        Claim(
            "Flatten multiplies the axes behind the first",
            "shapes",
            lambda f: f["after"]["flat"] == "float ['batch', 64]",
        ),
        Claim(
            "With a fixed batch every size is a number, save what depends on the image",
            "shapes",
            lambda f: (
                [key for key, type_ in f["after"].items() if "'" in type_] == ["places"]
                and f["after"]["flat"] == "float [1, 64]"
            ),
            {"batch": "1"},
        ),
    ),
    samples=("first", "affine"),
)
