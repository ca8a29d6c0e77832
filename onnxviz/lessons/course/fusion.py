"""Lesson 6: a convolution takes in the batch normalization behind it. That is fusion, and no folding."""

from __future__ import annotations

from onnxviz.lessons.experiments.fusion import (
    CHANNELS,
    CODE_OF_ARITHMETIC,
    CODE_OF_BY_HAND,
    code_of_export,
    run_arithmetic,
    run_by_hand,
    run_export,
    run_optimizers,
)
from onnxviz.lessons.types import Choice, Claim, Code, Experiment, Lesson, Option, Question, Text

_FUSING = ("onnxsim", "onnxslim", "onnxscript", "ort-basic")

LESSON = Lesson(
    "fusion",
    "Conv + BatchNorm: fusion is not folding",
    "Compute the weights of the fused convolution yourself, and say why this is algebra and not folding.",
    15,
    (
        Text("""
A **convolution** computes each output channel as a sum of inputs times weights `w`, plus a bias `b`. Behind
it many networks have a **batch normalization**. While the network learns, it brings each channel to mean 0
and variance 1, with the statistics of the batch at hand, and then scales it by `gamma` and shifts it by
`beta`, which are learned.

When the trained network is *used*, the result for one image must not depend on what else is in its batch. So
the layer takes the mean and the variance that were stored while it learned:

`y = (z - mean) / sqrt(var + eps) * gamma + beta`

Here `z` is what the convolution gives, and `eps` a small number that keeps the root away from 0. Each of the
others is one stored number for each channel. So the whole layer is one multiplication and one addition a
channel.

Let us export such a block, once with the exporter's own optimizations off and once with them on.
"""),
        Code(code_of_export),
        Experiment("export", "Export the block, and fold it", run_export, "Export and fold", worker="torch"),
        Text("""
**Nothing folds.** Four of the five tensors that the BatchNormalization reads are constant, and four are not
enough: the fifth is what the convolution makes of `x`.

And yet the BatchNormalization can go. Write `s = gamma / sqrt(var + eps)`. Then

`y = (w·x + b - mean) · s + beta = (w·s)·x + (b - mean)·s + beta`

That is a convolution again, with other numbers: **`w' = w·s`** and **`b' = (b - mean)·s + beta`**. One node
does the work of two. This is called **fusion**, and it is a rule of algebra that somebody had to know: it
holds since a convolution followed by a scale and a shift for each channel is a convolution.

Here it is on the numbers of the export.
"""),
        Code(CODE_OF_ARITHMETIC),
        Experiment(
            "arithmetic",
            "Compute the new weights",
            run_arithmetic,
            "Write it out",
            (Choice("channel", "Channel", 0, range=(0, CHANNELS - 1)),),
            needs="export",
        ),
        Text("""
Optimizers know this rule. Do they come to the same weights? And is the fused model the same function?
"""),
        Code("""from pathlib import Path
from onnxviz.rewrites.optimizers import optimize_file
from onnxviz.rewrites.verify import verify_files

optimize_file("onnxsim", Path("conv_bn_relu.onnx"), Path("onnxsim.onnx"))
print(verify_files(Path("conv_bn_relu.onnx"), Path("onnxsim.onnx"), tries=5).sentence)
"""),
        Experiment("optimizers", "Ask the optimizers", run_optimizers, "Fuse and compare", needs="export"),
        Text("""
Their weights are ours, to the last bit. But the **outputs are not bit for bit the same**. On paper the two
formulas are equal; a computer rounds after every step, and the fused model rounds at other places. Each
output of this convolution is a sum of 27 products, so the last digits differ a little. The difference is
judged by what so many roundings may add up to; it lies within that. (It is also told in **ULP**: steps from
one `float32` number to the next.)

This is one more way to tell the two apart. Folding computes a node that is there, so what the model computes
stays what it was. Fusion computes *something else that should be equal*, and so it deserves a check.
"""),
        Text("""
The two work together. Below, the formula stands in front of the convolution as eight nodes, which is the
step that takes knowing algebra. After it, everything that leads to the new weights reads constants alone.
What is left to do is plain folding; step through it.
"""),
        Code(CODE_OF_BY_HAND),
        Experiment(
            "by_hand", "The algebra as nodes, then folding", run_by_hand, "Write and fold", needs="export"
        ),
    ),
    Question(
        "A Conv and the BatchNormalization behind it became one Conv. Why is that not constant folding?",
        (
            Option(
                "The BatchNormalization reads no constants.",
                "It does: scale, shift, mean and variance are four stored tensors. But its fifth input is "
                "not.",
            ),
            Option(
                "What the BatchNormalization reads is not all constant; algebra moved its work into the "
                "weights.",
                "Yes. It reads what the Conv makes of x. A rule about convolutions was needed before "
                "anything could be computed in advance.",
                is_right=True,
            ),
            Option(
                "The fused model is another function.",
                "No. Its outputs agree with the original's within rounding. They are only not bit for bit "
                "the same.",
            ),
            Option(
                "It is constant folding: the new weights are computed from constants.",
                "Close, since computing them is folding, once the formula stands there. But folding alone "
                "would never have written that formula: it took no node of the exported model.",
            ),
        ),
    ),
    (
        Claim(
            "The export keeps Conv, BatchNormalization and Relu, and folding takes none.",
            "export",
            lambda f: (
                f["exported"] == f["folded"] == ["Conv", "BatchNormalization", "Relu"] and not f["steps"]
            ),
        ),
        Claim(
            "The BatchNormalization reads four constants and what the Conv makes.",
            "export",
            lambda f: f["norm_reads_constants"] == [False, True, True, True, True],
        ),
        Claim(
            "With its own optimizations on, the exporter fuses them itself.",
            "export",
            lambda f: f["by_exporter"] == ["Conv", "Relu"],
        ),
        Claim(
            "The weight and the bias that are written out follow the formulas.",
            "arithmetic",
            lambda f: (
                abs(f["first"][0] * f["scale"] - f["first"][1]) < 1e-6
                and abs((f["bias"][0] - f["mean"]) * f["scale"] + f["beta"] - f["bias"][1]) < 1e-6
            ),
        ),
        Claim("An output is a sum of 27 products.", "arithmetic", lambda f: f["terms"] == 27),
        Claim(
            "Four optimizers leave a Conv and a Relu, with our weights to the last bit.",
            "optimizers",
            lambda f: all(f[name]["ops"] == ["Conv", "Relu"] and f[name]["weights"] == 0 for name in _FUSING),
        ),
        Claim(
            "The outputs agree within rounding, and are not bit for bit the same.",
            "optimizers",
            lambda f: all(f[name]["agrees"] and 0 < f[name]["absolute"] < 1e-5 for name in _FUSING),
        ),
        Claim(
            "Folding alone leaves the model as it is, and its outputs bit for bit.",
            "optimizers",
            lambda f: len(f["fold"]["ops"]) == 3 and f["fold"]["agrees"] and f["fold"]["absolute"] == 0,
        ),
        Claim(
            "With the formula written as nodes, folding ends in a Conv and a Relu.",
            "by_hand",
            lambda f: f["nodes"] == [10, 2] and f["ops"] == ["Conv", "Relu"] and f["agrees"],
        ),
        Claim(
            "Eight nodes fold then, and all of them lead to the weights.",
            "by_hand",
            lambda f: len(f["folded"]) == 8 and "Conv" not in f["folded"],
        ),
    ),
    samples=("conv_bn_relu", "resnet18", "first"),
)
