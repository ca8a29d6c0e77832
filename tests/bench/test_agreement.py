"""Whether configurations compute the same: the comparison, and a whole benchmark with real processes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import parser

from onnxviz.bench import agreement, export, results, runner, timing
from onnxviz.bench.types import Agreed, BenchResult, Configuration, Plan
from onnxviz.rewrites.types import Tolerance
from tests.bench.test_runner import MACHINE, bench, script

X = np.linspace(1, 2, 8)


def compared(first: dict[str, object], other: dict[str, object], rtol: float = 1e-6) -> Agreed:
    return agreement.compare("a", "b", first, other, lambda _: Tolerance(rtol))


def test_bit_for_bit_the_same_is_equal() -> None:
    found = compared({"y": X, "t": np.array(["p", "q"])}, {"y": X.copy(), "t": np.array(["p", "q"])})
    assert found.verdict == "equal"


def test_what_rounding_explains_is_close_and_what_it_does_not_differs() -> None:
    found = compared({"y": X}, {"y": X * (1 + 1e-9)})
    assert found.verdict == "close"
    assert found.relative == pytest.approx(1e-9, rel=1e-3)
    found = compared({"y": X}, {"y": X * 1.01})
    assert (found.verdict, found.output) == ("differs", "y")
    assert found.absolute == pytest.approx(0.02)


def test_an_output_that_differs_is_named_before_one_that_is_only_further_off() -> None:
    first = {"loose": X * 1e6, "tight": X}
    other = {"loose": X * 1e6 * (1 + 1e-7), "tight": X * 1.01}
    assert compared(first, other).output == "tight"


def test_a_number_that_is_none_differs() -> None:
    bad = X.copy()
    bad[3] = np.nan
    assert compared({"y": X}, {"y": bad}).verdict == "differs"
    assert compared({"y": bad}, {"y": bad.copy()}).verdict == "equal"


def test_integers_and_texts_have_to_be_equal() -> None:
    assert compared({"y": np.array([1, 2])}, {"y": np.array([1, 3])}, rtol=1.0).verdict == "differs"
    assert compared({"y": np.array(["a"])}, {"y": np.array(["b"])}, rtol=1.0).verdict == "differs"


def test_outputs_of_another_shape_or_number_differ() -> None:
    assert "float64[8]" in compared({"y": X}, {"y": X[:4]}).sentence
    assert compared({"y": X}, {"y": X, "z": X}).verdict == "differs"


def test_outputs_that_were_renamed_belong_together_by_their_place() -> None:
    assert compared({"y": X, "z": X + 1}, {"u": X, "v": X + 1}).verdict == "equal"


def test_every_configuration_is_held_against_the_first_of_its_sizes() -> None:
    found = bench(script(a=0.1, b=0.1), batches=(0, 0), providers=("cpu", "openvino"), seconds=4.0)
    assert [(one.a, one.b, one.verdict) for one in found.agreements] == [
        ("a on cpu", "a on openvino", "equal"),
        ("a on cpu", "b on cpu", "equal"),
        ("a on cpu", "b on openvino", "equal"),
    ]


def test_without_the_model_nothing_is_claimed_of_outputs_that_are_apart() -> None:
    played = script(a=0.1, b=0.1)
    played.gives["b"] = np.full(3, 2.0)
    assert [one.verdict for one in bench(played).agreements] == ["skipped"]


def test_a_single_configuration_has_nothing_to_agree_with() -> None:
    assert bench(script(a=0.1)).agreements == ()


def test_one_that_failed_is_left_out() -> None:
    played = script(a=0.1, bad=0.1)
    played.fails_after = {"bad": 4}
    assert bench(played).agreements == ()


MODEL = """<ir_version: 8, opset_import: ["": 17]>
g (float[n, 4] x) => (float[n, 4] y) <float c = {%s}> { e = Exp(x) y = Mul(e, c) }"""


def saved(path: Path, text: str) -> str:
    onnx.save(parser.parse_model(text), path)
    return str(path)


def test_real_sessions_are_compared_across_models_and_levels(tmp_path: Path) -> None:
    one = saved(tmp_path / "one.onnx", MODEL.replace("%s", "2"))
    other = saved(tmp_path / "other.onnx", MODEL.replace("%s", "2.1"))
    elsewhere = saved(
        tmp_path / "e.onnx", MODEL.replace("%s", "2").replace(" x)", " z)").replace("(x)", "(z)")
    )
    plan = Plan(
        (("one", one), ("other", other), ("elsewhere", elsewhere)), levels=("all", "off"), seconds=0.6
    )
    result = runner.run(plan)
    told = {agreed.b: agreed for agreed in result.agreements}
    assert told["one on cpu, optimizations off"].verdict in ("equal", "close")
    assert told["other on cpu"].verdict == "differs"
    assert told["elsewhere on cpu"].verdict == "skipped"
    assert "inputs are not alike" in told["elsewhere on cpu"].sentence
    assert all(one.times_s for one in result.measurements)
    text = json.dumps(export.to_json(result), allow_nan=False)
    assert results.parse(text.encode(), "r").agreements == result.agreements


def test_an_infinite_error_is_null_in_json_and_comes_back() -> None:
    found = Agreed("a", "b", "differs", "No.", float("inf"), float("inf"), float("inf"), "y", 1e-6)
    text = json.dumps(export.to_json(BenchResult(MACHINE, (), agreements=(found,))), allow_nan=False)
    assert results.parse(text.encode(), "r").agreements == (found,)


def test_outputs_that_are_too_large_are_not_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "MOST_OUTPUT_BYTES", 8)
    played = script(a=0.1, b=0.1)
    told = bench(played).agreements
    assert [one.verdict for one in told] == ["skipped"]
    assert "at most" in told[0].sentence


def test_a_sequence_is_not_compared_and_the_times_stay(tmp_path: Path) -> None:
    text = """<ir_version: 8, opset_import: ["": 17]>
    g (float[4] x) => (seq(float[2]) y) { y = SplitToSequence(x) }"""
    path = saved(tmp_path / "s.onnx", text)
    result = runner.run(Plan((("a", path), ("b", path)), seconds=0.4))
    assert [one.verdict for one in result.agreements] == ["skipped"]
    assert all(one.times_s for one in result.measurements)


def test_what_rounding_may_do_comes_from_the_first_model(tmp_path: Path) -> None:
    path = saved(tmp_path / "one.onnx", MODEL.replace("%s", "2"))
    allowed = agreement._tolerances(Configuration("one", path, "cpu"))("y")
    assert 0 < allowed.rtol < 1e-5


def test_a_model_that_draws_random_numbers_is_not_said_to_differ_from_itself(tmp_path: Path) -> None:
    text = """<ir_version: 8, opset_import: ["": 17]>
    g (float[4] x) => (float[4] y) { r = RandomNormalLike(x) y = Add(x, r) }"""
    path = saved(tmp_path / "r.onnx", text)
    (told,) = runner.run(Plan((("a", path), ("b", path)), seconds=0.4)).agreements
    assert told.verdict == "skipped"
    assert "something else each time" in told.sentence
