"""The app as a process: what it imports, and what is left when it ends."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import models
from tests.browser.conftest import NEVER_IN_THE_APP
from tests.browser.serving import Server
from tests.browser.steps import PATIENCE_MS, drawn, figure, go, has_models, press, upload, visit

pytestmark = pytest.mark.browser


def test_the_app_itself_never_imports_what_reads_runs_or_trains_models(
    app: Server, person: Any, tmp_path: Path
) -> None:
    visit(person, f"{app.url}/open?sample=affine")
    press(person, "Export")
    expect(person.get_by_text("is open")).to_be_visible(timeout=120_000)
    upload(person, models.doubled(tmp_path))
    has_models(person, "Start here", "X * 2 + 3", "doubled")
    go(person, "Explore")
    drawn(person)
    go(person, "Simplify")
    press(person, "Simplify")
    expect(figure(person, "Nodes")).to_contain_text("1 → 1", timeout=PATIENCE_MS)
    go(person, "Benchmark")
    press(person, "Measure")
    expect(person.get_by_role("heading", name="Result")).to_be_visible(timeout=PATIENCE_MS)
    imported = app.modules()
    assert "onnxviz.ui.session" in imported
    assert not set(NEVER_IN_THE_APP) & set(imported)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_no_worker_outlives_the_app_even_in_mid_job(
    serve: Callable[..., Server], person: Any, tmp_path: Path, how: signal.Signals
) -> None:
    server = serve(str(models.forever(tmp_path)))
    visit(person, f"{server.url}/simplify")
    press(person, "Simplify")
    assert server.busy_worker() in server.workers()
    assert server.stop(how) == []
