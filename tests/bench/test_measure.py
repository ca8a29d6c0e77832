"""Real sessions of ONNX Runtime: the small ones a test can afford, and every model in the `onnx` wheel."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from onnx.parser import parse_model

from onnxviz.bench import environment, feeds, measure, providers, refusals, runner
from onnxviz.bench.types import Configuration, Plan
from onnxviz.errors import BenchFailed, RefusedFile

CPU = "CPUExecutionProvider"
WHEEL = Path(onnx.__file__).parent / "backend" / "test" / "data"
HEAD = '<ir_version: 10, opset_import: ["": 21]>'


def saved(folder: Path, text: str) -> str:
    path = folder / "m.onnx"
    onnx.save(parse_model(f"{HEAD} {text}"), path)
    return str(path)


def opened(path: str, provider: str = "cpu") -> measure.OpenedSession:
    cell = Configuration("m", path, provider)
    return measure.open_session(cell, feeds.make(runner.read_inputs(path)), CPU)


def test_a_session_tells_which_provider_ran_which_operators(tmp_path: Path) -> None:
    one = opened(saved(tmp_path, "g (float[4] x) => (float[4] y) { a = Relu(x) b = Relu(a) y = Softmax(b) }"))
    one.run()
    assert one.provider_used == "cpu"
    assert one.assignment is not None
    assert one.assignment[0].ops[-1] == ("Softmax", 1)


def test_a_model_that_the_runtime_folds_away_ran_on_none(tmp_path: Path) -> None:
    path = saved(tmp_path, "g () => (float[2] y) <float[2] w = {1, 2}> { y = Add(w, w) }")
    one = opened(path)
    one.run()
    assert one.provider_used == "none"
    assert one.assignment == ()


@pytest.mark.parametrize(
    "text",
    [
        "g (bfloat16[3] x) => (float[3] y) { y = Cast<to = 1>(x) }",
        "g (float8e4m3fn[3] x) => (float[3] y) { y = Cast<to = 1>(x) }",
        "g (float16[3] x) => (float16[3] y) { y = Identity(x) }",
        "g (string[3] x) => (string[3] y) { y = Identity(x) }",
        "g (bool x) => (bool y) { y = Not(x) }",
        "g (float[0, 4] x) => (float[0, 4] y) { y = Relu(x) }",
        "g (float[2] x) => (seq(float[2]) y) { y = SequenceConstruct(x) }",
    ],
)
def test_inputs_of_every_kind_reach_the_runtime(tmp_path: Path, text: str) -> None:
    one = opened(saved(tmp_path, text))
    one.run()
    assert one.provider_used in ("cpu", "none")


def test_external_data_is_found_beside_the_model(tmp_path: Path) -> None:
    m = parse_model(f"{HEAD} g (float[2] x) => (float[2] y) {{ y = Add(x, w) }}")
    m.graph.initializer.append(numpy_helper.from_array(np.ones(2, np.float32), "w"))
    path = tmp_path / "m.onnx"
    onnx.save(m, path, save_as_external_data=True, location="m.data", size_threshold=0)
    opened(str(path)).run()
    (tmp_path / "m.data").unlink()
    with pytest.raises(RefusedFile, match=r"these are missing: 'm\.data'"):
        opened(str(path))


def test_a_refusal_is_one_sentence_without_paths_and_keeps_the_runtimes_words(tmp_path: Path) -> None:
    path = saved(tmp_path, "g (float[2] x) => (float[2] y) { y = Relu(x) }")
    one = measure.open_session(Configuration("m", path, "cpu"), {"x": np.ones(3, np.float32)}, CPU)
    with pytest.raises(BenchFailed) as failed:
        one.run()
    sentence = str(failed.value)
    assert sentence.startswith("m on cpu: ONNX Runtime refuses an argument")
    assert str(tmp_path) not in sentence
    assert "\n" not in sentence
    assert "Got: 3 Expected: 2" in failed.value.detail


def test_a_file_that_is_no_model_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(b"\x08 no model at all")
    with pytest.raises(RefusedFile, match=r"m\.onnx: is damaged"):
        runner.read_inputs(str(path))
    with pytest.raises(RefusedFile, match=r"missing\.onnx: is not there"):
        runner.read_inputs(str(tmp_path / "missing.onnx"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "[ONNXRuntimeError] : 1 : FAIL : Load model from /a b/m.onnx failed:/src/core/graph/model.cc:180 "
            "onnxruntime::Model::Model(onnx::ModelProto&&, PathString) Unsupported model IR version: 18",
            "m on cpu: ONNX Runtime failed (Unsupported model IR version: 18).",
        ),
        ("boom", "m on cpu: ONNX Runtime failed (boom)."),
        ("", "m on cpu: ONNX Runtime failed (no message)."),
    ],
)
def test_places_in_the_runtimes_sources_are_left_out(text: str, sentence: str) -> None:
    assert str(refusals.failure(Configuration("m", "m.onnx", "cpu"), RuntimeError(text))) == sentence


def test_the_cpu_is_usable_and_azure_is_not() -> None:
    known = {one.short: one for one in providers.probe()}
    assert known["cpu"].is_usable
    assert "azure" not in known or known["azure"].status == "remote"
    assert providers.resolve(["CPU", "CPUExecutionProvider"]) == (known["cpu"],)


def test_a_provider_of_which_nothing_loads_is_broken_with_a_reason_and_a_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import onnxruntime

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider", CPU])
    with pytest.warns(UserWarning, match="CUDAExecutionProvider"):
        cpu, cuda = providers.probe()
    assert cpu.short == "cpu"
    assert cuda.status == "broken"
    assert cuda.reason
    assert "driver" in cuda.remedy


def test_the_environment_is_described() -> None:
    found = environment.capture()
    assert found.cpu
    assert found.memory_bytes > 0
    assert 1 <= found.threads <= found.cores
    assert 0 < found.clock_step_s < 0.01


def test_two_real_models_are_measured_compared_and_explained(tmp_path: Path) -> None:
    path = saved(tmp_path, "g (float[64, 64] x) => (float[64, 64] y) { a = MatMul(x, x) y = Softmax(a) }")
    result = runner.run(Plan((("a", path), ("b", path)), seconds=1.0))
    assert [one.error for one in result.measurements] == ["", ""]
    assert all(one.rounds >= 6 and one.provider_used == "cpu" for one in result.measurements)
    assert result.comparisons[0].interval is not None


def test_importing_the_benchmark_loads_no_runtime() -> None:
    heavy = "onnxruntime onnx torch streamlit psutil"
    code = (
        "import sys, onnxviz.bench.runner, onnxviz.bench.export; "
        f"print(set('{heavy}'.split()) & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


REFUSED_BY_THE_RUNTIME = ("NOT_IMPLEMENTED", "is not a registered function/op", "construct locale")
"""Why ONNX Runtime 1.32 does not run some models of the wheel: operators of opset 1 to 6 that it no
longer has, a training operator, and a locale that the machine lacks."""


def test_every_model_in_the_onnx_wheel_runs_or_is_refused_in_one_sentence() -> None:
    files = sorted(WHEEL.rglob("*.onnx"))
    refused: dict[Path, BenchFailed] = {}
    for file in files:
        try:
            opened(str(file)).run()
        except BenchFailed as failure:
            refused[file] = failure
    for file, failure in refused.items():
        assert "\n" not in str(failure), file
        assert any(reason in failure.detail for reason in REFUSED_BY_THE_RUNTIME), (file, failure.detail)
        assert "light" not in file.parts, file
    assert len(files) - len(refused) >= 100


def test_with_memory_of_its_own_a_provider_gets_its_inputs_and_keeps_its_outputs_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path, "g (float[n, 4] x, int64[2] i) => (float[n, 4] y, int64[2] j) "
        "{ y = Relu(x) j = Neg(i) }")  # fmt: skip
    plain = opened(path).outputs()
    monkeypatch.setitem(measure.DEVICES, "cpu", "cpu")
    bound = opened(path)
    bound.run()
    found = bound.outputs()
    assert list(found) == list(plain) == ["y", "j"]
    assert all((found[name] == plain[name]).all() for name in plain)


def test_text_goes_in_with_every_call_whatever_the_provider(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(measure.DEVICES, "cpu", "cpu")
    one = opened(saved(tmp_path, "g (string[3] x) => (string[3] y) { y = Identity(x) }"))
    assert one.outputs()["y"].shape == (3,)
