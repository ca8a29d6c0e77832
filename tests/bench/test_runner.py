"""The runner on sessions whose times are written in the test: a clock that only they move."""

from __future__ import annotations

import gc
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import cycle
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from onnxviz.bench import export, feeds, live, places, runner
from onnxviz.bench.measure import Feed
from onnxviz.bench.timing import Timing
from onnxviz.bench.types import Assigned, BenchResult, Configuration, Environment, Plan, Provider
from onnxviz.errors import BadUsage, BenchFailed
from onnxviz.progress import listening

CPU = Provider("CPUExecutionProvider", "cpu", "usable")
CUDA = Provider("CUDAExecutionProvider", "cuda", "broken", "its library does not load", "Install the driver")
VINO = Provider("OpenVINOExecutionProvider", "openvino", "usable")
KNOWN = (CPU, CUDA, VINO)
MACHINE = Environment("a cpu", 2, 2**33, "3.11", "1.32", "Linux", 2, clock_step_s=1e-9)
INPUT = feeds.Input("x", 1, (1, 2))


@dataclass
class Script:
    """What each model takes, run by run, and in which order the sessions were run."""

    seconds: dict[str, Iterator[float]]
    fails_after: dict[str, int] = field(default_factory=dict)
    now: float = 100.0
    order: list[str] = field(default_factory=list)
    feeds: list[Feed] = field(default_factory=list)
    gives: defaultdict[str, NDArray[Any]] = field(default_factory=lambda: defaultdict(lambda: np.ones(3)))
    gc_was_on: set[bool] = field(default_factory=set)

    def clock(self) -> float:
        return self.now

    def open(self, cell: Configuration, feed: Feed, provider: str) -> Scripted:
        self.now += 0.25
        self.feeds.append(feed)
        if self.fails_after.get(cell.model) == 0:
            raise BenchFailed(cell.label, "the graph is refused", "Repair it.")
        return Scripted(self, cell)


@dataclass
class Scripted:
    script: Script
    cell: Configuration
    runs: int = 0

    @property
    def assignment(self) -> tuple[Assigned, ...]:
        return (Assigned(self.cell.provider, (("Conv", 2),)),)

    ran_as = ""

    @property
    def provider_used(self) -> str:
        return self.cell.provider

    def outputs(self) -> Feed:
        return {"y": self.script.gives[self.cell.model]}

    def run(self) -> None:
        self.runs += 1
        if self.runs > self.script.fails_after.get(self.cell.model, 10**9):
            raise BenchFailed(self.cell.label, "it broke", "Mend it.")
        self.script.order.append(self.cell.model)
        self.script.gc_was_on.add(gc.isenabled())
        self.script.now += next(self.script.seconds[self.cell.model])


def bench(script: Script, seconds: float = 5.0, **settings: object) -> BenchResult:
    plan = Plan(tuple((name, f"{name}.onnx") for name in script.seconds), seconds=seconds)
    return measured(script, replace(plan, **settings))  # type: ignore[arg-type]


def measured(
    script: Script, plan: Plan, reader: Callable[[str], tuple[feeds.Input, ...]] = lambda path: (INPUT,)
) -> BenchResult:
    def opener(
        cell: Configuration, inputs: tuple[feeds.Input, ...], plan: Plan, provider: str
    ) -> places.Here:
        feed = feeds.make(inputs, plan.seed, dict(cell.dims), cell.batch)
        return places.Here(Timing(cell, feed, provider, script.open, script.clock))

    return runner.run(plan, opener=opener, reader=reader, known=KNOWN, machine=MACHINE, clock=script.clock)


def script(**seconds: float | list[float]) -> Script:
    return Script({name: cycle(s if isinstance(s, list) else [s]) for name, s in seconds.items()})


def test_a_model_that_is_twice_as_fast_is_said_to_be() -> None:
    result = bench(script(before=0.1, after=0.05))
    before, after = result.measurements
    assert before.median_s == pytest.approx(0.1)
    assert after.throughput_per_s == pytest.approx(20)
    (comparison,) = result.comparisons
    assert (comparison.a, comparison.b) == ("before on cpu", "after on cpu")
    assert comparison.verdict == "2.00x faster (2.00 to 2.00)"


def test_two_equal_models_do_not_differ() -> None:
    result = bench(script(a=[0.1, 0.11, 0.12], b=[0.11, 0.12, 0.1]))
    assert not result.comparisons[0].is_significant


def test_creation_first_run_and_steady_runs_are_kept_apart() -> None:
    slow_start = script(a=0.1)
    slow_start.seconds["a"] = iter([0.9, 0.5, *[0.1] * 99])
    (one,) = bench(slow_start, seconds=3.0).measurements
    assert one.create_s == pytest.approx(0.25)
    assert one.first_s == pytest.approx(0.9)
    assert max(one.times_s) == pytest.approx(0.1)
    assert one.warmup_runs >= 1


