"""Values that are easy to compute and large to store: a tiled pattern, and weights of one repeated number."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from onnxviz.lessons import making
from onnxviz.lessons.types import Choices, Graph, Outcome, Pair, Table
from onnxviz.model import Model
from onnxviz.reading import read_model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from onnxviz.rewrites.fold import Folded

BEFORE, FOLDED, ONNXSIM = "As it was written", "folding alone", "onnxsim"
BOUNDED, RUNTIME = "onnxsim with the limit", "ONNX Runtime, basic"

SIDE = 8
"""Fields of the chessboard on each side."""

WIDTH = 512
"""Rows and columns of a generated weight: 1 MiB of float32."""

THRESHOLDS = {1 << 10: "1KB", 1 << 20: "1MB", 1 << 24: "16MB"}
"""Bytes -> how onnxsim is told so."""


def tile_text(repeats: int) -> str:
    """A chessboard of 8 by 8, repeated in both directions and added to the input."""
    size = SIDE * repeats
    return f"""\
g (float[{size},{size}] x) => (float[{size},{size}] y)
<int64[2] repeats = {{{repeats}, {repeats}}}>
{{
  board = Tile(pattern, repeats)
  y = Add(x, board)
}}"""


def pattern() -> NDArray[Any]:
    """float32[8, 8] of 0 and 1 by turns."""
    import numpy as np

    board: NDArray[Any] = np.indices((SIDE, SIDE)).sum(axis=0) % 2
    return board.astype(np.float32)


def tile(folder: Path, choices: Choices) -> Outcome:
    """The tiled pattern under a limit, and under optimizers with limits of their own."""
    from onnxviz.rewrites.fold import FoldOptions

    repeats, limit = choices["repeats"], choices["limit"]
    before = making.write(folder, "tile.onnx", tile_text(repeats), {"pattern": pattern()})
    folded = making.fold(before, folder / "folded.onnx", FoldOptions(tensor_bytes=limit))
    models = {
        BEFORE: before,
        FOLDED: folded.after,
        ONNXSIM: _onnxsim(before, folder / "onnxsim.onnx"),
        BOUNDED: _onnxsim(before, folder / "onnxsim-bounded.onnx", THRESHOLDS[limit]),
        RUNTIME: making.optimize_all(before, folder, ("ort-basic",))["ort-basic"],
    }
    value = before.graph.values["pattern"].nbytes or 0
    facts = {
        "bytes": {label: model.nbytes for label, model in models.items()},
        "tiles": {label: model.graph.op_counts().get("Tile", 0) for label, model in models.items()},
        "pattern_bytes": value,
        "tiled_bytes": value * repeats**2,
        "largest_difference": folded.agreement.absolute if folded.agreement else None,
    }
    return Outcome(
        facts,
        _said_of_tile(facts, folded),
        tables=(_size_table(models, "Tile"),),
        graphs=_graphs(models),
        # Where our folding stores nothing, onnxsim's result is the one to look at.
        pairs=(Pair(BEFORE, ONNXSIM if facts["tiles"][FOLDED] else FOLDED),),
    )


def _said_of_tile(facts: dict[str, Any], folded: Folded) -> tuple[str, ...]:
    stored = f"{facts['tiled_bytes']:,} bytes"
    says = [
        f"The pattern takes {facts['pattern_bytes']:,} bytes, and what `Tile` makes of it takes {stored}."
    ]
    if facts["tiles"][FOLDED]:
        says.append(f"Our folding leaves the `Tile`, and says why: *{folded.kept[0].sentence}*")
    else:
        grown = facts["bytes"][FOLDED] / facts["bytes"][BEFORE]
        says.append(f"Our folding stores it. One node less, and a file {grown:,.0f} times as large.")
    if not facts["tiles"][RUNTIME]:
        says.append(
            "What ONNX Runtime makes of it has no `Tile`: it folds by itself when it loads a model. So "
            "a `Tile` in the file costs a moment at loading, and nothing in each run."
        )
    return tuple(says)


def many(folder: Path, choices: Choices) -> Outcome:
    """Layers whose weights are made by `ConstantOfShape`, 1 MiB each."""
    before = making.write(folder, "generated.onnx", generated_text(choices["count"]))
    folded = making.fold(before, folder / "folded.onnx")
    again = making.fold(folded.after, folder / "again.onnx")
    (folder / "again.onnx").unlink()
    models = {BEFORE: before, FOLDED: folded.after}
    facts = {
        "bytes": {label: model.nbytes for label, model in models.items()},
        "generated": {
            label: model.graph.op_counts().get("ConstantOfShape", 0) for label, model in models.items()
        },
        "steps_again": len(again.steps),
        "weights_bytes": choices["count"] * WIDTH * WIDTH * 4,
    }
    together = (
        f"{choices['count']} weights of {WIDTH * WIDTH * 4:,} bytes are {facts['weights_bytes']:,} bytes"
    )
    end = (
        "That is more than the limit for all together, so none is stored."
        if facts["generated"][FOLDED]
        else "That is within the limit for all together, so all are stored."
    )
    return Outcome(
        facts,
        (
            f"{together}. {end}",
            f"Folding the result once more folds {making.counted(facts['steps_again'], 'node')}.",
        ),
        tables=(_size_table(models, "ConstantOfShape"),),
        graphs=_graphs(models),
        pairs=(Pair(BEFORE, FOLDED),),
    )


def generated_text(count: int) -> str:
    """`count` layers, each with a weight of its own number."""
    layers = "\n".join(
        f"  w{place} = ConstantOfShape <value = float[1] {{{place / 1000}}}> (size)\n"
        f"  x{place} = MatMul(x{place - 1}, w{place})"
        for place in range(1, count + 1)
    )
    return f"""\
