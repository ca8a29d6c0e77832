"""Formulas and layers to fold, seven optimizers on them, and two orders of multiplication."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from onnxviz.lessons import making
from onnxviz.lessons.experiments.formulas import FORMULAS, LAYERS, Formula
from onnxviz.lessons.making import READABLE, counted
from onnxviz.lessons.types import Choices, Graph, Outcome, Pair, Table
from onnxviz.reading import read_model

COMPARED = ("plain", "inner", "product")
OPTIMIZERS = ("fold", "onnxsim", "onnxslim", "onnxscript", "ort-basic", "ort-extended", "ort-all")
TRIED = 4000
"""Numbers on which the two orders of multiplication are compared."""

FACTORS = {"tenth": ("0.1", "3"), "whole": ("2", "3"), "huge": ("1e38", "1e-37")}


def _code(formula: Formula) -> str:
    return f'''from pathlib import Path
import onnx.parser
from onnxviz.rewrites.fold import fold_file

model = onnx.parser.parse_model("""{making.HEAD}
{formula.text}""")
onnx.save(model, "before.onnx")
folded = fold_file(Path("before.onnx"), Path("after.onnx"))
for step in folded.steps:
    print(step.sentence)
'''


def code_of_formula(choices: Choices) -> str:
    """What `run_formula` folds, as Python to copy."""
    return _code(FORMULAS[choices["formula"]])


def code_of_layer(choices: Choices) -> str:
    """What `run_layer` does, as Python to copy."""
    return _code(LAYERS[choices["formula"]])


def code_of_optimizers(choices: Choices) -> str:
    """What `run_optimizers` does, as Python to copy."""
    texts = ", ".join(f'"""{making.HEAD}\n{FORMULAS[name].text}"""' for name in COMPARED)
    return f"""from pathlib import Path
import onnx.parser
from onnxviz.rewrites.optimizers import names, optimize_file

for text in ({texts}):
    onnx.save(onnx.parser.parse_model(text), "before.onnx")
    for name in names():
        result = optimize_file(name, Path("before.onnx"), Path(f"{{name}}.onnx"))
        print(name, [node.op_type for node in result.after.graph.nodes])
