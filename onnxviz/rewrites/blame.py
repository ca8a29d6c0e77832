"""Which pass is to blame when a rewrite changed what a model computes: found by halving, then checked.

A pass is named only if the difference is there with it and stays away without it. Run it in a worker of kind
"rewrite".
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onnxviz.errors import RewriteFailed
from onnxviz.model import Model
from onnxviz.progress import report
from onnxviz.rewrites.passes import FOLDING, INFERENCE, optimizer_passes, run_only
from onnxviz.rewrites.verify import compare_outputs

Apply = Callable[[Collection[str], Path], None]
"""Writes the model to a file after those of the passes that are allowed. Raises RewriteFailed."""

MOST_CULPRITS = 5
"""After so many passes that are each wrong, the rest are not looked for."""

NO_PASS = "reading and writing"
"""Named where the result differs with no pass allowed at all."""


@dataclass(frozen=True, slots=True)
class Blame:
    """`passes` are to blame: without them the outputs agree again, with each of them they do not.

    `needs_others` is true where the first one alone does no harm, and only does after what other passes did.
    `is_cleared` is true where leaving `passes` out makes the outputs agree. `runs` counts rewrites tried.
    """

    passes: tuple[str, ...]
    needs_others: bool = False
    is_cleared: bool = True
    runs: int = 0

    @property
    def sentence(self) -> str:
        """One line for a person."""
        if not self.passes:
            return "No pass is to blame: the outputs agree."
        if self.passes == (NO_PASS,):
            return "No pass is to blame: the outputs differ even with all of them left out."
        names = " and ".join(self.passes)
        verb, each = ("is", "it") if len(self.passes) == 1 else ("are", "them")
        after = ", which goes wrong only after what other passes did" if self.needs_others else ""
        if not self.is_cleared:
            return f"{names} {verb} to blame{after}; there is more, since they differ without {each} too."
        return f"{names} {verb} to blame{after}: without {each} the outputs agree again."

    def to_json(self) -> dict[str, Any]:
        """What a shell or a report wants to know."""
        return {
            "passes": list(self.passes),
            "needs_others": self.needs_others,
            "cleared": self.is_cleared,
            "runs": self.runs,
            "sentence": self.sentence,
        }


def blame(before: Path, passes: Sequence[str], apply: Apply, tries: int = 1, seed: int = 0) -> Blame:
    """Find the passes to blame among `passes`, given in the order in which `apply` runs them.

    Both models run on `tries` seeded inputs, as in `verify.compare_outputs`. Raises RewriteFailed where they
    cannot be compared at all.
    """
    with tempfile.TemporaryDirectory(prefix="onnxviz-blame-") as folder:
        trial = _Trial(before, apply, tries, seed, Path(folder) / "tried.onnx")
        if not trial.differs(passes):
            trial.look_inside()
        if not trial.differs(passes):
            return Blame((), runs=trial.runs)
        if trial.differs(()):
            return Blame((NO_PASS,), is_cleared=False, runs=trial.runs)
        culprits: list[str] = []
        suspects = list(passes)
        while len(culprits) < MOST_CULPRITS and trial.differs(suspects):
            report(f"Looking for the pass to blame: {len(suspects)} left")
            culprit = _first_wrong(suspects, trial)
            culprits.append(culprit)
            suspects.remove(culprit)
        needs_others = not trial.differs(culprits[:1])
        return Blame(tuple(culprits), needs_others, not trial.differs(suspects), trial.runs)


def blame_onnxsim(before: Model, tries: int = 1, seed: int = 0) -> Blame:
    """`blame` over onnxsim's passes, its shape inference and its constant folding.

    These two come first: a pass that only meets its pattern after folding is to blame, and not the folding.
    """
    from onnxviz.rewrites.watch import WatchOptions, prepared

    proto, _ = prepared(before, WatchOptions())

    def apply(allowed: Collection[str], out: Path) -> None:
        import onnx

        onnx.save(run_only(proto, allowed), out)

    return blame(Path(before.path), (INFERENCE, FOLDING, *optimizer_passes()), apply, tries, seed)


def _first_wrong(suspects: Sequence[str], trial: _Trial) -> str:
    """The pass with which the outputs first differ, when passes are allowed one by one in their order."""
    right, wrong = 0, len(suspects)
    while wrong - right > 1:
        middle = (right + wrong) // 2
        if trial.differs(suspects[:middle]):
            wrong = middle
        else:
            right = middle
    return suspects[right]


class _Trial:
    """Rewrites with some passes allowed, and whether their outputs differ; none is tried twice."""

    def __init__(self, before: Path, apply: Apply, tries: int, seed: int, out: Path) -> None:
        self._before, self._apply = before, apply
        self._tries, self._seed, self._out = tries, seed, out
        self._known: dict[frozenset[str], bool] = {}
        self._inside = False

    def look_inside(self) -> None:
        """From now on compare tensors inside too, which takes longer."""
        self._known.clear()
        self._inside = True

    @property
    def runs(self) -> int:
        return len(self._known)

    def differs(self, allowed: Collection[str]) -> bool:
        key = frozenset(allowed)
        if key not in self._known:
            self._apply(allowed, self._out)
            found = compare_outputs(
                self._before, self._out, self._tries, self._seed, inside=self._inside, locate=False
            )
            if found.error:
                raise RewriteFailed("The pass to blame", f"cannot be found: {found.error}")
            self._known[key] = not found.agrees
        return self._known[key]
