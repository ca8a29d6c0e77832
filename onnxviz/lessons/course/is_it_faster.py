"""Is it faster? Fewer nodes against time: a model where it is, and one where the runtime had done it all."""

from __future__ import annotations

from pathlib import Path

from onnxviz.lessons.experiments import is_it_faster as experiments
from onnxviz.lessons.experiments.is_it_faster import ADAPTED, POSITIONS, RANK, WIDTH
from onnxviz.lessons.sources import excerpt
from onnxviz.lessons.types import Choice, Choices, Claim, Code, Experiment, Lesson, Option, Question, Text

_LEVEL = Choice(
    "level",
    "ONNX Runtime's own optimizations",
    "none",
    (("none", "off"), ("all", "on, as by default")),
)


_FOUR = {"MatMul": 2, "Mul": 1, "Add": 1}
_ONE = {"MatMul": 1}


_MAKING = "from onnxviz.lessons import making"
_TYPES = "from onnxviz.bench.types import BenchResult, Level"


def _timing(maker: str, level: str, constants: str, *imports: str) -> str:
    """The two models of an experiment made, and timed."""
    shown = excerpt(Path(experiments.__file__), maker, "time_both")
    ours = "\n".join((_TYPES, *imports, f"from {experiments.__name__} import {constants}, Models"))
    return (
        f"from __future__ import annotations\n\nfrom pathlib import Path\n\n{ours}\n\n\n{shown}\n\n\n"
        f'{maker}(Path("."))\ntime_both("before.onnx", "after.onnx", level="{level}")'
    )


def _adapted(choices: Choices) -> str:
    return _timing("make_adapted", choices["level"], "ADAPTED, RANK, SECONDS, WIDTH", _MAKING)


def _positions(_: Choices) -> str:
    return _timing("make_positions", "all", "ANGLES, POSITIONS, SECONDS", _MAKING)


def _network(choices: Choices) -> str:
    return _timing("make_network", choices["level"], "SECONDS, START")


