"""Sizes that are not known before a run: a reason in words, a size that is given, or one that is assumed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onnxviz.costs.dims import Sizes
from onnxviz.costs.flops import _RULES, flops_of
from onnxviz.costs.sizes import output_bytes, parameters_of
from onnxviz.costs.types import Unknown
from onnxviz.costs.words import derivation
from onnxviz.model import Attribute, Dim, Node, Value
from tests.costs.calls import Shaped, call
from tests.scene.test_dot_and_svg import HOSTILE


def relu(*shape: Dim) -> tuple[Node, dict[str, Value]]:
    return call("Relu", [shape], [shape])


def test_a_symbolic_size_is_named_in_the_reason() -> None:
    cost = flops_of(*relu("batch", 8))
    assert cost.amount is None
    assert cost.reason == "the size batch of o0 is not known"
    assert cost.formula
    assert cost.source


def test_a_size_without_a_name_is_named_by_its_axis() -> None:
    assert flops_of(*relu(2, None)).reason == "the size of axis 1 of o0 is not known"


def test_a_missing_shape_and_a_missing_value_are_reasons() -> None:
    node, values = call("Relu", [Value("x", "float")], [Value("y", "float")])
    assert flops_of(node, values).reason == "the shape of o0 is not known"
    assert flops_of(node, {}).reason == "the shape of o0 is not known"


def test_a_missing_input_and_a_missing_attribute_are_reasons() -> None:
    assert flops_of(*call("Conv", [(1, 3, 8, 8)], [(1, 4, 8, 8)])).reason == "input 2 is missing"
    pooled = call("MaxPool", [(1, 3, 8, 8)], [(1, 3, 4, 4)])
    assert flops_of(*pooled).reason == "attribute kernel_shape is missing"


def test_an_operator_without_a_formula_says_so() -> None:
    assert flops_of(*call("NonMaxSuppression", [(1, 4, 4)], [(2, 3)])).reason == (
        "NonMaxSuppression has no formula"
    )


def test_given_sizes_are_put_in_and_expressions_of_them_too() -> None:
    assert flops_of(*relu("batch", 8), dims={"batch": 3}).amount == 24
    assert flops_of(*relu("2*batch + 1", 8), dims={"batch": 3}).amount == 56
    assert flops_of(*relu("batch", "other"), dims={"batch": 3}).amount is None


def test_an_assumed_size_is_told() -> None:
    cost = flops_of(*relu("batch", "4*heads", None), assume=1)
    assert cost.amount == 4
    assert cost.assumed == ("batch", "heads", "")
    lines = list(derivation(cost, "FLOP", 1))
    assert "symbolic sizes taken as 1: batch, heads, and those without a name" in lines


def test_a_given_size_goes_before_an_assumed_one() -> None:
    cost = flops_of(*relu("batch", "seq"), dims={"seq": 16}, assume=1)
    assert (cost.amount, cost.assumed) == (16, ("batch",))


@pytest.mark.parametrize(
    "name", ["unk-1", "1/2", "batch size", "", "batch-batch", "__import__('os')", "(" * 150]
)
def test_a_name_that_is_no_sum_is_a_name(name: str) -> None:
    cost = flops_of(*relu(name, 8), assume=1)
    assert cost.amount == 8
    assert cost.assumed == (name,)


def test_a_negative_size_is_unknown() -> None:
    assert flops_of(*relu(-1, 8)).amount is None


def test_an_empty_tensor_costs_nothing() -> None:
    assert flops_of(*relu(0, 8)).amount == 0
    assert flops_of(*call("MatMul", [(3, 0), (0, 5)], [(3, 5)])).amount == 0


@pytest.mark.parametrize(
    ("op", "inputs", "outputs", "attributes", "reason"),
    [
        ("MatMul", [(), (3,)], [(3,)], {}, "a scalar has no matrix product"),
        ("Gemm", [(2, 3, 4), (4, 5)], [(3, 5)], {}, "A and B are no matrices"),
        ("Einsum", [(2,), (2,)], [()], {"equation": "i,i,i->"}, "its equation is not understood"),
        ("Einsum", [(2, 2)], [()], {"equation": "i->"}, "its equation does not fit the ranks of its inputs"),
        ("LSTM", [(5, 2)], [(5,)], {"hidden_size": 3}, "X has not the rank of three"),
        ("Attention", [(5, 2)] * 3, [(5, 2)], {}, "Q, K and V have not the rank of three or four"),
        ("Attention", [(5, 2, 4)] * 3, [(5, 2, 4)], {}, "attribute q_num_heads is missing"),
        ("Conv", [(1, 1, 4)], [None], {}, "output 1 is missing"),
        ("MaxPool", [(1, 1, 4)], [(1, 1, 4)], {"kernel_shape": [0]}, "its attributes contradict its shapes"),
        ("MaxPool", [(1, 1, 4)], [(1, 1, 4)], {"kernel_shape": "@k"}, "attribute kernel_shape has no"),
        ("Resize", [(1, 4)], [(1, 8)], {"mode": "linear", "antialias": 1}, "with antialias the window"),
        ("RoiAlign", [(1, 2, 4, 4)], [(1, 2, 2, 2)], {}, "sampling_ratio is 0"),
        ("DFT", [(3, 8, 2), (), (1,)], [(3, 8, 2)], {}, "its axis is computed"),
        ("TopK", [(3, 8)], [(3, 8)], {"axis": 5}, "a tensor of rank 2 has no axis 5"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_a_reason(
    op: str, inputs: list[Shaped], outputs: list[Shaped], attributes: dict[str, Any], reason: str
) -> None:
    cost = flops_of(*call(op, inputs, outputs, **attributes))
    assert cost.amount is None
    assert cost.reason.startswith(reason)


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_name_is_text_that_can_be_shown(name: str) -> None:
    attributes = (Attribute(name, name, name), Attribute("kernel_shape", "ints", name))
    values = {name: Value(name, name, (name, None)), "y": Value("y", "float", (name,))}
    for op in (name, "Conv", "MaxPool", "Einsum"):
        node = Node(name, op, name if op == name else "", name, (name, name), (name, "y"), attributes)
        for cost in (
            flops_of(node, values), flops_of(node, values, assume=2), output_bytes(node, values),
            parameters_of(node, values),
        ):  # fmt: skip
            for line in derivation(cost, "FLOP", 2):
                assert line.isprintable()
                assert len(line) < 1000
                line.encode()


dims = st.one_of(st.integers(-2, 70), st.none(), st.sampled_from(("n", "2*n", "n-9", "?")), st.just(2**62))
shapes = st.one_of(st.none(), st.lists(dims, max_size=6).map(tuple))
texts = st.one_of(
    st.integers(-3, 9).map(str),
    st.lists(st.integers(-2, 9), max_size=4).map(str),
    st.sampled_from(("linear", "cubic", "ij,jk->ik", "...i->i", "@r", "[1, …] #ab", "9" * 40, "")),
)
NAMES = (
    "kernel_shape", "axis", "group", "hidden_size", "q_num_heads", "kv_num_heads", "num_heads", "size",
    "mode", "equation", "transA", "num_scan_inputs", "sampling_ratio", "rotary_embedding_dim", "N",
    "qkv_hidden_sizes", "update_rule", "softcap", "reduction", "training_mode", "antialias",
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_operator_fails_on_any_shapes_and_attributes(data: st.DataObject) -> None:
    domain = data.draw(st.sampled_from(sorted(_RULES)))
    op = data.draw(st.sampled_from(sorted(_RULES[domain])))
    values = {
        f"{i}": Value(
            f"{i}", "float", data.draw(shapes), None, data.draw(st.one_of(st.none(), texts)), i % 2 == 0
        )
        for i in range(10)
    }
    slots = data.draw(st.lists(st.sampled_from(("", *values)), max_size=9))
    outs = data.draw(st.lists(st.sampled_from(("", *values)), max_size=3))
    attributes = tuple(
        Attribute(name, "", data.draw(texts))
        for name in data.draw(st.sets(st.sampled_from(NAMES), max_size=5))
    )
    node = Node("x", op, domain, inputs=tuple(slots), outputs=tuple(outs), attributes=attributes)
    cost = flops_of(node, values, assume=data.draw(st.sampled_from((None, 1, 3))))
    assert (cost.amount is None) == bool(cost.reason)
    assert cost.amount is None or cost.amount >= 0
    assert all(line.isprintable() for line in derivation(cost, "FLOP", 1))


@given(st.lists(st.integers(0, 9), max_size=4), st.integers(1, 4))
def test_sizes_and_their_product_agree(shape: list[int], batch: int) -> None:
    sizes = Sizes({"n": batch})
    found, product = sizes.shape(Value("x", "float", ("n", *shape)))
    assert found == (batch, *shape)
    expected = batch
    for size in shape:
        expected *= size
    assert product == expected
    with pytest.raises(Unknown, match="m of x"):
        sizes.shape(Value("x", "float", ("m",)))
