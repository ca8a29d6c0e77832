"""Results as a benchmark gives them, with times that are known."""

from __future__ import annotations

from onnxviz.bench import advice, compare
from onnxviz.bench.types import Agreed, Assigned, BenchResult, Configuration, Environment, Level, Measurement

MACHINE = Environment("a cpu", 2, 2**33, "3.11", "1.32", "Linux", 2, clock_step_s=1e-9)


def timed(
    name: str,
    milliseconds: float,
    *,
    provider: str = "cpu",
    used: str = "",
    level: Level = "all",
    threads: int = 0,
    batch: int = 0,
    runs: int = 60,
) -> Measurement:
    """One configuration with `runs` runs, five in each round."""
    used = used or provider
    parts = tuple(Assigned(part, (("Conv", 3), ("Relu", 1))) for part in used.split("+"))
    times = tuple(milliseconds * (1 + at % 7 / 1000) / 1e3 for at in range(runs))
    cell = Configuration(name, f"{name}.onnx", provider, level, threads, (), batch)
    return Measurement(cell, used, times, 5, 0.1, 0.01, 3, True, parts, 90_000_000)


def failed(name: str, why: str, *, provider: str = "cpu") -> Measurement:
    """One configuration that could not be measured."""
    cell = Configuration(name, f"{name}.onnx", provider)
    return Measurement(cell, error=f"{cell.label}: {why}")


def result(
    *measurements: Measurement, agreements: tuple[Agreed, ...] = (), is_partial: bool = False
) -> BenchResult:
    """With what follows from the measurements."""
    return BenchResult(
        MACHINE,
        measurements,
        compare.with_baseline(measurements),
        advice.about(measurements, MACHINE),
        is_partial,
        agreements,
    )
