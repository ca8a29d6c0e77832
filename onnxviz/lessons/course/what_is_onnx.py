"""What ONNX is, and why: a network is trained, exported and run, each live."""

from __future__ import annotations

from pathlib import Path

from onnxviz.lessons.experiments import what_is_onnx as experiments
from onnxviz.lessons.experiments.what_is_onnx import CHECKED, FILE
from onnxviz.lessons.sources import excerpt
from onnxviz.lessons.types import (
    Claim,
    Code,
    Experiment,
    Lesson,
    Option,
    Question,
    Text,
)
from onnxviz.rewrites import calling
from onnxviz.samples import training
from onnxviz.samples.script import SEED

_EXPORT = excerpt(training.SOURCE, "export")

_TRAINING = f"""\
{training.SOURCE.read_text(encoding="utf-8").partition(_EXPORT)[0].rstrip()}


torch.manual_seed({SEED})
torch.set_num_threads(1)  # so small a network gains nothing from more
model = train()
"""

_USING = f"""\
from __future__ import annotations


{excerpt(Path(calling.__file__), "with_onnxruntime", "with_reference")}


points, _ = half_moons({CHECKED})
expected = model(points).detach().numpy()
for run in (with_onnxruntime, with_reference):
    (scores,) = run("{FILE}", {{"points": points.numpy()}})
    print(run.__name__, abs(scores - expected).max())
"""

LESSON = Lesson(
    id="what_is_onnx",
    title="What ONNX is, and why",
    aim="Say what an ONNX file holds, and take a model from training to a runtime: train, export, run.",
    minutes=6,
    parts=(
        Text(
            "A **framework** such as PyTorch, TensorFlow or scikit-learn is where a model is *trained*: its "
            "weights are changed until its answers fit the examples. Afterwards it is *used*, often "
            "elsewhere: in a phone, a browser, a factory, a server with other hardware. Using a trained "
            "model is called **inference**.\n\n"
            "Each framework keeps models in its own form. With many frameworks and many kinds of devices, "
            "every pair would need its own bridge. **ONNX** (Open Neural Network Exchange) is the one form "
            "in between: frameworks write it, **runtimes** (programs that run models) read it. It holds a "
            "model as a **graph**: the operations, each with what it reads and what it gives, and the "
            "weights. Facebook and Microsoft announced ONNX in 2017; since 2019 it has been a project of "
            "what is now the LF AI & Data Foundation, where no single company owns it.\n\n"
            "Three reasons to use it:\n\n"
            "- **Interoperability**: one file, written by many frameworks and read by many tools.\n"
            "- **Optimized execution**: a runtime only has to run models, not to train them. It can "
            "rearrange the whole graph for the device at hand before it starts.\n"
            "- **One standard**: a list of *operators* (`Conv`, `Gemm`, `Relu`, …) whose meaning is written "
            "down, version by version."
        ),
        Text(
            "### 1. Train\n\nThe task: points of the plane lie on two half moons; say on which. The network "
            "has three layers. The *loss* says how wrong it is; training makes it small. That takes some "
            "seconds, and the first time also loads PyTorch, which takes longer."
        ),
        Code(_TRAINING),
        Experiment("train", "Train with PyTorch", experiments.train, button="Train", worker="torch"),
        Text(
            "### 2. Export\n\n`torch.onnx.export` takes the model and an example input, works out which "
            "operations lead from the input to the output, and writes them down as a graph of ONNX "
            "operators, with the weights beside it. Of its parameters only the first three matter now: the "
            "model, the example and the file. The next lesson takes the others one by one."
        ),
        Code(f'{_EXPORT}\n\n\nexport(model, "{FILE}")'),
        Experiment(
            "export", "Export to ONNX", experiments.export, button="Export", worker="torch", needs="train"
        ),
        Text(
            "### 3. Run\n\nNow two programs that know nothing of the training get the file. **ONNX Runtime** "
            "is a fast one, written in C++. The **reference evaluator** of the `onnx` package is a slow one, "
            "written in Python to say precisely what each operator means. PyTorch computes the same "
            "points, to compare."
        ),
        Code(_USING),
        Experiment(
            "run", "Run it without PyTorch", experiments.run, button="Run", worker="torch", needs="export"
        ),
        Text(
            "That is the whole workflow: **train → export → run**. The rest of this course looks into the "
            "graph in the middle: what is in it, what of it can be computed once and for all, and what that "
            "gains."
        ),
    ),
    question=Question(
        f"You send `{FILE}` to someone who wants to classify points with it. What else do they need?",
        (
            Option(
                "PyTorch, and the Python class of the network",
                "No: the file holds the operators and the weights. The class was needed to export it, not "
                "to run it: the reference evaluator computed the same scores with NumPy.",
            ),
            Option(
                "A runtime that implements the ONNX operators in it",
                "Yes. Here they are only operators of the standard, so any runtime that has them will do: "
                "two that were written independently gave the same answers.",
                is_right=True,
            ),
            Option(
                "The points that it was trained on",
                "No: what was learned from them is in the weights. The file holds these and nothing else of "
                "the training.",
            ),
            Option(
                "A GPU, since it is a neural network",
                "No: it ran on the processor (CPU) just now. A GPU is another device that the same file can "
                "run on, through another execution provider.",
            ),
        ),
    ),
    claims=(
        Claim("Training makes the loss small", "train", lambda f: f["last_loss"] < f["first_loss"] / 10),
        Claim("The network is right on unseen points", "train", lambda f: f["accuracy"] > 0.95),
        Claim(
            "The network has three layers: a Gemm each, and a Relu between them",
            "export",
            lambda f: f["ops"] == ["Gemm", "Relu", "Gemm", "Relu", "Gemm"],
        ),
        Claim("Every operator is of the ONNX standard", "export", lambda f: f["domains"] == [""]),
        Claim("The exporter leaves notes on each node", "export", lambda f: min(f["notes"]) > 0),
        Claim(
            "The file holds the weights under their PyTorch names and nothing else of the training",
            "export",
            lambda f: (
                f["weights"]
                == [f"{name}.{part}" for name in ("head", "hidden", "middle") for part in ("bias", "weight")]
            ),
        ),
        Claim(
            "All weights are in the file: 2·16 + 16, 16·16 + 16 and 16·2 + 2 numbers",
            "export",
            lambda f: f["numbers"] == 354,
        ),
        Claim("ONNX Runtime computes what PyTorch does", "run", lambda f: f["onnxruntime"] < 1e-4),
        Claim("The reference evaluator does, too, without PyTorch", "run", lambda f: f["reference"] < 1e-4),
        Claim("All three give the same answers", "run", lambda f: f["same_answers"] and f["right"] > 0.95),
        Claim("It runs on a CPU: no GPU is needed", "run", lambda f: "cpu" in f["usable"]),
    ),
    samples=("first", "lenet"),
)