g (float[1,{WIDTH}] x0) => (float[1,{WIDTH}] x{count})
<int64[2] size = {{{WIDTH}, {WIDTH}}}>
{{
{layers}
}}"""


def vgg(folder: Path, choices: Choices) -> Outcome:
    """A real architecture with generated weights: what is stored of them, and what it would take."""
    import shutil

    from onnxviz.rewrites.fold import FoldOptions

    path = folder / "vgg19.onnx"
    shutil.copyfile(_vgg19(), path)
    before = read_model(path)
    listed = making.fold(before, folder / "listed.onnx", FoldOptions(checks=0))
    folded = making.fold(before, folder / "folded.onnx", FoldOptions(freeze_weights=True, checks=0))
    kept = [int(dict(each.evidence).get("bytes", "0")) for each in folded.kept]
    models = {BEFORE: before, FOLDED: folded.after}
    facts: dict[str, Any] = {
        "bytes": {label: model.nbytes for label, model in models.items()},
        "steps_while_listed": len(listed.steps),
        "stored": len(folded.steps),
        "kept": len(kept),
        "kept_bytes": sum(kept),
        "growth": sum(kept) / before.nbytes,
    }
    says = (
        f"The file has {before.nbytes:,} bytes. {facts['stored'] + facts['kept']} of its nodes make a weight "
        "or a bias out of one number.",
        f"Folding stores {facts['stored']} of them, the small ones. The other {facts['kept']} would add "
        f"{facts['kept_bytes']:,} bytes, {facts['growth']:,.0f} times what the file has now: half a gigabyte "
        "in which a few numbers are repeated.",
    )
    return Outcome(
        facts,
        says,
        tables=(_size_table(models, "ConstantOfShape"),),
        graphs=_graphs(models),
        pairs=(Pair(BEFORE, FOLDED),),
    )


def _vgg19() -> Path:
    from onnxviz.errors import BadUsage
    from onnxviz.samples.wheel import wheel_models

    for model in wheel_models():
        if model.id == "light_vgg19":
            return model.path
    raise BadUsage("light_vgg19", "is not in the installed onnx package", "Install onnx as required")


def _onnxsim(before: Model, out: Path, threshold: str = "1.5GB") -> Model:
    from onnxviz.rewrites.simplify import SimplifyOptions, simplify

    return simplify(before, out, SimplifyOptions(tensor_size_threshold=threshold, checks=0)).after


def _graphs(models: dict[str, Model]) -> tuple[Graph, ...]:
    return tuple(Graph(label, Path(model.path).name) for label, model in models.items())


def _size_table(models: dict[str, Model], op_type: str) -> Table:
    """Nodes in all, those of one operator, and bytes."""
    rows = tuple(
        (label, model.graph.node_count(), model.graph.op_counts().get(op_type, 0), model.nbytes)
        for label, model in models.items()
    )
    _, nodes, _, nbytes = rows[0]
    is_worse = any(row[1] < nodes and row[3] > nbytes for row in rows)
    caption = "Fewer nodes can be more bytes." if is_worse else ""
    return Table(("Model", "Nodes", op_type, "Bytes of the file"), rows, caption)


def tile_code(choices: Choices) -> str:
    """What `tile` runs."""
    limit = choices["limit"]
    return f'''\
from pathlib import Path
import numpy as np
import onnx.parser
import onnxsim
from onnx import numpy_helper
from onnxviz.rewrites.fold import FoldOptions, fold_file

model = onnx.parser.parse_model("""{making.HEAD}
{tile_text(choices["repeats"])}""")
pattern = (np.indices(({SIDE}, {SIDE})).sum(axis=0) % 2).astype(np.float32)
model.graph.initializer.append(numpy_helper.from_array(pattern, "pattern"))
onnx.save(model, "tile.onnx")

fold_file(Path("tile.onnx"), Path("folded.onnx"), FoldOptions(tensor_bytes={limit}))
onnxsim.simplify("tile.onnx", output_path="onnxsim.onnx")
onnxsim.simplify("tile.onnx", output_path="bounded.onnx", tensor_size_threshold="{THRESHOLDS[limit]}")
for file in ("tile.onnx", "folded.onnx", "onnxsim.onnx", "bounded.onnx"):
    print(file, Path(file).stat().st_size)'''


def many_code(choices: Choices) -> str:
    """What `many` runs."""
    return _MANY_CODE.substitute(head=making.HEAD, count=choices["count"], width=WIDTH)


_MANY_CODE = Template('''\
from pathlib import Path
import onnx.parser
from onnxviz.rewrites.fold import fold_file

lines = []
for i in range(1, $count + 1):
    lines.append(f"w{i} = ConstantOfShape <value = float[1] {{{i / 1000}}}> (size)")
    lines.append(f"x{i} = MatMul(x{i - 1}, w{i})")
layers = "\\n".join(lines)
model = onnx.parser.parse_model(f"""$head
g (float[1,$width] x0) => (float[1,$width] x$count)
<int64[2] size = {{$width, $width}}>
{{
{layers}
}}""")
onnx.save(model, "generated.onnx")
folded = fold_file(Path("generated.onnx"), Path("folded.onnx"))
print(folded.notes, folded.before.nbytes, folded.after.nbytes)''')


VGG_CODE = """\
from pathlib import Path
import onnx
from onnxviz.rewrites.fold import FoldOptions, fold_file

vgg19 = Path(onnx.__file__).parent / "backend/test/data/light/light_vgg19.onnx"
folded = fold_file(vgg19, Path("folded.onnx"), FoldOptions(freeze_weights=True, checks=0))
print(sum(int(dict(each.evidence)["bytes"]) for each in folded.kept))"""
