"""What a rewrite is: the model before and after, what was done, and how it was checked."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from onnxviz.model import Model


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far two outputs may lie apart and still count as the same function.

    An element agrees when |a - b| <= rtol * (|a| + m), m being the median magnitude of its tensor: a
    small element is as uncertain as the terms that cancelled in it. `reason` says where `rtol` comes from.
    """

    rtol: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FirstDifference:
    """The first tensor where the two models part, in the order of the original.

    `tensor` has this name in both. `op_before` and `op_after` are the operators that make it, and
    `node` is the id of the one in the original. `compared` counts tensors of the same name that could
    be compared, `same_before` those earlier in the original that agree. Errors as in `Agreement`.
    """

    tensor: str
    node: str = ""
    op_before: str = ""
    op_after: str = ""
    absolute: float = 0.0
    relative: float = 0.0
    compared: int = 0
    same_before: int = 0

    @property
    def sentence(self) -> str:
        """One line for a person."""
        made_by = f", made by {self.op_before}" if self.op_before else ""
        other = f" ({self.op_after} in the result)" if self.op_after not in ("", self.op_before) else ""
        return (
            f"They first part at {self.tensor!r}{made_by}{other}: by {self.absolute:.2g} (relative "
            f"{self.relative:.2g}); {self.same_before} of {self.compared} tensors compared by name come "
            "before it and agree."
        )

    def to_json(self) -> dict[str, Any]:
        """The keys of `first_difference` in JSON."""
        return {
            "tensor": self.tensor,
            "node": self.node,
            "op_before": self.op_before,
            "op_after": self.op_after,
            "abs_error": finite(self.absolute),
            "rel_error": finite(self.relative),
            "compared": self.compared,
            "same_before": self.same_before,
        }


@dataclass(frozen=True, slots=True)
class Agreement:
    """How close the outputs of two models came on seeded inputs: evidence, and no proof.

    `tried` counts inputs; errors are the largest over all of them. `relative` is
    |a - b| / max(|a|, 1e-6), as a fraction. `ulps` is |a - b| in units in the last place of
    max(|a|, m), in the output's own type (`differences.ulp`), m being the median magnitude of the tensor: of
    a smaller element the last place says nothing, since the terms that cancelled in it were not that small.

    `is_beyond` says that some element of a real or complex type is beyond `tolerance` (NaN agrees with NaN
    and an infinity only with itself), or that something else (an integer, a string) is not equal. `agrees`
    says that this is not so, and that the result gives what the original gives and asks for nothing more.
    `changes` are sentences on inputs and outputs that differ, `first` is where the models part, when they
    do. `inside` counts the tensors inside both that were compared too, by name, on the first input;
    `is_hidden` says that the outputs agree and one of those does not: then `agrees` is false.
    `error` is a sentence where the comparison could not be made, and then the rest says nothing.
    """

    tried: int
    agrees: bool = False
    absolute: float = 0.0
    relative: float = 0.0
    worst_output: str = ""
    tolerance: Tolerance = Tolerance(1e-4)
    error: str = ""
    ulps: float = 0.0
    is_beyond: bool = False
    is_hidden: bool = False
    inside: int = 0
    changes: tuple[str, ...] = ()
    first: FirstDifference | None = None
    ran_as: tuple[str, ...] = ()
    """Sentences on copies that ran in place of the models: see `runnable`."""

    @property
    def sentence(self) -> str:
        """What a person reads: one line, and another for each thing that differs."""
        return " ".join((self._verdict, *self.ran_as))

    @property
    def _verdict(self) -> str:
        if self.error:
            return f"Not compared: {self.error}"
        inputs = f"{self.tried} random input{'s' if self.tried != 1 else ''}"
        extra = "".join(f" {change}" for change in self.changes)
        if not self.agrees:
            first = f" {self.first.sentence}" if self.first else ""
            return f"{self._difference(inputs)}{first}{extra}"
        inside = "1 tensor inside agrees" if self.inside == 1 else f"{self.inside:,} tensors inside agree"
        more = f" {inside} too." if self.inside else ""
        if not self.worst_output:
            return f"Bit for bit the same outputs on {inputs}.{more} Evidence, not a proof.{extra}"
        return (
            f"The outputs agree on {inputs}: largest difference {self.absolute:.2g} (relative "
            f"{self.relative:.2g}, {self.ulps:.3g} ULP); each element lies within "
            f"{self.tolerance.rtol:.2g} of itself and its tensor's median.{more} "
            f"Evidence, not a proof.{extra}"
        )

    def _difference(self, inputs: str) -> str:
        if self.is_hidden:
            return f"The outputs agree on {inputs}, and the models still do not compute the same inside."
        if not self.is_beyond:
            return "The result is not the same function."
        return (
            f"The outputs differ on {inputs}: worst in {self.worst_output!r}, by {self.absolute:.2g} "
            f"(relative {self.relative:.2g}, {self.ulps:.3g} ULP), beyond the tolerance "
            f"{self.tolerance.rtol:.2g}."
        )

    def to_json(self) -> dict[str, Any]:
        """The keys of the CLI's `verify --json`. `equal` is None where nothing could be compared.

        An infinite error is None, since JSON has no infinity.
        """
        return {
            "equal": None if self.error else self.agrees,
            "max_abs_error": finite(self.absolute),
            "max_rel_error": finite(self.relative),
            "max_ulps": finite(self.ulps),
            "hidden": self.is_hidden,
            "worst_output": self.worst_output or None,
            "inputs": self.tried,
            "tensors_inside": self.inside,
            "changes": list(self.changes),
            "first_difference": self.first.to_json() if self.first else None,
            "tolerance": self.tolerance.rtol,
            "reason": self.tolerance.reason,
            "error": self.error or None,
            "ran_as": list(self.ran_as),
            "sentence": self.sentence,
        }