"""


def code_of_rounding(choices: Choices) -> str:
    """What `run_rounding` does, as Python to copy."""
    return f'''from pathlib import Path
import numpy as np
import onnx.parser
import onnxruntime
from onnxviz.rewrites.optimizers import optimize_file

model = onnx.parser.parse_model("""{making.HEAD}
{_product(*FACTORS[choices["factors"]])}""")
onnx.save(model, "before.onnx")
optimize_file("onnxsim", Path("before.onnx"), Path("after.onnx"))

settings = onnxruntime.SessionOptions()
settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
x = np.random.default_rng(0).standard_normal(({TRIED // 4}, 4)).astype(np.float32)
one, all_at_once = (
    onnxruntime.InferenceSession(file, settings).run(None, {{"X": x}})[0]
    for file in ("before.onnx", "after.onnx")
)
print(np.sum(one != all_at_once), "of", x.size, "differ")
'''


def run_formula(folder: Path, choices: Choices) -> Outcome:
    """Fold one formula, and compute it for three values of X."""
    import numpy as np

    outcome = _folded(folder, FORMULAS[choices["formula"]])
    model = read_model(folder / "before.onnx")
    values = {
        x: float(making.outputs(model, {"X": np.full((1, 4), x, np.float32)})["Y"][0, 0]) for x in (0, 1, 2)
    }
    rows = tuple((x, y, y / x if x else "–") for x, y in values.items())
    caption = "If `Y` were `X` times one number, that number would stand in all of the last column."
    facts = {**outcome.facts, "values": {str(x): y for x, y in values.items()}}
    tables = (*outcome.tables, Table(("X", "Y", "Y / X"), rows, caption))
    return replace(outcome, facts=facts, tables=tables)


def run_layer(folder: Path, choices: Choices) -> Outcome:
    """Fold a layer with its weights."""
    return _folded(folder, LAYERS[choices["formula"]])


def _folded(folder: Path, formula: Formula) -> Outcome:
    before = making.write(folder, "before.onnx", formula.text)
    folded = making.fold(before, folder / "after.onnx")
    assert folded.agreement is not None
    counts = [before.graph.node_count(), folded.after.graph.node_count()]
    steps = folded.steps
    gone = f"{len(steps) or 'none'} of its {counts[0]} nodes folds"
    return Outcome(
        facts={
            "nodes": counts,
            "folded": [step.op_type for step in steps],
            "results": [step.outputs[0].text for step in steps],
            "equal": folded.agreement.agrees and folded.agreement.absolute == 0,
        },
        # Where nothing folds the file is what it was: nothing to compare, and nothing to step through.
        says=(
            f"**`{formula.label}`: {gone}.** {formula.why}",
            *((folded.agreement.sentence,) if steps else ()),
        ),
        lines=making.arithmetic(steps),
        tables=(making.reading_table(before, steps, "A node folds when everything in its row is known."),),
        graphs=(Graph("As written", "before.onnx"), Graph("Folded", "after.onnx")),
        pairs=(Pair("As written", "Folded"),),
        fold="As written" if steps else "",
    )


def run_optimizers(folder: Path, choices: Choices) -> Outcome:
    """Each of seven optimizers on each of three formulas."""
    found: dict[str, dict[str, list[str]]] = {}
    for name in COMPARED:
        place = folder / name
        place.mkdir()
        model = making.write(folder, f"{name}.onnx", FORMULAS[name].text)
        results = making.optimize_all(model, place, OPTIMIZERS)
        found[name] = {
            each: [node.op_type for node in result.graph.nodes] for each, result in results.items()
        }
    merged = [each for each, ops in found["product"].items() if len(ops) == 1]
    graphs = [Graph(FORMULAS["product"].label, "product.onnx")]
    for each in merged[:1]:
        (folder / "product" / f"{each}.onnx").rename(folder / "merged.onnx")
        graphs.append(Graph(f"The same after {each}", "merged.onnx"))
    rows = tuple(
        (READABLE[each], *(f"{len(found[name][each])}: {', '.join(found[name][each])}" for name in COMPARED))
        for each in OPTIMIZERS
    )
    columns = ("Optimizer", *(FORMULAS[name].label for name in COMPARED))
    return Outcome(
        facts={"ops": found, "merged": merged},
        says=tuple(_verdict(name, found[name], merged) for name in COMPARED),
        tables=(Table(columns, rows, "How many nodes each leaves, and which."),),
        graphs=tuple(graphs),
        pairs=tuple(Pair(graphs[0].label, graph.label) for graph in graphs[1:]),
    )


def _verdict(name: str, ops: dict[str, list[str]], merged: list[str]) -> str:
    formula = f"**`{FORMULAS[name].label}`**"
    numbers = {len(each) for each in ops.values()}
    if len(numbers) == 1:
        return f"{formula}: every one of the {len(ops)} leaves {counted(numbers.pop(), 'node')}."
    names = ", ".join(READABLE[each] for each in merged)
    return (
        f"{formula}: {names} makes one Mul of the two; the other {len(ops) - len(merged)} leave both. "
        "That is no folding, since no node had constants alone to read: it is a rule of algebra, "
        "(a · b) · c = a · (b · c), and folding comes after it."
    )


def run_rounding(folder: Path, choices: Choices) -> Outcome:
    """Multiply one after the other and all at once, as onnxsim makes of it, on the same numbers."""
    import numpy as np

    first, second = FACTORS[choices["factors"]]
    before = making.write(folder, "before.onnx", _product(first, second))
    after = making.optimize_all(before, folder, ("onnxsim",))["onnxsim"]
    x = np.random.default_rng(0).standard_normal((TRIED // 4, 4)).astype(np.float32)
    one, all_at_once = (making.outputs(model, {"X": x})["Y"].ravel() for model in (before, after))
    finite = np.isfinite(one) & np.isfinite(all_at_once)
    unlike = int(np.sum(one != all_at_once))
    worst = float(np.max(np.abs(one[finite] - all_at_once[finite]) / np.abs(one[finite])))
    infinite = [int(np.sum(np.isinf(each))) for each in (one, all_at_once)]
    # The most telling of them: one that became infinite, or else one that differs.
    shown = int(np.argmax(np.isinf(one) if infinite[0] else one != all_at_once))
    given, left, right = (f"{float(each[shown]):.9g}" for each in (x.ravel(), one, all_at_once))
    product = float(next(iter(making.weights(after).values())))
    return Outcome(
        facts={
            "unlike": unlike,
            "tried": TRIED,
            "worst": worst,
            "infinite": infinite,
            "nodes": [before.graph.node_count(), after.graph.node_count()],
        },
        says=(_difference(unlike, worst, infinite[0] - infinite[1]),),
        lines=(f"X = {given}", f"(X * {first}) * {second} = {left}", f"X * {product:.9g} = {right}"),
        graphs=(Graph("Two factors", "before.onnx"), Graph("After onnxsim", "onnxsim.onnx")),
        pairs=(Pair("Two factors", "After onnxsim"),),
    )


def _product(first: str, second: str) -> str:
    text = FORMULAS["product"].text.replace("two", "a").replace("three", "b")
    return text.replace("{2.0}", f"{{{first}}}").replace("{3.0}", f"{{{second}}}")


def _difference(unlike: int, worst: float, infinite: int) -> str:
    if not unlike:
        return f"All {TRIED:,} results are the same, bit for bit."
    overflow = (
        f" And {counted(infinite, 'result')} became infinite in the first order alone." if infinite else ""
    )
    differ = f"{unlike:,} of {TRIED:,} results differ, the finite ones by up to {worst:.2g} of their value."
    return f"{differ}{overflow}"
