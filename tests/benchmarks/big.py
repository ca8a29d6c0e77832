"""A model of 3 GB in external data, opened by path and drawn: seconds, memory, and bytes read.

Run `python -m tests.benchmarks.big [--gigabytes N] [--folder DIR]` from the root of the repository. It writes
a decoder of some 310 nodes whose weights are random, half of them in one tensor at its end, drops the pages
of the file from memory, and measures

- *render*: `python -m onnxviz render big.onnx -o big.svg`, from the command to its end,
- *app*: `streamlit run app.py -- big.onnx` with a browser at hand, from the command to the picture (median
  of three; memory in a run of its own),
- *opened*: the same file by its path in an app that runs, from the press of a key to the picture on Explore,
  and
- *statistics*: a process that finds the figures of that tensor, as a worker does.

Memory is that of the command or app with all its workers, without the browser: pages that processes share
count once (PSS in Linux' `smaps_rollup`); beside it is the sum in which they count in each (RSS). Bytes read
are those that went through system calls (`rchar`), so that what is in the page cache counts too. Exits with 1
over 5 s or 600 MB (statistics: 300 MB, however long). The files are deleted at the end.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import psutil
from onnx import TensorProto, helper
from playwright.sync_api import sync_playwright

from onnxviz.ui.opening import LABEL
from tests.benchmarks.graphs import IR_VERSION, OPSET
from tests.benchmarks.tables import load, table, verdict
from tests.browser import serving
from tests.browser.steps import drawn, go, tab, visit
from tests.conftest import CHROMIUM_FLAGS, chromium_path

MOST_SECONDS = {"render": 5.0, "app": 5.0, "opened": 5.0}
MOST_MEGABYTES = {"render": 600.0, "app": 600.0, "opened": 600.0, "statistics": 300.0}

WIDTH = 1024
LAYERS = 24
HEAD = "head.weight"
SAMPLE_SECONDS = 0.05
ROUNDS = 3

_BLOCK = 1 << 24


@dataclass
class Footprint:
    """The most that processes held at once, in bytes; bytes that each has read, and its processor seconds."""

    shared_once: int = 0
    each: int = 0
    read: dict[int, int] = field(default_factory=dict)
    busy: dict[int, float] = field(default_factory=dict)

    def look(self, root: int) -> None:
        """Count the process `root` and all below it, as they are now."""
        pss = rss = 0
        for process in _family(root):
            with suppress(psutil.Error, OSError, ValueError):
                memory = process.memory_full_info()
                pss += memory.pss
                rss += memory.rss
                self.read[process.pid] = _characters_read(process.pid)
                self.busy[process.pid] = sum(process.cpu_times()[:2])
        self.shared_once, self.each = max(self.shared_once, pss), max(self.each, rss)


def _family(root: int) -> list[psutil.Process]:
    with suppress(psutil.Error):
        first = psutil.Process(root)
        return [first, *first.children(recursive=True)]
    return []


def _characters_read(pid: int) -> int:
    lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("rchar:")))


@contextmanager
def watching(root: int) -> Iterator[Footprint]:
    """The footprint of a process and its children while the block runs."""
    found, over = Footprint(), threading.Event()

    def watch() -> None:
        while not over.is_set():
            found.look(root)
            over.wait(SAMPLE_SECONDS)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


def big_model(folder: Path, gigabytes: float) -> Path:
    """Write `big.onnx` and `big.onnx.data`; the larger the model, the wider its inner layers."""
    inner = round(gigabytes * 0.5e9 / (LAYERS * 2 * 4 * WIDTH))
    words = round(gigabytes * 0.5e9 / (4 * WIDTH))
    weights: list[TensorProto] = []
    nodes: list[onnx.NodeProto] = []
    x, offset = "x", 0
    for layer in range(LAYERS):
        x, offset = _layer(f"layers.{layer}", x, inner, nodes, weights, offset)
    weights.append(_external(HEAD, (WIDTH, words), offset))
    offset += 4 * WIDTH * words
    nodes.append(helper.make_node("MatMul", [x, HEAD], ["logits"], "/head/MatMul"))
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["tokens", width])
        for name, width in (("x", WIDTH), ("logits", words))
    ]
    graph = helper.make_graph(nodes, "big", ends[:1], ends[1:], weights)
    model = helper.make_model(
        graph, ir_version=IR_VERSION, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="tests"
    )
    path = folder / "big.onnx"
    onnx.save(model, str(path))
    _fill(folder / "big.onnx.data", offset)
    return path


def _layer(
    at: str, x: str, inner: int, nodes: list[onnx.NodeProto], weights: list[TensorProto], offset: int
) -> tuple[str, int]:
    """A gated feed-forward block behind a norm; (its output, where the next data begins)."""

    def weight(name: str, *shape: int) -> str:
        nonlocal offset
        tensor = _external(f"{at}.{name}", shape, offset)
        weights.append(tensor)
        offset += 4 * int(np.prod(shape))
        return str(tensor.name)

    def call(op: str, *inputs: str, **attributes: Any) -> str:
        name = f"/{at}/{op}_{len(nodes)}"
        nodes.append(helper.make_node(op, inputs, [f"{name}_output_0"], name, **attributes))
        return f"{name}_output_0"

    mean = call("ReduceMean", call("Mul", x, x), axes=[-1])
    scaled = call("Mul", call("Div", x, call("Sqrt", call("Abs", mean))), weight("norm.weight", WIDTH))
    up = call("Add", call("MatMul", scaled, weight("up.weight", WIDTH, inner)), weight("up.bias", inner))
    gated = call("Mul", up, call("Sigmoid", up))
    down = call("MatMul", call("Relu", gated), weight("down.weight", inner, WIDTH))
    return call("Add", x, down), offset


def _external(name: str, shape: tuple[int, ...], offset: int) -> TensorProto:
    """A float tensor whose data begins at `offset` of `big.onnx.data`."""
    tensor = TensorProto(name=name, dims=shape, data_type=TensorProto.FLOAT)
    tensor.data_location = TensorProto.EXTERNAL
    entries = {"location": "big.onnx.data", "offset": offset, "length": 4 * int(np.prod(shape))}
    for key, value in entries.items():
        tensor.external_data.add(key=key, value=str(value))
    return tensor


def _fill(path: Path, nbytes: int) -> None:
    """Random weights on the disk, out of memory."""
    block = np.random.default_rng(0).standard_normal(_BLOCK // 4, np.float32).tobytes()
    with path.open("wb") as stream:
        for start in range(0, nbytes, _BLOCK):
            stream.write(block[: min(_BLOCK, nbytes - start)])
        stream.flush()
        os.fsync(stream.fileno())
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def render(path: Path) -> tuple[float, Footprint]:
    """(seconds, footprint) of the command."""
    return _command("-m", "onnxviz", "render", str(path), "-o", str(path.with_suffix(".svg")))


def tensor_statistics(path: Path) -> tuple[float, Footprint]:
    """(seconds, footprint) of a process that looks at the largest tensor."""
    code = f"from onnxviz.inspecting.tensors import tensor_facts; tensor_facts({str(path)!r}, '', {HEAD!r})"
    return _command("-c", code)


def _command(*arguments: str) -> tuple[float, Footprint]:
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, *arguments], cwd=serving.ROOT, stdout=subprocess.DEVNULL)
    with watching(process.pid) as found:
        if process.wait():
            raise RuntimeError(f"{arguments} failed")
        return time.perf_counter() - began, found


def app(path: Path, folder: Path) -> tuple[float, Footprint]:
    """(seconds to the picture, footprint until two seconds later) of an app that is started with the file."""
    seconds = statistics.median(_started(path, folder / f"timed{n}") for n in range(ROUNDS))
    with _browser() as page, _served(folder / "watched", str(path)) as server:
        # Not in the same run: to add up the memory of all processes takes a part of a core.
        with watching(server.process.pid) as found:
            serving.wait_until_up(server)
            page.goto(server.url)
            drawn(page)
            time.sleep(2)
        stored = sum(file.stat().st_size for file in (server.folder / "store").rglob("*") if file.is_file())
        if stored > 1e6:
            raise RuntimeError(f"{stored:,} bytes were copied into the store")
    return seconds, found


def _started(path: Path, folder: Path) -> float:
    with _browser() as page:
        began = time.perf_counter()
        with _served(folder, str(path)) as server:
            serving.wait_until_up(server)
            page.goto(server.url)
            drawn(page)
            return time.perf_counter() - began


def opened(path: Path, folder: Path) -> tuple[float, Footprint]:
    """(seconds from the press of a key to the picture, footprint) in an app that runs and shows Open."""
    with _browser() as page, _served(folder, ONNXVIZ_LOCAL="on") as server:
        serving.wait_until_up(server)
        visit(page, f"{server.url}/open")
        tab(page, LABEL)
        field = page.get_by_label(re.compile("^Path of an"))
        field.fill(str(path))
        with watching(server.process.pid) as found:
            began = time.perf_counter()
            field.press("Enter")
            page.get_by_text("used where it lies").wait_for()
            go(page, "Explore")
            drawn(page)
            took = time.perf_counter() - began
            time.sleep(2)
    return took, found


@contextmanager
def _browser() -> Iterator[Any]:
    """A page of a browser of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(CHROMIUM_FLAGS))
        try:
            yield browser.new_page(viewport={"width": 1400, "height": 1000})
        finally:
            browser.close()


