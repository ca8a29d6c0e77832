"""A plan and the models behind it. No widgets."""

from __future__ import annotations

from dataclasses import dataclass, replace

from onnxviz.bench.types import Configuration, Plan


@dataclass(frozen=True, slots=True)
class Asked:
    """A plan, and which models of the session its files are."""

    plan: Plan
    digests: tuple[str, ...]

    def is_same(self, other: Asked) -> bool:
        """Whether both measure the same; names of models may have changed."""
        return self.digests == other.digests and replace(self.plan, models=()) == replace(
            other.plan, models=()
        )

    def digest_of(self, cell: Configuration) -> str | None:
        """Which model a configuration is of; None for one that the plan does not have."""
        names = (name for name, _ in self.plan.named_models())
        return dict(zip(names, self.digests, strict=True)).get(cell.model)
