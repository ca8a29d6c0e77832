"""The search: what a query finds, and why it says so."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onnxviz.model import Attribute, Graph, Node, Value
from onnxviz.scene.finding.find import HELP, MAX_HITS, Finder, Found
from onnxviz.scene.finding.query import MAX_QUERY, MAX_TERMS, parse, wildcard
from onnxviz.scene.grouping.hierarchy import arrange
from onnxviz.scene.text import clean
from onnxviz.scene.wires import wire
from tests.scene.graphs import chain, graphs, parsed

NET = """<ir_version: 10, opset_import: ["" : 20, "com.microsoft" : 1]>
net (float[1,3,8,8] image, int64[batch] labels, bool flag) => (float[1,4,6,6] y, int64[batch] kept)
<float[4,3,1,1] conv1_weight = {1,2,3,4,5,6,7,8,9,10,11,12}, float[1] epsilon = {0.5}> {
    ["stem/conv1"] c = Conv <kernel_shape = [3, 3], group = 1> (image, conv1_weight)
    ["stem/pool"] p = MaxPool <kernel_shape = [3, 2]> (c)
    ["encoder/layer.1/gelu"] a = com.microsoft.Gelu (p)
    ["encoder/layer.1/add"] b = Add (a, epsilon)
    ["encoder/layer.10/cast"] d = Cast <to = 10> (b)
    ["encoder/layer.10/relu"] e = Relu (d)
    ["the_two"] two = Constant <value = float {2.0}> ()
    f = Mul (e, two)
    y = If (flag) <
        then_branch = t () => (float[1,4,6,6] inner) { inner = Neg (f) },
        else_branch = o () => (float[1,4,6,6] other) { other = Identity (f) }
    >
    kept = Identity (labels)
}"""


def finder(graph: Graph) -> Finder:
    wiring = wire(graph)
    return Finder(wiring, arrange(graph))


def found(text: str, model: str = NET) -> list[str]:
    return list(finder(parsed(model)).find(text).ids)


def notes(text: str) -> dict[str, str]:
    return {hit.id: hit.note for hit in finder(parsed(NET)).find(text).hits}


def test_a_plain_word_looks_everywhere_and_says_where_it_was() -> None:
    assert notes("conv1") == {"c": "name stem/conv1"}
    assert notes("gelu")["a"] == "op type com.microsoft.Gelu"
    assert notes("kernel_shape")["p"] == "attribute kernel_shape = [3, 2]"
    assert notes("weight") == {"c": "reads initializer conv1_weight float[4, 3, 1, 1]"}
    assert notes("image") == {
        "in:image": "input image float[1, 3, 8, 8]",
        "c": "reads image float[1, 3, 8, 8]",
    }
    assert notes("encoder.layer.10")["d"] == "scope encoder › layer.10"


def test_hits_are_named_by_op_type_and_name() -> None:
    titles = {hit.id: hit.title for hit in finder(parsed(NET)).find("-zzz").hits}
    assert titles["c"] == "Conv stem/conv1"
    assert titles["f"] == "Mul f"
    assert titles["in:image"] == "Input image"
    assert titles["out:y"] == "Output y"


def test_words_are_joined_by_and_and_a_minus_takes_away() -> None:
    assert found("conv image") == ["c"]
    assert found("kernel_shape -conv1") == ["p"]
    assert found('"kernel_shape = [3, 3]"') == ["c"]
    assert found('kernel_shape -"[3, 3]"') == ["p"]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("op:conv", ["c"]),
        ("op:Conv,MaxPool", ["c", "p"]),
        ("op:*pool", ["p"]),
        ("op:gelu", ["a"]),
        ("op:com.microsoft.Gelu", ["a"]),
        ("op:Con", []),
        ("op:Constant", ["f"]),
        ("name:layer.10", ["module:encoder/layer.10", "d", "e"]),
        ("name:*relu", ["e"]),
        ("name:image", ["in:image"]),
        ("tensor:image", ["in:image", "c"]),
        ("attr:kernel_shape", ["c", "p"]),
        ("attr:kernel", ["c", "p"]),
        ("attr:kernel_shape=3", ["c", "p"]),
        ("attr:kernel_shape=2", ["p"]),
        ("attr:kernel_shape=[3,3]", ["c"]),
        ("attr:kernel_shape=[3, 2]", ["p"]),
        ("attr:kernel_shape=3x3", ["c"]),
        ("attr:kernel_shape=3×*", ["c", "p"]),
        ("attr:group=1.0", ["c"]),
        ("attr:group=10", []),
        ("attr:*=3", ["c", "p"]),
        ("attr:to=float16", ["d"]),
        ("attr:then_branch", ["y"]),
        ("shape:[1,3,8,8]", ["in:image", "c"]),
        ("shape:[1, 3, *, ?]", ["in:image", "c"]),
        ("shape:1x3x8x8", ["in:image", "c"]),
        ("shape:(1,3,…)", ["in:image", "c"]),
        ("shape:[...,8,...]", ["in:image", "c"]),
        ("shape:batch", ["in:labels", "kept", "out:kept"]),
        ("shape:b*h", ["in:labels", "kept", "out:kept"]),
        ("shape:4x3x1x1", ["c"]),
        ("shape:[1,3]", []),
        ("dtype:int64", ["in:labels", "kept", "out:kept"]),
        ("dtype:int*,bool", ["in:labels", "kept", "in:flag", "y", "out:kept"]),
        ("const:epsilon", ["b"]),
        ("const:0.5", ["b"]),
        ("const:the_two", ["f"]),
        ("const:", ["c", "b", "f"]),
        ("in:", ["in:image", "in:labels", "in:flag"]),
        ("in:lab", ["in:labels"]),
        ("out:kept", ["out:kept"]),
        ("op:Neg,Identity", ["kept", "y/then_branch:0/inner", "y/else_branch:0/other"]),
    ],
)
def test_a_prefix_asks_one_thing(query: str, ids: list[str]) -> None:
    assert sorted(found(query)) == sorted(ids)


def test_a_scope_is_found_however_it_is_written_and_its_numbers_are_whole() -> None:
    graph = chain(6, scopes=("enc/layer.1", "enc/layer.1", "enc/layer.10", "enc/layer.10", "head", "head"))
    search = finder(graph)
    first = search.find("scope:layer.1")
    assert first.ids[1:] == ("v0", "v1")
    assert first.hits[0].title == "layer.1"
    assert first.hits[0].note == "group of 2 nodes"
    assert first.hits[1].note == "scope enc › layer.1"
    for text in ("scope:enc/layer.1", "scope:enc.layer.1", 'scope:"enc › layer.1"', "scope:*layer.1"):
        assert search.find(text).ids == first.ids, text
    assert search.find("layer.1").total == 6
    assert search.find("scope:enc").total == 7
    assert finder(chain(4, scopes=("10/a", "10/a", "b", "b"))).find("scope:0/a").total == 0


def test_a_node_without_a_scope_is_found_by_the_groups_around_it() -> None:
    assert found("scope:layer.10 op:Mul") == ["f"]
    assert notes("scope:layer.10")["f"] == "scope encoder › layer.10"
    assert "y/then_branch:0/inner" in found("scope:then_branch")


def test_a_class_of_the_exporter_is_a_scope_too() -> None:
    nodes = tuple(
        Node(f"v{i}", "Relu", outputs=(f"v{i}",), scope=("m",), scope_types=("BertLayer",)) for i in range(2)
    )
    more = (Node("w", "Relu", outputs=("w",)),)
    answer = finder(Graph("g", nodes + more, {}, (), ("w",))).find("scope:bertlayer")
    assert answer.ids[-2:] == ("v0", "v1")
    assert answer.hits[-1].note == "scope of class BertLayer"


def test_parts_that_nobody_named_are_not_found_by_the_op_types_in_their_titles() -> None:
    search = finder(chain(200, op="Conv"))
    assert search.find("conv").total == 200
    assert [hit.title for hit in search.find('"part 3"').hits] == ["Conv, part 3"]
    parts = search.find("part").hits
    assert all(hit.title.startswith("Conv, part") and hit.note.startswith("group of ") for hit in parts)
    inside = search.find('scope:"conv, part 3"')
    assert inside.hits[0].note == f"group of {inside.total - 1} nodes"
    assert inside.hits[1].note == "scope Conv, part 3"


def test_hits_are_in_topological_order_and_a_group_comes_before_what_is_in_it() -> None:
    graph = parsed(NET)
    wiring = wire(graph)
    hierarchy = arrange(graph)
    answer = Finder(wiring, hierarchy).find("e")
    leaves = [i for i in answer.ids if i in wiring.order]
    assert leaves == sorted(leaves, key=wiring.order.__getitem__)
    place = {i: n for n, i in enumerate(answer.ids)}
    for group in hierarchy.groups.values():
        inside = [place[n] for n in (*group.nodes, *group.children) if n in place]
        assert group.id not in place or not inside or place[group.id] < min(inside)


def test_next_and_previous_go_around_the_end() -> None:
    answer = finder(chain(3)).find("op:Relu")
    assert answer.ids == ("v0", "v1", "v2")
    assert [answer.step(i) for i in ("v0", "v2", None, "gone")] == ["v1", "v0", "v0", "v0"]
    assert [answer.step(i, -1) for i in ("v0", None)] == ["v2", "v2"]
    assert Found("x").step("v0") is None


def test_a_filter_of_op_types_narrows_a_query_and_works_alone() -> None:
    search = finder(parsed(NET))
    assert search.find("", ops=("Relu", "com.microsoft.Gelu")).ids == ("a", "e")
    assert search.find("layer.10", ops=("Relu",)).ids == ("e",)
    assert "Constant" not in search.ops
    assert search.ops["Identity"] == 2


def test_nothing_is_asked_so_nothing_is_found() -> None:
    for text in ("", "   ", "\n", '""', "conv zzz", "op:Nothing"):
        assert finder(parsed(NET)).find(text).total == 0, text


def test_all_hits_are_counted_and_the_first_are_described() -> None:
    search = finder(chain(MAX_HITS + 40))
    answer = search.find("relu")
    assert answer.total == len(answer.ids) == MAX_HITS + 40
    assert len(answer.hits) == MAX_HITS
    last = search.hit("relu", answer.ids[-1])
    assert last is not None
    assert (last.id, last.note) == (f"v{MAX_HITS + 39}", "op type Relu")
    assert search.hit("relu", "gone") is None


def test_a_query_that_is_not_finished_is_read_as_far_as_it_goes() -> None:
    assert found('"stem/co') == ["c"]
    assert found('op:"Conv') == ["c"]
    assert found("shape:[1, 3, 8, 8") == found("shape:[1,3,8,8]")
    assert found("nosuch:conv") == []
    assert parse("nosuch:conv")[0][0].text == "nosuch:conv"
    assert found("-") == []


def test_a_query_is_bounded_and_says_so() -> None:
    search = finder(parsed(NET))
    assert search.find("conv " + "x" * MAX_QUERY).note == "Only the first 300 characters are read."
    many = " ".join(f"-word{n}" for n in range(30))
    assert search.find(many).note == "Only the first 16 words are searched for."
    assert len(parse(many)[0]) == MAX_TERMS
    assert search.find("conv").note == ""


def test_every_example_of_the_help_is_understood() -> None:
    search = finder(parsed(NET))
    for example, meaning in HELP:
        assert parse(example)[0], example
        assert search.find(example).note == ""
        assert meaning


HOSTILE = (
    "a b",
    "<img src=x onerror=alert(1)>",
    "`x` **y** [z](javascript:0)",
    "line\nbreak\x00\x1b[31m",
    "\u202egnp.exe",
    "\ud800 lone",
    "*",
    "-op:Conv",
    '"quoted"',
    "x" * 5000,
)


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_stay_text_that_can_be_shown_and_found(name: str) -> None:
    node = Node(name, "Op" + name, "", name, (name + "in",), (name,), (Attribute(name, "string", name),))
    graph = Graph("g", (node,), {name: Value(name, name, (name, 3))}, (), (name,))
    answer = finder(graph).find("op", ops=("Op" + name,))
    assert answer.ids == (name,)
    hit = answer.hits[0]
    assert (hit.title + hit.note).isprintable()
    assert len(hit.title) <= 100
    assert len(hit.note) <= 400
    as_shown = clean(name)[:40].replace('"', " ").split(" ")
    assert finder(graph).find(" ".join(f'name:"{part}"' for part in as_shown)).ids[0] == name


def test_many_stars_and_long_runs_take_no_time_to_speak_of() -> None:
    run = "a" * 20_000
    graph = Graph("g", (Node(run, "Relu", name=run, outputs=(run,)),), {}, (), (run,))
    search = finder(graph)
    for query in ("name:" + "a*" * 140 + "b", "shape:" + "…," * 140 + "b", "a" * 299 + "b", "[" * 300):
        assert search.find(query).total == 0
    assert wildcard("a*b*")("aXbY")
    assert not wildcard("ab*ba")("aba")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs(30), st.text(max_size=40), st.sampled_from((*HELP, ("", ""))))
def test_no_text_ever_raises_and_every_hit_can_be_shown(
    graph: Graph, text: str, example: tuple[str, str]
) -> None:
    wiring, hierarchy = wire(graph), arrange(graph)
    for query in (text, f"{example[0]}{text}", f"{text} {example[0]}"):
        answer = Finder(wiring, hierarchy).find(query)
        assert answer.total == len(answer.ids) == len(set(answer.ids))
        for hit in answer.hits:
            assert hit.id in wiring.nodes or hit.id in wiring.ends or hit.id in hierarchy.groups
            assert (hit.title + hit.note).isprintable()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs(60))
def test_an_op_type_is_found_as_often_as_it_is_counted(graph: Graph) -> None:
    search = finder(graph)
    counts = graph.op_counts()
    constants = sum(node.is_constant for node in graph.walk())
    assert sum(search.ops.values()) == graph.node_count() - constants
    for op, count in counts.items():
        if op != "Constant":
            assert (
                search.ops[op] == search.find(f"op:{op}").total == search.find("", ops=(op,)).total == count
            )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs(60), st.text("abvconlu: -*", max_size=6))
def test_a_negated_word_finds_the_leaves_that_the_word_does_not(graph: Graph, word: str) -> None:
    wiring, hierarchy = wire(graph), arrange(graph)
    search = Finder(wiring, hierarchy)
    with_it = {i for i in search.find(f'"{word}"').ids if i in wiring.order}
    without = set(search.find(f'-"{word}"').ids)
    assert not with_it & without
    assert not word or with_it | without == wiring.order.keys()
