"""What the standard says of an operator, for each that there is and for those that there are not."""

from __future__ import annotations

import pytest
from onnx import defs

from onnxviz.inspecting.schemas import DOC_CHARS, gist, operator_help, operator_url, when_absent


def test_every_schema_of_every_version_gives_a_help() -> None:
    schemas = defs.get_all_schemas_with_history()
    assert len(schemas) > 600
    for schema in schemas:
        found = operator_help(schema.name, schema.domain, schema.since_version)
        assert found is not None
        assert found.since_version == schema.since_version
        assert found.deprecated == schema.deprecated
        assert {one.name for one in found.attributes} == set(schema.attributes)
        assert [one.name for one in found.inputs] == [one.name for one in schema.inputs]
        assert len(found.doc) <= DOC_CHARS + 1
        assert "<br" not in found.doc
        assert "](Broadcasting.md" not in found.doc
        for one in found.attributes:
            assert len(gist(one.description)) <= 160


def test_the_text_is_that_of_the_version_that_the_model_states() -> None:
    old, new = operator_help("Squeeze", "", 11), operator_help("Squeeze", "", 13)
    assert old is not None
    assert new is not None
    assert [one.name for one in old.attributes] == ["axes"]
    assert [(one.name, one.option) for one in new.inputs] == [("data", "single"), ("axes", "optional")]
    assert (old.since_version, new.since_version) == (11, 13)
    later = operator_help("Squeeze", "", 20)
    assert later is not None
    assert later.since_version == 13


@pytest.mark.parametrize("version", [None, 0, 2**31, 2**63])
def test_a_version_that_nobody_knows_gives_the_newest(version: int | None) -> None:
    found = operator_help("Conv", "ai.onnx", version)
    assert found is not None
    assert found.since_version == defs.get_schema("Conv").since_version


@pytest.mark.parametrize(
    ("op_type", "domain", "version"),
    [
        ("Conv", "com.microsoft", 1),
        ("NoSuchOperator", "", 17),
        ("Gelu", "", 17),
        ("", "", 17),
        ("Con\0v", "", 17),
        ("Conv\ud800", "", 17),
        ("x" * 100_000, "", 17),
    ],
    ids=["another domain", "unknown", "too new", "empty", "NUL", "no UTF-8", "long"],
)
def test_an_operator_that_the_standard_does_not_have_has_no_help(
    op_type: str, domain: str, version: int
) -> None:
    assert operator_help(op_type, domain, version) is None


def test_attributes_have_meaning_type_and_default() -> None:
    conv = operator_help("Conv", "", 17)
    assert conv is not None
    group, pads, mode = (conv.attribute(name) for name in ("group", "pads", "auto_pad"))
    assert group is not None
    assert (group.kind, group.default, group.required) == ("int", "1", False)
    assert gist(group.description) == "Number of groups input channels and output channels are divided into."
    assert mode is not None
    assert (mode.kind, mode.default) == ("string", "NOTSET")
    assert gist(mode.description).startswith("auto_pad must be")
    assert pads is not None
    assert pads.default is None
    assert when_absent(pads.description).startswith("If not present, the padding defaults to 0")
    assert conv.attribute("axis") is None
    cast = operator_help("Cast", "", 17)
    assert cast is not None
    assert [(one.name, one.required) for one in cast.attributes] == [("to", True)]


def test_a_variadic_input_stands_for_all_that_follow() -> None:
    concat, conv = operator_help("Concat", "", 17), operator_help("Conv", "", 17)
    assert concat is not None
    assert conv is not None
    assert (concat.input(0), concat.input(99)) == (concat.inputs[0], concat.inputs[0])
    assert [getattr(conv.input(slot), "name", None) for slot in range(4)] == ["X", "W", "B", None]
    assert conv.input(1) is not None
    assert conv.inputs[1].types_text == "tensor(double), tensor(float), tensor(float16)"
    assert concat.inputs[0].types_text.endswith("more")


@pytest.mark.parametrize(
    ("op_type", "domain", "page"),
    [
        ("Conv", "", "onnx__Conv.html"),
        ("Scaler", "ai.onnx.ml", "onnx_aionnxml_Scaler.html"),
        ("Adagrad", "ai.onnx.preview.training", "onnx_aionnxpreviewtraining_Adagrad.html"),
    ],
)
def test_an_operator_has_a_page(op_type: str, domain: str, page: str) -> None:
    assert operator_url(op_type, domain) == f"https://onnx.ai/onnx/operators/{page}"


def test_a_first_sentence_is_cut_between_words_and_not_within_code() -> None:
    assert gist("One. Two.") == "One."
    assert gist("e.g. this one is all.") == "e.g. this one is all."
    assert gist("alpha beta gamma delta", 12) == "Alpha beta…"
    assert gist("see `a long piece of code` here", 20) == "See…"
    assert gist("") == ""
    assert when_absent("Nothing of that kind.") == ""
