"""Where values come from: what is known before a run, and what the rest waits for, and for nothing else."""

from __future__ import annotations

import pytest
from onnx import parser

from onnxviz.reading.graphs import Builder, add_types, symbols_of
from onnxviz.reading.inference import infer
from onnxviz.rewrites.explain.origins import Origins, origins
from onnxviz.rewrites.explain.origins.causes import From

HEAD = '<ir_version: 10, opset_import: ["": 18, "own": 1]>'


def found(text: str, replaceable: tuple[str, ...] = ()) -> Origins:
    """Of a model of opset 18 as text."""
    proto = parser.parse_model(f"{HEAD} {text}")
    builder = Builder("test")
    graph = builder.graph(proto.graph)
    functions = [
        (f"{f.domain}.{f.name}", builder.function(f, f"{f.domain}.{f.name}")) for f in proto.functions
    ]
    symbols = symbols_of(graph)
    inferred, _ = infer(proto)
    if inferred is not None:
        add_types(graph, inferred, symbols)
    return origins(graph, functions, replaceable)


def told(origin: Origins, node: str) -> set[tuple[str, str, str, int]]:
    """(kind, blocker, symbol, axis) of each cause."""
    return {(str(c.kind), c.blocker, c.dim, c.axis) for c in origin.causes(node)}


SHAPES = """g (float[batch, 3, height] image, float[2, 5] fixed) => (float[batch, 3, height] y, int64 z) {
  zero = Constant <value_int = 0> ()
  one = Constant <value_int = 1> ()
  s = Shape(image)
  b = Gather(s, zero)
  c = Gather(s, one)
  twice = Add(b, b)
  six = Add(c, c)
  t = Shape(fixed)
  five = Gather(t, one)
  z = Mul(twice, five)
  y = Neg(image)
}"""


def test_each_size_waits_for_its_own_symbol_and_not_for_its_neighbours() -> None:
    origin = found(SHAPES)
    batch = ("dim", "image", "batch", 0)
    assert told(origin, "s") == {batch, ("dim", "image", "height", 2)}
    assert told(origin, "b") == told(origin, "twice") == told(origin, "z") == {batch}
    assert origin.shape_only("twice")
    assert not origin.known("twice")


def test_a_fixed_size_of_an_open_shape_is_known_and_so_is_arithmetic_on_it() -> None:
    origin = found(SHAPES)
    assert origin.known("c")
    assert origin.known("six")
    six = origin.makes("six")[0]
    assert six is not None
    assert six.elements is not None
    assert six.elements[0].number == 6


def test_the_shape_of_a_fixed_input_is_known_although_the_input_is_not() -> None:
    origin = found(SHAPES)
    assert origin.known("t")
    assert origin.known("five")
    assert told(origin, "y") == {("input", "image", "", -1)}
    assert not origin.shape_only("y")


@pytest.mark.parametrize("call", ["z = Size(x)", "z = EyeLike(x)"])
def test_what_reads_sizes_alone_waits_for_no_data(call: str) -> None:
    origin = found(f"g (float[n, 2] x) => (z) {{ {call} }}")
    assert told(origin, "z") == {("dim", "x", "n", 0)}


def test_a_shape_that_data_decide_on_is_data() -> None:
    origin = found(
        """g (float[4] x) => (int64[1] y) { places = NonZero(x) s = Shape(places)
        one = Constant <value_ints = [1]> ()        y = Gather(s, one) }"""
    )
    assert told(origin, "y") == {("input", "x", "", -1)}
    assert not origin.shape_only("y")


def test_a_size_that_follows_from_others_waits_for_those() -> None:
    origin = found(
        """g (float[a, 2] x, float[b, 2] y) => (int64[2] z) { j = Concat <axis = 0> (x, y) z = Shape(j) }"""
    )
    assert {(kind, dim) for kind, _, dim, _ in told(origin, "z")} == {("dim", "a"), ("dim", "b")}


