"""Every way in which a job can end before it is done: one clear sentence, and the next job works."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import expect

from tests.browser import models
from tests.browser.serving import Server
from tests.browser.steps import PATIENCE_MS, complaint, drawn, figure, go, has_models, press, upload, visit

pytestmark = pytest.mark.browser


def running_forever(person: Any, server: Server, folder: Path) -> int:
    """Upload a model that takes days, begin to simplify it, and return the process id of the worker."""
    visit(person, f"{server.url}/open")
    upload(person, models.forever(folder))
    has_models(person, "Start here", "forever")
    go(person, "Simplify")
    press(person, "Simplify")
    expect(person.get_by_role("progressbar")).to_be_visible(timeout=PATIENCE_MS)
    return server.busy_worker()


def the_next_job_works(person: Any) -> None:
    """Simplify the sample in the same session, on the same app."""
    person.get_by_test_id("stSidebar").get_by_text("Start here", exact=True).click()
    expect(person.get_by_role("strong").filter(has_text="Start here")).to_be_visible()
    press(person, "Simplify")
    expect(figure(person, "Nodes")).to_contain_text("21 → ", timeout=PATIENCE_MS)
    drawn(person)
    expect(person.get_by_test_id("stAlertContentError")).to_have_count(0)


def test_a_running_job_tells_what_it_does_and_can_be_cancelled(
    app: Server, person: Any, tmp_path: Path
) -> None:
    worker = psutil.Process(running_forever(person, app, tmp_path))
    expect(person.get_by_text("Simplifying forever")).to_be_visible()
    press(person, "Cancel")
    expect(person.get_by_test_id("stAlertContentInfo")).to_contain_text("Simplifying forever: was cancelled.")
    expect(person.get_by_role("progressbar")).to_have_count(0)
    expect(person.get_by_test_id("stAlertContentError")).to_have_count(0)
    worker.wait(20)
    the_next_job_works(person)


def test_a_worker_that_is_killed_in_mid_job_costs_one_sentence(
    app: Server, person: Any, tmp_path: Path
) -> None:
    os.kill(running_forever(person, app, tmp_path), signal.SIGKILL)
    said = complaint(person)
    assert "Simplifying forever: its worker process died (SIGKILL)." in said
    assert "Nothing that was loaded is lost" in said
    has_models(person, "Start here", "forever")
    the_next_job_works(person)


def test_a_job_past_its_deadline_is_stopped_and_says_so(
    serve: Callable[..., Server], person: Any, tmp_path: Path
) -> None:
    # Long enough for the picture and for the sample on two busy cores.
    server = serve(ONNXVIZ_JOB_SECONDS="6")
    running_forever(person, server, tmp_path)
    said = complaint(person)
    assert "took longer than its limit of 6 s and was stopped" in said
    assert "ONNXVIZ_JOB_SECONDS" in said
    the_next_job_works(person)
    assert "Traceback" not in server.log


def test_a_job_past_its_memory_is_stopped_and_says_so(serve: Callable[..., Server], person: Any) -> None:
    # VGG-19's weights, which the file generates, are 574 MB once they are folded; an idle worker has 300.
    server = serve(ONNXVIZ_JOB_MEGABYTES="800")
    visit(person, f"{server.url}/simplify?model=light_vgg19")
    press(person, "Simplify")
    said = complaint(person)
    assert "grew past its memory limit of 0.8 GB and was stopped" in said
    assert "ONNXVIZ_JOB_MEGABYTES" in said
    visit(person, f"{server.url}/simplify")
    press(person, "Simplify")
    expect(figure(person, "Nodes")).to_contain_text("21 → ", timeout=PATIENCE_MS)
    assert "Traceback" not in server.log
