"""ONNX Runtime's own profile: which kernel took how long in each inference.

The trace is Chrome's format (https://onnxruntime.ai/docs/performance/tune-performance/profiling-tools.html):
an event of the category "Node" for each kernel that ran, named after its node, and one named "model_run" at
the end of each inference. Its times are whole microseconds.

The runtime writes down types and shapes of a kernel's inputs and outputs while its clock for that kernel runs
(sequential_executor.cc), which takes longer than many a kernel. `recording_s` is about how long, and is taken
off.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from onnxviz.bench import measure, statistics
from onnxviz.bench.types import Configuration

MOST_EVENTS = 200_000
"""The runtime keeps a million at most and drops the rest (profiler.h); 200,000 make a file of some 100 MB."""

MIN_RUNS = 5
"""However slow the model is: a median of fewer is moved by one run that was interrupted."""

_SUFFIX = "_kernel_time"


@dataclass(frozen=True, slots=True)
class Kernel:
    """One kernel: the name of its node (or its operator where that has none), and seconds in each run."""

    name: str
    op_type: str
    provider: str
    times_s: tuple[float, ...]

    @property
    def median_s(self) -> float:
        """Seconds of one inference."""
        return statistics.quantile(self.times_s, 0.5) or 0.0

    def without(self, recording_s: float) -> Kernel:
        """With what it takes to record one kernel taken off, in each run that it ran in."""
        return replace(self, times_s=tuple(max(0.0, time_s - recording_s) for time_s in self.times_s))


@dataclass(frozen=True, slots=True)
class Trace:
    """What `runs` inferences took: each kernel, and an inference as a whole (median, in seconds).

    `recording_s` was taken off of each kernel. `run_s` is an inference without a profile, and `placement`
    `measure.placement` of the session.
    """

    kernels: tuple[Kernel, ...]
    runs: int
    run_s: float = 0.0
    recording_s: float = 0.0
    placement: Mapping[str, str] = field(default_factory=dict)


def trace(
    source: str | bytes,
    configuration: Configuration,
    feed: measure.Feed,
    provider: str,
    folder: Path,
    seconds: float,
    entries: Mapping[str, str] | None = None,
) -> Trace:
    """Run the model for about `seconds`, a third without and the rest with the profile, whose file goes into
    `folder`. `provider` is the runtime's name; `entries` are further settings of the session.

    Raises BenchFailed.
    """
    opened = measure.open_with(_options(configuration, entries), source, configuration, feed, provider)
    run_s = statistics.quantile(_runs(opened, seconds / 3, MOST_EVENTS), 0.5) or 0.0
    del opened
    options = _options(configuration, entries)
    options.enable_profiling = True
    options.profile_file_prefix = str(folder / "trace")
    opened = measure.open_with(options, source, configuration, feed, provider)
    _runs(opened, 2 * seconds / 3, MOST_EVENTS // max(1, _size(source)))
    found = read(json.loads(Path(opened.session.end_profiling()).read_bytes()))
    recording = recording_s(found.kernels, run_s)
    return Trace(
        tuple(kernel.without(recording) for kernel in found.kernels),
        found.runs,
        run_s,
        recording,
        measure.placement(opened.session),
    )


def recording_s(kernels: Sequence[Kernel], run_s: float) -> float:
    """About how long it takes to record one kernel, in seconds; `run_s` is an inference without a profile.

    It is what the kernels together take more than that inference, shared out among them; but no more than the
    fastest of them take, since each holds it in full. (The fastest of twenty, since one may be odd.)
    """
    times_s = [kernel.median_s for kernel in kernels]
    if not times_s:
        return 0.0
    fastest_s = statistics.quantile(times_s, 0.05) or 0.0
    return max(0.0, min(fastest_s, (sum(times_s) - run_s) / len(times_s)))


def _options(configuration: Configuration, entries: Mapping[str, str] | None) -> Any:
    options = measure.session_options(configuration)
    for key, value in (entries or {}).items():
        options.add_session_config_entry(key, value)
    return options


def _runs(opened: measure.Opened, seconds: float, most: int) -> list[float]:
    """Seconds of each run for about `seconds`, after one that does not count: it allocates."""
    opened.run()
    times_s: list[float] = []
    start = now = time.perf_counter()
    while len(times_s) < MIN_RUNS or (len(times_s) < most and now - start < seconds):
        opened.run()
        then, now = now, time.perf_counter()
        times_s.append(now - then)
    return times_s


def read(events: Iterable[Mapping[str, Any]]) -> Trace:
    """The kernels of the inferences in `events`, without the first inference.

    A kernel that runs inside another's time is one of a body (of a loop, say), whose time is in that of the
    node which holds it.
    """
    runs: list[list[Mapping[str, Any]]] = [[]]
    for event in events:
        name = str(event.get("name", ""))
        if event.get("cat") == "Node" and name.endswith(_SUFFIX):
            runs[-1].append(event)
        elif event.get("cat") == "Session" and name == "model_run":
            runs.append([])
    runs = runs[:-1][1:] or runs[:1]
    told: dict[tuple[str, str, str], list[float]] = {}
    for number, run in enumerate(runs):
        for event in _outermost(run):
            args = event.get("args", {})
            op_type, provider = str(args.get("op_name", "")), str(args.get("provider", ""))
            key = (event["name"].removesuffix(_SUFFIX), op_type, measure.short_name(provider))
            told.setdefault(key, [0.0] * len(runs))[number] += 1e-6 * event["dur"]
    kernels = tuple(Kernel(*key, tuple(times_s)) for key, times_s in told.items())
    return Trace(kernels, len(runs))


def _outermost(run: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    end = -1
    for event in sorted(run, key=lambda event: (event["ts"], -event["dur"])):
        # Both times are cut to whole microseconds, so what comes after never seems to begin before the end.
        if event["ts"] >= end:
            end = event["ts"] + event["dur"]
            yield event


def _size(source: str | bytes) -> int:
    """About how many events one inference makes."""
    import onnx

    if isinstance(source, bytes):
        return len(onnx.load_model_from_string(source).graph.node)
    return len(onnx.load(source, load_external_data=False).graph.node)