@contextmanager
def _served(folder: Path, *arguments: str, **env: str) -> Iterator[serving.Server]:
    server = serving.start(folder, *arguments, env=env)
    try:
        yield server
    finally:
        server.stop()


def main() -> int:
    """Measure, and print what was found; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gigabytes", type=float, default=3.0, help="of weights (default: 3)")
    parser.add_argument("--folder", type=Path, help="where to write (default: the temporary folder)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        path = big_model(Path(folder), given.gigabytes)
        found = {
            "render": render(path),
            "app": app(path, Path(folder) / "app"),
            "opened": opened(path, Path(folder) / "opened"),
            "statistics": tensor_statistics(path),
        }
    rows = [(what, *_figures(seconds, one)) for what, (seconds, one) in found.items()]
    print(table(("", "seconds", "processor s", "MB", "MB, shared pages in each", "MB read"), rows))
    times = verdict((what, found[what][0], most) for what, most in MOST_SECONDS.items())
    sizes = verdict(
        ((what, found[what][1].shared_once / 1e6, most) for what, most in MOST_MEGABYTES.items()), "MB"
    )
    print(f"\ntime {times}; memory {sizes}\n{load()}")
    return int("FAILS" in times + sizes)


def _figures(seconds: float, found: Footprint) -> tuple[str, ...]:
    megabytes = (found.shared_once / 1e6, found.each / 1e6, sum(found.read.values()) / 1e6)
    return f"{seconds:.2f}", f"{sum(found.busy.values()):.2f}", *(f"{each:,.0f}" for each in megabytes)


if __name__ == "__main__":
    sys.exit(main())
