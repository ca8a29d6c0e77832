"""onnxsim watched step by step: one pass at a time, and the graph after each that changed something.

Run it in a worker of kind "rewrite". The order is onnxsim's own (0.8.1): shape inference and the passes in
turn until neither changes anything, then constant folding, and all over again until that changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onnxviz.delivery import leave
from onnxviz.errors import RewriteFailed
from onnxviz.model import Model
from onnxviz.progress import report
from onnxviz.reading import read_in_place, read_model, require_valid
from onnxviz.rewrites import fixing, naming, prepare, snapshots
from onnxviz.rewrites.passes import FOLDING, INFERENCE, optimizer_passes, run_only
from onnxviz.rewrites.snapshots import Summary
from onnxviz.rewrites.types import op_changes, summary
from onnxviz.store import MAIN, Store, digest_of

if TYPE_CHECKING:
    import onnx

READING = "reading and writing"
"""What onnxsim does with no pass at all: its own form of the graph knows less than the file may hold."""

LARGEST_BYTES = 1 << 30
"""A larger model is not watched: each of some hundred tries would copy it."""

MOST_STEPS = 300


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """`set_dims` as in `OptimizeOptions`; after `seconds` no new step is begun."""

    set_dims: dict[str, int] = field(default_factory=dict)
    seconds: float = 60.0

    def key(self) -> tuple[Any, ...]:
        """A hashable identity, for the cache of results."""
        return (tuple(sorted(self.set_dims.items())), self.seconds)


@dataclass(frozen=True, slots=True)
class Step:
    """One step that changed something. `name` is a pass, or FOLDING, INFERENCE or READING.

    `file` is the name of the model after it, beside the other steps', `digest` the SHA-256 of that file,
    which names its tensors by their content.
    """

    number: int
    name: str
    round: int
    before: Summary
    after: Summary
    file: str
    digest: str
    seconds: float

    @property
    def op_changes(self) -> tuple[tuple[str, int, int], ...]:
        """(op type, before, after) of every op type whose count changed, largest reduction first."""
        return tuple(row for row in op_changes(self.before.ops, self.after.ops) if row[1] != row[2])

    def to_json(self) -> dict[str, Any]:
        """One row of `Watched.to_json`."""
        return {
            "step": self.number,
            "pass": self.name,
            "round": self.round,
            "nodes_before": self.before.nodes,
            "nodes_after": self.after.nodes,
            "op_changes": [list(row) for row in self.op_changes],
            "initializers_before": self.before.initializers,
            "initializers_after": self.after.initializers,
            "typed_before": self.before.typed,
            "typed_after": self.after.typed,
            "file": self.file,
            "digest": self.digest,
            "seconds": self.seconds,
        }


@dataclass(frozen=True, slots=True)
class Watched:
    """All steps, and the model at the end. The files of the steps lie beside `after.path`.

    `is_complete` is false where the time was up. `as_in_one_go` says whether onnxsim, run once with all its
    passes, ends with the same number of nodes of each op type. `notes` are sentences.
    """

    before: Model
    after: Model
    steps: tuple[Step, ...]
    rounds: int
    seconds: float
    is_complete: bool
    as_in_one_go: bool
    notes: tuple[str, ...] = ()

    def path(self, step: Step) -> Path:
        """Where the model after `step` is."""
        return Path(self.after.path).parent / step.file

    def to_json(self) -> dict[str, Any]:
        """What a shell or a report wants to know."""
        return {
            "before": summary(self.before),
            "after": summary(self.after),
            "steps": [step.to_json() for step in self.steps],
            "rounds": self.rounds,
            "seconds": self.seconds,
            "complete": self.is_complete,
            "as_in_one_go": self.as_in_one_go,
            "notes": list(self.notes),
        }


def watch(before: Model, folder: Path, options: WatchOptions | None = None) -> Watched:
    """Every step of onnxsim on `before`; files go into `folder`, the end as `model.onnx`.

    Raises BadUsage for a dimension that the model has not, RewriteFailed where onnxsim gives up or the model
    is too large to be watched.
    """
    options = options or WatchOptions()
    report("Preparing the model", 0.02)
    start = time.perf_counter()
    proto, notes = prepared(before, options)
    folder.mkdir(parents=True, exist_ok=True)
    watcher = _Watcher(proto, folder, start + options.seconds)
    watcher.run()
    seconds = time.perf_counter() - start
    report("Checking against onnxsim in one go", 0.9)
    in_one_go = run_only(proto, (*optimizer_passes(), FOLDING, INFERENCE))
    alike = snapshots.ops(watcher.state) == snapshots.ops(in_one_go)
    snapshots.save(watcher.state, folder, MAIN)
    after = read_model(folder / MAIN, f"{before.name} · onnxsim")
    if not watcher.is_complete:
        notes = (*notes, f"Stopped after {len(watcher.steps)} steps, since the time was up.")
    elif not alike:
        notes = (*notes, "onnxsim in one go ends with other nodes: the order of its passes matters here.")
    return Watched(
        before, after, tuple(watcher.steps), watcher.round, seconds, watcher.is_complete, alike, notes
    )


def watch_file(path: Path, folder: Path, options: WatchOptions | None = None) -> Watched:
    """`watch` for a file that has not been read yet; raises RefusedFile too."""
    return watch(read_in_place(path), folder, options)


def watch_into_store(
    before: Model, root: Path, cap_bytes: int, options: WatchOptions | None = None
) -> Watched:
    """`watch`, with all files left in the store at `root` as one entry, for `delivery.receive` of `after`."""
    with Store(root, cap_bytes).workspace() as entry:
        found = watch(before, entry, options)
        others = {path.name: path for path in entry.iterdir() if path.name != MAIN}
        after = replace(found.after, digest=digest_of(entry / MAIN, others))
        return replace(found, after=leave(entry, after, root))


def prepared(before: Model, options: WatchOptions) -> tuple[onnx.ModelProto, tuple[str, ...]]:
    """The model in memory, mended for onnxsim, and what was mended. Raises as `watch`."""
    import onnx

    if before.nbytes > LARGEST_BYTES:
        raise RewriteFailed(
            before.name,
            f"has {before.nbytes / 2**30:.1f} GiB, and onnxsim copies the whole model at every step",
            f"Watch a model of up to {LARGEST_BYTES >> 30} GiB; simplifying it in one go works",
        )
    require_valid(before)
    proto = onnx.load(before.path)
    naming.check(proto)
    prepare.check_reads(proto)
    steps = (
        fixing.fix_dims(proto, options.set_dims),
        *prepare.prepare(proto),
        prepare.raise_ir_version(proto),
    )
    return proto, tuple(step for step in steps if step)


class _Watcher:
    """The model as it is now (`state`), and the steps that led to it."""

    def __init__(self, proto: onnx.ModelProto, folder: Path, deadline: float) -> None:
        self.state = proto
        self.steps: list[Step] = []
        self.round = 1
        self.is_complete = False
        self._folder = folder
        self._deadline = deadline
        self._seen: set[str] = set()
        self._summary = snapshots.summary_of(proto)

    def run(self) -> None:
        """All rounds, until nothing changes or the time is up."""
        self._record(READING, run_only(self.state, (), rounds=1), time.perf_counter(), always=False)
        while self._may_go_on():
            while self._try(INFERENCE) | self._passes():
                pass
            if not self._try(FOLDING):
                self.is_complete = self._may_go_on()
                return
            self.round += 1

    def _may_go_on(self) -> bool:
        return time.perf_counter() < self._deadline and len(self.steps) < MOST_STEPS

    def _passes(self) -> bool:
        """Every pass in turn, once; true when one changed something."""
        names = optimizer_passes()
        place, changed = 0, False
        while place < len(names) and self._may_go_on():
            start = time.perf_counter()
            found = next_change(self.state, names[place:])
            if found is None:
                break
            offset, after = found
            place += offset + 1
            if not self._record(names[place - 1], after, start):
                break
            changed = True
        return changed

    def _try(self, name: str) -> bool:
        start = time.perf_counter()
        if not self._may_go_on():
            return False
        after = run_only(self.state, (name,), rounds=1)
        return after != self.state and self._record(name, after, start)

    def _record(self, name: str, after: onnx.ModelProto, start: float, *, always: bool = True) -> bool:
        """Take `after` as the new state; false where the model has been like that before."""
        counts = snapshots.summary_of(after)
        if not always and counts.ops == self._summary.ops:
            # Its own form of the same nodes is where the steps begin, and no step.
            self.state, self._summary = after, counts
            return False
        number = len(self.steps) + 1
        file = f"step-{number:03d}.onnx"
        digest = snapshots.save(after, self._folder, file)
        if digest in self._seen:
            (self._folder / file).unlink()
            return False
        self._seen.add(digest)
        took = time.perf_counter() - start
        self.steps.append(Step(number, name, self.round, self._summary, counts, file, digest, took))
        self.state, self._summary = after, counts
        report(f"Round {self.round}: {name}, {counts.nodes:,} nodes", 0.5)
        return True


def next_change(state: onnx.ModelProto, names: Sequence[str]) -> tuple[int, onnx.ModelProto] | None:
    """(place, the model after it) of the first pass that changes something; None where none does.

    A group of passes changes something when one of them does, so the place is found by halving: some 6 runs
    instead of one for each of 66 passes.
    """
    if not names or run_only(state, names, rounds=1) == state:
        return None
    without, with_it = 0, len(names)
    while with_it - without > 1:
        middle = (without + with_it) // 2
        if run_only(state, names[:middle], rounds=1) == state:
            without = middle
        else:
            with_it = middle
    after = run_only(state, (names[without],), rounds=1)
    if after != state:
        return without, after
    # It only does so together with what runs before it: then they count as one.
    return without, run_only(state, names[: without + 1], rounds=1)
