"""Do two models compute the same? Both run on the same seeded inputs, and what they give is compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from onnxviz.errors import BadUsage, BenchFailed, RewriteFailed
from onnxviz.progress import report
from onnxviz.rewrites import differences, doubts
from onnxviz.rewrites.pairing import Comparison, side_by_side
from onnxviz.rewrites.running import opened
from onnxviz.rewrites.types import Agreement, Tolerance

SIDES = ("The original", "The result")

UNSUPPORTED = (
    "NOT_IMPLEMENTED",
    "is not a registered function/op",
    "is till opset",
    "Unrecognized attribute",
)
"""What ONNX Runtime says of a model that it lacks something for: that speaks of the runtime and not of the
model, so nothing is claimed."""

MOST_TRIES = 1000


def verify_files(before: Path, after: Path, tries: int = 3, seed: int = 0) -> Agreement:
    """`compare_outputs` for two files that may be anything, inner tensors included.

    Raises RefusedFile where one is no ONNX model, BadUsage where `tries` is not 1 to 1,000.
    """
    from onnxviz.reading import read_model, require_valid

    if not 1 <= tries <= MOST_TRIES:
        raise BadUsage("The number of inputs to try", f"is {tries}", f"Give 1 to {MOST_TRIES:,}")
    for path in (before, after):
        require_valid(read_model(path, digest="-"))
    return compare_outputs(before, after, tries, seed, inside=True)


def compare_outputs(
    before: Path, after: Path, tries: int, seed: int = 0, *, inside: bool = False, locate: bool = True
) -> Agreement:
    """Run both models on `tries` seeded inputs and compare their outputs.

    Inputs respect element types, symbolic dims (one name, one size) and meaning (an index is in range); see
    `bench.feeds`. Outputs are paired by name, those that a rewrite renamed by place. ONNX Runtime's own
    optimizations are off, so that what is compared is the files and not what the runtime makes of them.

    With `inside`, tensors of the same name inside both models are compared too, on the first input: a fault
    may hide where outputs hardly depend on it. That is not done for a model of more than
    `running.LARGEST_INSIDE`. Where the models differ, `locate` has the first such tensor looked for.

    Never raises for a model that cannot be run: `Agreement.error` says why, and nothing is claimed.
    """
    try:
        return _compare(before, after, tries, seed, inside=inside, locate=locate)
    except (BenchFailed, RewriteFailed) as error:
        return Agreement(tries, error=str(error))


def _compare(before: Path, after: Path, tries: int, seed: int, *, inside: bool, locate: bool) -> Agreement:
    original = opened(SIDES[0], before)
    try:
        result = opened(SIDES[1], after)
    except RewriteFailed as error:
        return _unusable(tries, error)
    comparison = side_by_side(original, result, seed)
    copies = tuple(dict.fromkeys(side.ran_as for side in (original, result) if side.ran_as))
    broken, changes = comparison.pairing.is_broken, comparison.pairing.changes
    found = Agreement(tries, agrees=not broken, changes=changes, ran_as=copies)
    compared, bad_attempt = 0, None
    for attempt in range(tries):
        report(f"Comparing outputs: input {attempt + 1} of {tries}", attempt / tries)
        first, second = comparison.feed(attempt)
        a = original.run(first)
        try:
            b = result.run(second)
        except RewriteFailed as error:
            return _unusable(tries, error, comparison.pairing.changes)
        known = (found.is_beyond, len(found.changes))
        for name, gap, elements in comparison.gaps(a, b):
            compared += elements
            found = worse(found, name, gap, comparison.tolerance(name))
        if bad_attempt is None and known != (found.is_beyond, len(found.changes)):
            bad_attempt = attempt
    if not compared and found.agrees:
        return Agreement(tries, error="the outputs have no elements on these inputs")
    return _looked_into(found, comparison, bad_attempt, inside=inside, locate=locate)


def worse(
    so_far: Agreement, name: str, gap: differences.Unlike | differences.Gap, tolerance: Tolerance
) -> Agreement:
    """`so_far` with what one output adds."""
    if isinstance(gap, differences.Unlike):
        changes = tuple(dict.fromkeys((*so_far.changes, gap.sentence)))
        return replace(so_far, agrees=False, changes=changes)
    if gap.is_equal:
        # The tolerance that nothing needed is still worth showing.
        return so_far if so_far.tolerance.reason else replace(so_far, tolerance=tolerance)
    is_beyond = gap.ratio > tolerance.rtol
    # An output that disagrees is the one to name, however far apart others that agree may be.
    known = (so_far.is_beyond, so_far.absolute if so_far.worst_output else -1.0)
    is_worst = (is_beyond, gap.absolute) > known
    return replace(
        so_far,
        agrees=so_far.agrees and not is_beyond,
        is_beyond=so_far.is_beyond or is_beyond,
        absolute=max(gap.absolute, so_far.absolute),
        relative=max(gap.relative, so_far.relative),
        ulps=max(gap.ulps, so_far.ulps),
        worst_output=name if is_worst else so_far.worst_output,
        tolerance=tolerance if is_worst or not so_far.tolerance.reason else so_far.tolerance,
    )


def _looked_into(
    found: Agreement, comparison: Comparison, bad_attempt: int | None, *, inside: bool, locate: bool
) -> Agreement:
    """A second look: is a difference the original's own doing, and does agreement go deep?"""
    if bad_attempt is not None:
        report("Looking into the difference")
        doubts.check_repeatable(comparison, bad_attempt)
        widened = doubts.excuse(comparison, found.tried)
        if widened is None:
            can_tell = locate and comparison.can_look_inside
            first = doubts.first_difference(comparison, bad_attempt) if can_tell else None
            return replace(found, first=first)
        found = replace(found, agrees=not comparison.pairing.is_broken, is_beyond=False, tolerance=widened)
    if inside and found.tried and comparison.can_look_inside:
        compared, hidden = doubts.hidden_difference(comparison, 0)
        found = replace(found, inside=compared)
        if hidden is not None:
            return replace(found, agrees=False, is_hidden=True, first=hidden)
    return found


def _unusable(tries: int, error: RewriteFailed, changes: Sequence[str] = ()) -> Agreement:
    """The original runs and the result does not: they differ, unless the runtime lacks something."""
    if any(word in error.detail for word in UNSUPPORTED):
        return Agreement(tries, error=str(error))
    return Agreement(tries, changes=(*changes, str(error)))