LESSON = Lesson(
    id="is_it_faster",
    title="Is it faster?",
    aim="Predict when a simplified model is faster, and measure whether it is.",
    minutes=8,
    parts=(
        Text(
            "A simplified model has fewer nodes. Is it faster? To know, one has to measure, and there are "
            "two traps.\n\n"
            "**Times are noisy.** Other programs, heat and caches change them from run to run. So both "
            "models run *by turns*, many times; the **median** is compared, which a few slow runs do not "
            "move; and the result comes with a **confidence interval**: the range in which the true "
            "ratio lies, as far as these runs can tell. Where that range is too close to 1, the verdict is "
            "*no significant difference*.\n\n"
            "**The runtime optimizes, too.** When ONNX Runtime loads a model (creates a *session*), it "
            "rewrites the graph before it runs it: it folds constants, fuses operators and "
            "merges nodes that do the same. What you removed from the file may never have been run."
        ),
        Text(
            "### A model where the runtime does it all\n\n"
            f"A layer has {WIDTH} × {WIDTH} weights `w`. Later it was adapted to a new task: what was "
            f"learned on top is the product of two smaller matrices, `b` of {WIDTH} × {RANK} and `a` of "
            f"{RANK} × {WIDTH} numbers (a *low-rank adapter*, LoRA). The file computes the merged weights "
            "from constants alone:\n\n"
            f"```\n{ADAPTED}\n```\n\n"
            "Folding does that once and for all. First compare with the runtime's own optimizations off; "
            "then turn them on."
        ),
        Code(_adapted),
        Experiment(
            "adapted",
            "An adapted layer, before and after folding",
            experiments.adapted,
            "Time both",
            (_LEVEL,),
        ),
        Text(
            "### A model where it does not\n\nThe runtime's optimizations have limits. ONNX Runtime does "
            "not fold the `Loop` below, although it depends on constants alone. Such a loop "
            "appears when a Python `for` is exported through a scripted function. This one makes a "
            f"table of positions, the same in each call:\n\n```\n{POSITIONS}\n```"
        ),
        Code(_positions),
        Experiment("positions", "A table from a loop", experiments.positions, "Time both"),
        Text(
            "### A whole network\n\nMost models are in between. This is the sample *Start here*, before and "
            "after onnxsim: convolutions with batch normalization, shape arithmetic, constants."
        ),
        Code(_network),
        Experiment("network", "A small network", experiments.network, "Time both", (_LEVEL,)),
        Text(
            "Even where it is not faster on ONNX Runtime, a simplified file has its worth: it is easier to "
            "read, and a runtime that optimizes less, on a phone or a small device, gets the better graph."
        ),
    ),
    question=Question(
        "Folding took the adapted layer from 4 nodes to 1, and with ONNX Runtime's own optimizations on it "
        "hardly made a difference. Why?",
        (
            Option(
                "ONNX Runtime folds the constants itself when it loads the file: what it runs is one MatMul, "
                "either way",
                "Yes. The list of what was run shows it: one MatMul for both files. The folding was done "
                "when the session was created, once, and is not part of the time of a run.",
                is_right=True,
            ),
            Option(
                "Nodes on constants cost nothing when they run",
                "They do: with the optimizations off, the same file took more than twice the time.",
            ),
            Option(
                "Folding never changes the time",
                "It did for the table from a loop, under the same optimizations: more than twice as fast.",
            ),
            Option(
                "The measurement is too coarse to see the difference",
                "There is none to see: the nodes that were run are the same. The counts say that without a "
                "clock.",
            ),
        ),
    ),
    claims=(
        Claim(
            "Folding takes the adapted layer from 4 nodes to 1, and it computes the same",
            "adapted",
            lambda f: f["files"]["before"] == _FOUR and f["files"]["after"] == _ONE and f["same"],
        ),
        Claim(
            "With its optimizations off, ONNX Runtime runs the files as they are",
            "adapted",
            lambda f: f["ran"] == f["files"],
        ),
        Claim(
            "With its optimizations off, the folded layer is more than twice as fast",
            "adapted",
            lambda f: f["interval"][0] > 2,
        ),
        Claim(
            "With its optimizations on, ONNX Runtime runs one MatMul for either file",
            "adapted",
            lambda f: f["ran"] == {"before": _ONE, "after": _ONE},
            {"level": "all"},
        ),
        Claim(
            "ONNX Runtime does not fold the loop, with all its optimizations on",
            "positions",
            lambda f: f["ran"]["before"]["Loop"] == 1,
        ),
        Claim(
            "Folding leaves one Add of it, which computes the same",
            "positions",
            lambda f: f["files"]["after"] == f["ran"]["after"] == {"Add": 1} and f["same"],
        ),
        Claim(
            "Without its loop the model is more than twice as fast, with all optimizations on",
            "positions",
            lambda f: f["interval"][0] > 2,
        ),
        Claim(
            "onnxsim takes away half of the nodes of the network, and no convolution",
            "network",
            lambda f: (
                2 * sum(f["files"]["after"].values()) < sum(f["files"]["before"].values())
                and f["files"]["after"]["Conv"] == f["files"]["before"]["Conv"]
                and f["same"]
            ),
        ),
        Claim(
            "With its optimizations on, ONNX Runtime fuses the batch normalizations itself",
            "network",
            lambda f: (
                f["files"]["before"]["BatchNormalization"] == 3
                and not any("BatchNormalization" in ops for ops in f["ran"].values())
            ),
            {"level": "all"},
        ),
        Claim(
            "It leaves the shape arithmetic that onnxsim took away",
            "network",
            lambda f: "Shape" in f["ran"]["before"] and "Shape" not in f["ran"]["after"],
            {"level": "all"},
        ),
    ),
    samples=("first", "conv_bn_relu"),
)
