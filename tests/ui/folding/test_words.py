"""Folding in words, and what can be done about what stayed."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import onnx
import pytest
from onnx import parser

from onnxviz.reading import read_model
from onnxviz.rewrites.fold import Folded, FoldOptions, fold, rules
from onnxviz.scene.picture import View, picture
from onnxviz.scene.stage import Source
from onnxviz.ui.folding import fates, sources, words
from onnxviz.ui.folding.depending import depends
from onnxviz.ui.folding.playing import Player, first
from onnxviz.ui.folding.remedies import Change, changes_for
from onnxviz.ui.folding.words import Tally
from tests.pages.folding import MIXED, NOTHING

BRANCH = """
<ir_version: 8, opset_import: ["": 17]>
g (float[2] x) => (float[2] y) <bool yes = {1}> {
    y = If (yes) <
        then_branch = t () => (float[2] a) { a = Relu(x) },
        else_branch = e () => (float[2] b) { c = Abs(x) b = Neg(c) }
    >
}
"""
ALL_KNOWN = """
<ir_version: 8, opset_import: ["": 17]>
g () => (float y) <float two = {2.0}> { y = Mul(two, two) }
"""


def folded(folder: Path, text: str, **options: object) -> Folded:
    path = folder / "m.onnx"
    onnx.save(parser.parse_model(text), path)
    return fold(read_model(path), folder / "out.onnx", FoldOptions(checks=0, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (MIXED, "**4 of 10 nodes fold**, in 4 waves; 6 stay: 2 depend on the input, 4 have other reasons."),
        (NOTHING, "**Nothing folds** of 2 nodes."),
        (
            BRANCH,
            "**1 of 4 nodes folds**, in 1 wave; 2 more go with a branch that no run takes; "
            "1 stays, since it depends on the input.",
        ),
        (ALL_KNOWN, "**1 of 1 node folds**, in 1 wave; none stays: the result is the same in every run."),
    ],
)
def test_the_whole_is_told_in_a_sentence(tmp_path: Path, text: str, says: str) -> None:
    assert words.headline(folded(tmp_path, text)) == says


def test_the_counts_add_up(tmp_path: Path) -> None:
    for text in (MIXED, NOTHING, BRANCH, ALL_KNOWN):
        tally = Tally.of(folded(tmp_path, text))
        assert tally.folded + tally.unread + tally.untaken + tally.stayed == tally.total
        assert min(tally.folded, tally.unread, tally.untaken, tally.stayed) >= 0


def test_each_rule_of_the_engine_has_a_name_and_a_sentence() -> None:
    assert rules.__doc__ is not None
    assert set(words.RULES) == {
        int(number) for number in re.findall(r"^R(\d+)\.", rules.__doc__, re.MULTILINE)
    }


def test_a_symbol_that_stands_in_the_way_can_be_given_a_size(tmp_path: Path) -> None:
    found = folded(tmp_path, MIXED)
    (change,) = changes_for(found.kept, {"batch": 7})
    assert (change, change.nodes, change.label) == (Change((("batch", 7),)), 4, "Give batch the size 7")
    assert words.headline(folded(tmp_path, MIXED, set_dims={"batch": 7})).startswith("**8 of 10 nodes fold**")


def test_a_limit_is_raised_to_what_the_value_takes(tmp_path: Path) -> None:
    text = """
    <ir_version: 8, opset_import: ["": 17]>
    g (float[3000, 3000] x) => (float[3000, 3000] y) <int64[2] shape = {3000, 3000}> {
        ones = ConstantOfShape(shape)
        y = Add(x, ones)
    }
    """
    (change,) = changes_for(folded(tmp_path, text).kept, {})
    assert change.tensor_bytes >= 36_000_000
    limit = change.tensor_bytes
    assert not folded(tmp_path, text, tensor_bytes=limit, total_bytes=limit).kept


def test_every_node_has_a_fate_or_depends_on_something(tmp_path: Path) -> None:
    found = folded(tmp_path, MIXED)
    ids = [node.id for node in found.start.walk()]
    known = fates.of(found, ids)
    rest = depends(found.before.path, found.before.digest, tuple(i for i in ids if i not in known))
    assert {**known, **rest}.keys() == set(ids)
    assert set(rest) == {"flat", "y"}
    assert rest["y"] == "It depends on the input 'x'."
    assert known["twelve"].sentence == "It folds in wave 2, by rule 2 (all inputs are known): Add(6, 6) = 12"
    assert known["rows"].sentence.startswith("It stays. It asks for the size 'batch'")


def test_the_script_of_a_player_has_an_entry_for_each_step_and_counts_for_each_place(tmp_path: Path) -> None:
    found = folded(tmp_path, MIXED)
    script = sources.script(found)
    told = json.loads(script.text)
    assert told["waves"] == [1, 2, 3, 4]
    assert [script.nodes[at] for at in told["box"]] == ["six", "twelve", "wide", "cut"]
    assert [told["says"][0], told["value"][0]] == ["Mul(2, 3) = 6", "6"]
    assert len(told["counts"]) == 5
    assert {script.nodes[int(at)] for at in told["stays"]} == {"sizes", "rows", "high", "shape"}


def test_a_node_is_shown_by_its_box_or_by_the_closed_group_around_it(tmp_path: Path) -> None:
    found = folded(tmp_path, BRANCH)
    source = Source.of_file(Path(found.before.path))
    nodes = [node.id for node in found.start.walk()]
    drawn = picture(source, View("all"))
    shown = [drawn.scene.boxes[at].id for at in sources.boxes(drawn, nodes)]
    assert shown == nodes
    closed = picture(source, View("none"))
    around = {closed.scene.boxes[at].kind for at in sources.boxes(closed, nodes[1:])}
    assert around == {"group"}
    assert sources.boxes(drawn, ["not there"]) == (-1,)


def test_a_player_begins_behind_the_constants_and_a_long_one_goes_by_waves(tmp_path: Path) -> None:
    steps = folded(tmp_path, MIXED).steps
    assert first(steps, None) == Player(0, "step")
    assert first(steps * 60, None) == Player(0, "wave")
    given = tuple(replace(step, op_type="Constant") for step in steps)
    assert first((*given[:2], *steps[2:]), None) == Player(2, "step")
    assert first(given, None) == Player(0, "step")


def test_a_link_names_a_step_of_a_folding_however_long(tmp_path: Path) -> None:
    steps = folded(tmp_path, MIXED).steps
    assert first(steps * 60, 12) == Player(12, "step")
    assert first(steps, 99) == Player(4, "step")
    assert first((), 5) == Player(0, "step")


def test_a_player_that_was_sent_somewhere_does_not_heed_where_it_was_before() -> None:
    player = Player(3, "wave", is_told=True)
    player.go(7)
    player.hear((3, "wave"))
    assert (player.place, player.unit, player.serial) == (7, "step", 1)
    player.is_told = True
    player.hear((8, "wave"))
    assert (player.place, player.unit) == (8, "wave")
