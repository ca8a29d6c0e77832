"""A running app and a person in front of it, who minds what should never be there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser import serving
from tests.browser.serving import Server

ACTION_MS = 30_000
"""For a click or an expectation: long, since two cores may be busy with other tests' workers."""

NEVER_IN_THE_APP = ("torch", "onnxsim", "onnxruntime", "onnxscript")

expect.set_options(timeout=ACTION_MS)

# A page that is opened by its address asks for these below its own path first (Streamlit 1.67); the app may
# lie below a path itself.
_ASKED_IN_VAIN = re.compile(
    r"[\w/]*/(open|explore|simplify|fold|compare|benchmark|learn)/_stcore/(health|host-config)"
)
_NOT_FOUND = "Failed to load resource: the server responded with a status of 404 (Not Found)"


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Server]:
    """One app for all tests, each of which is a visitor of its own."""
    server = serving.start(tmp_path_factory.mktemp("app"))
    try:
        serving.wait_until_up(server)
        yield server
        imported = set(NEVER_IN_THE_APP) & set(server.modules())
    finally:
        left = server.stop()
    assert not imported, "the app's own process has imported what belongs in workers"
    assert not left, "workers outlived the app"


@pytest.fixture
def serve(tmp_path: Path, browser: Any) -> Iterator[Callable[..., Server]]:
    """Starts an app of the test's own: `serve("model.onnx", ONNXVIZ_JOB_SECONDS="3")`."""
    servers: list[Server] = []

    def started(*arguments: str, **env: str) -> Server:
        servers.append(serving.start(tmp_path / f"app{len(servers)}", *arguments, env=env))
        serving.wait_until_up(servers[-1])
        return servers[-1]

    yield started
    for server in servers:
        server.stop()


@pytest.fixture
def no_traceback(request: pytest.FixtureRequest) -> Iterator[None]:
    """The certainty at the end that the app, where a test uses the common one, logged no error."""
    server: Server | None = request.getfixturevalue("app") if "app" in request.fixturenames else None
    before = len(server.log) if server else 0
    yield
    written = server.log[before:] if server else ""
    assert "Traceback" not in written, written[written.index("Traceback") :]


@pytest.fixture
def person(page: Any, no_traceback: None) -> Iterator[Any]:
    """A page in the browser, and the certainty at the end that nothing went wrong unseen.

    No request left this machine, no dialog came up, the console is clean, no traceback is shown or logged.
    """
    outside: list[str] = []
    refused: list[str] = []
    dialogs: list[str] = []
    page.on("request", lambda request: outside.append(request.url) if _is_outside(request.url) else None)
    page.on("websocket", lambda socket: outside.append(socket.url) if _is_outside(socket.url) else None)
    page.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.set_default_timeout(ACTION_MS)
    yield page
    assert outside == [], "requests left this machine"
    assert dialogs == []
    in_vain = [url for url in refused if _ASKED_IN_VAIN.fullmatch(urlsplit(url).path)]
    assert [url for url in refused if url not in in_vain] == [], "the app lacks what its page asked for"
    problems = list(page.problems)
    for _ in in_vain:
        if _NOT_FOUND in problems:
            problems.remove(_NOT_FOUND)
    assert problems == [], "the console is not clean"
    assert "Traceback" not in page.locator("body").inner_text()


def _is_outside(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in ("data", "blob") and parts.hostname not in ("localhost", "127.0.0.1")
