"""Lesson 8: a value that is known is not always worth storing."""

from __future__ import annotations

from onnxviz.lessons.experiments.when_folding_hurts import (
    BEFORE,
    BOUNDED,
    FOLDED,
    ONNXSIM,
    RUNTIME,
    VGG_CODE,
    many,
    many_code,
    tile,
    tile_code,
    vgg,
)
from onnxviz.lessons.types import Choice, Claim, Code, Experiment, Lesson, Option, Question, Text

_KIB, _MIB = 1 << 10, 1 << 20

_PARTS = (
    Text(
        "Folding trades computing for storing. A node goes, and its result is kept in the file. For a sum "
        "of two numbers that is a good trade. It need not be: some nodes make a large tensor out of very "
        "little."
    ),
    Text(
        "### A file that grows\n\n"
        "`Tile` repeats a tensor. Below, a chessboard of 8 by 8 numbers is repeated in both directions. Both "
        "inputs of the `Tile` are constants, so it can fold. `float32` takes 4 bytes a number: repeat the "
        "board twice as often, and the result is four times as large.\n\n"
        "Every tool that folds has to draw a line somewhere. Our folding has a **limit** on what one tensor "
        "may add to the file: 1 MiB (1,048,576 bytes) if you do not say otherwise. onnxsim has "
        "`tensor_size_threshold`, and its own default is 1.5 GB."
    ),
    Code(tile_code),
    Experiment(
        "tile",
        "A chessboard, repeated",
        tile,
        "Fold it",
        (
            Choice(
                "repeats",
                "Repeated in each direction",
                128,
                ((4, "4 times"), (64, "64 times"), (128, "128 times")),
            ),
            Choice(
                "limit",
                "Limit for one tensor",
                _MIB,
                ((_KIB, "1 KiB"), (_MIB, "1 MiB"), (16 * _MIB, "16 MiB")),
            ),
        ),
    ),
    Text(
        "Our limit has one exception: up to 4,096 bytes a value is always stored. The node that goes takes "
        "bytes too, and shapes, axes and single numbers are never larger. Try 4 repeats with the limit of "
        "1 KiB (1,024 bytes)."
    ),
    Text(
        "### Many that are each small enough\n\n"
        "`ConstantOfShape` makes a tensor of a given shape in which one number is repeated. The models "
        "below use it for their weights, 512 by 512 numbers each. Each weight alone is within the limit. "
        "So there is a second limit, on all that folding adds together: 16 MiB.\n\n"
        "Above it none of them is stored, rather than the first 16. If some were stored, they would be "
        "plain constants of the new file, and folding that file again would begin to count at nothing and "
        "store the rest. Folding a second time should change nothing."
    ),
    Code(many_code),
    Experiment(
        "many",
        "Weights out of one number",
        many,
        "Fold them",
        (Choice("count", "How many weights", 20, ((8, "8"), (20, "20"))),),
    ),
    Text(
        "### A real one\n\n"
        "VGG-19 is an image classifier of 2014 with more than 140 million weights. The `onnx` package "
        "carries it as a test, in a file of a few kilobytes: `ConstantOfShape` makes the weights. The shapes "
        "that it makes them from are listed among the inputs of the model, as early versions of ONNX wanted "
        "it for everything stored. A caller could replace them, so nothing folds until one says that nobody "
        "will: that is the option `freeze_weights`."
    ),
    Code(VGG_CODE),
    Experiment("vgg", "VGG-19 with generated weights", vgg, "Fold VGG-19"),
)

_QUESTION = Question(
    "`Tile` makes 4 MiB out of a constant of 256 bytes, and the model is for ONNX Runtime. What do you get "
    "for storing the result in the file?",
    (
        Option(
            "Each run is faster, since the `Tile` is not computed any more",
            "No. ONNX Runtime folds when it loads a model: the first experiment shows that its own version "
            "has no `Tile`. It is computed once, not in each run.",
        ),
        Option(
            "A smaller file, since a node is gone",
            "No. The whole file with the `Tile` has less than 1,000 bytes; the result alone takes 4,194,304.",
        ),
        Option(
            "A larger file, and nothing in each run",
            "Yes. ONNX Runtime computes it once when it loads the model, in the file or not. What you pay "
            "is every copy and every download of the file.",
            is_right=True,
        ),
        Option(
            "More exact results",
            "No. The stored numbers are those that the node would compute: the outputs are the same, bit "
            "for bit.",
        ),
    ),
)

