"""Lesson 9: onnxsim from the outside. Folding, shape inference and passes, in rounds."""

from __future__ import annotations

from onnxviz.lessons.experiments.onnxsim import (
    NETWORK_CODE,
    PARTS,
    ROUNDS_CODE,
    check,
    check_code,
    rounds,
    switch,
    switch_code,
)
from onnxviz.lessons.types import Choice, Claim, Code, Experiment, Lesson, Option, Question, Text

_PARTS = (
    Text(
        "`onnxsim` takes an ONNX model and gives a simpler one, which is meant to compute the same. Seen "
        "from the outside it is one call, `onnxsim.simplify`. Inside, three things take turns:\n\n"
        "- **Constant folding**, as in the lessons before: what reads constants alone is computed once.\n"
        "- **Shape inference**: from the shapes of the inputs it works out the shapes of the tensors behind "
        "them, node by node, and notes them in the file.\n"
        "- **Passes**. A pass looks for one pattern and puts something simpler in its place: a convolution "
        "with a batch normalization behind it, a multiplication by 1, a node that nobody reads."
    ),
    Text(
        "Here is a network with a bit of everything. The batch normalization divides by the root of a "
        "variance that an `Add` makes of two constants. `one` is `2 * 0.5`. The last four nodes flatten the "
        "result, and ask the tensor for its own shape to do so."
    ),
    Code(NETWORK_CODE),
    Text(
        "### Each alone, and together\n\n"
        "Each of the three can be switched off. Choose what is left on. The table always has all of them, "
        "and the pictures have the one that you chose."
    ),
    Code(switch_code),
    Experiment(
        "switch",
        "The switches of onnxsim",
        switch,
        "Run onnxsim",
        (Choice("parts", "Run", "all", tuple((part, label) for part, (label, _) in PARTS.items())),),
    ),
    Text(
        "Why is it more together? The pass that fuses a batch normalization into a convolution needs its "
        "numbers, and `variance` is no stored number as long as an `Add` makes it. So folding has to come "
        "first. In the same way a multiplication by `one` can go when it is known that `one` is 1."
    ),
    Text(
        "### Rounds\n\n"
        "One part makes work for another, so onnxsim goes round: shape inference and passes by turns until "
        "neither changes anything, then folding. If folding changed something, all of that again. The state "
        "in which nothing changes any more is called a **fixed point**. To watch the way there, we let "
        "onnxsim run one pass at a time."
    ),
    Code(ROUNDS_CODE),
    Experiment("rounds", "Step by step", rounds, "Watch onnxsim"),
    Text(
        "### Is it still the same function?\n\n"
        "Ask that after every rewrite. The simplest check: run both models on the same random inputs and "
        "compare the outputs. onnxsim does it if you give `check_n`, the number of inputs to try; this app "
        "does it after each simplification.\n\n"
        "The outputs need not be the same bit for bit. Fusing multiplies the weights beforehand, and "
        "`float32` rounds at other places then. So a check allows a small difference, the **tolerance**. "
        "(*ULP*, as in lesson 6: steps from one `float32` number to the next.) "
        "Outputs that agree are evidence, no proof: other inputs might tell the two apart. To see that the "
        "check can fail at all, change one number of the result by 0.01."
    ),
    Code(check_code),
    Experiment(
        "check",
        "The original and the result on three inputs",
        check,
        "Compare",
        (
            Choice(
                "change",
                "Compare with",
                False,
                ((False, "what onnxsim gave"), (True, "the same, one number of the bias changed by 0.01")),
            ),
        ),
    ),
)