def test_configurations_run_by_turns_in_an_order_that_changes() -> None:
    played = script(a=0.05, b=0.05, c=0.05)
    result = bench(played, seconds=6.0)
    warm = sum(one.warmup_runs + 1 for one in result.measurements)
    rounds = [tuple(played.order[i : i + 3]) for i in range(warm, len(played.order), 3)]
    assert all(sorted(turn) == ["a", "b", "c"] for turn in rounds)
    assert len(set(rounds)) > 1
    assert {len(one.times_s) for one in result.measurements} == {len(rounds)}


def test_the_same_seed_gives_the_same_order() -> None:
    one, two, other = (script(a=0.05, b=0.05, c=0.05) for _ in range(3))
    bench(one, seed=1)
    bench(two, seed=1)
    bench(other, seed=2)
    assert one.order == two.order != other.order


def test_the_budget_holds_for_all_together() -> None:
    played = script(a=0.1, b=0.1)
    start = played.now
    bench(played, seconds=4.0)
    created = 2 * (0.25 + 0.1)
    assert 4.0 <= played.now - start - created <= 4.0 + 0.2 + 1e-9


def test_a_slow_model_gets_its_six_rounds_up_to_twice_the_budget() -> None:
    assert bench(script(a=0.7), seconds=5.0).measurements[0].rounds == 6
    slow = bench(script(a=4.0), seconds=5.0)
    assert 1 <= slow.measurements[0].rounds < 6
    assert "few_rounds" in {advice.code for advice in slow.warnings}


def test_a_model_far_slower_than_the_budget_is_still_run_once() -> None:
    (one,) = bench(script(a=60.0), seconds=1.0).measurements
    assert one.times_s == (60.0,)


def test_warm_up_ends_once_ten_runs_are_alike() -> None:
    settling = script(a=0.1)
    settling.seconds["a"] = iter([0.5, *[n / 32 for n in range(8, 1, -1)], *[1 / 32] * 2000])
    (one,) = bench(settling, seconds=30.0).measurements
    assert one.was_steady
    assert one.warmup_runs == 7 + 10


def test_warm_up_of_a_noisy_model_ends_with_its_share_of_the_time() -> None:
    (one,) = bench(script(a=[0.125, 0.375]), seconds=10.0).measurements
    assert not one.was_steady
    assert one.warmup_runs == 8


def test_warm_up_of_a_quick_model_that_never_settles_ends_when_it_was_enough() -> None:
    (one,) = bench(script(a=[1 / 1024, 3 / 1024]), seconds=60.0).measurements
    assert not one.was_steady
    assert one.warmup_runs == 200


def test_a_fast_model_makes_several_runs_at_its_turn_after_one_that_does_not_count() -> None:
    played = script(a=1 / 512, b=1 / 512)
    result = bench(played, seconds=0.5)
    a, b = result.measurements
    assert a.runs_per_round == b.runs_per_round == 11
    timed = len(a.times_s) + len(b.times_s)
    started = 2 + a.warmup_runs + b.warmup_runs
    assert len(played.order) == started + timed + a.rounds + b.rounds


def test_enough_samples_end_the_benchmark_early() -> None:
    result = bench(script(a=0.1), seconds=1000.0, max_samples=30)
    assert len(result.measurements[0].times_s) == 30


def test_one_model_that_fails_leaves_the_others_alone() -> None:
    played = script(good=0.1, refused=0.1, breaks=0.1)
    played.fails_after = {"refused": 0, "breaks": 9}
    good, refused, breaks = bench(played).measurements
    assert good.times_s
    assert not good.error
    assert refused.error == "refused on cpu: the graph is refused. Repair it."
    assert breaks.error == "breaks on cpu: it broke. Mend it."
    assert refused.times_s == breaks.times_s == ()
    assert refused.median_s is None
    assert refused.throughput_per_s is None


def test_a_model_whose_inputs_cannot_be_made_fails_alone() -> None:
    def reader(path: str) -> tuple[feeds.Input, ...]:
        if path == "odd.onnx":
            raise BenchFailed("Input 's'", "it is a sequence", "Give it a tensor.")
        return (INPUT,)

    plan = Plan((("odd", "odd.onnx"), ("good", "good.onnx")), seconds=1.0)
    odd, good = measured(script(odd=0.1, good=0.1), plan, reader).measurements
    assert odd.error == "odd on cpu: Input 's': it is a sequence. Give it a tensor."
    assert good.times_s


def test_a_provider_that_does_not_work_is_an_error_of_its_own_measurement() -> None:
    result = bench(script(a=0.1), providers=("CUDA", "cpu"))
    cuda, cpu = result.measurements
    assert cuda.error == "a on cuda: its library does not load. Install the driver."
    assert cpu.times_s
    assert not result.comparisons


def test_every_pair_that_differs_in_one_setting_from_the_baseline_is_compared() -> None:
    result = bench(script(a=0.1, b=0.05), providers=("cpu", "openvino"), seconds=8.0)
    assert {(one.a, one.b) for one in result.comparisons} == {
        ("a on cpu", "b on cpu"),
        ("a on openvino", "b on openvino"),
        ("a on cpu", "a on openvino"),
        ("b on cpu", "b on openvino"),
    }


