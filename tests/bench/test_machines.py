"""Results of several machines side by side: figures, ratios against the first, and what is missing."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from onnxviz.bench import machines
from onnxviz.bench.machines import Described, plan_for, side_by_side
from onnxviz.bench.types import BenchResult, Plan, Provider
from onnxviz.errors import BadUsage, JobFailed
from onnxviz.ui.bench import machineresult
from tests.bench.test_results import measured, result

CPU, CUDA = (
    Provider("CPUExecutionProvider", "cpu", "usable"),
    Provider("CUDAExecutionProvider", "cuda", "usable"),
)
BROKEN = replace(CUDA, status="broken")


def on(cpu: str, *found: tuple[str, float]) -> BenchResult:
    made = result(*(measured(name, typical_s) for name, typical_s in found))
    return replace(made, environment=replace(made.environment, cpu=cpu))


def test_each_machine_is_held_against_the_first() -> None:
    found = side_by_side({"a": on("old", ("m", 0.020)), "b": on("new", ("m", 0.010))})
    first, second = found.figures
    assert (first.machine, second.machine) == ("a", "b")
    assert first.shift is None
    assert second.shift is not None
    assert second.shift.verdict.startswith("2.0")
    assert "faster" in second.shift.verdict
    assert second.to_json()["ratio"] == pytest.approx(2, rel=0.05)
    low, high = second.to_json()["ratio_ci95"]
    assert low < second.to_json()["ratio"] < high
    assert found.differences == (("b", ("the processor is new and not old",)),)


def test_the_interval_of_a_median_holds_it() -> None:
    (figure,) = side_by_side({"a": on("x", ("m", 0.020))}).figures
    assert figure.low_s is not None
    assert figure.median_s is not None
    assert figure.high_s is not None
    assert figure.low_s < figure.median_s < figure.high_s


def test_the_same_times_are_no_difference() -> None:
    found = side_by_side({"a": on("x", ("m", 0.020)), "b": on("x", ("m", 0.020))})
    assert "no significant difference" in found.figures[1].to_json()["verdict"]
    assert found.differences == (("b", ()),)


def test_a_machine_without_a_result_says_why_and_the_next_is_the_first() -> None:
    lost = JobFailed("Measuring", "the machine a left the cluster in mid-job")
    found = side_by_side({"a": lost, "b": on("x", ("m", 0.020)), "c": on("x", ("m", 0.040))})
    by_machine = {figure.machine: figure for figure in found.figures}
    assert "left the cluster" in by_machine["a"].error
    assert by_machine["b"].shift is None
    assert by_machine["c"].shift is not None
    told = json.loads(json.dumps(machines.to_json({"a": lost}, {}, side_by_side({"a": lost}))))
    assert told["machines"][0]["result"] is None
    assert "left the cluster" in told["machines"][0]["error"]


def test_a_configuration_that_one_machine_lacks_has_a_sentence() -> None:
    found = side_by_side({"a": on("x", ("m", 0.020)), "b": on("x", ("m", 0.020), ("n", 0.010))})
    lacking = next(one for one in found.figures if one.machine == "a" and one.label.startswith("n on cpu"))
    assert lacking.median_s is None
    assert "was not measured there" in lacking.error


def test_a_machine_gets_the_providers_that_work_on_it() -> None:
    plan = Plan(
        (("m", "m.onnx"),), providers=("cpu", "CUDAExecutionProvider"), options=(("cuda", "id", "1"),)
    )
    environment = result(measured("m", 0.01)).environment
    assert plan_for(plan, Described("box", environment, (CPU, CUDA))) == plan
    assert plan_for(plan, Described("box", environment, (CPU, BROKEN))) == replace(
        plan, providers=("cpu",), options=()
    )
    with pytest.raises(BadUsage, match="does not work on this machine"):
        plan_for(replace(plan, providers=("cuda",)), Described("box", environment, (CPU, BROKEN)))


def test_machines_that_are_one_computer_are_told() -> None:
    box = Described("box", result(measured("m", 0.01)).environment, (CPU,))
    assert machines.on_one_host({"a": box, "b": replace(box, host="other"), "c": box}) == (("a", "c"),)
    assert machines.on_one_host({"a": box}) == ()


def test_the_table_of_the_page_names_machines_as_plain_text() -> None:
    found = side_by_side({"a*b*": on("x", ("m", 0.020)), "here": on("x", ("m", 0.010))})
    first, second = machineresult.rows(found)
    assert first["Machine"] == r"a\*b\*"
    assert second["Machine"] == "This machine"
    assert "faster" in second[r"Against a\*b\*"]
