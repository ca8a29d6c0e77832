"""Lesson 5: sizes that the graph asks for, and what a dynamic axis does to their folding."""

from __future__ import annotations

from dataclasses import replace

from onnxviz.lessons.experiments.shape_scaffold import (
    code_of_export,
    code_of_optimizers,
    code_of_scaffold,
    code_of_size,
    run_export,
    run_optimizers,
    run_scaffold,
    run_size,
)
from onnxviz.lessons.types import Choice, Claim, Code, Experiment, Lesson, Option, Question, Text

_DYNAMIC = Choice(
    "dynamic",
    "Dynamic axes of x",
    "none",
    (("none", "none: [1, 16, 32]"), ("batch", "one: [batch, 16, 32]"), ("both", "two: [batch, length, 32]")),
)

_ONE_DYNAMIC = replace(_DYNAMIC, default="batch")

LESSON = Lesson(
    "shape_scaffold",
    "The Reshape scaffold",
    "Read Shape → Gather → Concat → Reshape, and say how much of it folds with fixed and with dynamic sizes.",
    12,
    (
        Text("""
The input `x` of an *attention layer* has three axes: the texts of a batch, the words of each text, and the
features of each word. The layer cuts the features into *heads*, say 32 into 4 heads of 8 (what that is good
for does not matter here). In PyTorch that is one line:

`y = x.view(x.shape[0], x.shape[1], 4, 8)`

In ONNX it is a **Reshape**, which reads two things: the tensor, and a list of sizes. Where the code asks
`x.shape[0]`, exporters often write the question into the graph, to be asked in each run: **Shape** gives all
sizes of `x` as a list, **Gather** takes one of them, **Unsqueeze** makes it a list of one, and **Concat**
joins the lists. Eight nodes for one line, and seven are there for four small numbers. Think of them as the
scaffold round the Reshape.
"""),
        Text("""
Now the rule of folding: *a node folds when everything that it reads is constant*. Shape reads `x`, which is
an input. Can it ever fold? **Yes, since it does not ask for the numbers in `x`, only for its sizes.** If
those are fixed in the file, as in `float[1, 16, 32]`, the answer is known before any run.

An axis may also have a *name* in the place of a number: `float[batch, 16, 32]`. It is called **dynamic** (or
*symbolic*): each run may bring another size. Try none, one and two dynamic axes. Each time,
guess before you press what will be left; then step through the folding.
"""),
        Code(code_of_scaffold),
        Experiment("scaffold", "Fold the scaffold", run_scaffold, "Fold it", (_DYNAMIC,)),
        Text("""
With fixed sizes all of the scaffold goes. People say that one dynamic axis keeps all of it; look closely,
and it is a little better than that. The list `[batch, 16, 32]` is known *in part*. The Gather that asks for
the 16 folds, with its Unsqueeze, and its Shape is then read by nothing. What leads from the dynamic axis to
the Reshape stays, and the reason stands beside each node. With both axes dynamic nothing folds.

Folding has to stop there. But a Reshape has two special sizes
([its page](https://onnx.ai/onnx/operators/onnx__Reshape.html)): **-1**, once at most, for "work it out from
the rest", and **0** for "the same as in the input". An optimizer that knows this can *write another list*.
"""),
        Code(code_of_optimizers),
        Experiment("optimizers", "Ask seven optimizers", run_optimizers, "Run all seven", (_ONE_DYNAMIC,)),
        Text("""
With one dynamic axis all but pure folding get rid of the scaffold, by -1 or by 0. With two, -1 is not
enough, since only one size may be left to work out. ONNX Runtime writes 0 for both: it sees that each is the
size of the same axis of the input. These are rewrites of *this* pattern: for another scaffold they may not
apply, as the last experiment of this lesson will show.

So there is another way: if you know which size you will use, **set it**.
"""),
        Code(code_of_size),
        Experiment(
            "size",
            "Give the batch a size",
            run_size,
            "Set the size and fold",
            (Choice("batch", "Batch", 8, range=(1, 64)),),
        ),
        Text("""
That is the trade: a model with fixed sizes is simpler, and it is a model for those sizes alone. A model for
a phone that always looks at one picture loses nothing by it. A server that fills its batches as requests
come in would.

Last, the real thing: a small module that reads its own sizes, exported by PyTorch. Its two exporters do not
write the same graph for it. With a dynamic batch, see also what ONNX Runtime leaves this time.
"""),
        Code(code_of_export),
        Experiment(
            "export",
            "Export such a module, and fold it",
            run_export,
            "Export and fold",
            (
                Choice(
                    "exporter",
                    "Exporter",
                    "torchscript",
                    (("torchscript", "TorchScript (older)"), ("dynamo", "dynamo (newer)")),
                ),
                Choice("dynamic", "Batch", "batch", (("none", "fixed"), ("batch", "dynamic"))),
            ),
            worker="torch",
        ),
    ),
    Question(
        "A model has one dynamic axis, its batch. It was folded, and a Shape, a Gather, an Unsqueeze and a "
        "Concat are still there. Why?",
        (
            Option(
                "Shape reads the input x, and x is no constant.",
                "Not quite. Shape asks for the sizes of x and not for its numbers: with fixed sizes it "
                "folded, although it read the same input.",
            ),
            Option(
                "The batch size is not known before the run, and the list of sizes needs it.",
                "Yes. These four lead from the dynamic axis to the Reshape, so each needs a number that "
                "only the run brings.",
                is_right=True,
            ),
            Option(
                "A Concat joins several lists, and such nodes cannot fold.",
                "No. With fixed sizes the same Concat folded. What counts is whether all that it reads is "
                "known.",
            ),
            Option(
                "As soon as one axis is dynamic, nothing in the scaffold folds.",
                "No. What asks for the other axis alone folded: its Gather became 16. The shape is known "
                "in part.",
            ),
        ),
    ),
    (
        Claim(
            "With fixed sizes the seven nodes of the scaffold fold, Shape and Concat among them.",
            "scaffold",
            lambda f: f["nodes"] == [8, 1] and {"Shape", "Concat"} <= set(f["folded"]) and f["equal"],
        ),
        Claim(
            "With a dynamic batch the Gather and the Unsqueeze of the other axis fold, and its Shape goes.",
            "scaffold",
            lambda f: (
                f["nodes"] == [8, 5] and f["folded"] == ["Gather", "Unsqueeze"] and f["results"][0] == "16"
            ),
            {"dynamic": "batch"},
        ),
        Claim(
            "Shape, Gather, Unsqueeze and Concat stay then, since they need a size that is open.",
            "scaffold",
            lambda f: (
                f["kept"] == [[op, "symbolic dim"] for op in ("Shape", "Gather", "Unsqueeze", "Concat")]
            ),
            {"dynamic": "batch"},
        ),
        Claim(
            "With two dynamic axes nothing folds.",
            "scaffold",
            lambda f: f["nodes"] == [8, 8] and not f["folded"],
            {"dynamic": "both"},
        ),
        Claim(
            "With one dynamic axis every optimizer but pure folding leaves the Reshape alone.",
            "optimizers",
            lambda f: [name for name, count in f["nodes"].items() if count > 1] == ["fold"] and f["same"],
            {"dynamic": "batch"},
        ),
        Claim(
            "They do it with -1 or with 0 in the list.",
            "optimizers",
            lambda f: (
                {text for name, text in f["lists"].items() if name != "fold"}
                == {"[-1, 16, 4, 8]", "[0, 0, 4, 8]"}
            ),
            {"dynamic": "batch"},
        ),
        Claim(
            "With two dynamic axes ONNX Runtime alone does, with two zeros.",
            "optimizers",
            lambda f: (
                {name: f["lists"][name] for name, count in f["nodes"].items() if count == 1}
                == dict.fromkeys(("ort-basic", "ort-extended", "ort-all"), "[0, 0, 4, 8]")
            ),
            {"dynamic": "both"},
        ),
        Claim(
            "Setting the batch lets all of the scaffold fold.",
            "size",
            lambda f: f["nodes"] == [8, 1] and f["list"] == f["expected"],
        ),
        Claim(
            "The result takes that batch and no other; the dynamic model takes both.",
            "size",
            lambda f: f["dynamic_takes_both"] and f["fixed_takes_size"] and not f["fixed_takes_other"],
        ),
        Claim(
            "The TorchScript exporter writes Shape and Gather for a dynamic batch; folding leaves one of "
            "each.",
            "export",
            lambda f: (
                f["ops"]["Shape"] == f["ops"]["Gather"] == 4
                and f["ops_after"]["Shape"] == f["ops_after"]["Gather"] == 1
            ),
        ),
        Claim(
            "There ONNX Runtime leaves more nodes than folding alone does.",
            "export",
            lambda f: f["nodes"][2] > f["nodes"][1],
        ),
        Claim(
            "With a fixed batch it writes no Shape, and folding leaves no Concat.",
            "export",
            lambda f: "Shape" not in f["ops"] and "Concat" not in f["ops_after"],
            {"dynamic": "none"},
        ),
        Claim(
            "The dynamo exporter writes another graph, which asks for the batch once.",
            "export",
            lambda f: f["ops"]["Shape"] == 1 and "Gather" not in f["ops"],
            {"exporter": "dynamo"},
        ),
        Claim(
            "Folding leaves an Identity in it, and ONNX Runtime takes that away.",
            "export",
            lambda f: f["ops_after"]["Identity"] == 1 and "Identity" not in f["ops_runtime"],
            {"exporter": "dynamo"},
        ),
    ),
    samples=("shape_math", "encoder", "first"),
)
