"""What the page Benchmark says of a result, and the files that it gives."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from onnxviz.bench import live, results, statistics
from onnxviz.bench.estimate import Estimate
from onnxviz.bench.types import Agreed, BenchResult, Comparison, Configuration, Measurement, Plan
from onnxviz.ui.bench import agreed, estimating, figures, files, running, words
from tests.ui.bench.results import failed, result, timed


def test_a_label_has_every_setting_that_differs_and_no_other() -> None:
    one, two = timed("m", 1, threads=1, batch=8), timed("m", 1, threads=2, batch=8)
    assert list(words.short_labels([one, two]).values()) == ["1 thread", "2 threads"]
    off = timed("m", 1, level="off", threads=1, batch=1)
    assert list(words.short_labels([off, two]).values()) == [
        "optimizations off, 1 thread, batch 1",
        "optimizations all, 2 threads, batch 8",
    ]


def test_labels_stay_apart_where_all_settings_differ() -> None:
    cells = [
        timed(name, 1, provider=provider, threads=threads)
        for name in ("a", "b")
        for provider in ("cpu", "cuda")
        for threads in (0, 4)
    ]
    assert len(set(words.short_labels(cells).values())) == len(cells)


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("1.18x faster (1.15 to 1.21)", "1.18× faster (1.15 to 1.21)"),
        ("no significant difference (0.99 to 1.02)", "no significant difference (0.99 to 1.02)"),
        ("too few rounds to tell (about 1.02x)", "too few rounds to tell (about 1.02×)"),
    ],
)
def test_a_verdict_is_said_with_the_sign_of_multiplication(verdict: str, said: str) -> None:
    assert words.spoken(verdict) == said


def test_figures_hold_the_spread_the_memory_and_the_phases() -> None:
    cells = words.cells(timed("m", 2.0))
    assert cells["Median"] == "2.01 ms"
    assert cells["IQR"].endswith("µs")
    assert (cells["Memory"], cells["Create"], cells["First run"]) == ("90 MB", "100 ms", "10 ms")
    assert set(words.cells(failed("m", "it is gone")).values()) == {words.NO_VALUE}


def test_a_stopped_benchmark_says_after_how_many_rounds_and_whether_they_are_enough() -> None:
    plan = Plan((("m", "m.onnx"),), seconds=60)
    few = words.stopped(result(timed("m", 1, runs=10), is_partial=True), plan)
    assert "60 s that were asked for, after 2 rounds" in few
    assert "6 rounds are needed" in few
    assert "are needed" not in words.stopped(result(timed("m", 1), is_partial=True), plan)


def test_a_provider_that_ran_nothing_is_told_from_one_that_ran_a_part() -> None:
    assert words.fell_back_whole(timed("m", 1, provider="cuda", used="cpu"))
    assert not words.fell_back_whole(timed("m", 1, provider="openvino", used="openvino+cpu"))
    assert words.fell_back(timed("m", 1, provider="openvino", used="openvino+cpu"))


def test_the_json_reads_back_as_the_same_result() -> None:
    apart = Agreed("a on cpu", "b on cpu", "close", "Within rounding.", 1e-7, 1e-6, 2.0, "y", 1e-5)
    made = result(timed("a", 1, batch=8), timed("b", 2, batch=8), agreements=(apart,), is_partial=True)
    read = results.parse(files.json_text(made).encode(), "benchmark.json")
    assert [one.times_s for one in read.measurements] == [one.times_s for one in made.measurements]
    assert read.is_partial
    assert read.agreements == made.agreements
    assert json.loads(files.json_text(read)) == json.loads(files.json_text(made))


def test_the_markdown_table_has_the_settings_that_were_given_and_says_when_it_was_stopped() -> None:
    text = files.markdown_table(result(timed("a", 1, batch=8), failed("b", "it is gone"), is_partial=True))
    head, line, first, second = text.splitlines()[:4]
    assert "| Batch |" in head
    assert "Threads" not in head
    assert head.count("|") == line.count("|") == first.count("|") == second.count("|")
    assert "Stopped before its time was up" in text
    assert "it is gone" in text


def test_the_csv_has_the_settings_of_every_run() -> None:
    text = files.samples_csv(result(timed("a", 1, batch=8, threads=2, runs=5)))
    (head, *rows) = csv.reader(io.StringIO(text))
    assert len(rows) == 5
    assert dict(zip(head, rows[0], strict=True)) | {"seconds": ""} == {
        "model": "a", "provider_requested": "cpu", "provider_used": "cpu", "level": "all", "threads": "2",
        "batch": "8", "dims": "", "options": "", "round": "1", "run": "1", "seconds": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        (["equal", "equal"], "bit for bit"),
        (["equal", "close"], "but for rounding"),
        (["equal", "differs"], "1 of 2 give other outputs"),
        (["skipped"], "No outputs were compared"),
    ],
)
def test_whether_all_agree_is_one_sentence(verdicts: list[str], said: str) -> None:
    found = [Agreed("a", "b", verdict, "") for verdict in verdicts]  # type: ignore[arg-type]
    assert said in agreed.sentence(found)


def test_errors_stand_only_where_there_are_some() -> None:
    rows = agreed.rows([Agreed("a", "b", "equal", ""), Agreed("a", "c", "close", "", 1e-7, 2e-6, 3.0)], {})
    assert [row["Absolute"] for row in rows] == ["0", "1e-07"]
    assert rows[1]["ULP"] == "3"


def test_settings_below_their_heads_are_short() -> None:
    cell = Configuration("m", "m.onnx", "cpu", "off", 2, (("n", 4),), 8, (("device_id", "1"),))
    said = [words.setting_alone(cell, name) for name in ("level", "threads", "batch", "dims", "options")]
    assert said == ["off", "2", "8", "n=4", "device_id=1"]


def test_two_batches_are_compared_by_the_item_as_well() -> None:
    one, eight = timed("m", 1, batch=1), timed("m", 4, batch=8)
    (headline,) = words.headlines(result(one, eight))
    assert headline.kind == "slower"
    assert "for one item that is 502 µs, against 1 ms" in headline.meaning
    assert [row["Items/s"] for row in figures.rows((one, eight))] == ["997", "1,994"]


def test_the_table_marks_what_ran_elsewhere_and_gives_a_failure_its_reason() -> None:
    found = (
        timed("m", 1, provider="cuda", used="cpu"),
        timed("m", 1, provider="openvino", used="openvino+cpu"),
        failed("b", "it | is *gone*"),
    )
    rows = figures.rows(found)
    assert rows[0]["Ran on"].startswith(":red-badge[")
    assert rows[1]["Ran on"].startswith(":orange-badge[")
    assert figures.FAILED in rows[2]["Ran on"]
    (reason,) = figures.reasons(found, words.short_labels(found))
    assert "**b on cpu**: it \\| is \\*gone" in reason


def test_an_estimate_is_a_sentence_and_without_one_the_budget_is_said() -> None:
    plan = Plan((("a", "a.onnx"), ("b", "b.onnx")), seconds=5)
    assert "**2 configurations**, 5 s of measuring" in estimating.words(plan, None)
    said = estimating.words(plan, Estimate(2.4, 5.2, 0.2))
    assert said == "**2 configurations**, about **8 s**: 2 s to load and create, 5 s to measure."
    assert "about **3 min**" in estimating.words(plan, Estimate(2, 180, 0.2))
    assert estimating.left([live.Left(9.2), live.Left(3.4)]) == "about 3 s left"
    assert estimating.left([live.Left(0.4)]) == "nearly done"
    assert estimating.left([]) == ""


def test_running_medians_are_nothing_before_the_first_round_and_a_failure_has_its_reason() -> None:
    cells = (Measurement(Configuration("m", "m.onnx", "cpu")), failed("b", "it is gone"), timed("c", 2))
    table = running.table(cells)
    assert list(table["Median so far"].isna()) == [True, True, False]
    assert list(table["Rounds"]) == [0, 0, 12]
    assert table["Note"][1] == "it is gone"


def test_an_interval_beside_1_is_not_said_to_hold_it() -> None:
    one, other = timed("a", 1), timed("b", 1)
    (beside,) = words.headlines(_compared(one, other, (1.004, 1.03)))
    assert "which reaches too near to 1: even one and the same model" in beside.meaning
    (around,) = words.headlines(_compared(one, other, (0.99, 1.03)))
    assert "which does not rule out that they are equal: even one" in around.meaning


def _compared(one: Measurement, other: Measurement, interval: tuple[float, float]) -> BenchResult:
    verdict = statistics.words(1.01, interval)
    found = Comparison(one.label, other.label, 1.01, interval, verdict)
    return replace(result(one, other), comparisons=(found,))


def test_no_text_of_a_results_file_becomes_a_formula_in_the_csv() -> None:
    text = files.samples_csv(result(timed("@a", 1, provider="=1+1", used="+1", runs=5)))
    row = list(csv.reader(io.StringIO(text)))[1]
    assert row[:3] == ["'@a", "'=1+1", "'+1"]
