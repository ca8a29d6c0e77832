"""Other viewers of ONNX files beside ours: their servers, and how one sees that their picture is there.

Seen with Netron 9.3.3 and Model Explorer 0.1.34 (adapter model-explorer-onnx 0.4.2). A script in each page
looks 40 times a second for the picture and writes down, once it is there and two more frames have passed,
how many milliseconds after the start of the navigation that was. It runs as an init script: Netron takes
`eval` away from its page, and with it what Playwright evaluates there.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Error
from playwright.sync_api import TimeoutError as TooLate

from tests.browser.steps import PAINTED

OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"
"""For Chromium: Netron's page counts visits and Model Explorer's fetches fonts. Both go on without."""

START_SECONDS = 60

NETRON = """() => {
  const shown = document.body && !/welcome|spinner/.test(document.body.className);
  const box = shown && document.querySelector("#target .node");
  return Boolean(box) && box.getBoundingClientRect().width > 0;
}"""
"""Nodes are in the page long before they have places; the class says when the logo gives way to them."""

MODEL_EXPLORER = """() => {
  window.draws ??= countDraws();
  const canvas = document.querySelector("canvas.main");
  return Boolean(canvas) && window.draws.has(canvas) && !document.querySelector(".loading");
}
function countDraws() {
  const drawn = new Set();
  for (const kind of [WebGLRenderingContext, WebGL2RenderingContext]) {
    for (const name of ["drawArrays", "drawElements", "drawArraysInstanced", "drawElementsInstanced"]) {
      const original = kind.prototype[name];
      if (!original) continue;
      kind.prototype[name] = function (...all) {
        drawn.add(this.canvas);
        return original.apply(this, all);
      };
    }
  }
  return drawn;
}"""
"""WebGL lets nobody read a picture that is on the screen, but what draws on it can be told; and the sheet
that says "processing" must be gone from above it."""

_WATCH = """(() => {
  const there = %s;
  const done = () => { document.documentElement.dataset.firstPicture = String(performance.now()); };
  const look = () => {
    if (!there()) setTimeout(look, 25);
    else requestAnimationFrame(() => requestAnimationFrame(done));
  };
  look();
})()"""


@dataclass(frozen=True)
class Tool:
    """A viewer with its server up: where a file is shown, and the script that sees its picture."""

    name: str
    url: str
    there: str
    cookies: tuple[str, ...] = ()


def ours(url: str) -> Tool:
    """This app."""
    return Tool("onnxviz", url, PAINTED)


def visit(browser: Any, tool: Tool, limit: float, shot: Path | None = None) -> float | str:
    """Seconds from the start of the navigation to the picture, in a browser context of its own.

    Words where nothing is shown within `limit` seconds. `shot` is where to leave a picture of the page.
    """
    context = browser.new_context(viewport={"width": 1400, "height": 1000}, color_scheme="light")
    try:
        context.add_cookies([{"name": name, "value": "1", "url": tool.url} for name in tool.cookies])
        context.add_init_script(_WATCH % tool.there)
        page = context.new_page()
        page.goto(tool.url, wait_until="commit")
        took = _waited(page, limit)
        if shot is not None:
            # A page that is busy with its layout gives no picture of itself.
            with suppress(Error):
                page.screenshot(path=str(shot), timeout=5_000)
        return took
    finally:
        context.close()


def _waited(page: Any, limit: float) -> float | str:
    began = time.monotonic()
    seen = page.locator("html[data-first-picture]")
    try:
        seen.wait_for(state="attached", timeout=limit * 1000)
        return float(seen.get_attribute("data-first-picture") or "nan") / 1000
    except TooLate:
        return f"nothing in {limit:.0f} s"
    except Error as error:
        if "crash" not in str(error):
            raise
        # Seen with Netron's at 13,000 nodes.
        return f"tab crashed after {time.monotonic() - began:.0f} s"


@contextmanager
def netron(venv: Path, file: Path) -> Iterator[Tool]:
    """Netron's server for one file. The cookies are its visitor's consent to being counted."""
    port = _free_port()
    command = [str(venv / "bin" / "netron"), "--host", "127.0.0.1", "--port", str(port), str(file)]
    with _running(command, f"http://127.0.0.1:{port}/") as url:
        yield Tool("Netron", url, NETRON, ("consent", "_ga"))


@contextmanager
def model_explorer(venv: Path) -> Iterator[str]:
    """Model Explorer's server; see `explored` for what it shows."""
    port = _free_port()
    command = [str(venv / "bin" / "model-explorer"), "--host", "127.0.0.1", "--port", str(port)]
    command += ["--no_open_in_browser", "--skip_health_check", "--extensions", "model_explorer_onnx"]
    with _running(command, f"http://127.0.0.1:{port}/") as url:
        yield url


def explored(url: str, file: Path) -> Tool:
    """A file in Model Explorer, by the address that its command line would open."""
    wanted = quote(json.dumps({"models": [{"url": str(file.resolve())}]}))
    return Tool("Model Explorer", f"{url}?data={wanted}", MODEL_EXPLORER)


@contextmanager
def _running(command: list[str], url: str) -> Iterator[str]:
    # Model Explorer asks the package index for news: nobody answers on this proxy.
    env = {**os.environ, "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env=env, stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        end = time.monotonic() + START_SECONDS
        while True:
            with suppress(OSError):
                urllib.request.urlopen(url, timeout=5).close()
                break
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{' '.join(command)} does not serve")
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port
