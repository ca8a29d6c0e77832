"""Every node that went, with a reason that was checked: structure first, then values, then passes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from onnxviz.diff.table import NONE
from onnxviz.diff.types import Diff, Digests
from onnxviz.errors import OnnxvizError
from onnxviz.model import Model
from onnxviz.progress import report
from onnxviz.rewrites.explain.went.classes import Classes
from onnxviz.rewrites.explain.went.ground import Ground, gone
from onnxviz.rewrites.explain.went.known import Known
from onnxviz.rewrites.explain.went.resolve import Resolver, Shown
from onnxviz.rewrites.explain.went.values import Values
from onnxviz.rewrites.explain.went.words import Words
from onnxviz.rewrites.reasons import How, Removed
from onnxviz.rewrites.running import LARGEST_INSIDE

__all__ = ["Finder", "gone"]

ROUNDS = 4
"""How often pairs are looked for and compared: what agrees tells where to look next."""

OUT_OF_TIME = "The time was up before every reason could be checked."
TOO_LARGE = "The models are too large to be run for this: values were not compared."


class Finder:
    """Finds the reasons for one pair of models. `notes` and `is_complete` count once `batches` is through."""

    def __init__(
        self,
        before: Model,
        after: Model,
        diff: Diff,
        how: How,
        deadline: float,
        digests: tuple[Digests, Digests] | None = None,
    ) -> None:
        self._how = how
        self._deadline = deadline
        self._ground = Ground(before, after, diff, digests)
        self._known = Known(self._ground, dict(how.options.set_dims))
        self._classes = Classes(self._ground)
        self._shown = Shown()
        self._values = Values(self._ground, deadline)
        self._words = Words(self._ground, self._known)
        self.reasons: dict[int, Removed] = {}
        self.notes: list[str] = []
        self.is_complete = True

    def batches(self) -> Iterator[tuple[Removed, ...]]:
        """Reasons as they are found, the unexplained ones last; each node once."""
        report("Looking at the structure")
        self._classes.number({})
        yield from self._news(self._resolver().resolve())
        if self._left() and not self._is_late():
            try:
                yield from self._by_values()
            except OnnxvizError as error:
                self._values.problem = f"{error.subject}: {error.cause}"
        if self._left():
            self._say_why()
            resolver = self._resolver()
            rest = {node: self._words.unexplained(node, resolver.tried(node)) for node in self._left()}
            yield from self._news(rest)

    def in_order(self) -> tuple[Removed, ...]:
        """All reasons, in the order of the original."""
        return tuple(self.reasons[node] for node in self._ground.gone if node in self.reasons)

    def replaced(self, changed: Mapping[str, Removed]) -> None:
        """Take reasons that say more in the place of those known, by node id."""
        for node, known in self.reasons.items():
            self.reasons[node] = changed.get(known.node, known)

    def _by_values(self) -> Iterator[tuple[Removed, ...]]:
        report("Recomputing what was folded")
        self._shown.facts = self._values.facts(self._to_recompute())
        for _ in range(ROUNDS):
            more = self._compare(hopeful=True)
            more |= self._compare(hopeful=False)
            if not more or self._is_late():
                break
        for _ in range(ROUNDS):
            self._number()
            resolver = self._resolver()
            wanted = resolver.wanted_passes()
            if not wanted or self._is_late() or not self._may_run():
                break
            report("Comparing what goes in with what comes out")
            pairs = [((0, first), (0, second)) for first, second in wanted]
            found = self._values.agree(pairs, exactly=True)
            self._shown.passed |= {pair: found.get(((0, pair[0]), (0, pair[1])), False) for pair in wanted}
            self._tell_apart(wanted)
        yield from self._news(resolver.resolve())

    def _tell_apart(self, pairs: list[tuple[int, int]]) -> None:
        """Where what goes in is not what comes out, one tensor of the result is not both of them.

        A normalization may move its input by less than the tolerance: then what it gives is what counts.
        """
        for first, second in pairs:
            if self._shown.passed[first, second]:
                continue
            both = [
                u
                for t, u in self._shown.agree
                if t == first and self._classes.same(second, u, self._shown.agree)
            ]
            self._shown.agree |= {(first, other): False for other in both}

    def _number(self, *, hopeful: bool = False) -> None:
        contents = {tensor: fact.held.digest for tensor, fact in self._shown.facts.items() if fact.is_same}
        self._classes.number(self._shown.agree, contents, hopeful=hopeful)

    def _to_recompute(self) -> list[int]:
        """What static nodes make that went, or that an `If` decides by; constants are there already."""
        ground, known = self._ground, self._known
        found = {
            tensor: None for node in ground.gone if known.is_static(node) for tensor in ground.made(node)
        }
        for node in ground.gone:
            if ground.a.nodes[node].op_type == "If":
                found |= dict.fromkeys(ground.a.sources[node][:1])
        wanted = [t for t in found if t != NONE and ground.a.fixed[t] == NONE and self._is_static(t)]
        if ground.before.nbytes <= LARGEST_INSIDE:
            return wanted
        # Of a large model, only what no input goes into: that takes none of its weights along but its own.
        fed = self._fed_by_inputs()
        return [tensor for tensor in wanted if tensor not in fed]

    def _fed_by_inputs(self) -> set[int]:
        table = self._ground.a
        found = {tensor for home in table.homes for tensor in home.inputs}
        for node in table.order:
            if any(tensor in found for tensor in self._ground.reads(node)):
                found |= set(self._ground.made(node))
        return found

    def _is_static(self, tensor: int) -> bool:
        maker = self._ground.a.makers[tensor]
        return maker != NONE and self._known.is_static(maker)

    def _compare(self, *, hopeful: bool) -> bool:
        """Look for pairs that might agree, and compare them; false where there is none."""
        agree = self._shown.agree
        self._number(hopeful=hopeful)
        wanted = [pair for pair in self._classes.wanted if pair not in agree]
        to_run = []
        for mine, its in wanted:
            fact = self._shown.facts.get(mine)
            if fact is not None and self._ground.b.fixed[its] != NONE:
                agree[mine, its] = fact.is_same and self._values.is_stored(mine, fact, its)
            elif self._is_alike(mine, its):
                to_run.append((mine, its))
            else:
                agree[mine, its] = False
        if to_run and self._may_run():
            report(f"Comparing {len(to_run):,} tensors of both models")
            found = self._values.agree([((0, mine), (1, its)) for mine, its in to_run])
            agree |= {(first[1], second[1]): same for (first, second), same in found.items()}
        agree |= {pair: False for pair in to_run if pair not in agree}
        return bool(wanted)

    def _is_alike(self, mine: int, its: int) -> bool:
        """False where types or sizes say already that two tensors differ, or both are constants that do."""
        ground = self._ground
        x, y = ground.a.value(mine), ground.b.value(its)
        if ground.a.fixed[mine] != NONE and ground.b.fixed[its] != NONE:
            return False
        if x.dtype is not None and y.dtype is not None and x.dtype != y.dtype:
            return False
        if x.shape is None or y.shape is None:
            return True
        known = zip(x.shape, y.shape, strict=False)
        differ = any(isinstance(p, int) and isinstance(q, int) and p != q for p, q in known)
        return len(x.shape) == len(y.shape) and not differ

    def _may_run(self) -> bool:
        if max(self._ground.before.nbytes, self._ground.after.nbytes) > LARGEST_INSIDE:
            self._values.problem = self._values.problem or TOO_LARGE
        return not self._values.problem

    def _resolver(self) -> Resolver:
        return Resolver(self._ground, self._known, self._classes, self._shown)

    def _left(self) -> list[int]:
        return [node for node in self._ground.gone if node not in self.reasons]

    def _news(self, found: Mapping[int, Removed]) -> Iterator[tuple[Removed, ...]]:
        fresh = {node: reason for node, reason in found.items() if node not in self.reasons}
        if fresh:
            self.reasons |= fresh
            yield tuple(fresh.values())

    def _is_late(self) -> bool:
        return self._values.is_out_of_time or time.perf_counter() > self._deadline

    def _say_why(self) -> None:
        if self._values.problem:
            self.notes.append(f"Values could not be compared. {self._values.problem.rstrip('.')}.")
        elif self._is_late():
            self.is_complete = False
            self.notes.append(OUT_OF_TIME)
