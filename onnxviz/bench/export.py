"""A benchmark's result as plain JSON data, for files, CI and other programs."""

from __future__ import annotations

from dataclasses import asdict

from onnxviz.bench.types import Advice, Agreed, Assigned, BenchResult, Comparison, Measurement
from onnxviz.rewrites.types import finite

Json = dict[str, object]


def to_json(result: BenchResult) -> Json:
    """`environment`, `results`, `comparisons`, `agreement` and `warnings`; every time in seconds.

    A result without times has an `error` and null statistics. `ratio` is median(a) / median(b), and
    `ci95` null when there were too few rounds.
    """
    return {
        "environment": asdict(result.environment),
        "results": [_measurement(one) for one in result.measurements],
        "comparisons": [_comparison(one) for one in result.comparisons],
        "agreement": [_agreed(one) for one in result.agreements],
        "warnings": [_advice(one) for one in result.warnings],
        "is_partial": result.is_partial,
    }


def _measurement(one: Measurement) -> Json:
    cell = one.configuration
    return {
        "model": cell.model,
        "label": one.label,
        "provider_requested": cell.provider,
        "provider_used": one.provider_used,
        "level": cell.level,
        "threads": cell.threads,
        "batch": cell.batch,
        "dims": dict(cell.dims),
        "options": dict(cell.options),
        "median_s": one.median_s,
        "p90_s": one.p90_s,
        "p99_s": one.p99_s,
        "iqr_s": one.iqr_s,
        "throughput_per_s": one.throughput_per_s,
        "samples_s": list(one.times_s),
        "runs_per_round": one.runs_per_round,
        "phases": {
            "create_s": one.create_s,
            "first_s": one.first_s,
            "warmup_runs": one.warmup_runs,
            "was_steady": one.was_steady,
        },
        "peak_bytes": one.peak_bytes,
        "assignment": None if one.assignment is None else [_assigned(part) for part in one.assignment],
        "error": one.error,
        "ran_as": one.ran_as,
    }


def _assigned(part: Assigned) -> Json:
    return {"provider": part.provider, "nodes": part.nodes, "ops": dict(part.ops)}


def _comparison(one: Comparison) -> Json:
    ci95 = None if one.interval is None else list(one.interval)
    return {"a": one.a, "b": one.b, "ratio": one.ratio, "ci95": ci95, "verdict": one.verdict}


def _agreed(one: Agreed) -> Json:
    return {
        "a": one.a,
        "b": one.b,
        "verdict": one.verdict,
        "abs_error": finite(one.absolute),
        "rel_error": finite(one.relative),
        "ulps": finite(one.ulps),
        "output": one.output,
        "tolerance": one.tolerance,
        "sentence": one.sentence,
    }


def _advice(one: Advice) -> Json:
    return {"code": one.code, "subject": one.subject, "text": one.text}
