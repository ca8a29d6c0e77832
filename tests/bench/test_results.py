"""Results read back say what they said, and two of them are told apart only where they differ."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from onnxviz.bench import export, live, results
from onnxviz.bench.types import Assigned, BenchResult, Configuration, Environment, Measurement
from onnxviz.errors import BadUsage, RefusedFile

MACHINE = Environment("a cpu", 2, 2**33, "3.11", "1.32", "Linux", 2, load=0.5, clock_step_s=1e-9)


def measured(name: str, typical_s: float, seed: int = 0, **more: object) -> Measurement:
    times = typical_s * np.random.default_rng(seed).lognormal(0, 0.03, 200)
    cell = Configuration(name, f"{name}.onnx", "cpu", "basic", 1, (("length", 8),), 4, (("device_id", "0"),))
    ops = (Assigned("cpu", (("Conv", 3), ("Relu", 1))),)
    made = Measurement(cell, "cpu", tuple(times), 2, 0.1, 0.02, 11, False, ops, 10**8)
    return replace(made, **more)  # type: ignore[arg-type]


def result(*measurements: Measurement, machine: Environment = MACHINE) -> BenchResult:
    return live.result(machine, measurements, 0)


def test_a_result_that_is_written_and_read_is_the_same_but_for_its_files(tmp_path: Path) -> None:
    failed = measured("bad", 1.0, times_s=(), error="bad on cpu: it broke.", assignment=None)
    made = replace(result(measured("a", 0.01), measured("b", 0.02), failed), is_partial=True)
    path = tmp_path / "r.json"
    path.write_text(json.dumps(export.to_json(made)))
    found = results.read(path)
    assert found.is_partial
    assert found.environment == made.environment
    assert [one.error for one in found.measurements] == ["", "", failed.error]
    assert [
        replace(one, configuration=replace(one.configuration, path="")) for one in made.measurements
    ] == list(found.measurements)
    assert found.comparisons == made.comparisons


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "no json",
        '{"environment": {}, "results": []}',
        '{"environment": 3, "results": 4}',
        "[" * 99_999,
    ],
)
def test_what_is_no_result_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(RefusedFile, match=r"x\.json: is no result of a benchmark"):
        results.parse(text.encode(), "x.json")


@pytest.mark.parametrize("times", [[-1.0], [float("nan")], ["fast"], [float("inf")]])
def test_times_that_are_none_are_refused(times: list[object]) -> None:
    data = json.loads(json.dumps(export.to_json(result(measured("a", 0.01)))))
    data["results"][0]["samples_s"] = times
    with pytest.raises(RefusedFile):
        results.parse(json.dumps(data).encode(), "x.json")


def test_a_file_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="cannot be read"):
        results.read(tmp_path / "none.json")


def test_a_slowdown_is_found_and_held_against_the_tolerance() -> None:
    (shift,) = results.compared(result(measured("a", 0.010)), result(measured("a", 0.012, 1))).shifts
    assert shift.change == pytest.approx(0.2, abs=0.02)
    assert shift.is_slower(0.1)
    assert not shift.is_slower(0.3)
    assert "slower" in shift.verdict


def test_the_same_times_measured_twice_are_no_slowdown() -> None:
    claims = [
        results.compared(result(measured("a", 0.01, 2 * n)), result(measured("a", 0.01, 2 * n + 1))).shifts[0]
        for n in range(60)
    ]
    assert sum(shift.is_slower(0.0) for shift in claims) <= 5
    assert sum("no significant difference" in shift.verdict for shift in claims) >= 55


def test_a_speed_up_is_no_slowdown() -> None:
    (shift,) = results.compared(result(measured("a", 0.02)), result(measured("a", 0.01, 1))).shifts
    assert not shift.is_slower(0.0)
    assert shift.verdict.startswith("2.0")
    assert "faster" in shift.verdict


def test_what_one_result_alone_has_is_listed_and_another_machine_is_told() -> None:
    other = replace(MACHINE, cpu="another cpu", onnxruntime="1.33")
    old = result(measured("a", 0.01), measured("gone", 0.01))
    found = results.compared(old, result(measured("a", 0.01), measured("new", 0.01), machine=other))
    assert [name.split(" ")[0] for name in (*found.gone, *found.new)] == ["gone", "new"]
    assert found.machine == (
        "the processor was a cpu and is another cpu",
        "ONNX Runtime was 1.32 and is 1.33",
    )


def test_results_without_a_common_configuration_cannot_be_compared() -> None:
    with pytest.raises(BadUsage, match="no configuration in common"):
        results.compared(result(measured("a", 0.01)), result(measured("b", 0.01)))


def test_parts_that_were_handed_over_make_the_result_so_far() -> None:
    whole = measured("a", 0.01)
    bare = replace(whole, times_s=())
    parts: list[object] = [live.Begun(MACHINE, (bare, replace(bare, error="it broke")), 0)]
    assert live.partial(parts) is None
    parts += [live.More(0, whole.times_s[:5]), live.More(0, whole.times_s[5:21])]
    found = live.partial(parts)
    assert found is not None
    assert found.is_partial
    assert found.measurements[0].times_s == whole.times_s[:20]
    assert found.measurements[1].error == "it broke"
    parts.append(live.Failed(0, "it broke too"))
    assert live.so_far(parts)[0] == replace(bare, error="it broke too")


def _set(data: dict[str, Any], path: str, value: object) -> None:
    *way, last = path.split(".")
    for step in way:
        data = data[int(step)] if isinstance(data, list) else data[step]
    data[last] = value


HOSTILE = [
    ("results.0.threads", float("inf")),
    ("results.0.threads", 10**400),
    ("results.0.threads", 1.5),
    ("results.0.batch", -1),
    ("results.0.dims", {"n": float("inf")}),
    ("results.0.level", "=1+1"),
    ("results.0.level", ["all"]),
    ("results.0.model", 3),
    ("results.0.samples_s", [0.0] * 20),
    ("results.0.samples_s", [float("nan")]),
    ("results.0.error", "it broke"),
    ("results.0.peak_bytes", float("inf")),
    ("results.0.phases.create_s", float("nan")),
    ("results.0.phases.first_s", -1.0),
    ("results.0.assignment", [{"provider": "cpu", "ops": {"Conv": -1}}]),
    ("environment.clock_step_s", "x"),
    ("environment.load", "x"),
    ("environment.busy", float("nan")),
    ("environment.memory_bytes", "x"),
    ("environment.cores", True),
]


@pytest.mark.parametrize(("path", "value"), HOSTILE)
def test_a_number_that_is_none_is_refused_before_anything_is_made_of_it(path: str, value: object) -> None:
    data = json.loads(json.dumps(export.to_json(result(measured("a", 0.01)))))
    results.parse(json.dumps(data).encode(), "x.json")
    _set(data, path, value)
    with pytest.raises(RefusedFile, match=r"x\.json: is no result of a benchmark"):
        results.parse(json.dumps(data).encode(), "x.json")


def test_a_configuration_that_is_there_twice_and_too_many_of_them_are_refused() -> None:
    data = json.loads(json.dumps(export.to_json(result(measured("a", 0.01)))))
    twice = {**data, "results": data["results"] * 2}
    with pytest.raises(RefusedFile, match="is no result of a benchmark"):
        results.parse(json.dumps(twice).encode(), "x.json")
    with pytest.raises(RefusedFile, match="more than 1,000 configurations"):
        results.parse(json.dumps({**data, "results": data["results"] * 1001}).encode(), "x.json")


def test_a_shift_that_the_verdict_calls_no_difference_is_no_slowdown_at_any_tolerance() -> None:
    times = np.full(200, 0.01) * np.random.default_rng(0).lognormal(0, 0.001, 200)
    old, new = measured("a", 1, times_s=tuple(times)), measured("a", 1, times_s=tuple(1.005 * times))
    (shift,) = results.compared(result(old), result(new)).shifts
    assert shift.low is not None
    assert shift.low > 0
    assert "no significant difference" in shift.verdict
    assert not shift.is_slower(0.0)
