"""Experiments on the whole workflow: a network is trained, exported and run."""

from __future__ import annotations

from pathlib import Path

from onnxviz.lessons.types import Choices, Graph, Outcome, Table
from onnxviz.rewrites import calling
from onnxviz.samples import training

FILE = "moons.onnx"

SHOWN = 4
"""Points whose scores are listed one by one."""

CHECKED = 200
"""Points on which all three are compared."""


def train(folder: Path, _: Choices) -> Outcome:
    """PyTorch learns; the weights stay in `folder`."""
    done = training.train(folder)
    first, last = done.losses[0], done.losses[-1]
    return Outcome(
        facts={
            "first_loss": first,
            "last_loss": last,
            "accuracy": done.accuracy,
            "parameters": done.parameters,
        },
        says=(
            f"The loss fell from {first:.4f} to {last:.4f} in {done.seconds:.1f} s. On points that it has "
            f"not seen, the network is right in {done.accuracy:.1%} of the cases.",
            f"What it has learned are {done.parameters} numbers: its *weights*. For now they live in the "
            "memory of this Python process, in objects of PyTorch.",
        ),
        lines=done.lines,
    )


def export(folder: Path, _: Choices) -> Outcome:
    """The trained network as a file."""
    import onnx
    from onnx import numpy_helper

    seconds = training.export(folder, folder / FILE)
    model = onnx.load(folder / FILE)
    weights = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    ops = [node.op_type for node in model.graph.node]
    numbers, size = sum(array.size for array in weights.values()), (folder / FILE).stat().st_size
    return Outcome(
        facts={
            "ops": ops,
            "weights": sorted(weights),
            "numbers": numbers,
            "domains": sorted({node.domain for node in model.graph.node}),
            "notes": [len(node.metadata_props) for node in model.graph.node],
            "bytes": size,
        },
        says=(
            f"`torch.onnx.export` took {seconds:.1f} s and wrote {size:,} bytes: {len(ops)} operators "
            f"({', '.join(ops)}) and {numbers} weights.",
            "Every operator is one of the ONNX standard, and the weights have the names that they had in "
            "PyTorch. The training data are not there. The exporter also leaves notes on each node, such as "
            "the line of Python that it comes from; they are for people, and no runtime needs them.",
        ),
        tables=(
            Table(
                ("Weight in the file", "Shape", "Numbers"),
                tuple((name, str(list(array.shape)), int(array.size)) for name, array in weights.items()),
                "All that training found is in the file.",
            ),
        ),
        graphs=(Graph("moons", FILE, "Three layers: `Gemm` multiplies by a weight and adds a bias."),),
    )


def run(folder: Path, _: Choices) -> Outcome:
    """The same points through PyTorch, ONNX Runtime and the reference evaluator."""
    from onnxviz.bench.providers import probe

    points, moon = training.unseen_points(CHECKED)
    scores = {
        "PyTorch": training.answers(folder, points),
        "ONNX Runtime": calling.with_onnxruntime(str(folder / FILE), {"points": points})[0],
        "Reference": calling.with_reference(str(folder / FILE), {"points": points})[0],
    }
    torch_scores = scores["PyTorch"]
    largest = {name: float(abs(each - torch_scores).max()) for name, each in scores.items()}
    same = all((each.argmax(axis=1) == torch_scores.argmax(axis=1)).all() for each in scores.values())
    rows = tuple(
        (f"({x:.2f}, {y:.2f})", *(f"{each[i][0]:.4f}, {each[i][1]:.4f}" for each in scores.values()))
        for i, (x, y) in enumerate(points[:SHOWN])
    )
    found = probe()
    return Outcome(
        facts={
            "onnxruntime": largest["ONNX Runtime"],
            "reference": largest["Reference"],
            "same_answers": bool(same),
            "points": CHECKED,
            "right": float((scores["ONNX Runtime"].argmax(axis=1) == moon).mean()),
            "usable": [each.short for each in found if each.is_usable],
        },
        says=(
            f"On {CHECKED} points, ONNX Runtime differs from PyTorch by at most "
            f"{largest['ONNX Runtime']:.1e} in a score, and the reference evaluator by at most "
            f"{largest['Reference']:.1e}. That is rounding: these numbers have about seven digits.",
            f"The answers are {'the same for every point' if same else 'not all the same'}.",
        ),
        tables=(
            Table(("Point", *scores), rows, "Both scores of the first points, computed by three programs."),
            Table(
                ("Execution provider", "On this machine", "Why"),
                tuple((each.short, each.status, each.reason or "it ran a tiny model") for each in found),
                "ONNX Runtime reaches a device through an execution provider. These are in the build that "
                "is installed here; other builds bring others, and the file stays the same.",
            ),
        ),
    )
