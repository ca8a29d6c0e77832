"""Files that are made to do harm, given to the app in a browser: one sentence each, and nothing is lost."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import models
from tests.browser.obeying import obeyed
from tests.browser.serving import Server
from tests.browser.steps import PATIENCE_MS, drawn, go, has_models, upload, visit
from tests.hostile.files import REFUSED, SHOWN

pytestmark = pytest.mark.browser


def test_each_refused_file_is_one_sentence_and_the_open_model_stays(
    app: Server, person: Any, tmp_path: Path
) -> None:
    visit(person, f"{app.url}/open")
    upload(person, models.doubled(tmp_path))
    has_models(person, "Start here", "doubled")
    for number, (kind, file) in enumerate(REFUSED.items()):
        if not file.alone:
            continue
        path = tmp_path / f"refused {number}.onnx"
        path.write_bytes(file.make(tmp_path))
        upload(person, path)
        named = re.compile(rf"{path.stem}(\.onnx)?: ")
        told = person.get_by_test_id("stAlertContentError").filter(has_text=named)
        expect(told).to_have_count(1, timeout=PATIENCE_MS)
        sentence = told.inner_text()
        assert len(sentence) < 600, kind
        assert str(app.folder) not in sentence, kind
        assert obeyed(person) == []
        has_models(person, "Start here", "doubled")
    go(person, "Explore")
    drawn(person)


def test_what_claims_to_be_huge_is_drawn_like_any_other(app: Server, person: Any, tmp_path: Path) -> None:
    visit(person, f"{app.url}/open")
    paths = []
    for number, file in enumerate(SHOWN.values()):
        paths.append(tmp_path / f"shown {number}.onnx")
        paths[-1].write_bytes(file.make(tmp_path))
    upload(person, *paths)
    has_models(person, "Start here", *(path.stem for path in paths))
    go(person, "Explore")
    drawn(person)
    for path in paths[:-1]:
        person.get_by_test_id("stSidebar").get_by_role("radio", name=path.stem).click(force=True)
        expect(person.get_by_role("heading", name=path.stem)).to_be_visible(timeout=PATIENCE_MS)
        drawn(person)