_CLAIMS = (
    Claim(
        "256 bytes, repeated 128 times in both directions, are 4 MiB: with our default limit the Tile stays.",
        "tile",
        lambda facts: (
            facts["pattern_bytes"] == 256
            and facts["tiled_bytes"] == 4 * _MIB
            and facts["tiles"][FOLDED] == 1
            and facts["bytes"][FOLDED] == facts["bytes"][BEFORE]
        ),
    ),
    Claim(
        "With a limit of 16 MiB it is stored: a node less, and a file more than 5,000 times as large.",
        "tile",
        lambda facts: (
            facts["tiles"][FOLDED] == 0
            and facts["bytes"][FOLDED] > max(4 * _MIB, 5000 * facts["bytes"][BEFORE])
        ),
        {"limit": 16 * _MIB},
    ),
    Claim(
        "The outputs are the same bit for bit when it is stored.",
        "tile",
        lambda facts: facts["largest_difference"] == 0,
        {"limit": 16 * _MIB},
    ),
    Claim(
        "Twice as many repeats are four times the bytes: 64 make 1 MiB, which is just within our limit.",
        "tile",
        lambda facts: facts["tiled_bytes"] == _MIB and facts["tiles"][FOLDED] == 0,
        {"repeats": 64},
    ),
    Claim(
        "Up to 4,096 bytes a value is stored whatever the limit.",
        "tile",
        lambda facts: facts["tiled_bytes"] == 4 * _KIB and facts["tiles"][FOLDED] == 0,
        {"repeats": 4, "limit": _KIB},
    ),
    Claim(
        "The limit of 1 KiB holds back what is larger.",
        "tile",
        lambda facts: facts["tiles"][FOLDED] == facts["tiles"][BOUNDED] == 1,
        {"repeats": 64, "limit": _KIB},
    ),
    Claim(
        "onnxsim stores the 4 MiB by default, and leaves the Tile with a tensor_size_threshold of 1 MB.",
        "tile",
        lambda facts: (
            facts["tiles"][ONNXSIM] == 0
            and facts["bytes"][ONNXSIM] > 4 * _MIB
            and facts["tiles"][BOUNDED] == 1
            and facts["bytes"][BOUNDED] < 4 * _KIB
        ),
    ),
    Claim(
        "What ONNX Runtime makes of the file at its basic level has no Tile.",
        "tile",
        lambda facts: facts["tiles"][RUNTIME] == 0,
    ),
    Claim(
        "The whole file with the Tile has less than 1,000 bytes.",
        "tile",
        lambda facts: facts["bytes"][BEFORE] < 1000,
    ),
    Claim(
        "8 generated weights of 1 MiB are all stored.",
        "many",
        lambda facts: facts["generated"][FOLDED] == 0 and facts["bytes"][FOLDED] > 8 * _MIB,
        {"count": 8},
    ),
    Claim(
        "Of 20 none is stored, and folding again finds nothing more.",
        "many",
        lambda facts: (
            facts["generated"][FOLDED] == 20
            and facts["bytes"][FOLDED] == facts["bytes"][BEFORE]
            and facts["steps_again"] == 0
        ),
    ),
    Claim(
        "While the shapes of VGG-19's weights are listed as inputs, nothing folds.",
        "vgg",
        lambda facts: facts["steps_while_listed"] == 0,
    ),
    Claim(
        "VGG-19's more than 140 million weights would make half a gigabyte out of a file below 10 kB.",
        "vgg",
        lambda facts: facts["bytes"][BEFORE] < 10_000 and facts["kept_bytes"] > 4 * 140_000_000,
    ),
    Claim(
        "Our folding keeps VGG-19 below 2 MB, and leaves the nodes whose result is large.",
        "vgg",
        lambda facts: facts["bytes"][FOLDED] < 2_000_000 and facts["kept"] > 0 and facts["stored"] > 0,
    ),
)

LESSON = Lesson(
    id="when_folding_hurts",
    title="When folding hurts",
    aim="Say when a known value should stay computed, and set the limit of the tool that you use.",
    minutes=8,
    parts=_PARTS,
    question=_QUESTION,
    claims=_CLAIMS,
    samples=("tile_bloat",),
)
