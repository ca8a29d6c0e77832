"""What a benchmark is asked (`Plan`) and what it answers (`BenchResult`): plain frozen data, picklable.

Every time is in seconds. Raw times are kept; statistics are derived from them on demand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Literal

from onnxviz.bench import statistics

Status = Literal["usable", "broken", "remote"]
Level = Literal["off", "basic", "extended", "all"]
"""How far ONNX Runtime itself rewrites the graph before it runs it
(https://onnxruntime.ai/docs/performance/model-optimizations/graph-optimizations.html)."""

ALIASES: dict[str, Level] = {"none": "off"}
"""Other names of levels, as results of earlier versions have them."""

Verdict = Literal["equal", "close", "differs", "skipped"]

Dims = tuple[tuple[str, int], ...]
"""Sizes given to symbolic dimensions: (`"batch"`, 8), …"""

AdviceCode = Literal[
    "few_rounds", "few_runs", "noisy", "outliers", "drift", "first_run", "fell_back", "no_nodes",
    "resolution", "busy_machine", "copy",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Provider:
    """One execution provider that this build of ONNX Runtime lists.

    `name` is the runtime's (`"CPUExecutionProvider"`), `short` ours (`"cpu"`). `reason` says why it is
    not usable and `remedy` what to do about it; both are empty when it is.
    """

    name: str
    short: str
    status: Status
    reason: str = ""
    remedy: str = ""

    @property
    def is_usable(self) -> bool:
        """True when a tiny model really ran on it."""
        return self.status == "usable"


@dataclass(frozen=True, slots=True)
class Configuration:
    """One cell of the plan: one session. `threads` is the intra-op count, 0 for the runtime's default.

    `batch` is the size of the first axis of every input that leaves it open, 0 where nobody asked for one.
    `options` are those of the provider (`providers.OPTIONS`).
    """

    model: str
    path: str
    provider: str
    level: Level = "all"
    threads: int = 0
    dims: Dims = ()
    batch: int = 0
    options: tuple[tuple[str, str], ...] = ()

    @property
    def label(self) -> str:
        """`resnet50 on cpu`, with the settings that are not the default behind it; unique in a plan."""
        parts = [f"{self.model} on {self.provider}"]
        if self.level != "all":
            parts.append(f"optimizations {self.level}")
        if self.threads:
            parts.append(f"{self.threads} thread{'s' if self.threads > 1 else ''}")
        if self.batch:
            parts.append(f"batch {self.batch}")
        parts.extend(f"{name}={size}" for name, size in self.dims)
        parts.extend(f"{name}={value}" for name, value in self.options)
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Plan:
    """Models × providers × optimization levels × threads × sizes × batches, and how long to take over them.

    `models` are (display name, path of the `.onnx` file); the first is the baseline. `providers` are
    short or full names. `seconds` is the budget of warm-up and timed rounds over all configurations
    together; loading and creating the sessions comes on top. `min_rounds` rounds are made even past
    the budget, up to twice of it; `max_samples` timed runs of each configuration are enough. `inputs` is the
    path of an `.npz` file (or an `.npy` file, for a model with one input) to run on, empty for seeded ones.
    `options` are (provider's short name, option, value).
    """

    models: tuple[tuple[str, str], ...]
    providers: tuple[str, ...] = ("cpu",)
    seconds: float = 5.0
    seed: int = 0
    dims: tuple[Dims, ...] = ((),)
    levels: tuple[Level, ...] = ("all",)
    threads: tuple[int, ...] = (0,)
    batches: tuple[int, ...] = (0,)
    inputs: str = ""
    options: tuple[tuple[str, str, str], ...] = ()
    min_rounds: int = statistics.MIN_ROUNDS
    max_samples: int = 5000

    def configurations(self) -> tuple[Configuration, ...]:
        """Every cell, in the order given; a model name that repeats gets a number behind it.

        Each has the options that are given for its provider under the name that `providers` has it by.
        """
        levels = [ALIASES.get(level, level) for level in self.levels]
        cells = product(self.named_models(), self.providers, levels, self.threads, self.dims, self.batches)
        return tuple(
            Configuration(name, path, provider, level, threads, dims, batch, self._options_of(provider))
            for (name, path), provider, level, threads, dims, batch in cells
        )

    def _options_of(self, provider: str) -> tuple[tuple[str, str], ...]:
        """The last value that was given counts, as in `options.checked`."""
        return tuple({name: value for short, name, value in self.options if short == provider}.items())

    def named_models(self) -> Iterator[tuple[str, str]]:
        """The models under names that differ: `a`, `a (2)`, …"""
        used: set[str] = set()
        for name, path in self.models:
            unique, count = name, 1
            while unique in used:
                count += 1
                unique = f"{name} ({count})"
            used.add(unique)
            yield unique, path


@dataclass(frozen=True, slots=True)
class Assigned:
    """The nodes that one provider ran, after the runtime's own fusions: (`op_type`, count), most first."""

    provider: str
    ops: tuple[tuple[str, int], ...]

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return sum(count for _, count in self.ops)


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one configuration took, or the sentence (`error`) why it has no times.

    `times_s` are the steady runs in the order they were made, `runs_per_round` of them in each round.
    `create_s` is loading and creating the session, `first_s` the very first run. `provider_used` joins
    the short names of the providers that ran nodes, the one with most nodes first (`"cuda+cpu"`);
    `"none"` when the runtime had folded every node away.
    """

    configuration: Configuration
    provider_used: str = ""
    times_s: tuple[float, ...] = ()
    runs_per_round: int = 1
    create_s: float = 0.0
    first_s: float = 0.0
    warmup_runs: int = 0
    was_steady: bool = True
    """Whether the warm-up ended because the times had settled, not because its share was used up."""
    assignment: tuple[Assigned, ...] | None = None
    """None when this build of the runtime does not tell."""
    peak_bytes: int = 0
    """The most resident memory of its process: the runtime, the model, and what a run needs."""
    error: str = ""
    ran_as: str = ""
    """A sentence, where a copy of the model was measured in its place: see `rewrites.runnable`."""

    @property
    def label(self) -> str:
        """The configuration's label."""
        return self.configuration.label

    @property
    def model(self) -> str:
        """The model's display name."""
        return self.configuration.model

    @property
    def provider_requested(self) -> str:
        """Short name of the provider that was asked for."""
        return self.configuration.provider

    @property
    def rounds(self) -> int:
        """Complete rounds in `times_s`."""
        return len(self.times_s) // self.runs_per_round

    @property
    def median_s(self) -> float | None:
        """Median of the steady runs; None when there are none, as for the other statistics."""
        return statistics.quantile(self.times_s, 0.5)

    @property
    def p90_s(self) -> float | None:
        """90th percentile of the steady runs."""
        return statistics.quantile(self.times_s, 0.9)

    @property
    def p99_s(self) -> float | None:
        """99th percentile of the steady runs; near the slowest run when there are fewer than 100."""
        return statistics.quantile(self.times_s, 0.99)

    @property
    def iqr_s(self) -> float | None:
        """Interquartile range of the steady runs."""
        low, high = statistics.quantile(self.times_s, 0.25), statistics.quantile(self.times_s, 0.75)
        return None if low is None or high is None else high - low

    @property
    def throughput_per_s(self) -> float | None:
        """Runs per second of steady work: their number over their total time, slow ones included.

        One caller after another, one run at a time; multiply by the batch size for items per second.
        """
        total = sum(self.times_s)
        return len(self.times_s) / total if total > 0 else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """How configuration `b` does against `a` (labels of measurements).

    `ratio` is median(a) / median(b): above 1, b is faster. `interval` is its 95 % bootstrap interval, or
    None when there are too few rounds to have one. `verdict` puts it in words, with `b` as the subject.
    """

    a: str
    b: str
    ratio: float
    interval: tuple[float, float] | None
    verdict: str

    @property
    def is_significant(self) -> bool:
        """Whether the verdict says that the two differ."""
        return statistics.differs(self.interval)


@dataclass(frozen=True, slots=True)
class Agreed:
    """Whether configuration `b` gives what `a` gives on the same inputs (labels of measurements).

    "equal" is bit for bit; "close" within `tolerance`, what rounding may do to `output` (the one that is
    furthest off); "differs" beyond it; "skipped" was not compared. Errors are the largest there were, as
    those of `rewrites.types.Agreement`. `sentence` says it to a person.
    """

    a: str
    b: str
    verdict: Verdict
    sentence: str
    absolute: float = 0.0
    relative: float = 0.0
    ulps: float = 0.0
    output: str = ""
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True)
class Advice:
    """A warning in plain words about one measurement (`subject` is its label) or the machine (`""`)."""

    code: AdviceCode
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Environment:
    """Where it was measured. `threads` is the runtime's intra-op default; `busy` the share (0..1) of all
    cores that were at work just before, `load` the one-minute load average where the system has one."""

    cpu: str
    cores: int
    memory_bytes: int
    python: str
    onnxruntime: str
    os: str
    threads: int
    load: float | None = None
    busy: float = 0.0
    clock_step_s: float = 0.0
    """Smallest step of the clock that was used."""


@dataclass(frozen=True, slots=True)
class BenchResult:
    """Measurements in plan order, comparisons with the baseline, warnings, and whether outputs agree."""

    environment: Environment
    measurements: tuple[Measurement, ...]
    comparisons: tuple[Comparison, ...] = ()
    warnings: tuple[Advice, ...] = field(default=())
    is_partial: bool = False
    """Whether it was stopped before its time was up."""
    agreements: tuple[Agreed, ...] = ()
    """Of each configuration with the first that has its sizes."""

    def warnings_for(self, label: str) -> tuple[Advice, ...]:
        """The warnings about one measurement."""
        return tuple(advice for advice in self.warnings if advice.subject == label)
