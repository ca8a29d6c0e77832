"""Options of providers: which there are, what they may be, and that they reach the session."""

from __future__ import annotations

import pytest

from onnxviz.bench import options
from onnxviz.bench.types import Plan
from onnxviz.errors import BadUsage
from tests.bench.test_runner import bench, measured, script


def test_options_are_sorted_by_provider_and_the_last_value_counts() -> None:
    given = [("openvino", "precision", "FP32"), ("openvino", "precision", "FP16"), ("cuda", "device_id", "1")]
    assert options.checked(given, ["openvino", "cuda"]) == {
        "openvino": (("precision", "FP16"),),
        "cuda": (("device_id", "1"),),
    }
    assert options.checked([], ["cpu"]) == {}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("cuda", "device_id", "0"), "is for a provider that is not measured. Add cuda to them"),
        (("openvino", "presicion", "FP16"), "is none that is known here. It has device_type, precision"),
        (("openvino", "precision", "fp16"), "cannot be 'fp16'. Give FP32, FP16, ACCURACY"),
        (("openvino", "num_of_threads", "-1"), "cannot be '-1'. Give a whole number"),
        (("openvino", "num_of_threads", "1.5"), "cannot be '1.5'. Give a whole number"),
        (("cpu", "threads", "1"), "is none that is known here. It has none"),
    ],
)
def test_what_is_no_option_is_refused_in_one_sentence(given: tuple[str, str, str], words: str) -> None:
    with pytest.raises(BadUsage) as refused:
        options.checked([given], ["cpu", "openvino"])
    assert words in str(refused.value)


def test_every_option_has_words_for_people() -> None:
    for provider, known in options.OPTIONS.items():
        names = [option.name for option in known]
        assert len(names) == len(set(names)), provider
        assert all(option.label and option.help.endswith(".") for option in known)
        assert all(len(set(option.values)) == len(option.values) for option in known)


def test_options_are_in_the_label_of_their_provider_alone() -> None:
    asked = (("openvino", "precision", "FP16"),)
    result = bench(script(a=0.1), providers=("cpu", "openvino"), options=asked)
    assert [one.label for one in result.measurements] == ["a on cpu", "a on openvino, precision=FP16"]
    assert result.measurements[1].configuration.options == (("precision", "FP16"),)


def test_a_plan_with_an_option_of_no_provider_is_refused() -> None:
    plan = Plan((("a", "a.onnx"),), options=(("cuda", "device_id", "0"),))
    with pytest.raises(BadUsage, match="not measured"):
        measured(script(a=0.1), plan)
