"""What libraries say is told without paths of the machine, in our words where the cause is known."""

from __future__ import annotations

import pytest

from onnxviz.library_words import MOST_CHARACTERS, said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[ONNXRuntimeError] : 1 : FAIL : Load model from /home/me/secret/m.onnx failed:Fatal error: "
            "ai.onnx.preview.training:Gradient(-1) is not a registered function/op",
            "the runtime has no operator ai.onnx.preview.training.Gradient",
        ),
        ("Fatal error: :Foo(-1) is not a registered function/op", "the runtime has no operator Foo"),
        (
            "[ONNXRuntimeError] : 9 : NOT_IMPLEMENTED : Could not find an implementation for AveragePool(1) "
            "node with name ''",
            "the runtime has no code for AveragePool of opset 1 with these element types",
        ),
        (
            "Exception during initialization: /src/string_normalizer.cc:235 onnxruntime::Locale::Locale("
            "const std::string&)::<lambda()> Failed to construct locale with name:en_US.UTF-8:locale::facet",
            "this machine lacks the locale en_US.UTF-8, which StringNormalizer asks for (Debian has it in "
            "locales-all)",
        ),
        (
            'This is an invalid model. In Node, ("n", Split, "", -1) , Error Node(n) with schema(::Split:11) '
            "has input size 2 not in range [min=1, max=1].",
            "its node 'n' has 2 inputs, which Split of opset 11 does not take",
        ),
        ("cannot open /home/me/.cache/store/ab/m.onnx.data: no room", "cannot open m.onnx.data: no room"),
        (
            "[ONNXRuntimeError] : 1 : FAIL : /src/a.cc:12 void ort::f(const T&) [with T = int] x was 3",
            "x was 3",
        ),
        (
            "/src/safe.h:9 static void SafeInt<onnxruntime::Oops>::SafeIntOnOverflow() Integer overflow",
            "Integer overflow",
        ),
        ("[ShapeInferenceError] Inferred shape differs", "Inferred shape differs"),
        ("/project/third_party/onnx/tensor_util.cc:99: TypeError: no such type", "no such type"),
        ("first\nsecond", "first"),
        ("", "it gives no reason"),
    ],
)
def test_a_text_is_one_line_without_places_in_sources(text: str, words: str) -> None:
    assert said(text) == words


def test_the_cause_of_an_error_is_told_and_a_key_is_called_one() -> None:
    assert said(KeyError("x")) == "it does not find 'x'"
    error = RuntimeError("<InlinePass object at 0x7f> failed")
    error.__cause__ = ValueError("no opset")
    assert said(error) == "no opset"


def test_a_long_text_is_cut() -> None:
    assert len(said("word " * 1000)) <= MOST_CHARACTERS
