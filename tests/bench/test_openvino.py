"""A second real provider, OpenVINO: probed, run, assigned, compared, profiled and drawn.

Its build of ONNX Runtime replaces the plain one, so these tests run in an environment of their own, which
`.ci/run` makes.
"""

from __future__ import annotations

import json
import os
import time
from importlib import metadata
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx.parser import parse_model

from onnxviz import jobs
from onnxviz.bench.profiling import profile
from onnxviz.bench.providers import probe
from onnxviz.bench.types import BenchResult, Configuration
from onnxviz.cli import main
from onnxviz.ui.bench.words import headlines

pytestmark = pytest.mark.openvino

ROOT = Path(__file__).parents[2]
START = ROOT / "onnxviz" / "samples" / "start.onnx"
HEAD = '<ir_version: 8, opset_import: ["": 17]>'
PATIENCE_SECONDS = 120
BUILD = "onnxruntime-openvino"


@pytest.fixture(scope="module", autouse=True)
def openvino() -> None:
    """Skip where the runtime is another build; where it is this one, a provider that does not work fails."""
    try:
        metadata.version(BUILD)
    except metadata.PackageNotFoundError:
        pytest.skip(f"{BUILD} is not installed: it needs an environment of its own (see the README)")
    (found,) = [one for one in jobs.run("bench", "Trying the providers", probe) if one.short == "openvino"]
    if not found.is_usable:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up(f"OpenVINO does not work here: {found.reason}")


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Any:
    """`ask("bench", …)`: what the command prints with `--json`, as data."""

    def asked(*arguments: str) -> Any:
        main([*arguments, "--json"])
        return json.loads(capsys.readouterr().out)

    return asked


def saved(folder: Path, text: str) -> str:
    path = folder / "m.onnx"
    onnx.save(parse_model(f"{HEAD} {text}"), path)
    return str(path)


def test_both_providers_of_this_build_are_found_to_work(ask: Any) -> None:
    found = {one["short"]: one["status"] for one in ask("providers")}
    assert found["openvino"] == "usable"
    assert found["cpu"] == "usable"


def test_each_runs_its_nodes_and_the_two_are_compared_and_agree(ask: Any) -> None:
    found = ask("bench", str(START), "--providers", "cpu,openvino", "--seconds", "1")
    cpu, openvino = found["results"]
    assert (cpu["provider_used"], openvino["provider_used"]) == ("cpu", "openvino")
    assert cpu["samples_s"]
    assert openvino["samples_s"]
    assert openvino["peak_bytes"] > 0
    (part,) = openvino["assignment"]
    assert part["provider"] == "openvino"
    assert part["ops"]["Conv"] == 3
    (comparison,) = found["comparisons"]
    assert (comparison["a"], comparison["b"]) == (cpu["label"], openvino["label"])
    low, high = comparison["ci95"]
    assert 0 < low <= comparison["ratio"] <= high
    (agreed,) = found["agreement"]
    assert agreed["verdict"] in ("equal", "close")


def test_nodes_that_it_does_not_take_are_counted_and_warned_of(ask: Any, tmp_path: Path) -> None:
    model = saved(
        tmp_path,
        """g (float[4, 8] x) => (float[4, 8] y) {
            a = Exp(x)  b = Sigmoid(a)  parts = SplitToSequence(b)  y = ConcatFromSequence<axis = 0>(parts)
        }""",
    )
    found = ask("bench", model, "--providers", "openvino", "--seconds", "0.5")
    (one,) = found["results"]
    ran = {part["provider"]: part["ops"] for part in one["assignment"]}
    assert set(ran) == {"openvino", "cpu"}
    assert ran["cpu"].keys() == {"SplitToSequence", "ConcatFromSequence"}
    assert set(one["provider_used"].split("+")) == {"openvino", "cpu"}
    (warning,) = [note["text"] for note in found["warnings"] if note["code"] == "fell_back"]
    assert "openvino did not take 2 of 4 nodes" in warning


def test_an_option_that_it_refuses_is_a_row_with_the_reason_and_the_rest_goes_on(ask: Any) -> None:
    arguments = ("--providers", "cpu,openvino", "--option", "openvino:precision=FP16", "--seconds", "0.5")
    cpu, openvino = ask("bench", str(START), *arguments)["results"]
    assert openvino["label"] == "start on openvino, precision=FP16"
    assert "precision=FP16" in openvino["error"]
    assert not openvino["samples_s"]
    assert cpu["samples_s"]


def test_what_it_compiles_stays_in_a_row_of_the_runtimes_own() -> None:
    found = jobs.run(
        "bench", "Profiling", profile, Configuration("start", str(START), "openvino"), seconds=0.5
    )
    compiled = [one for one in found.runtime if "OpenVINO" in one.name]
    assert {one.provider for one in compiled} == {"openvino"}
    assert sum(one.seconds for one in compiled) > 0
    assert {provider for _, provider in found.ran_on} == {"openvino"}


def test_the_page_draws_both(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = Page(monkeypatch, tmp_path)
    page.measure("cpu", "openvino")
    result: BenchResult = page.app.session_state["benchmark:done"][1]
    assert [one.provider_used for one in result.measurements] == ["cpu", "openvino"]
    assert [row["Ran on"] for row in page.rows(0)] == ["cpu", "openvino"]
    assert headlines(result)[0].sentence in page.words()
    assert page.app.get("vega_lite_chart")


def test_the_page_lays_the_nodes_that_it_ran_onto_the_graph(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = Page(monkeypatch, tmp_path)
    page.measure("openvino")
    page.app.session_state["benchmark:tabs"] = "Which provider ran what"
    page.settle()
    assert {"Operator": "Conv", "on openvino": "3"} in page.rows(1)
    page.click("Show on the graph")
    assert page.app.get("bidi_component")


class Page:
    """The page Benchmark with the first sample, under Streamlit's own test driver."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        import streamlit as st
        from streamlit.testing.v1 import AppTest

        monkeypatch.setenv("ONNXVIZ_STORE", str(folder / "store"))
        monkeypatch.setattr("sys.argv", ["app.py", str(START)])
        st.cache_resource.clear()
        self.app = AppTest.from_file(str(ROOT / "pages" / "benchmark.py"), default_timeout=PATIENCE_SECONDS)
        self.settle()

    def settle(self) -> None:
        """Run the page until no job of it is left."""
        end = time.monotonic() + PATIENCE_SECONDS
        self.app.run()
        while any(self._has_job(key) for key in ("benchmark", "benchmark:providers", "benchmark:profile")):
            assert time.monotonic() < end, "a job did not end"
            self.app.run()
        assert not self.app.exception

    def _has_job(self, key: str) -> bool:
        state = self.app.session_state
        return f"work:{key}" in state and "job" in state[f"work:{key}"]

    def click(self, label: str) -> None:
        """Press the button that is called so, and wait for what comes of it."""
        next(one for one in self.app.button if one.label == label).click()
        self.settle()

    def measure(self, *providers: str) -> None:
        """Benchmark the sample on `providers`, for a second."""
        self.app.session_state["benchmark:providers"] = list(providers)
        self.app.select_slider[0].set_value(1)
        self.settle()
        self.click("Measure")

    def rows(self, number: int) -> list[dict[str, str]]:
        """The rows of one of the tables of the page, counted from 0."""
        found: list[dict[str, str]] = self.app.table[number].value.to_dict("records")
        return found

    def words(self) -> str:
        """What stands on the page."""
        kinds = (self.app.markdown, self.app.caption, self.app.info, self.app.warning, self.app.error)
        return "\n".join(element.value for kind in kinds for element in kind)
