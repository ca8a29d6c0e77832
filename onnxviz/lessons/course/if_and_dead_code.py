"""Lesson 7: a decision that is made already, a result that nobody wants, the same work done twice."""

from __future__ import annotations

from onnxviz.lessons.experiments.if_and_dead_code import (
    INPUT,
    dead_code,
    decide,
    do_twice,
    if_code,
    leave_over,
    twins_code,
)
from onnxviz.lessons.types import Choice, Claim, Code, Experiment, Lesson, Option, Question, Text

_PARTS = (
    Text(
        "So far a node went because its *value* was known. There are other reasons why a node is of no use. "
        "Three are common: it is already decided, nobody reads it, or it is there twice. Each is dealt with "
        "by a transformation of its own, and only the first is constant folding."
    ),
    Text(
        "### A decision that is made already\n\n"
        "`If` is an operator with two small graphs inside, its **branches**. It reads one truth value, the "
        "**condition**, and runs `then_branch` where that is true and `else_branch` where it is false. "
        "Both branches can read the tensors of the graph around them: here `x` and the constants.\n\n"
        "A constant condition is a setting of the model: its code asks for it, the exporter writes down both "
        "ways, as it does for `torch.cond`, and the setting never changes again.\n\n"
        "Choose a condition, and guess what will be left before you press the button."
    ),
    Code(if_code),
    Experiment(
        "decide",
        "The same If with three conditions",
        decide,
        "Fold the If",
        (
            Choice(
                "condition",
                "The condition is",
                "true",
                (
                    ("true", "the constant True"),
                    ("false", "the constant False"),
                    (INPUT, "an input of the model"),
                ),
            ),
        ),
    ),
    Text(
        "### A result that nobody wants\n\n"
        "A node is **dead** when no output of the model needs what it computes, not even through other "
        "nodes. It may be left over from a part that was only for training. Whether a node is dead has "
        "nothing to do with constants: below, `Add` and `Exp` both depend on the input. To find what is "
        "dead, go from the outputs backwards; to find what folds, go from the constants forwards."
    ),
    Code(dead_code),
    Experiment("dead", "Two nodes that no output needs", leave_over, "Run all three"),
    Text(
        "Our folding removes what is unread *because of* folding, such as the branch that was not taken "
        "above. What was dead before it began is left. To remove that is another transformation, "
        "**dead-code elimination**."
    ),
    Text(
        "### The same work, twice\n\n"
        "Two nodes with the same operator, the same attributes and the same inputs give the same result. So "
        "one is enough, and whoever read the second can read the first. This is called **common "
        "subexpression elimination**. Again it does not matter whether the value is known.\n\n"
        "There is one condition that is easily forgotten: the operator must give the same result each time. "
        "One that draws random numbers does not. Try both."
    ),
    Code(twins_code),
    Experiment(
        "twins",
        "Two nodes that look the same",
        do_twice,
        "Run all three",
        (
            Choice(
                "kind",
                "The two nodes are",
                "exp",
                (("exp", "Exp of the same input"), ("random", "random numbers of the same shape")),
            ),
        ),
    ),
)

_QUESTION = Question(
    "Constant folding runs, and nothing else. Which of these does it take away? More than one is right.",
    (
        Option(
            "The branch that is not taken, of an `If` whose condition is the constant True",
            "Yes. The condition is known, so the branch that is taken stands where the `If` was, and the "
            "other one is gone.",
            is_right=True,
        ),
        Option(
            "`2 * 3` in a branch of an `If` whose condition is an input",
            "Yes. The `If` stays, but what reads constants alone folds, inside a branch too.",
            is_right=True,
        ),
        Option(
            "An `Exp` of the input that no output needs",
            "No: its value is not constant, and it was unread before folding began. Dead-code elimination "
            "removes it. In the second experiment folding alone left it, and onnxsim did not.",
        ),
        Option(
            "The second of two `Exp(x)`",
            "No: `x` is an input, so neither has a known value. Common subexpression elimination merges "
            "them, as onnxsim and ONNX Runtime did in the third experiment.",
        ),
    ),
    several=True,
)

