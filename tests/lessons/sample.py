"""Lessons for tests: everything that one can have, and names that a page must not obey."""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import parser

from onnxviz.errors import RewriteFailed
from onnxviz.lessons.types import (
    Choice,
    Choices,
    Claim,
    Code,
    Experiment,
    Graph,
    Lesson,
    Option,
    Outcome,
    Pair,
    Question,
    Table,
    Text,
)

HOSTILE = "**bold** <script>alert(1)</script> [x](http://evil.example) :red[y]"

_HEAD = '<ir_version: 8, opset_import: ["": 17]>'
_SIX = f"""{_HEAD} g (float[4] x) => (float[4] y) <float two = {{2}}, float three = {{3}}> {{
  six = Mul(two, three)
  y = Mul(x, six)
}}"""
_ONE = f"{_HEAD} g (float[4] x) => (float[4] y) <float six = {{6}}> {{ y = Mul(x, six) }}"


def _save(folder: Path, name: str, text: str) -> None:
    onnx.save(parser.parse_model(text), folder / name)


def multiply(folder: Path, choices: Choices) -> Outcome:
    """Two models, of which one is the other folded."""
    _save(folder, "before.onnx", _SIX)
    _save(folder, "after.onnx", _ONE)
    (folder / "notes.txt").write_text(choices["how"], encoding="utf-8")
    times = choices["times"]
    return Outcome(
        facts={"before": 2, "after": 1, "product": 2 * times, "how": choices["how"]},
        says=(f"2 × {times} = {2 * times}, said {choices['how']}.",),
        lines=("six = Mul(two, three)", f"    = 2 * {times}"),
        tables=(
            Table(("Model", "Nodes", "Share"), (("before", 2000, 0.5), (HOSTILE, 1, 0.25)), "Two models."),
        ),
        graphs=(Graph("before", "before.onnx"), Graph("after", "after.onnx", "It has **one** node less.")),
        pairs=(Pair("before", "after"),),
        fold="before",
    )


def count(folder: Path, choices: Choices) -> Outcome:
    """Reads what `multiply` left, and shows a graph with a hostile name."""
    nodes = len(onnx.load(folder / "before.onnx").graph.node)
    how = (folder / "notes.txt").read_text(encoding="utf-8")
    _save(folder, "again.onnx", _ONE)
    return Outcome(
        {"nodes": nodes, "how": how},
        (f"Found {nodes} nodes, said {how}.",),
        graphs=(Graph(HOSTILE, "again.onnx"),),
    )


def greet(_: Path, choices: Choices) -> Outcome:
    """Something that needs no button."""
    return Outcome({"name": choices["name"]}, (f"Hello {choices['name']}!",))


def fail(_: Path, choices: Choices) -> Outcome:
    """An experiment that gives up."""
    raise RewriteFailed("The experiment", "gave up", "Try something else", detail="its log")


def _python(choices: Choices) -> str:
    return f"six = 2 * {choices['times']}"


FIRST = Lesson(
    id="first_lesson",
    title="Folding two numbers",
    aim="Afterwards you can say what a fold is.",
    minutes=3,
    parts=(
        Text("### Numbers\n\nTwo constants make a third: that is a *fold*."),
        Code("import onnx"),
        Text("It is done once, before anything runs."),
        Code(_python),
        Experiment(
            "multiply",
            "Multiply two constants",
            multiply,
            "Multiply",
            (
                Choice("times", "Times", 3, range=(1, 9)),
                Choice("how", "How", "softly", (("softly", "Softly"), ("loudly", "Loudly"))),
            ),
        ),
        Experiment("count", "Count the nodes", count, "Count", needs="multiply"),
        Experiment(
            "greet",
            "Say hello",
            greet,
            choices=(
                Choice(
                    "name", "Name", "Ada", tuple((name, name) for name in ("Ada", "Ben", "Cy", "Di", "Eve"))
                ),
            ),
            at_once=True,
        ),
        Experiment("fail", "Fail", fail, "Break it"),
    ),
    question=Question(
        "How many nodes are left?",
        (
            Option("One", "The product is a constant.", is_right=True),
            Option("Two", "One of them had constant inputs alone."),
        ),
    ),
    claims=(
        Claim("Folding leaves one node.", "multiply", lambda facts: facts["after"] == 1),
        Claim("Two times four is eight.", "multiply", lambda facts: facts["product"] == 8, {"times": 4}),
        Claim("There are two nodes before.", "count", lambda facts: facts["nodes"] == 2),
    ),
    samples=("constant_math",),
)

SECOND = Lesson(
    id="second_lesson",
    title="What is constant?",
    aim="Afterwards you can tell constants from inputs.",
    minutes=2,
    parts=(Text("A weight is constant, an input is not."),),
    question=Question(
        "Which of these are constant?",
        (
            Option("A weight", "It is in the file.", is_right=True),
            Option("An input", "It comes with each run."),
            Option("An initializer", "It is in the file.", is_right=True),
        ),
        several=True,
    ),
    claims=(),
)

LESSONS = (FIRST, SECOND)
