"""What a rewrite is: the model before and after, what was done, and how it was checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from onnxviz.model import Model


@dataclass(frozen=True, slots=True)
class Agreement:
    """How close the outputs of two models came on seeded inputs: evidence, and no proof.

    `tried` counts inputs; errors are the largest over all of them. `relative` is
    |a - b| / max(|a|, 1e-6), as a fraction. `agrees` says that every element met
    |a - b| <= atol + rtol * |a| (numpy.allclose, NaN equal to NaN; rtol never below four rounding
    steps of the element type), and that everything that is no
    real or complex number was equal. `error` is a sentence where the comparison could not be made,
    and then the rest says nothing.
    """

    tried: int
    agrees: bool = False
    absolute: float = 0.0
    relative: float = 0.0
    worst_output: str = ""
    rtol: float = 1e-4
    atol: float = 1e-5
    error: str = ""

    @property
    def sentence(self) -> str:
        """One line for a person."""
        if self.error:
            return f"Not compared: {self.error}"
        inputs = f"{self.tried} random input{'s' if self.tried != 1 else ''}"
        if not self.agrees:
            return (
                f"The outputs differ on {inputs}: worst in {self.worst_output!r}, by {self.absolute:.2g} "
                f"(relative {self.relative:.2g}), beyond rtol {self.rtol:g} and atol {self.atol:g}."
            )
        if not self.worst_output:
            return f"Bit for bit the same outputs on {inputs}. Evidence, not a proof."
        return (
            f"The outputs agree on {inputs}: largest difference {self.absolute:.2g} "
            f"(relative {self.relative:.2g}). Evidence, not a proof."
        )


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
        before, after = self.before.graph.op_counts(), self.after.graph.op_counts()
        rows = [(op, before.get(op, 0), after.get(op, 0)) for op in {**before, **after}]
        return sorted(rows, key=lambda row: (row[2] - row[1], -row[1], row[0]))

    def to_json(self) -> dict[str, Any]:
        """The keys of the CLI's `simplify --json`."""

        def side(model: Model) -> dict[str, Any]:
            graph = model.graph
            return {
                "nodes": graph.node_count(),
                "op_types": graph.op_counts(),
                "initializers": len(graph.initializers),
                "bytes": model.nbytes,
            }

        return {
            "optimizer": self.name,
            "before": side(self.before),
            "after": side(self.after),
            "seconds": self.seconds,
            "notes": list(self.notes),
            "agreement": self.agreement.sentence if self.agreement else None,
        }
