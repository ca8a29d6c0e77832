"""PyTorch's warnings and errors, in words."""

from __future__ import annotations

import re

import pytest

from onnxviz.samples.catalog import find
from onnxviz.samples.options import ExportOptions, complete
from onnxviz.samples.words import LONGEST_DETAIL, failure, invalid, notes_of

OPTIONS = complete(find("mlp"), ExportOptions())


SAME_SIZE = (
    "# The axis name: n will not be used, since it shares the same shape constraints with another axis: {}."
)


def error_of(*texts: str) -> Exception:
    """An error whose causes have the other texts."""
    error = None
    for text in reversed(texts):
        outer = RuntimeError(text)
        outer.__cause__ = error
        error = outer
    return error


SAID = [
    (("Failed.", "Constraints violated (batch)! - Not all values"), "dynamic.*fixed size"),
    (("tracing inferred a static shape of 2 for dimension inputs['t'].shape[0].",), r"axis 0 of t"),
    (("Could not guard on data-dependent expression Eq(u0, 1)",), "known only at run time.*torch.cond"),
    (
        (
            "Exporting the operator 'aten::triu' to ONNX opset version 9 is not supported. "
            "Support for this operator was added in version 14, try",
        ),
        r"does not exist at this opset \(aten::triu\). Use opset 14 or higher",
    ),
    (("Exporting the operator 'aten::x' to ONNX opset version 9 is not supported",), r"\(aten::x\).*higher"),
    (
        ("No ONNX function found for <OpOverload(op='aten.nonsense', overload='default')>.",),
        r"knows no ONNX form.*\(aten.nonsense\)",
    ),
    (("Exporting a ScriptModule is not supported. Maybe try",), "takes no scripted model"),
    (("shape '[1, 2]' is invalid for input of size 3",), "does not run with these sizes"),
    (("DefaultCPUAllocator: can't allocate memory: you tried",), "not enough memory"),
    (("The serialized model is larger than the 2GiB limit",), "larger than one ONNX file"),
    (("[Errno 28] No space left on device",), "could not be written"),
    (("never seen before. More",), "never seen before.*other exporter"),
]


@pytest.mark.parametrize(("texts", "sentence"), SAID)
def test_a_failure_has_a_sentence_and_keeps_the_original_text(texts, sentence):
    failed = failure("MLP", OPTIONS, error_of(*texts))
    assert failed.subject == "MLP, dynamo exporter, opset 20"
    assert re.search(sentence, str(failed))
    assert texts[-1] in failed.detail
    assert failed.remedy


def test_terminal_colours_and_endless_texts_are_cut_from_the_detail():
    failed = failure("MLP", OPTIONS, error_of("\x1b[96mred\x1b[0m" + "x" * 10**6))
    assert "\x1b" not in failed.detail
    assert len(failed.detail) < LONGEST_DETAIL + 100


def test_errors_that_cause_each_other_in_a_ring_end():
    first, second = RuntimeError("a"), RuntimeError("b")
    first.__cause__, second.__cause__ = second, first
    assert failure("MLP", OPTIONS, first).detail


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("No Op registered for Erf with domain_version of 7", r"does not have \(Erf\)"),
        ("Graph must be in single static assignment (SSA) form, however 'a' has been used", "same name"),
        ("anything else", "breaks the rules of ONNX"),
    ],
)
def test_a_file_that_the_checker_refuses_is_explained(text, sentence):
    assert re.search(sentence, str(invalid("MLP", OPTIONS, text)))


def test_warnings_become_notes_once_each_and_noise_goes():
    notes = notes_of(
        [
            "You are using the legacy TorchScript-based ONNX export. Starting in",
            "Converting a tensor to a Python boolean might cause the trace to be incorrect.",
            "Converting a tensor to a Python integer might cause the trace to be incorrect.",
            SAME_SIZE.format("n"),
            SAME_SIZE.format("m"),
            "\x1b[31mSomething new. And more",
            "",
        ]
    )
    assert [note.split()[0] for note in notes] == ["Tracing", "Two", "PyTorch", "PyTorch"]
    assert notes[2] == "PyTorch says: Something new."
