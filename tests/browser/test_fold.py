"""What a person does on Fold: play a folding, step through it, predict, and go on with the result."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import parser
from playwright.sync_api import expect

from tests.browser.serving import Server
from tests.browser.steps import PATIENCE_MS, drawn, has_models, on_picture, pictures, press, settle, visit
from tests.pages.folding import MIXED, NOTHING

pytestmark = pytest.mark.browser

Serve = Callable[..., Server]


def given(folder: Path, text: str) -> str:
    """A model, written as text, as a file."""
    path = folder / "given.onnx"
    onnx.save(parser.parse_model(text), path)
    return str(path)


def large(nodes: int) -> str:
    """A model of so many nodes on the input, and as many that fold, each of which one of those reads."""
    lines = [f"k{n} = Mul(two, two) t{n + 1} = Add(t{n}, k{n})" for n in range(nodes)]
    return f"""<ir_version: 8, opset_import: ["": 17]>
    g (float[4] t0) => (float[4] t{nodes}) <float two = {{2.0}}> {{ {" ".join(lines)} }}"""


def come(person: Any, url: str) -> None:
    """Open the page and wait for the picture; the first folding of an app waits for its worker."""
    visit(person, url)
    drawn(person)
    settle(person)


def player(person: Any) -> Any:
    return person.get_by_role("group", name="Constant folding, step by step")


def is_at(person: Any, place: int, last: int = 4) -> None:
    """Wait for the player to be at this step, and for the page to tell of it."""
    expect(player(person).get_by_text(re.compile(rf"^step {place} of {last}\b"))).to_be_visible()
    name = re.compile(rf"^Step {place} of {last}\b") if place else "Before anything is computed"
    expect(person.get_by_role("heading", name=name)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_folding_is_played_to_its_end_and_gone_through_with_keys(
    serve: Serve, person: Any, tmp_path: Path, scheme: str
) -> None:
    person.emulate_media(color_scheme=scheme)
    app = serve(given(tmp_path, MIXED))
    come(person, f"{app.url}/fold")
    expect(person.get_by_text("4 of 10 nodes fold")).to_be_visible()
    is_at(person, 0)
    player(person).get_by_label("Speed").select_option("4")
    player(person).get_by_role("button", name="Play").click()
    is_at(person, 4)
    expect(player(person).get_by_text("Cast([12]) = [12]")).to_be_visible()
    player(person).get_by_role("slider").focus()
    person.keyboard.press("ArrowLeft")
    person.keyboard.press("ArrowLeft")
    is_at(person, 2)
    expect(player(person).get_by_text("Add(6, 6) = 12")).to_be_visible()
    expect(person).to_have_url(re.compile(r"step=2"))
    person.keyboard.press("ArrowRight")
    is_at(person, 3)
    person.keyboard.press("Home")
    is_at(person, 0)


def test_the_graph_that_is_left_is_drawn_after_each_step(serve: Serve, person: Any, tmp_path: Path) -> None:
    app = serve(given(tmp_path, MIXED))
    come(person, f"{app.url}/fold?step=1")
    is_at(person, 1)
    person.get_by_role("radio", name="What is left").or_(
        person.get_by_text("What is left", exact=True)
    ).first.click()
    settle(person)
    press_forward = player(person).get_by_role("button", name="One step forward")
    for place in (2, 3, 4):
        press_forward.click()
        is_at(person, place)
    settle(person)
    person.get_by_role("button", name="List of boxes").first.click()
    rows = person.get_by_role("treeitem")
    expect(rows.filter(has_text=re.compile("^Unsqueeze"))).to_have_count(1)
    expect(rows.filter(has_text=re.compile("^Add"))).to_have_count(0)


def test_nodes_are_predicted_by_clicks_in_the_picture_and_revealed(
    serve: Serve, person: Any, tmp_path: Path
) -> None:
    app = serve(given(tmp_path, MIXED))
    come(person, f"{app.url}/fold?view=predict")
    expect(person.get_by_text("of 10 nodes fold")).to_have_count(0)
    for operator in ("Add", "Reshape"):
        person.mouse.click(*on_picture(person, operator))
        box = person.get_by_role("checkbox", name=re.compile(rf"^{operator}\b"))
        expect(box).to_be_checked()
    expect(person.get_by_text("2 of 10 nodes picked")).to_be_visible()
    press(person, "Reveal")
    expect(person.get_by_text("You found 1 of the 4 that fold, and picked 1 that stays.")).to_be_visible()
    expect(person.get_by_text("It depends on the input 'x'.")).to_be_visible()
    press(person, "Ask again")
    expect(person.get_by_text("0 of 10 nodes picked")).to_be_visible()


def test_the_next_question_on_a_large_model_is_another_part_of_it(
    serve: Serve, person: Any, tmp_path: Path
) -> None:
    app = serve(given(tmp_path, large(60)))
    come(person, f"{app.url}/fold?view=predict")
    for number in (2, 3):
        press(person, "Next question")
        expect(person).to_have_url(re.compile(rf"question={number}\b"))
        settle(person)
    drawn(person)
    expect(person.get_by_role("button", name="Reveal")).to_be_enabled()
    expect(person.get_by_text(re.compile(r"^0 of \d+ nodes picked$"))).to_be_visible()


def test_where_nothing_folds_it_says_why(serve: Serve, person: Any, tmp_path: Path) -> None:
    app = serve(given(tmp_path, NOTHING))
    come(person, f"{app.url}/fold")
    expect(person.get_by_text("Every node reads the input 'X'")).to_be_visible()
    expect(player(person)).to_have_count(0)


def test_a_remedy_folds_more_and_the_result_is_compared(serve: Serve, person: Any, tmp_path: Path) -> None:
    app = serve(given(tmp_path, MIXED))
    come(person, f"{app.url}/fold")
    press(person, "Give batch the size 1")
    expect(person.get_by_text("8 of 10 nodes fold")).to_be_visible(timeout=PATIENCE_MS)
    settle(person)
    press(person, "Keep the folded model")
    has_models(person, "given", "given · fold")
    press(person, "Compare before and after")
    expect(person.get_by_role("heading", name="Compare", level=1)).to_be_visible(timeout=PATIENCE_MS)
    expect(pictures(person).first).to_be_visible(timeout=PATIENCE_MS)
