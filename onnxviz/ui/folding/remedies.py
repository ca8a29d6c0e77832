"""What can be done about a node that stayed: changes to the options of folding. No Streamlit here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from onnxviz.rewrites.optimizers.frame import LARGEST_FILE
from onnxviz.rewrites.reasons import Kept, Stayed
from onnxviz.ui.text import size

KIB = 1 << 10


@dataclass(frozen=True, slots=True)
class Change:
    """Something to change in the options; what is empty stays. `nodes` counts those that it may free."""

    dims: tuple[tuple[str, int], ...] = ()
    freeze: bool = False
    inline: bool = False
    tensor_bytes: int = 0
    nodes: int = field(default=1, compare=False)

    @property
    def label(self) -> str:
        """`Give batch the size 1`; names are the model's, to be escaped."""
        if self.freeze:
            return "Freeze the weights"
        if self.inline:
            return "Inline the functions"
        if self.tensor_bytes:
            return f"Let a tensor add {size(self.tensor_bytes)}"
        named = [f"{name} the size {number}" for name, number in self.dims]
        return f"Give {' and '.join(named)}"


def change_for(kept: Kept, sizes: Mapping[str, int]) -> Change | None:
    """What frees one node; None where no option of folding does. `sizes` are usual ones, by symbol.

    A value of 2 GiB is past what a file of ONNX holds in one piece: no limit is offered for that.
    """
    if kept.reason is Stayed.SIZE_LIMIT:
        nbytes = int(dict(kept.evidence).get("bytes", "0"))
        # In whole KiB, as the field has it.
        return Change(tensor_bytes=-(-nbytes // KIB) * KIB) if 0 < nbytes <= LARGEST_FILE else None
    if kept.reason is Stayed.FUNCTION:
        return Change(inline=True)
    options = kept.remedy.options if kept.remedy is not None else {}
    if options.get("freeze_weights"):
        return Change(freeze=True)
    dims = options.get("set_dims", {})
    return Change(tuple((name, sizes.get(name, 1)) for name in dims)) if dims else None


def changes_for(kept: Iterable[Kept], sizes: Mapping[str, int]) -> list[Change]:
    """The changes that free any of these nodes, those that free most first."""
    counts: dict[Change, int] = {}
    for each in kept:
        change = change_for(each, sizes)
        if change is not None:
            counts[change] = counts.get(change, 0) + 1
    found = [replace(change, nodes=count) for change, count in counts.items()]
    return sorted(found, key=lambda change: -change.nodes)
