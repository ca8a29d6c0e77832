"""Two models of which the second is the first with some nodes gone."""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import parser

HEAD = '<ir_version: 8, opset_import: ["": 17]>'


def shrunk(folder: Path, pairs: int) -> tuple[Path, Path]:
    """A chain of `pairs` times Cast (`c0`, …) and Relu (`r0`, …), and the same without the casts."""
    texts: dict[str, list[str]] = {"before": [], "after": []}
    last = "x"
    for i in range(pairs):
        texts["before"] += [f"c{i} = Cast<to = 1>({last})", f"r{i} = Relu(c{i})"]
        texts["after"].append(f"r{i} = Relu({last})")
        last = f"r{i}"
    found = []
    for name, lines in texts.items():
        graph = f"{HEAD} g (float[2] x) => (float[2] {last}) {{ {'  '.join(lines)} }}"
        onnx.save(parser.parse_model(graph), folder / f"{name}.onnx")
        found.append(folder / f"{name}.onnx")
    return found[0], found[1]
