"""Models as ONNX text -> what stayed of them and why, and what a remedy does, by the real optimizers."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnx
from onnx import ModelProto, parser

from onnxviz.diff import diff_descriptions
from onnxviz.model import Model
from onnxviz.reading import read_model
from onnxviz.rewrites.explain.stayed.kept import kept
from onnxviz.rewrites.explain.trying import Trial, try_remedy
from onnxviz.rewrites.optimizers import OptimizeOptions, optimize
from onnxviz.rewrites.reasons import How, Kept
from onnxviz.rewrites.simplify import SimplifyOptions

HEAD = '<ir_version: 10, opset_import: ["": 18, "own": 1]>'


def written(text: str, folder: Path, head: str = HEAD) -> Model:
    """A model of opset 18 with a domain `own`, in a file."""
    proto = parser.parse_model(f"{head} {text}")
    return saved(proto, folder)


def saved(proto: ModelProto, folder: Path, name: str = "before.onnx") -> Model:
    """The model in a file, as it is read."""
    onnx.save(proto, folder / name)
    return read_model(folder / name)


class Result:
    """What an optimizer made of a model, and what is said of the nodes that stayed."""

    def __init__(self, before: Model, folder: Path, optimizer: str = "onnxsim", **options: Any) -> None:
        simplify = SimplifyOptions(**options.pop("simplify", {}))
        self.folder = folder
        self.before = before
        self.how = How(optimizer, OptimizeOptions(checks=0, simplify=simplify, **options))
        self.after = optimize(optimizer, before, folder / "after.onnx", self.how.options).after

    def kept(self, seconds: float = 60.0) -> dict[str, Kept]:
        """By node id; other optimizers are tried only where there are seconds left."""
        diff = diff_descriptions(self.before, self.after)
        deadline = time.perf_counter() + seconds
        found = list(kept(self.before, self.after, diff, self.how, deadline))
        assert len({one.node for one in found}) == len(found)
        ids = {node.id for node in self.after.graph.walk()}
        ids |= {node.id for _, body in self.after.functions for node in body.walk()}
        assert {one.node for one in found} <= ids
        return {one.node: one for one in found}

    def tried(self, one: Kept) -> Trial:
        """Its remedy in force."""
        assert one.remedy is not None
        out = self.folder / "tried.onnx"
        return try_remedy(self.before, self.after, self.how, one.remedy, [one.node], out)

    def frees(self, one: Kept) -> bool:
        """Whether its remedy does what it says."""
        return self.tried(one).freed == (one.node,)


def as_it_is(model: Model, seconds: float = 0.0) -> dict[str, Kept]:
    """What is said of a model that nobody knows to be optimized."""
    deadline = time.perf_counter() + seconds
    how = How("", replace(How().options, checks=0))
    return {one.node: one for one in kept(model, model, diff_descriptions(model, model), how, deadline)}
