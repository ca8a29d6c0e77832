"""Lesson 4: a node folds when all that it reads is constant. What does in `X * 2 + 3`?"""

from __future__ import annotations

from onnxviz.lessons.experiments.formulas import FORMULAS, LAYERS, Formula
from onnxviz.lessons.experiments.what_folds import (
    FACTORS,
    code_of_formula,
    code_of_layer,
    code_of_optimizers,
    code_of_rounding,
    run_formula,
    run_layer,
    run_optimizers,
    run_rounding,
)
from onnxviz.lessons.types import Choice, Claim, Code, Experiment, Lesson, Option, Question, Text


def _choice(label: str, formulas: dict[str, Formula]) -> Choice:
    options = tuple((name, each.label) for name, each in formulas.items())
    return Choice("formula", label, options[0][0], options)


LESSON = Lesson(
    "what_folds",
    "What folds in Y = X * 2 + 3?",
    "Tell by looking at a graph which of its nodes fold, and tell folding from algebra.",
    12,
    (
        Text("""
A *node* of a graph computes something each time the model runs. Some of what it reads comes with the run:
the **inputs**. The rest is in the file and is the same in every run: numbers in the code, and the trained
weights. In ONNX such a stored tensor is called an **initializer**; people also just say *constant*.

**Constant folding** is doing work once that would be done in every run: a node that reads constants alone
gives the same result each time. So compute it now, store the result as a constant, and take the node away.
The rule is short:

> A node folds when **everything** that it reads is constant.

The result of a node that folded is a constant as well, so the nodes that read it may be next.
"""),
        Text("""
Take `Y = X * 2 + 3`. Two nodes, two constants. Which of the nodes fold? Decide before you press the button.
Then try the other formulas, and say for each what you expect first. (In the code, `float[N, 4] X` says that
`X` has any number of rows, `N`, and 4 columns.)
"""),
        Code(code_of_formula),
        Experiment(
            "formula",
            "Fold a formula",
            run_formula,
            "Fold the formula",
            (_choice("Formula", FORMULAS),),
        ),
        Text("""
**Nothing folds in `X * 2 + 3`.** A common explanation says that folding turns it into `X * precomputed`.
That is an easy slip, since there *are* two constants in it; but they never meet. And no
number `precomputed` could do it: for `X = 0` the product is 0 whatever the number, and `Y` is 3. What can be
computed in advance is a part of a formula that holds constants alone, such as `2 * 3`.

Folding is one thing that an **optimizer** does: a program that rewrites a model into one that should compute
the same with less work. Does another do more with these formulas? Here are seven, our folding among them.
"""),
        Code(code_of_optimizers),
        Experiment("optimizers", "Ask seven optimizers", run_optimizers, "Run all seven"),
        Text("""
`(X * 2) * 3` shows where folding ends. Replacing it by `X * (2 * 3)` is **algebra** (*reassociation*: moving
the brackets). Afterwards there is a product of constants, and that folds.

Is it the same function? In mathematics yes. A computer stores a `float32` number with 24 binary digits and
**rounds** after every operation, so another order can round to another result. And a number beyond about
3.4 · 10³⁸ becomes infinity. Folding does not have that problem: it computes the node that is there, on the
numbers that it would get.
"""),
        Code(code_of_rounding),
        Experiment(
            "rounding",
            "Move the brackets, and compare",
            run_rounding,
            "Multiply 4,000 numbers both ways",
            (
                Choice(
                    "factors",
                    "The two factors",
                    "tenth",
                    tuple((name, f"{a} and {b}") for name, (a, b) in FACTORS.items()),
                ),
            ),
        ),
        Text("""
With 0.1 and 3 the differences are as small as rounding is. With a very large and a very small factor a
result can be infinite in one order and an ordinary number in the other. And with 2 and 3 no result differs,
since doubling is exact in binary. So an optimizer that moves brackets should be *checked*, by running both
models on the same inputs.

Now a layer. Its weights are constants too, so what is done to weights alone folds. (`@` is the product of
matrices, `MatMul`.)
"""),
        Code(code_of_layer),
        Experiment(
            "layer",
            "Fold the weights of a layer",
            run_layer,
            "Fold the layer",
            (_choice("Layer", LAYERS),),
            at_once=True,
        ),
    ),
    Question(
        "Folding alone, no algebra: which of these lose a node? (`W` and `s` are weights, `X` is the input.)",
        (
            Option(
                "`3 + X * 2`",
                "No. Turning the sum round changes nothing: the Mul reads X, the Add reads what it makes.",
            ),
            Option(
                "`X * 2 + 3 * 4`",
                "Yes. `3 * 4` reads two constants. It becomes 12; the other Mul and the Add stay.",
                is_right=True,
            ),
            Option(
                "`X @ (W * s)`",
                "Yes. Weights are constants, so `W * s` is computed once and stored.",
                is_right=True,
            ),
            Option(
                "`(X @ W) * s`",
                "No. The Mul reads what the MatMul made of X. Scaling W instead would be algebra, with "
                "rounding of its own.",
            ),
        ),
        several=True,
    ),
    (
        Claim("Nothing folds in X * 2 + 3.", "formula", lambda f: f["nodes"] == [2, 2] and not f["folded"]),
        Claim(
            "X * 2 + 3 is 3 at 0, so that it is no multiple of X.", "formula", lambda f: f["values"]["0"] == 3
        ),
        Claim(
            "In X * (2 * 3) + 3 the inner product becomes 6, and nothing else folds.",
            "formula",
            lambda f: (
                f["nodes"] == [3, 2] and f["folded"] == ["Mul"] and f["results"] == ["6"] and f["equal"]
            ),
            {"formula": "inner"},
        ),
        Claim(
            "Nothing folds in (X * 2) * 3, although Y is always 6 times X.",
            "formula",
            lambda f: f["nodes"] == [2, 2] and f["values"] == {"0": 0, "1": 6, "2": 12},
            {"formula": "product"},
        ),
        Claim(
            "Nothing folds in 3 + X * 2.", "formula", lambda f: f["nodes"] == [2, 2], {"formula": "turned"}
        ),
        Claim(
            "In X * 2 + 3 * 4 one Mul becomes 12.",
            "formula",
            lambda f: f["nodes"] == [3, 2] and f["results"] == ["12"],
            {"formula": "sum"},
        ),
        Claim(
            "No optimizer turns X * 2 + 3 into anything but a Mul and an Add.",
            "optimizers",
            lambda f: all(ops == ["Mul", "Add"] for ops in f["ops"]["plain"].values()),
        ),
        Claim(
            "All of them fold 2 * 3.",
            "optimizers",
            lambda f: all(ops == ["Mul", "Add"] for ops in f["ops"]["inner"].values()),
        ),
        Claim(
            "Of the seven, onnxsim alone moves the brackets of (X * 2) * 3.",
            "optimizers",
            lambda f: f["merged"] == ["onnxsim"],
        ),
        Claim(
            "(x * 0.1) * 3 and x * (0.1 * 3) differ in float32, by no more than rounding does.",
            "rounding",
            lambda f: f["unlike"] > 0 and f["worst"] < 3e-7 and f["nodes"] == [2, 1],
        ),
        Claim(
            "With 2 and 3 the results are the same.",
            "rounding",
            lambda f: f["unlike"] == 0,
            {"factors": "whole"},
        ),
        Claim(
            "With factors of 1e38 and 1e-37 some results overflow in one order alone.",
            "rounding",
            lambda f: f["infinite"][0] > 0 and f["infinite"][1] == 0,
            {"factors": "huge"},
        ),
        Claim(
            "A Transpose of weights folds.", "layer", lambda f: f["folded"] == ["Transpose"] and f["equal"]
        ),
        Claim("A scale of weights folds.", "layer", lambda f: f["folded"] == ["Mul"], {"formula": "scaled"}),
        Claim(
            "A scale behind the MatMul does not.",
            "layer",
            lambda f: not f["folded"] and f["nodes"] == [2, 2],
            {"formula": "late"},
        ),
    ),
    samples=("affine", "constant_math", "mlp"),
)
