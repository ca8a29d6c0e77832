"""How long a plan takes: the arithmetic against the runner itself, played on a clock of the test's own."""

from __future__ import annotations

from dataclasses import replace
from itertools import count, cycle
from pathlib import Path

import onnx
import pytest
from onnx import parser

from onnxviz.bench import estimate, live
from onnxviz.bench.estimate import Cost, Costs, Speed
from onnxviz.bench.types import Configuration, Plan
from onnxviz.progress import listening
from tests.bench.test_runner import Script, bench, script

BAR = 0.25

CREATE_S = 0.25
"""What the script takes to create a session."""

PLANS = [
    ([0.0001], 5.0, 5000),
    ([0.005], 5.0, 5000),
    ([0.005, 0.005], 5.0, 5000),
    ([0.001, 0.001, 0.001, 0.001], 2.0, 5000),
    ([0.1], 5.0, 5000),
    ([0.4], 5.0, 5000),
    ([0.7], 5.0, 5000),
    ([4.0], 5.0, 5000),
    ([60.0], 1.0, 5000),
    ([0.001, 0.5], 5.0, 5000),
    ([0.002], 60.0, 500),
    ([0.3, 0.3, 0.3, 0.3], 10.0, 30),
]


def noisy(run_s: float) -> list[float]:
    """Runs 10 % apart, so that a warm-up never looks steady."""
    return [0.9 * run_s, 1.1 * run_s]


@pytest.mark.parametrize("is_noisy", [False, True])
@pytest.mark.parametrize(("runs_s", "seconds", "most"), PLANS)
def test_an_estimate_is_within_a_quarter_of_what_the_plan_takes(
    runs_s: list[float], seconds: float, most: int, is_noisy: bool
) -> None:
    played = Script(
        {f"m{at}": cycle(noisy(run_s) if is_noisy else [run_s]) for at, run_s in enumerate(runs_s)}
    )
    start = played.now
    result = bench(played, seconds=seconds, max_samples=most)
    took = played.now - start
    cells = [one.configuration for one in result.measurements]
    costs = {cell: Cost(CREATE_S + run_s, run_s) for cell, run_s in zip(cells, runs_s, strict=True)}
    plan = Plan(tuple((cell.model, cell.path) for cell in cells), seconds=seconds, max_samples=most)
    expected = estimate.of(plan, costs, Speed(0.0, 0.0))
    assert expected.open_s + expected.timed_s == pytest.approx(took, rel=BAR)


def test_processes_and_looks_at_the_machine_count() -> None:
    plan = Plan((("a", "a.onnx"), ("b", "b.onnx")))
    (a, b), speed = plan.configurations(), Speed(0.5, 2.0)
    costs = {a: Cost(1.0, 0.005), b: Cost(3.0, 0.005)}
    assert estimate.of(plan, costs, speed).open_s == pytest.approx(0.5 + 2 * 2.0 + 1.0 + 3.0)


def test_one_that_is_unknown_is_taken_for_the_mean_of_the_known_ones() -> None:
    plan = Plan((("a", "a.onnx"), ("b", "b.onnx")))
    a, _ = plan.configurations()
    all_known = {cell: Cost(1.0, 0.7) for cell in plan.configurations()}
    assert estimate.of(plan, {a: Cost(1.0, 0.7)}) == estimate.of(plan, all_known)


def test_of_a_plan_of_which_nothing_is_known_the_budget_is() -> None:
    found = estimate.of(Plan((("a", "a.onnx"),), seconds=7.0), {}, Speed(0.0, 0.0))
    assert found.total_s <= 7.0


def test_costs_are_remembered_by_content_and_settings() -> None:
    result = bench(script(a=0.1))
    (cell,) = (one.configuration for one in result.measurements)
    costs = Costs()
    costs.remember(result, {cell.path: "digest"})
    elsewhere = Plan((("renamed", "other.onnx"),), levels=("all", "off"))
    known = costs.of(elsewhere, {"other.onnx": "digest"})
    (found,) = known
    assert found.level == "all"
    assert known[found].open_s == pytest.approx(CREATE_S + 0.1)
    assert known[found].run_s == pytest.approx(0.1)
    assert costs.of(elsewhere, {"other.onnx": "another"}) == {}


def test_what_is_left_shrinks_to_nothing_while_it_runs() -> None:
    parts: list[object] = []
    assert live.left(parts) is None
    with listening(lambda text, fraction: None, parts.append):
        bench(script(a=0.1, b=0.1), seconds=5.0)
    told = [part.seconds for part in parts if isinstance(part, live.Left)]
    timed = told[2:]
    assert timed == sorted(timed, reverse=True)
    assert timed[0] == pytest.approx(5.0, rel=BAR)
    assert timed[-1] < 1.0
    assert live.left(parts) == timed[-1]
    whole = live.partial(parts)
    assert whole is not None
    assert len(whole.measurements) == 2


@pytest.fixture
def model(tmp_path: Path) -> str:
    text = '<ir_version: 8, opset_import: ["": 17]> g (float[n, 4] x) => (float[n, 4] y) { y = Relu(x) }'
    onnx.save(parser.parse_model(text), tmp_path / "m.onnx")
    return str(tmp_path / "m.onnx")


def test_a_look_tells_the_cost_of_each_session_once(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = count()
    monkeypatch.setattr(estimate.time, "perf_counter", lambda: next(clock) / 10)
    plan = Plan((("m", model),), levels=("off", "all"), batches=(1, 2))
    reported: list[str] = []
    with listening(lambda text, fraction: reported.append(text)):
        found = estimate.look(plan)
    assert set(found) == set(plan.configurations())
    assert len(reported) == 2
    assert found[plan.configurations()[0]] == Cost(pytest.approx(0.1), pytest.approx(0.1))
    assert estimate.look(plan, found) == {}


def test_what_does_not_run_is_left_out_of_a_look(model: str, tmp_path: Path) -> None:
    plan = Plan((("m", model), ("gone", str(tmp_path / "gone.onnx"))))
    assert {cell.model for cell in estimate.look(plan)} == {"m"}


def test_this_machines_speed_is_found_by_trying() -> None:
    found = estimate.calibrate()
    assert found.look_s > 0
    assert found.start_s > 0


def test_settings_of_a_configuration_do_not_include_its_name() -> None:
    costs = Costs()
    cell = Configuration("a", "a.onnx", "cpu", threads=2)
    costs.keep(cell, "d", Cost(1.0, 2.0))
    plan = Plan((("b", "b.onnx"),), threads=(2,))
    assert list(costs.of(plan, {"b.onnx": "d"}).values()) == [Cost(1.0, 2.0)]


def test_options_of_a_provider_and_inputs_of_a_persons_own_have_costs_of_their_own() -> None:
    usual = Plan((("a", "a.onnx"),), providers=("openvino",))
    fast = replace(usual, options=(("openvino", "precision", "FP16"), ("cuda", "use_tf32", "1")))
    (cell,) = fast.configurations()
    assert cell.options == (("precision", "FP16"),)
    costs, digests = Costs(), {"a.onnx": "d"}
    costs.keep(cell, "d", Cost(1.0, 2.0))
    assert costs.of(usual, digests) == {}
    assert costs.of(fast, digests) == {cell: Cost(1.0, 2.0)}
    given = replace(fast, inputs="a.npz")
    assert costs.of(given, digests) == {}
    costs.keep(cell, "d", Cost(1.0, 9.0), "a.npz")
    assert costs.of(given, digests) == {cell: Cost(1.0, 9.0)}
    assert costs.of(fast, digests) == {cell: Cost(1.0, 2.0)}
