from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from onnxviz.bench import advice
from onnxviz.bench.types import Assigned, Configuration, Environment, Measurement

MACHINE = Environment("a cpu", 2, 2**33, "3.11", "1.32", "Linux", 2, clock_step_s=1e-9)
ON_CPU = (Assigned("cpu", (("Conv", 3),)),)
STEADY = tuple(0.01 * np.random.default_rng(0).normal(1, 0.01, 300))
GOOD = Measurement(Configuration("m", "m.onnx", "cpu"), "cpu", STEADY, first_s=0.011, assignment=ON_CPU)


def codes(one: Measurement, machine: Environment = MACHINE) -> set[str]:
    return {found.code for found in advice.about([one], machine)}


def test_a_clean_measurement_gets_no_warning() -> None:
    assert advice.about([GOOD], MACHINE) == ()


def test_a_measurement_that_failed_gets_its_error_and_no_warning() -> None:
    assert codes(Measurement(GOOD.configuration, error="it broke")) == set()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"times_s": STEADY[:5]}, "few_rounds"),
        ({"times_s": STEADY[:50]}, "few_runs"),
        ({"times_s": STEADY[:290] + (0.05,) * 10}, "outliers"),
        ({"times_s": tuple(t * (1 + i / 3000) for i, t in enumerate(STEADY))}, "drift"),
        ({"times_s": STEADY[:150] + tuple(2 * t for t in STEADY[150:])}, "noisy"),
        ({"first_s": 0.2}, "first_run"),
        ({"times_s": tuple(t * 1e-6 for t in STEADY)}, "resolution"),
        ({"assignment": ()}, "no_nodes"),
        ({"assignment": (Assigned("openvino", (("Conv", 2),)), *ON_CPU)}, "fell_back"),
    ],
)
def test_each_warning_is_given_when_it_is_true(changes: dict[str, object], code: str) -> None:
    assert code in codes(replace(GOOD, **changes))  # type: ignore[arg-type]


def test_a_busy_machine_is_named_once_and_with_its_share() -> None:
    found = advice.about([GOOD, GOOD], replace(MACHINE, busy=0.5))
    assert [one.code for one in found] == ["busy_machine"]
    assert "50% of this machine's cores" in found[0].text


def test_a_fall_back_tells_how_many_nodes_ran_where() -> None:
    asked = replace(GOOD, configuration=Configuration("m", "m.onnx", "cuda"))
    (found,) = [one for one in advice.about([asked], MACHINE) if one.code == "fell_back"]
    assert found.text == "cuda took none of the 3 nodes, which ran on cpu: Conv"


def test_a_runtime_that_does_not_tell_is_not_said_to_have_fallen_back() -> None:
    assert codes(replace(GOOD, assignment=None)) == set()