_RANDOM = {"kind": "random"}

_CLAIMS = (
    Claim(
        "With a constant True one Mul is left: 2 * 3 folded, the If and its other branch went.",
        "decide",
        lambda facts: facts["after"] == {"Mul": 1} and "inlined" in facts["did"] and facts["agrees"],
    ),
    Claim(
        "With the branch that is not taken go the constants that only it read: one of four is left.",
        "decide",
        lambda facts: facts["initializers"] == [4, 1],
    ),
    Claim(
        "With a constant False the other branch is left.",
        "decide",
        lambda facts: facts["after"] == {"Relu": 1, "Sub": 1} and facts["agrees"],
        {"condition": "false"},
    ),
    Claim(
        "With a condition from an input the If stays, and each of its branches gives another result.",
        "decide",
        lambda facts: (
            facts["after"] == {"If": 1, "Mul": 1, "Relu": 1, "Sub": 1}
            and facts["different_results"] == 2
            and facts["agrees"]
        ),
        {"condition": INPUT},
    ),
    Claim(
        "In a branch of an If that stays, what reads constants alone folds.",
        "decide",
        lambda facts: (
            facts["did"] == ["folded"] and (facts["before"]["Mul"], facts["after"]["Mul"]) == (2, 1)
        ),
        {"condition": INPUT},
    ),
    Claim(
        "Folding alone leaves what was dead before it began.",
        "dead",
        lambda facts: facts["after"]["fold"] == facts["before"] == {"Add": 1, "Exp": 1, "Mul": 1},
    ),
    Claim(
        "onnxsim removes dead nodes, and the constant that only they read.",
        "dead",
        lambda facts: facts["after"]["onnxsim"] == {"Mul": 1} and facts["constants"]["onnxsim"] == 1,
    ),
    Claim(
        "ONNX Runtime keeps the dead nodes, with all its optimizations on.",
        "dead",
        lambda facts: facts["after"]["ort-all"] == facts["before"],
    ),
    Claim(
        "Folding alone leaves both of two nodes that do the same to an input.",
        "twins",
        lambda facts: facts["after"]["fold"] == facts["before"] == {"Add": 1, "Exp": 2},
    ),
    Claim(
        "onnxsim and ONNX Runtime merge them, and the outputs agree.",
        "twins",
        lambda facts: (
            facts["after"]["onnxsim"] == facts["after"]["ort-all"] == {"Add": 1, "Exp": 1} and facts["agrees"]
        ),
    ),
    Claim(
        "onnxsim 0.8.1 merges two nodes that draw random numbers, and their difference becomes 0.",
        "twins",
        lambda facts: (
            facts["after"]["onnxsim"]["RandomNormalLike"] == 1
            and not facts["is_zero"]
            and facts["is_zero_after"]["onnxsim"]
        ),
        _RANDOM,
    ),
    Claim(
        "ONNX Runtime and folding alone keep both.",
        "twins",
        lambda facts: all(
            facts["after"][name]["RandomNormalLike"] == 2 and not facts["is_zero_after"][name]
            for name in ("fold", "ort-all")
        ),
        _RANDOM,
    ),
    Claim(
        "onnxsim's own check sees nothing: with one seed for both nodes the original gives 0 too.",
        "twins",
        lambda facts: facts["passes_own_check"] and facts["is_zero_with_one_seed"],
        _RANDOM,
    ),
)

LESSON = Lesson(
    id="if_and_dead_code",
    title="A constant If, dead code, identical twins",
    aim="Tell three reasons apart why a node is of no use, and say which of them is folding's business.",
    minutes=8,
    parts=_PARTS,
    question=_QUESTION,
    claims=_CLAIMS,
    samples=("constant_if",),
)
