"""An If that is decided already, nodes that no output needs, nodes that do the same twice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from onnxviz.lessons import making
from onnxviz.lessons.types import Choices, Graph, Outcome, Pair
from onnxviz.model import Model

if TYPE_CHECKING:
    from numpy.typing import NDArray

BEFORE, AFTER = "As it was written", "After folding"
INPUT = "input"
"""The condition that a caller gives; the others are "true" and "false"."""

OPTIMIZERS = ("fold", "onnxsim", "ort-all")

_IF = """\
g (float[1,4] x{inputs}) => (float[1,4] y)
<{constants}float one = {{1}}, float two = {{2}}, float three = {{3}}>
{{
  y = If (scale) <
    then_branch = scaled () => (float[1,4] a) {{
      six = Mul(two, three)
      a = Mul(x, six)
    }},
    else_branch = shifted () => (float[1,4] b) {{
      less = Sub(x, one)
      b = Relu(less)
    }}
  >
}}"""

DEAD = """\
g (float[1,4] x) => (float[1,4] y)
<float two = {2}, float three = {3}>
{
  y = Mul(x, two)
  more = Add(x, three)
  left_over = Exp(more)
}"""

TWINS = """\
g (float[1,4] x) => (float[1,4] y)
{
  first = Exp(x)
  second = Exp(x)
  y = Add(first, second)
}"""

RANDOM = """\
g (float[1,4] x) => (float[1,4] y)
{
  first = RandomNormalLike(x)
  second = RandomNormalLike(x)
  y = Sub(first, second)
}"""


def if_text(condition: str) -> str:
    """The model with the If."""
    if condition == INPUT:
        return _IF.format(inputs=", bool scale", constants="")
    return _IF.format(inputs="", constants=f"bool scale = {{{int(condition == 'true')}}}, ")


def decide(folder: Path, choices: Choices) -> Outcome:
    """Fold an If, and run the result with every value that its condition can have."""
    condition = choices["condition"]
    before = making.write(folder, "if.onnx", if_text(condition))
    folded = making.fold(before, folder / "if-folded.onnx")
    facts = {
        "before": before.graph.op_counts(),
        "after": folded.after.graph.op_counts(),
        "did": [str(step.did) for step in folded.steps],
        "initializers": [len(before.graph.initializers), len(folded.after.graph.initializers)],
        "agrees": folded.agreement is not None and folded.agreement.agrees,
        "different_results": _different_results(folded.after),
    }
    return Outcome(
        facts,
        (_said_of_if(condition, before, folded.after),),
        making.arithmetic(folded.steps),
        (making.op_table({BEFORE: before, AFTER: folded.after}, "Nodes inside branches are counted too."),),
        (Graph(BEFORE, "if.onnx"), Graph(AFTER, "if-folded.onnx")),
        (Pair(BEFORE, AFTER),),
        fold=BEFORE,
    )


def _different_results(model: Model) -> int:
    """How many different outputs the same x can give."""
    import numpy as np

    feeds: list[making.Weights] = [{"x": np.array([[-1.0, 0.5, 2.0, 3.0]], np.float32)}]
    if "scale" in model.graph.inputs:
        feeds = [{**feeds[0], "scale": np.array(value)} for value in (False, True)]
    return len({making.outputs(model, feed)["y"].tobytes() for feed in feeds})


def _said_of_if(condition: str, before: Model, after: Model) -> str:
    left = making.counted(after.graph.node_count(), "node")
    counts = f"{making.counted(before.graph.node_count(), 'node')} before, {left} after."
    if condition == INPUT:
        return (
            f"{counts} The `If` stays, with both branches: which of them runs is not known before somebody "
            "gives `scale`. But `2 * 3` inside the branch reads constants alone, and folded where it stood."
        )
    gone = "`Sub` and `Relu`" if condition == "true" else "two `Mul`"
    return (
        f"{counts} The condition is the same in every run, so the branch that the `If` always takes stands "
        f"in its place. The other branch, {gone}, could never run. It is gone, and so are the constants "
        "that only it read."
    )


def leave_over(folder: Path, choices: Choices) -> Outcome:
    """Two nodes that no output needs, under folding and under two optimizers."""
    before = making.write(folder, "before.onnx", DEAD)
    found = making.optimize_all(before, folder, OPTIMIZERS)
    counts = {name: model.graph.node_count() for name, model in found.items()}
    says = (
        f"Of {before.graph.node_count()} nodes folding alone leaves {counts['fold']}: each of them depends "
        "on `x`, so none has a value that is known.",
        f"onnxsim leaves {counts['onnxsim']}: it deletes the nodes whose results nobody reads, and again "
        "what is unread because of that. The constant `three` goes too: only the `Add` read it.",
        f"ONNX Runtime, with all its optimizations, still has {counts['ort-all']} nodes, to be run in "
        "each call. So here a smaller file does save work.",
    )
    constants = {name: len(model.graph.initializers) for name, model in found.items()}
    return _side_by_side(before, found, says, {"constants": constants})


def do_twice(folder: Path, choices: Choices) -> Outcome:
    """Two nodes that look alike, under folding and under two optimizers."""
    is_random = choices["kind"] == "random"
    before = making.write(folder, "before.onnx", RANDOM if is_random else TWINS)
    found = making.optimize_all(before, folder, OPTIMIZERS)
    return _random_twins(folder, before, found) if is_random else _true_twins(before, found)


def _true_twins(before: Model, found: dict[str, Model]) -> Outcome:
    counts = {name: model.graph.node_count() for name, model in found.items()}
    agreement = making.compare(before, found["onnxsim"])
    says = (
        f"Folding alone leaves all {counts['fold']} nodes: `Exp(x)` depends on the input, both times.",
        f"onnxsim leaves {counts['onnxsim']}, ONNX Runtime {counts['ort-all']}: one `Exp`, and the `Add` "
        "reads it twice.",
        f"The original against onnxsim's: {agreement.sentence}",
    )
    return _side_by_side(before, found, says, {"agrees": agreement.agrees})


def _random_twins(folder: Path, before: Model, found: dict[str, Model]) -> Outcome:
    """Nodes that look alike and are not: each draws numbers of its own."""
    import numpy as np

    x = np.zeros((1, 4), np.float32)
    results = {name: making.outputs(model, {"x": x})["y"] for name, model in found.items()}
    original = making.outputs(before, {"x": x})["y"]
    facts = {
        "is_zero": not original.any(),
        "is_zero_after": {name: not array.any() for name, array in results.items()},
        "passes_own_check": making.passes_own_check(before),
        "is_zero_with_one_seed": not making.outputs(_with_one_seed(folder), {"x": x})["y"].any(),
    }
    said = "finds nothing wrong" if facts["passes_own_check"] else "fails"
    says = (
        f"The original gives {_shown(original)}: the difference of two draws.",
        f"What onnxsim made of it gives {_shown(results['onnxsim'])}. It took the two nodes for twins, and a "
        "number less itself is 0. **That is a fault of onnxsim 0.8.1: the model computes something else.**",
        f"ONNX Runtime keeps both nodes ({_shown(results['ort-all'])}), and so does folding.",
        f"onnxsim's own check (`check_n=3`) {said}. To compare runs of a model that draws, it first gives "
        "all random nodes the same seed, in the original too. With one seed both nodes of the original draw "
        "the same numbers, and its result is 0 as well. A check is only as good as what it compares.",
    )
    return _side_by_side(before, found, says, facts)


def _with_one_seed(folder: Path) -> Model:
    """The original, its random nodes with the same seed."""
    from onnx import helper

    proto = making.parse(RANDOM)
    for node in proto.graph.node:
        if node.op_type == "RandomNormalLike":
            node.attribute.append(helper.make_attribute("seed", 1.0))
    return making.keep(proto, folder / "seeded.onnx")


def _shown(array: NDArray[Any]) -> str:
    numbers = ", ".join(f"{float(each):.2f}" for each in array.reshape(-1))
    return f"`[{numbers}]`"


def _side_by_side(
    before: Model, found: dict[str, Model], says: tuple[str, ...], facts: dict[str, Any]
) -> Outcome:
    models = {BEFORE: before, **{making.READABLE[name]: model for name, model in found.items()}}
    counts = {name: model.graph.op_counts() for name, model in found.items()}
    shown = (BEFORE, making.READABLE["onnxsim"])
    return Outcome(
        {"before": before.graph.op_counts(), "after": counts, **facts},
        says,
        tables=(making.op_table(models, "How many nodes of each operator there are."),),
        graphs=tuple(Graph(label, Path(models[label].path).name) for label in shown),
        pairs=(Pair(*shown),),
    )


def if_code(choices: Choices) -> str:
    """What `decide` runs."""
    return f'''\
from pathlib import Path
import onnx.parser
from onnxviz.rewrites.fold import fold_file

model = onnx.parser.parse_model("""{making.HEAD}
{if_text(choices["condition"])}""")
onnx.save(model, "if.onnx")
folded = fold_file(Path("if.onnx"), Path("if-folded.onnx"))
for step in folded.steps:
    print(step.sentence)'''


def dead_code(choices: Choices) -> str:
    """What `leave_over` runs."""
    return _optimizers_code(DEAD)


def twins_code(choices: Choices) -> str:
    """What `do_twice` runs."""
    return _optimizers_code(RANDOM if choices["kind"] == "random" else TWINS)


def _optimizers_code(text: str) -> str:
    return f'''\
from pathlib import Path
import onnx.parser
from onnxviz.rewrites.optimizers import optimize_file

model = onnx.parser.parse_model("""{making.HEAD}
{text}""")
onnx.save(model, "before.onnx")
for name in {OPTIMIZERS}:
    after = optimize_file(name, Path("before.onnx"), Path(f"{{name}}.onnx")).after
    print(name, after.graph.op_counts())'''
