"""Two models side by side, and the place in the picture that a person asks for. No Streamlit here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from onnxviz.model import Model
from onnxviz.rewrites.reasons import Explanation, How, Kept, Removed

Side = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Pair:
    """The model before, the model after, and how the one came of the other."""

    before: Model
    after: Model
    how: How = field(default_factory=How)

    @property
    def key(self) -> str:
        """The same from run to run, for the keys of widgets."""
        return f"{self.before.digest[:16]}-{self.after.digest[:16]}"

    @property
    def files(self) -> tuple[str, str]:
        """The digests of both."""
        return self.before.digest, self.after.digest


@dataclass(slots=True)
class Reasons:
    """The reasons that have come in so far, by node. Those that went have ids of the model before, those
    that stayed ids of the model after."""

    removed: dict[str, Removed] = field(default_factory=dict)
    kept: dict[str, Kept] = field(default_factory=dict)
    made_of: dict[str, list[str]] = field(default_factory=dict)
    """Id in the model after -> ids of those that went into it."""
    is_complete: bool = False
    """Whether no more come."""
    notes: tuple[str, ...] = ()

    def take(self, found: Iterable[Removed | Kept]) -> None:
        """Note reasons; one that came before is replaced."""
        for each in found:
            if isinstance(each, Kept):
                self.kept[each.node] = each
                continue
            if each.node not in self.removed:
                for target in each.after_nodes:
                    self.made_of.setdefault(target, []).append(each.node)
            self.removed[each.node] = each

    def counts(self) -> dict[str, int]:
        """Reason -> nodes that went for it, most frequent first, unexplained ones last."""
        return Explanation(tuple(self.removed.values())).counts()
