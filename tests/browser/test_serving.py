"""The app as it is served to others: behind a proxy, below a path, with no word of a model in its log."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from playwright.sync_api import expect

from tests.browser import models, proxy
from tests.browser.serving import Server
from tests.browser.steps import PATIENCE_MS, drawn, go, has_models, upload, visit

pytestmark = pytest.mark.browser

PATH = "/tools/onnxviz"


def test_the_whole_app_works_behind_a_proxy_below_a_path(
    serve: Callable[..., Server], person: Any, tmp_path: Path
) -> None:
    server = serve(STREAMLIT_SERVER_BASE_URL_PATH=PATH)
    beside: list[str] = []
    with proxy.in_front_of(server.url) as url:
        person.on("request", lambda asked: None if _is_below(asked.url, url) else beside.append(asked.url))
        with urllib.request.urlopen(f"{url}/_stcore/health") as answer:
            assert answer.read() == b"ok"
        visit(person, f"{url}/?model=light_shufflenet&open=none")
        drawn(person)
        has_models(person, "ShuffleNet")
        go(person, "Open")
        assert person.url.startswith(f"{url}/open")
        upload(person, models.doubled(tmp_path))
        has_models(person, "ShuffleNet", "doubled")
        with person.expect_download() as downloading:
            person.get_by_role("button", name="Download").first.click()
        assert onnx.load(downloading.value.path()) == onnx.load(tmp_path / "doubled.onnx")
        visit(person, f"{url}/fold?model=start&view=predict")
        has_models(person, "Start here")
        expect(person.get_by_role("button", name="Reveal")).to_be_visible(timeout=PATIENCE_MS)
        # Who comes through a proxy is nobody at this machine.
        go(person, "Open")
        expect(person.get_by_role("tab")).to_have_text(["Export a sample", "Upload", "In this session"])
        person.goto("about:blank")
    assert beside == [], "what lies beside the path belongs to another app"
    assert "Traceback" not in server.log


def _is_below(url: str, base: str) -> bool:
    return url.startswith((f"{base}/", f"{base}?", "blob:", "data:")) or url == base
