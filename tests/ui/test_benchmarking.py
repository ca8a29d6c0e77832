"""What the page Benchmark works out before and after it shows anything."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as some

from onnxviz import cli
from onnxviz.bench import advice, compare, feeds
from onnxviz.bench.types import Assigned, BenchResult, Configuration, Environment, Measurement, Plan
from onnxviz.model import Graph, Model, Value
from onnxviz.ui import benchsizes
from onnxviz.ui.bench import files, words
from onnxviz.ui.bench.charts.axis import axis
from onnxviz.ui.bench.charts.phases import phases_chart
from onnxviz.ui.bench.charts.rounds import rounds_chart
from onnxviz.ui.bench.charts.runs import drawn, runs_chart

MACHINE = Environment("a cpu", 2, 2**33, "3.11", "1.32", "Linux", 2, clock_step_s=1e-9)


def model(**inputs: tuple[int | str | None, ...] | None) -> Model:
    values = {name: Value(name, "float", shape) for name, shape in inputs.items()}
    return Model("m", "0" * 64, "m.onnx", Graph("g", (), values, tuple(inputs)))


def timed(name: str, provider: str, used: str, milliseconds: float, runs: int = 60) -> Measurement:
    parts = tuple(Assigned(part, (("Conv", 3),)) for part in used.split("+"))
    times = tuple(milliseconds * (1 + at % 7 / 1000) / 1e3 for at in range(runs))
    return Measurement(
        Configuration(name, f"{name}.onnx", provider), used, times, 5, 0.1, 0.01, 3, True, parts
    )


def result(*measurements: Measurement) -> BenchResult:
    return BenchResult(
        MACHINE, measurements, compare.with_baseline(measurements), advice.about(measurements, MACHINE)
    )


def test_sizes_are_asked_for_by_name_once_and_sums_of_them_follow() -> None:
    one = model(ids=("batch", "sequence"), mask=("batch", "past + sequence"), past=("batch", 4, "past", 64))
    other = model(ids=("batch", "sequence"))
    found = benchsizes.open_sizes([one, other])
    assert [(size.name, size.default) for size in found] == [("batch", 1), ("sequence", 16), ("past", 16)]
    shapes = benchsizes.input_shapes(one, {"batch": 2, "sequence": 3, "past": 5})
    assert shapes == {"ids": (2, 3), "mask": (2, 8), "past": (2, 4, 5, 64)}


def test_sizes_without_a_name_are_reported_and_not_asked_for() -> None:
    assert benchsizes.open_sizes([model(x=(None, 3))]) == ()
    assert benchsizes.has_unnamed([model(x=(None, 3))])
    assert not benchsizes.has_unnamed([model(x=("n", 3), y=None)])


def test_the_shapes_shown_are_those_that_the_feeds_have() -> None:
    shape = ("batch", 3, "height", "width")
    sizes = {one.name: one.default for one in benchsizes.open_sizes([model(x=shape)])}
    fed = feeds.make([feeds.Input("x", 1, shape)], 0, sizes)
    assert benchsizes.input_shapes(model(x=shape), sizes) == {"x": fed["x"].shape}


def test_models_that_get_other_inputs_are_unlike_by_name_and_by_shape() -> None:
    before, after = model(x=("n", 4), y=(2,)), model(x=(1, 4))
    assert benchsizes.unlike([before, after], {"n": 1}) == ("y is 2 and not there",)
    assert "x is 8×4 and 1×4" in benchsizes.unlike([before, after], {"n": 8})
    assert benchsizes.unlike([before], {"n": 8}) == ()


def test_labels_say_only_what_differs() -> None:
    a, b = timed("a", "cpu", "cpu", 1), timed("b", "cpu", "cpu", 2)
    assert list(words.short_labels([a, b]).values()) == ["a", "b"]
    assert list(words.short_labels([a, timed("a", "cuda", "cuda", 1)]).values()) == ["cpu", "cuda"]
    both = words.short_labels([a, timed("b", "cuda", "cuda", 1)])
    assert list(both.values()) == ["a on cpu", "b on cuda"]


@pytest.mark.parametrize(
    ("milliseconds", "runs", "kind", "said"),
    [
        (2.0, 60, "faster", "**after** is 2.00× faster"),
        (8.0, 60, "slower", "**after** is 2.00× slower"),
        (4.0, 60, "same", "No significant difference"),
        (2.0, 10, "unknown", "too few rounds to tell"),
    ],
)
def test_a_verdict_is_a_sentence_and_what_it_means(
    milliseconds: float, runs: int, kind: str, said: str
) -> None:
    before = timed("before", "cpu", "cpu", 4.0, runs)
    (headline,) = words.headlines(result(before, timed("after", "cpu", "cpu", milliseconds, runs)))
    assert headline.kind == kind
    assert said in headline.sentence
    assert "against" in headline.meaning
    assert "**before**" in headline.meaning


def test_comparisons_of_models_come_before_those_of_providers() -> None:
    cells = [timed(name, provider, provider, 1) for name in ("a", "b") for provider in ("cpu", "cuda")]
    sentences = [one.sentence for one in words.headlines(result(*cells))]
    assert [sentence.endswith("**b on cpu** and **a on cpu**") for sentence in sentences[:1]] == [True]
    assert len(sentences) == 4
    assert "**a on cuda** and **a on cpu**" in sentences[2]


def test_a_fallback_is_told_from_a_provider_that_ran_what_it_was_asked_to() -> None:
    cpu, gone = timed("m", "cpu", "cpu", 1), timed("m", "cuda", "cpu", 1)
    part = timed("m", "openvino", "openvino+cpu", 1)
    found = result(cpu, gone, part)
    assert [words.fell_back(one) for one in found.measurements] == [False, True, True]
    assert "nothing ran on cuda" in words.fallback(gone, found.warnings_for(gone.label))
    assert "did not take 3 of 6 nodes" in words.fallback(part, found.warnings_for(part.label))
    assert "both ran on cpu" in words.headlines(found)[0].meaning


def test_hostile_names_break_no_table_and_are_no_formula() -> None:
    name = "=1+1|a\n<b>*x*"
    found = result(timed(name, "cpu", "cpu", 1), timed("b", "cpu", "cpu", 1))
    rows = [line for line in files.markdown_table(found).splitlines() if line.startswith("|")]
    assert len(rows) == 4
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {14}
    cells = list(csv.reader(io.StringIO(files.samples_csv(found))))
    assert len(cells) == 1 + 120
    assert cells[1][0].startswith("'=")
    assert [float(row[-1]) for row in cells[1:61]] == list(found.measurements[0].times_s)


def test_the_command_asks_for_the_same_plan() -> None:
    plan = Plan(
        (("a", "/x y/a.onnx"), ("b", "/b.onnx")),
        providers=("cpu", "cuda"),
        seconds=2,
        dims=((("-batch", 3), ("it's", 4)),),
        levels=("none", "all"),
        threads=(1, 2),
        batches=(1, 8),
        inputs="/x y/in.npz",
        options=(("cuda", "device_id", "1"),),
    )
    line = _shell(files.command(plan))
    args = cli.build_parser().parse_args(line[3:])
    assert args.models == [path for _, path in plan.models]
    assert (args.providers, args.seconds, args.seed) == ("cpu,cuda", 2.0, 0)
    assert args.dim == ["-batch=3", "it's=4"]
    assert (args.levels, args.threads) == ("none,all", "1,2")
    assert (args.batch, args.inputs, args.option) == ("1,8", "/x y/in.npz", ["cuda:device_id=1"])


@given(some.text(alphabet=some.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_any_name_reaches_the_program_as_it_is_and_can_be_seen(name: str) -> None:
    line = files.command(Plan((("a", "a.onnx"),), dims=(((name, 2),),)))
    assert line.isprintable()
    if shutil.which("bash"):
        assert _shell(line)[-1] == f"--dim={name}=2"


def _shell(line: str) -> list[str]:
    if not shutil.which("bash"):
        pytest.skip("no bash to read the line with")
    script = f"printf '%s\\0' {line}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"})
    return done.stdout.decode().split("\0")[:-1]


@given(some.lists(some.lists(some.floats(1e-7, 10), min_size=1, max_size=30), min_size=1, max_size=4))
def test_an_axis_has_room_for_every_run_that_is_not_counted_as_beyond(times: list[list[float]]) -> None:
    room = axis(times)
    assert 0 <= room.low < room.high
    scaled = [room.factor * t for one in times for t in one]
    assert sum(t > room.high for t in scaled) == room.beyond
    assert room.low <= min(scaled)
    assert room.low == 0 or room.low > room.high / 3


@given(some.lists(some.floats(1e-6, 1), min_size=1, max_size=2000))
def test_dots_are_bounded_and_hold_the_fastest_and_the_slowest(times: list[float]) -> None:
    places = drawn(times, most=50)
    assert len(places) <= min(50, len(times))
    assert {min(times), max(times)} <= {times[at] for at in places}


def test_every_chart_is_valid_with_one_run_and_with_many() -> None:
    for runs in (1, 5, 1000):
        found = [timed("a", "cpu", "cpu", 1, runs), timed("b", "cpu", "cpu", 40, runs)]
        shorts = words.short_labels(found)
        assert runs_chart(found, shorts)[0].to_dict()["layer"]
        assert phases_chart(found, shorts).to_dict()["encoding"]
        if all(one.rounds for one in found):
            assert rounds_chart(found, shorts)[0].to_dict()["encoding"]


def test_a_legend_of_many_lines_takes_rows_and_no_height_from_the_picture() -> None:
    def height(count: int) -> int:
        found = [timed(f"m{at}", "cpu", "cpu", 1) for at in range(count)]
        made = rounds_chart(found, {one.label: one.label for one in found})[0].to_dict()
        return int(made["height"])

    assert height(2) > height(1)
    assert height(12) - height(2) == 5 * (height(2) - height(1))