_QUESTION = Question(
    "You run onnxsim on this network with `skip_constant_folding=True`. What becomes of the batch "
    "normalization?",
    (
        Option(
            "It is fused into the convolution: fusion is a pass, and the passes run",
            "The pass does run, but it needs the numbers of the batch normalization, and its variance is "
            "still made by an `Add`. Look at *all but constant folding* in the table.",
        ),
        Option(
            "It stays, since one of the numbers that the pass needs is not stored",
            "Yes. Only folding puts the sum in the place of the `Add`; then the pass finds its pattern. That "
            "is why onnxsim goes round.",
            is_right=True,
        ),
        Option(
            "It goes, and the outputs change",
            "No. A pass leaves alone what does not fit its pattern, and the outputs agree with each of the "
            "switches.",
        ),
        Option(
            "onnxsim refuses the model",
            "No. It does what it can without folding, and gives a model of nine nodes.",
        ),
    ),
)


_CLAIMS = (
    Claim(
        "Folding alone takes 5 of the 10 nodes: the sum, the product and the arithmetic on the shape.",
        "switch",
        lambda facts: (
            facts["before"] == 10
            and facts["ops"]["folding"] == ["Conv", "BatchNormalization", "Relu", "Mul", "Reshape"]
        ),
    ),
    Claim(
        "Shape inference alone and the passes alone take no node of it.",
        "switch",
        lambda facts: facts["after"]["inference"] == facts["after"]["passes"] == 10,
    ),
    Claim(
        "onnxsim's folding needs no shape noted in the file to fold a Shape.",
        "switch",
        lambda facts: facts["typed"]["folding"] == 0 and "Shape" not in facts["ops"]["folding"],
    ),
    Claim(
        "Together they take 7, more than the sum of what each takes alone.",
        "switch",
        lambda facts: facts["ops"]["all"] == ["Conv", "Relu", "Reshape"],
    ),
    Claim(
        "Shape inference notes shapes in the file, where there were none.",
        "switch",
        lambda facts: facts["typed_before"] == 0 and facts["typed"]["inference"] > 0,
    ),
    Claim(
        "With shape inference the passes take the Shape away, which they cannot do alone.",
        "switch",
        lambda facts: "Shape" in facts["ops"]["passes"] and "Shape" not in facts["ops"]["no_folding"],
    ),
    Claim(
        "Without folding the batch normalization stays, with the Add that makes its variance: 9 nodes.",
        "switch",
        lambda facts: (
            {"BatchNormalization", "Add"} < set(facts["ops"]["no_folding"])
            and facts["after"]["no_folding"] == 9
        ),
        {"parts": "no_folding"},
    ),
    Claim(
        "With every setting of the switches the outputs agree.",
        "switch",
        lambda facts: set(facts["agrees"]) == set(PARTS) and all(facts["agrees"].values()),
    ),
    Claim(
        "onnxsim needs two rounds: folding ends the first, and the fusion comes in the second.",
        "rounds",
        lambda facts: (
            facts["rounds"] == 2
            and facts["rounds_of"]["constant folding"] == [1]
            and facts["rounds_of"]["fuse_bn_into_conv"] == [2]
        ),
    ),
    Claim(
        "The multiplication by 1 goes in the second round too.",
        "rounds",
        lambda facts: facts["rounds_of"]["eliminate_nop_with_unit"] == [2] and "Mul" not in facts["after"],
    ),
    Claim(
        "Step by step or in one go, onnxsim ends with the same nodes.",
        "rounds",
        lambda facts: facts["as_in_one_go"],
    ),
    Claim(
        "The result agrees with the original on three inputs, by onnxsim's check and by ours.",
        "check",
        lambda facts: facts["agrees"] and facts["passes_own_check"],
    ),
    Claim(
        "It does not agree bit for bit.",
        "check",
        lambda facts: facts["largest_difference"] > 0,
    ),
    Claim(
        "With one number of the bias changed by 0.01 the check fails.",
        "check",
        lambda facts: not facts["agrees"],
        {"change": True},
    ),
)

LESSON = Lesson(
    id="onnxsim",
    title="onnxsim from the outside",
    aim="Say what onnxsim does, in which order and why in rounds, and check what it gives back.",
    minutes=10,
    parts=_PARTS,
    question=_QUESTION,
    claims=_CLAIMS,
    samples=("first", "shape_math"),
)
