"""Many people at one app: each sees what is theirs, and takes nothing from the others."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx
import onnx.parser
import psutil
import pytest
from playwright.sync_api import expect

from tests.browser import models
from tests.browser.hearing import Heard
from tests.browser.serving import Server
from tests.browser.steps import (
    PATIENCE_MS,
    drawn,
    figure,
    go,
    has_models,
    press,
    settle,
    tab,
    upload,
    visit,
)

pytestmark = pytest.mark.browser

NAME, INSIDE = "alpha-secret", "inside_secret"
SHARED = f"""<ir_version: 8, opset_import: ["" : 17]>
g (float[n, 2] {INSIDE}) => (float[n, 2] y)
  <float[2] a = {{1, 2}}, float[2] b = {{3, 4}}> {{
  c = Add(a, b)
  d = Identity({INSIDE})
  y = Mul(d, c)
}}"""
"""Something to fold, something to simplify away, and a word that only who has the file may read."""


@pytest.fixture
def another(browser: Any) -> Iterator[Any]:
    """A page of somebody else."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    yield context.new_page()
    context.close()


def tour(person: Any, server: Server, file: Path, heard: Heard) -> None:
    """Upload a file, and have everything done to it that is kept for whoever asks next."""
    name = file.stem
    visit(person, f"{server.url}/open")
    upload(person, file)
    has_models(person, "Start here", name)
    go(person, "Explore")
    drawn(person)
    go(person, "Simplify")
    press(person, "Simplify")
    expect(figure(person, "Nodes")).to_contain_text("3 → 1", timeout=PATIENCE_MS)
    has_models(person, "Start here", name, f"{name} · onnxsim")
    press(person, "Compare before and after")
    expect(figure(person, "Removed")).to_have_text("2", timeout=PATIENCE_MS)
    expect(person.get_by_text("2 of 2 explained")).to_be_visible(timeout=2 * PATIENCE_MS)
    tab(person, "Take away")
    for kind in ("JSON", "Markdown"):
        with person.expect_download() as downloading:
            person.get_by_role("button", name=kind).click()
        heard.take(downloading.value.path().read_bytes())
    go(person, "Fold")
    expect(person.get_by_text("Bit for bit the same outputs")).to_be_visible(timeout=PATIENCE_MS)
    settle(person)


def test_a_result_that_is_shared_never_says_whose_it_was(
    app: Server, person: Any, another: Any, tmp_path: Path
) -> None:
    mine, theirs = tmp_path / f"{NAME}.onnx", tmp_path / "beta.onnx"
    onnx.save(onnx.parser.parse_model(SHARED), str(mine))
    shutil.copy(mine, theirs)
    said_to_me, said_to_them = Heard(person), Heard(another)
    tour(person, app, mine, said_to_me)
    tour(another, app, theirs, said_to_them)
    assert NAME in said_to_me
    assert INSIDE in said_to_them
    assert said_to_them.around(NAME) == []
    assert said_to_me.around("beta") == []
    # The log says that there were jobs, and nothing of what they were about.
    assert "kind=rewrite" in app.log
    assert [word for word in (NAME, "beta.onnx", INSIDE) if word in app.log] == []


def test_the_digest_of_somebody_elses_model_opens_nothing(
    app: Server, person: Any, another: Any, tmp_path: Path
) -> None:
    visit(person, f"{app.url}/open")
    upload(person, models.doubled(tmp_path))
    has_models(person, "Start here", "doubled")
    digest = hashlib.sha256((tmp_path / "doubled.onnx").read_bytes()).hexdigest()
    assert (app.folder / "store" / digest[:2] / digest).is_dir()
    for address in (f"?model={digest}", f"compare?before={digest}&after={digest}&model={digest}"):
        visit(another, f"{app.url}/{address}")
        has_models(another, "Start here")


def test_the_job_of_a_closed_tab_ends_and_that_of_another_goes_on(
    app: Server, person: Any, another: Any, tmp_path: Path
) -> None:
    visit(another, f"{app.url}/open")
    upload(another, models.forever(tmp_path))
    has_models(another, "Start here", "forever")
    go(another, "Simplify")
    press(another, "Simplify")
    expect(another.get_by_role("progressbar")).to_be_visible(timeout=PATIENCE_MS)
    worker = psutil.Process(app.busy_worker())
    visit(person, f"{app.url}/simplify")
    another.close()
    worker.wait(20)
    press(person, "Simplify")
    expect(figure(person, "Nodes")).to_contain_text("21 → ", timeout=PATIENCE_MS)