def test_sums_of_symbols_as_exporters_write_them_are_read() -> None:
    proto = parser.parse_model(
        f"{HEAD} g (float[past] p, float[seq] x, float[k] kv) => (int64[1] z) {{ z = Shape(kv) }}"
    )
    proto.graph.input[2].type.tensor_type.shape.dim[0].dim_param = "past + seq"
    origin = origins(Builder("test").graph(proto.graph))
    assert {dim for _, _, dim, _ in told(origin, "z")} == {"past", "seq"}


def test_a_size_without_a_name_has_its_place() -> None:
    proto = parser.parse_model(f"{HEAD} g (float[n, 2] x) => (int64[2] z) {{ z = Shape(x) }}")
    proto.graph.input[0].type.tensor_type.shape.dim[0].Clear()
    origin = origins(Builder("test").graph(proto.graph))
    assert told(origin, "z") == {("dim", "x", "", 0)}


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ("k = RandomNormal <shape = [2]> ()", "random"),
        ("k = Bernoulli(w)", "random"),
        ("k = Dropout(w, half, yes)", "random"),
        ("k = own.Mystery(w)", "custom"),
        ("k = own.f(w)", "function"),
    ],
)
def test_what_only_a_run_can_tell_is_a_cause_and_is_handed_down(call: str, kind: str) -> None:
    origin = found(
        f"""g (float[2] x) => (float[2] y) <float[2] w = {{1, 2}}, float half = {{0.5}}, bool yes = {{1}}>
        {{ {call} l = Exp(k) y = Add(x, l) }}
        <domain: "own", opset_import: ["": 18]> f (a) => (b) {{ b = Neg(a) }}"""
    )
    assert told(origin, "l") == {(kind, "k", "", -1)}
    assert told(origin, "y") == {(kind, "k", "", -1), ("input", "x", "", -1)}


@pytest.mark.parametrize(
    "call", ["k = Dropout(w)", "k = Dropout(w, half, no)", "k = Identity(w)", "k = Exp(w)"]
)
def test_what_is_computed_from_constants_is_known(call: str) -> None:
    origin = found(
        f"""g (float[2] x) => (float[2] y) <float[2] w = {{1, 2}}, float half = {{0.5}}, bool no = {{0}}>
        {{ {call} y = Add(x, k) }}"""
    )
    assert origin.known("k")


LOOP = """g (int64 n, bool c, float[2] x) => (float[2] y, float[2] far) <float[2] w = {1, 2}> {
  y = Loop(n, c, x) <
    body = turn (int64 i, bool go, float[2] state) => (bool on, float[2] next) {
      k = Mul(w, w)
      t = Cast <to = 1> (i)
      next = Add(state, k)
      on = Identity(go)
    }>
  far = Neg(y)
}"""


def test_a_body_knows_constants_of_the_graph_around_and_not_what_it_is_handed() -> None:
    origin = found(LOOP)
    assert origin.known("y/body:0/k")
    assert told(origin, "y/body:0/t") == {("body", "y", "", -1)}
    assert told(origin, "y/body:0/next") == {("body", "y", "", -1)}
    assert origin.around["y/body:0/k"] == "y"


def test_outside_the_loop_its_state_comes_from_what_went_into_it() -> None:
    causes = told(found(LOOP), "far")
    assert {kind for kind, *_ in causes} == {"input"}
    assert {blocker for _, blocker, *_ in causes} == {"n", "c", "x"}


def test_a_branch_is_known_where_it_is_constant_and_the_if_waits_for_its_condition() -> None:
    origin = found(
        """g (bool c, float[2] x) => (float[2] y) <float[2] w = {1, 2}> { p = If(c) <
        then_branch = t () => (float[2] a) { a = Mul(w, w) },
        else_branch = e () => (float[2] b) { b = Neg(w) }>
        y = Add(p, x) }"""
    )
    assert origin.known("p/then_branch:0/a")
    assert told(origin, "p") == {("input", "c", "", -1)}


