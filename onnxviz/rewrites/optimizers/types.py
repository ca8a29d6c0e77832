"""What every optimizer takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from onnxviz.errors import BadUsage
from onnxviz.rewrites.simplify import SimplifyOptions


@dataclass(frozen=True, slots=True)
class OptimizeOptions:
    """Options common to all optimizers.

    `set_dims` gives sizes to symbolic dims, everywhere they occur (`{"batch": 1}`). `checks` counts the
    seeded inputs, from `seed` on, on which the outputs before and after are compared; 0 compares nothing.
    `freeze_weights` takes weights off the list of inputs, where IR version 3 put them: nobody can replace
    them any more, and they can be folded. `simplify` holds onnxsim's own options, for onnxsim alone (its
    `checks` are not used).
    """

    set_dims: dict[str, int] = field(default_factory=dict)
    checks: int = 1
    seed: int = 0
    freeze_weights: bool = False
    simplify: SimplifyOptions = field(default_factory=SimplifyOptions)

    def __post_init__(self) -> None:
        if self.checks < 0:
            raise BadUsage("The number of checks", f"is {self.checks}", "Give 0 for none, or more")

    def key(self) -> tuple[Any, ...]:
        """A hashable identity, for the cache of results."""
        dims = tuple(sorted(self.set_dims.items()))
        return (dims, self.checks, self.seed, self.freeze_weights, self.simplify.key())