@dataclass(frozen=True, slots=True)
class Rewrite:
    """`before` became `after` in `seconds`; `notes` are sentences on what was done to make it work.

    `steps`, `removed` (node id -> why it went) and `kept` (node id -> why it stayed) are empty until an
    optimizer that can be watched fills them.
    """

    name: str
    before: Model
    after: Model
    seconds: float
    notes: tuple[str, ...] = ()
    agreement: Agreement | None = None
    steps: tuple[str, ...] = ()
    removed: dict[str, str] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)

    def op_changes(self) -> list[tuple[str, int, int]]:
        """(op type, nodes before, nodes after) for every op type, largest reduction first."""
        return op_changes(self.before.graph.op_counts(), self.after.graph.op_counts())

    def to_json(self) -> dict[str, Any]:
        """The keys of the CLI's `simplify --json`."""
        return {
            "optimizer": self.name,
            "before": summary(self.before),
            "after": summary(self.after),
            "seconds": self.seconds,
            "notes": list(self.notes),
            "agreement": self.agreement.sentence if self.agreement else None,
            "verified": self.agreement.to_json() if self.agreement else None,
        }


def summary(model: Model) -> dict[str, Any]:
    """Counts and sizes (`bytes` with external data) of one side of a rewrite, as JSON."""
    return {
        "nodes": model.graph.node_count(),
        "op_types": model.graph.op_counts(),
        "initializers": len(model.graph.initializers),
        "bytes": model.nbytes,
    }


def op_changes(before: dict[str, int], after: dict[str, int]) -> list[tuple[str, int, int]]:
    """(op type, nodes before, nodes after) for every op type of either, largest reduction first."""
    rows = [(op, before.get(op, 0), after.get(op, 0)) for op in {**before, **after}]
    return sorted(rows, key=lambda row: (row[2] - row[1], -row[1], row[0]))


def finite(value: float) -> float | None:
    """`value`, or None for an infinity or NaN."""
    return value if math.isfinite(value) else None