def test_the_same_name_in_two_bodies_means_two_tensors() -> None:
    origin = found(
        """g (bool c, float[2] x) => (float[2] y) <float[2] w = {1, 2}> { y = If(c) <
        then_branch = t () => (float[2] k) { k = Mul(w, w) },
        else_branch = e () => (float[2] k) { k = Neg(x) }> }"""
    )
    assert origin.known("y/then_branch:0/k")
    assert told(origin, "y/else_branch:0/k") == {("input", "x", "", -1)}


def test_a_weight_that_a_caller_may_replace_is_not_known() -> None:
    text = "g (float[2] x) => (float[2] y) <float[2] w = {1, 2}> { k = Exp(w) y = Add(x, k) }"
    assert found(text).known("k")
    assert told(found(text, ("w",)), "k") == {("weight", "w", "", -1)}


def test_nodes_out_of_order_are_taken_in_theirs() -> None:
    origin = found(
        "g (float[2] x) => (float[2] y) <float[2] w = {1, 2}> { y = Add(x, l) l = Exp(k) k = Neg(w) }"
    )
    assert origin.known("l")
    assert told(origin, "y") == {("input", "x", "", -1)}


def test_nodes_that_wait_for_each_other_are_not_known_and_end() -> None:
    origin = found("g (float[2] x) => (float[2] y) { a = Add(b, b) b = Neg(a) y = Add(x, a) }")
    assert not origin.known("b")
    assert {cause.kind for cause in origin.causes("a")} == {From.UNKNOWN}


def test_a_function_is_looked_into_by_itself() -> None:
    origin = found(
        """g (float[2] x) => (float[2] y) { y = own.f(x) }
        <domain: "own", opset_import: ["": 18]>
        f (a) => (b) { two = Constant <value = float {2}> () four = Mul(two, two) b = Mul(a, four) }"""
    )
    assert origin.known("function own.f/four")
    assert {cause.kind for cause in origin.causes("function own.f/b")} == {From.FUNCTION}


@pytest.mark.parametrize(
    ("call", "axis"),
    [
        ("a = Transpose <perm = [1, 0]> (x)", 1),
        ("a = Relu(x)", 0),
        ("a = Slice(x, zero, two, last)", 0),
        ("a = Concat <axis = 1> (x, x)", 0),
    ],
)
def test_an_open_size_keeps_its_own_axis(call: str, axis: int) -> None:
    origin = found(
        f"""g (float[n, m] x) => (int64[1] z)
        <int64[1] zero = {{0}}, int64[1] two = {{2}}, int64[1] last = {{1}}, int64[1] at = {{{axis}}}>
        {{ {call} s = Shape(a) z = Gather(s, at) }}"""
    )
    assert told(origin, "z") == {("dim", "x", "n", 0)}


def test_a_slice_of_a_shape_is_followed_element_by_element() -> None:
    origin = found(
        """g (float[n, 3, m] x) => (int64[1] y, int64[2] z)
        <int64[1] zero = {0}, int64[1] one = {1}, int64[1] three = {3}, int64[1] end = {9},
        int64[1] back = {-1}>
        { s = Shape(x) y = Slice(s, one, end, zero) m = Slice(s, one, three)
          first = Slice(s, zero, one) z = Concat <axis = 0> (first, back) }"""
    )
    assert {dim for _, _, dim, _ in told(origin, "y")} == {"m"}
    assert {dim for _, _, dim, _ in told(origin, "z")} == {"n"}


def test_many_random_nodes_are_many_causes() -> None:
    count = 300
    calls = " ".join(
        f"r{at} = RandomNormal <shape = [2]> () s{at + 1} = Add(s{at}, r{at})" for at in range(count)
    )
    origin = found(f"g (float[2] s0) => (float[2] s{count}) {{ {calls} }}")
    causes = origin.causes(f"s{count}")
    assert sum(cause.kind is From.RANDOM for cause in causes) == count
