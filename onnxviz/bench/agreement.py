"""Do the configurations compute the same? The outputs of each are held against those of the first.

Each runs once more in its own process and leaves its outputs in a file, since they may be large. What
rounding may do is worked out from the first model (`rewrites.tolerance`); an option that makes a provider
compute in another precision goes beyond it, and that is worth knowing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxviz.bench import feeds
from onnxviz.bench.places import Lane
from onnxviz.bench.timing import Given
from onnxviz.bench.types import Agreed, Configuration, Verdict
from onnxviz.errors import OnnxvizError
from onnxviz.rewrites import differences
from onnxviz.rewrites.types import Tolerance

Arrays = dict[str, NDArray[Any]]


def across(lanes: Sequence[Lane]) -> tuple[Agreed, ...]:
    """Every configuration that still stands, with the first of the same sizes. Ends no lane."""
    groups: dict[object, list[Lane]] = {}
    for lane in lanes:
        if lane.place is not None:
            lane.settle()
            groups.setdefault((lane.configuration.dims, lane.configuration.batch), []).append(lane)
    with tempfile.TemporaryDirectory(prefix="onnxviz-outputs-") as folder:
        return tuple(
            found
            for group in groups.values()
            if len(group) > 1
            for found in _within(group, Path(folder) / "outputs.npz")
        )


def compare(
    a: str, b: str, first: Mapping[str, Any], other: Mapping[str, Any], tolerance: Callable[[str], Tolerance]
) -> Agreed:
    """Hold the outputs `other` of `b` against `first` of `a`: by name, or by place where names changed.

    `tolerance` says what rounding may do to an output of `a`.
    """
    if len(first) != len(other):
        return Agreed(
            a, b, "differs", f"It has {len(other)} outputs, and {len(first)} were there to compare with."
        )
    by_place = dict(zip(first, other.values(), strict=True))
    worst, allowed = Agreed(a, b, "equal", "Bit for bit the same outputs."), Tolerance(0.0)
    for name, array in first.items():
        for pair in differences.pairs(name, array, other.get(name, by_place[name])):
            if isinstance(pair, differences.Unlike):
                return Agreed(a, b, "differs", pair.sentence, output=name)
            gap = differences.gap(*pair)
            if gap.is_equal:
                continue
            allowed = tolerance(name)
            found = _apart(a, b, name, gap, allowed.rtol)
            if (found.verdict == "differs", found.absolute) >= (worst.verdict == "differs", worst.absolute):
                worst = found
    return worst


def _apart(a: str, b: str, name: str, gap: differences.Gap, rtol: float) -> Agreed:
    off = f"{gap.absolute:.2g} (relative {gap.relative:.2g}, {gap.ulps:.3g} ULP)"
    verdict: Verdict = "differs" if gap.ratio > rtol else "close"
    if verdict == "differs":
        sentence = f"The output {name!r} differs by up to {off}, which rounding does not explain."
    else:
        sentence = f"Within rounding: the output {name!r} differs by up to {off}."
    return Agreed(a, b, verdict, sentence, gap.absolute, gap.relative, gap.ulps, name, rtol)


def _within(group: Sequence[Lane], path: Path) -> list[Agreed]:
    base, found = group[0], []
    known = _outputs(base, path)
    tolerance = _tolerances(base.configuration)
    for lane in group[1:]:
        a, b = base.configuration.label, lane.configuration.label
        here = known if isinstance(known, str) else _outputs(lane, path)
        if isinstance(known, str) or isinstance(here, str):
            found.append(Agreed(a, b, "skipped", f"Not compared: {here}"))
        elif known[1] != here[1]:
            found.append(Agreed(a, b, "skipped", "Not compared: their inputs are not alike."))
        else:
            found.append(_compared(a, b, known[0], here[0], tolerance))
    if isinstance(known, str) or all(one.verdict != "differs" for one in found):
        return found
    return found if _repeats(base, path, known[0], tolerance) else [_by_chance(one) for one in found]


def _repeats(base: Lane, path: Path, known: Arrays, tolerance: Callable[[str], Tolerance]) -> bool:
    """Whether it gives again what it gave: one that draws random numbers differs from itself."""
    again = _outputs(base, path)
    label = base.configuration.label
    return isinstance(again, str) or _compared(label, label, known, again[0], tolerance).verdict != "differs"


def _by_chance(one: Agreed) -> Agreed:
    if one.verdict != "differs":
        return one
    return Agreed(one.a, one.b, "skipped", f"Not compared: {one.a} gives something else each time it runs.")


def _compared(a: str, b: str, first: Arrays, other: Arrays, tolerance: Callable[[str], Tolerance]) -> Agreed:
    try:
        return compare(a, b, first, other, tolerance)
    except OnnxvizError as failure:
        # Such as a model that is no longer there, so that nobody knows what rounding may do.
        return Agreed(a, b, "skipped", f"Not compared: {failure}")


def _outputs(lane: Lane, path: Path) -> tuple[Arrays, str] | str:
    """Arrays by name and the digest of the inputs, or the sentence why there are none."""
    assert lane.place is not None
    try:
        given: Given = lane.place.ask("outputs", str(path))
    except OnnxvizError as failure:
        # The times are good all the same.
        return str(failure)
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[f"arr_{place}"] for place, name in enumerate(given.names)}, given.inputs


def _tolerances(cell: Configuration) -> Callable[[str], Tolerance]:
    @cache
    def depths() -> Any:
        from onnxviz.rewrites.tolerance import Depths

        sizes = dict(cell.dims)
        return Depths(feeds.load(cell.path), sizes)

    return lambda name: depths().of(name).tolerance