def test_the_same_model_twice_gets_two_names() -> None:
    plan = Plan((("m", "m.onnx"), ("m", "m.onnx")))
    assert [cell.model for cell in plan.configurations()] == ["m", "m (2)"]


def test_a_provider_named_twice_is_measured_once() -> None:
    result = bench(script(a=0.1), providers=("cpu", "CPUExecutionProvider"))
    assert [one.label for one in result.measurements] == ["a on cpu"]


def test_levels_threads_and_sizes_are_cells_of_the_plan() -> None:
    plan = Plan((("m", "m.onnx"),), levels=("none", "all"), threads=(1, 2), dims=((), (("batch", 8),)))
    labels = [cell.label for cell in plan.configurations()]
    assert len(set(labels)) == 8
    assert labels[1] == "m on cpu, optimizations off, 1 thread, batch=8"


def test_both_versions_get_the_same_numbers() -> None:
    played = script(a=0.1, b=0.1)
    bench(played)
    assert (played.feeds[0]["x"] == played.feeds[1]["x"]).all()


def test_the_garbage_collector_rests_while_times_are_taken_and_works_again_after() -> None:
    played = script(a=0.1)
    bench(played)
    assert gc.isenabled()
    assert False in played.gc_was_on


def test_progress_tells_the_running_medians() -> None:
    told: list[tuple[str, float | None]] = []
    with listening(lambda text, fraction: told.append((text, fraction))):
        bench(script(a=0.1))
    assert any(text == "a on cpu: 100 ms" for text, _ in told)
    fractions = [fraction for _, fraction in told if fraction is not None]
    assert fractions == sorted(fractions)
    assert fractions[0] >= 0
    assert fractions[-1] == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"models": ()}, "no model was given"),
        ({"seconds": 0.0}, "no number of seconds"),
        ({"seconds": float("nan")}, "no number of seconds"),
        ({"threads": (-1,)}, "below 0"),
        ({"dims": ((("batch", -2),),)}, "'batch': its size -2 is below 0"),
        ({"dims": ((("batch", 2),),)}, "'batch': no model has an input with it"),
        ({"inputs": "x.npz", "batches": (1, 8)}, "inputs are given, which have sizes of their own"),
        ({"inputs": "x.npz", "dims": ((("n", 8),),)}, "inputs are given, which have sizes of their own"),
        ({"levels": ("most",)}, "'most': there is none. Give off, basic, extended, all."),
        ({"providers": ()}, "none was named"),
        ({"providers": ("opnvino",)}, "Did you mean openvino?"),
    ],
)
def test_a_plan_that_cannot_be_run_is_refused_in_one_sentence(changes: dict[str, object], words: str) -> None:
    with pytest.raises(BadUsage) as refused:
        bench(script(a=0.1), **changes)  # type: ignore[arg-type]
    assert words in str(refused.value)


def test_the_json_has_what_was_promised_and_is_json() -> None:
    played = script(a=0.1, b=0.05, bad=0.1)
    played.fails_after = {"bad": 0}
    data = json.loads(json.dumps(export.to_json(bench(played)), allow_nan=False))
    assert set(data) == {"environment", "results", "comparisons", "agreement", "warnings", "is_partial"}
    assert {"cpu", "cores", "memory_bytes", "python", "onnxruntime", "os", "threads", "load"} <= set(
        data["environment"]
    )
    first, _, bad = data["results"]
    assert first["model"] == "a"
    assert first["provider_requested"] == first["provider_used"] == "cpu"
    assert first["median_s"] == pytest.approx(0.1)
    assert len(first["samples_s"]) >= 6
    assert {"p90_s", "p99_s", "phases", "assignment", "error"} <= set(first)
    assert first["assignment"] == [{"provider": "cpu", "nodes": 2, "ops": {"Conv": 2}}]
    assert bad["median_s"] is None
    assert bad["samples_s"] == []
    assert bad["error"]
    (comparison,) = data["comparisons"]
    assert set(comparison) == {"a", "b", "ratio", "ci95", "verdict"}


def test_a_part_of_a_dimensions_name_is_no_dimension_but_a_term_of_a_sum_is() -> None:
    inputs = (feeds.Input("x", 1, ("past + sequence", 2)),)
    runner._check_dims(Plan((("a", "a"),), dims=((("sequence", 8),),)), [inputs])
    with pytest.raises(BadUsage, match="no model has an input with it"):
        runner._check_dims(Plan((("a", "a"),), dims=((("seq", 8),),)), [inputs])


def test_a_benchmark_that_is_stopped_knows_the_memory_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places.Here, "__init__", _with_memory)
    parts: list[object] = []
    with listening(lambda text, fraction: None, parts.append):
        bench(script(a=0.1))
    (begun,) = (part for part in parts if isinstance(part, live.Begun))
    assert [one.peak_bytes for one in begun.measurements] == [7]


def _with_memory(here: places.Here, timing: Timing) -> None:
    here.timing, here.peak_bytes = timing, 7
