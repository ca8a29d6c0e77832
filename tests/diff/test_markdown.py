"""A diff as Markdown: what it says, how long it gets, and that no name in a model becomes markup."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from onnx import TensorProto, helper

from onnxviz.diff import Change, Diff
from onnxviz.diff.markdown import MOST_ROWS, cell, code, prose, to_markdown
from onnxviz.diff.types import Match, Part, Record
from onnxviz.model import Node
from onnxviz.rewrites.reasons import Explanation, Kept, Remedy, Removed, Stayed, Went
from onnxviz.rewrites.types import Agreement, Tolerance
from tests.diff.texts import compared

HOSTILE = (
    "`",
    "``` a ```",
    "`` `",
    "a | b",
    "a \\| b",
    "a\n\n# heading",
    "a\r\n- item",
    "<img src=x onerror=alert(1)>",
    "</code><script>alert(1)</script>",
    "[link](http://example.org/)",
    "![i](http://example.org/i.png)",
    "**bold** _it_ ~~gone~~",
    "@someone #12 &amp; $x$",
    "www.example.org https://example.org",
    "left \u202eright",
    "line\u2028separator",
    " ",
    "",
    "n" * 5_000,
)

SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
"""A code span (https://spec.commonmark.org/0.31.2/#code-spans)."""

ALIVE = re.compile(r"(?<!\\)[`*_\[\]<>|~#@&$!]")
"""A mark that is not escaped."""


def nothing_but(nodes: tuple[Node, ...] = (), matched: tuple[Match, ...] = ()) -> Diff:
    """A diff that removed `nodes`."""
    none = ((), ())
    return Diff(matched, (), nodes, Part(), Part(), Part(), Record(("", ""), none, none, none))


def outside(text: str) -> str:
    """What is left of a line without its code spans."""
    return SPAN.sub("", text)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_in_a_code_span_cannot_end_it(name: str) -> None:
    shown = code(name)
    assert "\n" not in shown
    assert "\r" not in shown
    assert len(shown) < 200
    if name.strip():
        assert SPAN.fullmatch(shown)
    else:
        assert shown == "*(no name)*"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_in_a_table_keeps_to_its_cell(name: str) -> None:
    shown = cell(name)
    assert "|" not in shown
    assert "\n" not in shown
    if shown.startswith("<code>"):
        assert not ALIVE.search(re.sub(r"&#\d+;", "", shown.removeprefix("<code>").removesuffix("</code>")))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_in_a_sentence_is_no_markup(name: str) -> None:
    shown = prose(f"Reads {name} twice.")
    assert "\n" not in shown
    assert not ALIVE.search(shown.replace("\\\\", ""))
    assert not re.search(r"@\w|#\w|://|www\.", shown)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_document_has_as_many_lines_whatever_the_names(name: str) -> None:
    node = Node(name, name or "Op", name=name, outputs=(name,))
    change = Change(f"attribute:{name}", name, None)
    match = Match(name, name, (name or "Op", name or "Op"), (0, 0), (change,))
    went = Removed(name, name, Went.NO_OP, f"It gives {name}.")
    kept = Kept(name, name, Stayed.SYMBOLIC_DIM, f"Reads {name}.", remedy=Remedy(f"Set {name}."))
    found = to_markdown(
        nothing_but((node,), (match,)),
        name,
        name,
        Explanation((went,), (kept,), notes=(f"Note {name}",)),
        Agreement(1, error=f"of {name}"),
    )
    assert len(found.splitlines()) == len(to_markdown_of_plain_names().splitlines())
    lines = [line for line in found.splitlines() if line.startswith("- ")]
    assert len(lines) == 3
    starts = ("- ", "#", "|", "**", "")
    assert all(line.startswith(starts) for line in found.splitlines())


def to_markdown_of_plain_names() -> str:
    node = Node("x", "Op", outputs=("x",))
    match = Match("x", "x", ("Op", "Op"), (0, 0), (Change("attribute:x", "x", None),))
    explanation = Explanation(
        (Removed("x", "Op", Went.NO_OP, "It gives x."),),
        (Kept("x", "Op", Stayed.SYMBOLIC_DIM, "Reads x.", remedy=Remedy("Set x.")),),
        notes=("Note x",),
    )
    return to_markdown(nothing_but((node,), (match,)), "x", "x", explanation, Agreement(1, error="of x"))


def test_it_says_what_differs_and_why(tmp_path: Path) -> None:
    diff = compared(
        tmp_path,
        "g (float[2, 3] x) => (float[3, 2] y) { a = Cast<to = 1>(x)  y = Transpose<perm = [1, 0]>(a) }",
        "g (float[2, 3] x) => (float[2, 3] y) { y = Transpose<perm = [0, 1]>(x) }",
    )
    why = Explanation((Removed("a", "Cast", Went.NO_OP, "Cast to the type that it has."),))
    agreement = Agreement(3, agrees=True, tolerance=Tolerance(1e-4, "Two roundings."))
    found = to_markdown(diff, "a.onnx", "b.onnx", why, agreement)
    assert found.startswith("## `a.onnx` → `b.onnx`\n")
    assert "**2 → 1 nodes**: 1 removed, 0 added, 1 changed, 0 the same." in found
    assert "Evidence, not a proof." in found
    assert "The tolerance: Two roundings." in found
    assert "| `Cast` | 1 | 0 | -1 | 0 |" in found
    assert "`attribute:perm` `[1, 0]` → `[0, 1]`" in found
    assert "- `a` (`Cast`): **no-op**. Cast to the type that it has." in found
    assert "| `unexplained` | 0 |" in found
    assert "output `y`: `type` `float[3, 2]` → `float[2, 3]`" in found


def test_two_that_are_the_same_are_one_line(tmp_path: Path) -> None:
    graph = "g (float[2] x) => (float[2] y) { y = Relu(x) }"
    renamed = "h (float[2] p) => (float[2] q) { q = Relu(p) }"
    found = to_markdown(compared(tmp_path, graph, renamed), "a", "b")
    assert found == "## `a` → `b`\n\nNothing differs but names and the order of the file.\n"


def test_long_lists_end_in_how_many_more_there_are() -> None:
    nodes = tuple(Node(f"n{number}", "Relu", outputs=(f"n{number}",)) for number in range(4_000))
    found = to_markdown(nothing_but(nodes), "a", "b")
    assert f"- and {4_000 - MOST_ROWS:,} more" in found
    assert len(found) < 4_000


def test_even_the_worst_fits_into_an_issue() -> None:
    name = "`|<" * 400
    nodes = tuple(Node(f"{name}{number}", name, outputs=("y",)) for number in range(2_000))
    went = tuple(Removed(node.id, name, Went.DEAD, name * 9) for node in nodes)
    kept = tuple(Kept(node.id, name, Stayed.RANDOM, name * 9) for node in nodes)
    match = Match("a", "b", ("Op", "Op"), (0, 0), (Change(name, name, name),) * 900)
    found = to_markdown(nothing_but(nodes, (match,) * 500), name, name, Explanation(went, kept))
    assert len(found) < 65_536
    assert "; and 895 more" in found


def test_a_model_of_hostile_names_is_written_as_text(tmp_path: Path) -> None:
    name = "`x` | <b>"
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], [name]), helper.make_node("Neg", [name], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2])],
    )
    before = helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 21)])
    diff = compared(tmp_path, before, "g (float[2] x) => (float[2] y) { y = Neg(x) }")
    found = to_markdown(diff, name, "b")
    row = next(line for line in found.splitlines() if line.startswith("- ") and "Relu" in line)
    assert f"`` {name} ``" in row
    assert not ALIVE.search(outside(row).removeprefix("-"))
