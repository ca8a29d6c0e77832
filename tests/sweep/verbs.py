"""The verbs of the sweep: all that the command line does with a model, and what the app alone does.

A verb returns "" when it did what was asked, or the sentence that a person gets instead. It raises as the
verb raises; `sweep` judges what comes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onnxviz import jobs
from onnxviz.cli import build_parser
from onnxviz.commands import Answer
from onnxviz.inspecting.npy import save_npy
from onnxviz.inspecting.schemas import operator_help
from onnxviz.inspecting.tensors import tensor_facts
from onnxviz.model import Graph, Model
from onnxviz.reading import read_model
from onnxviz.rewrites import optimizers
from onnxviz.rewrites.beside import beside
from onnxviz.scene.picture import View, picture
from onnxviz.scene.stage import Source

FIRST = optimizers.names()[0]
"""The optimizer whose result the verbs on two models get."""

BENCH_SECONDS = "0.05"

MOST_CONSTANTS = 8
"""Of one model that are looked at: real ones have hundreds that are alike."""


@dataclass(frozen=True)
class Case:
    """One model on its way through the verbs, with a folder of its own for what they write."""

    path: Path
    folder: Path

    def out(self, name: str) -> str:
        return str(self.folder / name)

    @property
    def after(self) -> str:
        """What the first optimizer made of it; the model itself where it made nothing."""
        made = self.folder / f"{FIRST}.onnx"
        return str(made if made.exists() else self.path)


Verb = Callable[[Case], str]


def command(*words: str) -> Answer:
    """What the command line answers to `onnxviz WORDS…`."""
    args = build_parser().parse_args(words)
    answer: Answer = args.command(args)
    assert answer.text or answer.data
    return answer


def looked(*words: str) -> str:
    """The complaint of a command that looks, draws or searches."""
    return command(*words).complaint


def compared(*words: str) -> str:
    """The complaint of a command that also compares outputs, or why they could not be compared."""
    answer = command(*words, "--json")
    verified: dict[str, Any] = answer.data.get("verified") or {}
    return answer.complaint or (verified.get("sentence", "") if verified.get("error") else "")


def find(case: Case) -> str:
    """Look for the op type of a node that is there: it must be found."""
    node = next(_read(case).graph.walk(), None)
    if node is None:
        return looked("find", str(case.path), "x")
    found = command("find", str(case.path), f"op:{node.op_type}")
    return "" if found.data["total"] else f"No {node.op_type} was found."


def draw(case: Case) -> str:
    """The picture of Explore, first as it opens and then with everything open."""
    source = Source.of_file(case.path)
    for view in (View(), View(opened="all", direction="LR")):
        shown = jobs.run("look", f"Drawing {case.path.name}", picture, source, view)
        assert shown.scene.boxes
    return ""


def operators(case: Case) -> str:
    """What the panel says of each operator of the model."""
    model = _read(case)
    for domain, op_type in {(node.domain, node.op_type) for node in model.graph.walk()}:
        version = dict(model.opsets).get(domain or "ai.onnx", 1)
        jobs.run("look", op_type, operator_help, op_type, domain, version)
    return ""


def tensors(case: Case) -> str:
    """Statistics of constants of the main graph, and their `.npy`."""
    for name in _constants(_read(case).graph)[:MOST_CONSTANTS]:
        facts = jobs.run("look", f"Looking at {name}", tensor_facts, case.path, "", name)
        assert facts.elements >= 0
        jobs.run("look", f"Saving {name}", save_npy, case.path, "", name, case.out("constant.npy"))
    return ""


def others(case: Case) -> str:
    """What each folder folds (`Beside others`)."""
    done = jobs.run("rewrite", f"Folding {case.path.name}", beside, _read(case))
    return next((column.error for column in done.columns if column.error), "")


def _read(case: Case) -> Model:
    return jobs.run("look", f"Reading {case.path.name}", read_model, case.path)


def _constants(graph: Graph) -> list[str]:
    return [value.name for value in graph.values.values() if value.is_constant]


def _simplify(name: str) -> Verb:
    def verb(case: Case) -> str:
        words = ("--optimizer", name, "--no-reasons")
        return compared("simplify", str(case.path), "-o", case.out(f"{name}.onnx"), *words)

    return verb


def _render(ending: str) -> Verb:
    return lambda case: looked("render", str(case.path), "-o", case.out(f"drawn.{ending}"), "--expand", "all")


LOOKING: dict[str, Verb] = {
    "inspect": lambda case: looked("inspect", str(case.path)),
    "find": find,
    "costs": lambda case: looked("costs", str(case.path)),
    "picture": draw,
    "render svg": _render("svg"),
    "render html": _render("html"),
    "render dot": _render("gv"),
    "operator help": operators,
    "tensor, .npy": tensors,
}

REWRITING: dict[str, Verb] = {
    **{f"simplify {name}": _simplify(name) for name in optimizers.names()},
    "fold": lambda case: compared("fold", str(case.path), "-o", case.out("folded.onnx")),
}

COMPARING: dict[str, Verb] = {
    "diff": lambda case: looked("diff", str(case.path), case.after, "-o", case.out("diff.md")),
    "verify": lambda case: looked("verify", str(case.path), case.after, "--inputs", "1"),
    "diff --reasons": lambda case: looked(
        "diff", str(case.path), case.after, "--optimizer", FIRST, "--reasons"
    ),
    "report": lambda case: compared(
        "report", str(case.path), case.after, "-o", case.out("r.html"), "--optimizer", FIRST, "--inputs", "1"
    ),
}

LONG: dict[str, Verb] = {
    "fold beside": others,
    "simplify --steps": lambda case: looked(
        "simplify", str(case.path), "-o", case.out("steps.onnx"), "--steps", "--no-reasons", "--checks", "0"
    ),
    "blame": lambda case: looked("blame", str(case.path)),
    "bench": lambda case: looked("bench", str(case.path), case.after, "--seconds", BENCH_SECONDS),
}
"""Those that take a second or more on a model of one node."""

ALL: dict[str, Verb] = {**LOOKING, **REWRITING, **COMPARING, **LONG}
