"""Models of a known amount of work: chains of one and the same block, as long and as wide as asked for."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

WIDTH = 256
"""Columns of every matrix: the weights of a block take 256 KiB, which most second-level caches hold."""

BLOCKS = 20
"""So many that one block more or less is a small step: of 20, two are 10 %."""

ROWS = 64


def chain(blocks: int, rows: int) -> onnx.ModelProto:
    """`blocks` times MatMul and Relu on `rows` × `WIDTH` numbers; the same first blocks for any length."""
    rng = np.random.default_rng(0)
    nodes, weights = [], []
    for block in range(blocks):
        # Keeps the size of the numbers from block to block: a chain that dies out runs into denormals.
        weight = rng.standard_normal((WIDTH, WIDTH), np.float32) * np.float32(np.sqrt(2 / WIDTH))
        weights.append(numpy_helper.from_array(weight, f"w{block}"))
        before = f"x{block}" if block else "x"
        nodes.append(helper.make_node("MatMul", [before, f"w{block}"], [f"m{block}"]))
        nodes.append(helper.make_node("Relu", [f"m{block}"], [f"x{block + 1}"]))
    shape = [rows, WIDTH]
    graph = helper.make_graph(
        nodes,
        "chain",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(f"x{blocks}", TensorProto.FLOAT, shape)],
        weights,
    )
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])


def example(rows: int) -> NDArray[np.float32]:
    """An input of a chain."""
    return np.random.default_rng(1).standard_normal((rows, WIDTH), np.float32)


def saved(folder: Path, blocks: int, rows: int) -> Path:
    """A chain as a file."""
    path = folder / f"chain_{blocks}x{rows}.onnx"
    onnx.save(chain(blocks, rows), path)
    return path


def rows_for(seconds: float, blocks: int = BLOCKS) -> int:
    """How many rows make a chain take about `seconds` on this machine: its work grows with them."""
    rows = ROWS
    for _ in range(2):
        rows = max(1, round(rows * seconds / _fastest(blocks, rows)))
    return rows


def _fastest(blocks: int, rows: int, runs: int = 30) -> float:
    """The fastest of `runs` runs in seconds: what others do on the machine only adds to it."""
    session = onnxruntime.InferenceSession(
        chain(blocks, rows).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    feed = {"x": example(rows)}
    took = []
    for _ in range(runs):
        start = time.perf_counter()
        session.run(None, feed)
        took.append(time.perf_counter() - start)
    return min(took)
